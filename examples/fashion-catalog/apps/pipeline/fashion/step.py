"""What Sluice tells a step, and how a step says what it did. https://12factor.net/config"""

import os
import resource
import sys
import traceback
from collections.abc import Callable


class Refused(Exception):
    """Something about the input; the message says what, and what to do. Shown without a traceback."""


def required(name: str) -> str:
    value = os.environ.get(name, "")
    if value == "":
        raise Refused(f"the environment variable {name} is not set")
    return value


def place(kind: str, name: str) -> str:
    """The URI of an input or output: `place("input", "images")`."""
    return required(f"SLUICE_{kind.upper()}_{name.upper()}")


def number(name: str, least: float, most: float) -> float:
    text = required(f"SLUICE_PARAM_{name.upper().replace('-', '_')}")
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not least <= value <= most:
        raise Refused(f'the parameter {name} is "{text}"; expected a number from {least:g} to {most:g}')
    return value


def text(name: str) -> str:
    return required(f"SLUICE_PARAM_{name.upper().replace('-', '_')}")


def seed() -> int:
    return int(required("SLUICE_SEED"))


def main(work: Callable[[], str]) -> None:
    """Runs a step; `work` returns one line that says what it did."""
    try:
        done = work()
    except Refused as problem:
        sys.exit(str(problem))
    except Exception:
        traceback.print_exc()
        sys.exit(1)
    used = resource.getrusage(resource.RUSAGE_SELF)
    # Linux counts memory in KiB: getrusage(2).
    print(f"{done} ({used.ru_utime + used.ru_stime:.1f} s of CPU, peak memory {used.ru_maxrss // 1024} MiB)")
