"""What cloud local does in place of `RUN pip install`: one environment for all images, outside of them, made once.

PyTorch of the Python index brings gigabytes of CUDA, which no CPU here uses. Debian's `python3-torch` is 60 MB and the same
library, so where it is installed, the environment is made of Debian's Python and sees it; elsewhere the index's is installed.

The images hold a link to the environment. `python3 install.py --only` makes it and no link; `--find` prints where it is, and ends
with 1 where it is not there yet.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
LISTS = ("requirements.txt", "requirements-base.txt", "requirements-local.txt")
DEBIAN = Path("/usr/bin/python3")
DEBIAN_TORCH = Path("/usr/lib/python3/dist-packages/torch")


def debian() -> bool:
    return DEBIAN.exists() and DEBIAN_TORCH.exists()


def folder() -> Path:
    """Another list, or another PyTorch, is another environment."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    text = "".join((HERE / name).read_text() for name in LISTS) + ("debian" if debian() else sys.version)
    return cache / "sluice" / "python" / f"fashion-catalog-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def ensure(place: Path) -> Path:
    """A virtual environment cannot be moved, so it is made where it stays; the mark says that it is whole."""
    mark = place / "complete"
    place.parent.mkdir(parents=True, exist_ok=True)
    # Images are built side by side: one installs, the others wait.
    with open(place.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if mark.exists():
            return place
        shutil.rmtree(place, ignore_errors=True)
        print(f"installing {LISTS[-1]} into {place} (once)", flush=True)
        if debian():
            subprocess.run([DEBIAN, "-m", "venv", "--system-site-packages", place], check=True)
            lists = [LISTS[-1]]
        else:
            subprocess.run([sys.executable, "-m", "venv", place], check=True)
            lists = [LISTS[-1], LISTS[0]]
        pip = [place / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, *(word for name in lists for word in ("-r", HERE / name))], check=True)
        mark.touch()
    return place


if __name__ == "__main__":
    if "--find" in sys.argv[1:]:
        print(folder())
        sys.exit(0 if (folder() / "complete").exists() else 1)
    environment = ensure(folder())
    if "--only" not in sys.argv[1:]:
        os.symlink(environment, HERE / "venv", target_is_directory=True)
