"""Exactly one version of a model: `7@sha256:...`, as Sluice tells it, and its files, or none."""

import hashlib
import json
import os
import re
from dataclasses import dataclass
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from fashion import objects
from fashion.step import Refused, required

Files = dict[str, bytes]


@dataclass(frozen=True)
class Pin:
    version: str
    digest: str

    def __str__(self) -> str:
        return f"{self.version}@{self.digest}"


def parse_pin(text: str) -> Pin:
    found = re.fullmatch(r"(\d+)@(sha256:[0-9a-f]{64})", text)
    if found is None:
        raise Refused(f'"{text}" is no model pin; expected <version>@sha256:<64 hex digits>')
    return Pin(found[1], found[2])


def digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def digest_of(files: Files) -> str:
    """What Sluice calls a model of several files by: sha256 of the canonical JSON of their paths, digests and sizes."""
    listed = [{"digest": digest(files[path]), "path": path, "size": len(files[path])} for path in sorted(files)]
    return digest(json.dumps(listed, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode())


def load(folder: str) -> Files:
    return dict(objects.read_all(folder, objects.names(folder)))


def load_verified(folder: str, pin: Pin) -> Files:
    files = load(folder)
    if digest_of(files) != pin.digest:
        raise Refused(f"{folder} has the digest {digest_of(files)}, not {pin.digest}: it is not used")
    return files


def load_pinned(name: str, pin: Pin) -> Files:
    """Asks the registry where the version lies."""
    query = urlencode({"name": name, "version": pin.version})
    server = required("MLFLOW_TRACKING_URI").rstrip("/")
    request = Request(f"{server}/api/2.0/mlflow/model-versions/get-download-uri?{query}")
    if token := os.environ.get("MLFLOW_TRACKING_TOKEN"):
        request.add_header("authorization", f"Bearer {token}")
    with urlopen(request, timeout=10) as answer:
        return load_verified(json.load(answer)["artifact_uri"], pin)
