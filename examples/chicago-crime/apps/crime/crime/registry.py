"""Exactly one version of a model: `7@sha256:...`, as Sluice tells it, and its bytes, or none."""

import hashlib
import json
import os
import re
from dataclasses import dataclass
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from crime import objects
from crime.model import Model, parse_model
from crime.step import Refused, required


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


def load_verified(uri: str, pin: Pin) -> Model:
    content = objects.read(uri)
    if digest(content) != pin.digest:
        raise Refused(f"{uri} has the digest {digest(content)}, not {pin.digest}: it is not used")
    return parse_model(content)


def load_pinned(name: str, pin: Pin) -> Model:
    """Asks the registry where the version lies."""
    query = urlencode({"name": name, "version": pin.version})
    server = required("MLFLOW_TRACKING_URI").rstrip("/")
    request = Request(f"{server}/api/2.0/mlflow/model-versions/get-download-uri?{query}")
    if token := os.environ.get("MLFLOW_TRACKING_TOKEN"):
        request.add_header("authorization", f"Bearer {token}")
    with urlopen(request, timeout=10) as answer:
        return load_verified(json.load(answer)["artifact_uri"], pin)
