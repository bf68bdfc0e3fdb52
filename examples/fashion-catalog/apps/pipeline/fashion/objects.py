"""Objects by `s3://bucket/key` or `gs://bucket/key`, with the same code on this machine and in both clouds."""

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from urllib.parse import urlsplit

import obstore
from obstore.store import GCSStore, S3Store


class Missing(Exception):
    """There is no such object."""


def read(uri: str) -> bytes:
    store, key = _place(uri)
    try:
        return bytes(obstore.get(store, key).bytes())
    except FileNotFoundError as error:
        raise Missing(uri) from error


def write(uri: str, content: bytes, kind: str = "application/octet-stream") -> None:
    store, key = _place(uri)
    obstore.put(store, key, content, attributes={"Content-Type": kind})


def remove(uri: str) -> None:
    store, key = _place(uri)
    obstore.delete(store, key)


def names(prefix: str) -> list[str]:
    """What lies below a prefix, relative to it, sorted."""
    store, key = _place(prefix)
    found = [entry["path"] for page in obstore.list(store, key.rstrip("/") or None) for entry in page]
    return sorted(path[len(key) :] for path in found if path.startswith(key))


def read_all(prefix: str, names: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    """Many objects, sixteen at a time, in the order of their names as given."""
    given = list(names)
    with ThreadPoolExecutor(16) as threads:
        yield from zip(given, threads.map(lambda name: read(prefix + name), given), strict=True)


def _place(uri: str) -> tuple[S3Store | GCSStore, str]:
    parts = urlsplit(uri)
    if parts.scheme not in ("s3", "gs") or not parts.netloc:
        raise ValueError(f"{uri} is no s3:// or gs:// URI")
    return _store(parts.scheme, parts.netloc), parts.path.lstrip("/")


@cache
def _store(scheme: str, bucket: str) -> S3Store | GCSStore:
    if scheme == "gs":
        return GCSStore(bucket)
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    # A bucket of an endpoint of one's own is a part of the path.
    local = {"endpoint": endpoint, "virtual_hosted_style_request": False} if endpoint else {}
    allow = {"allow_http": True} if endpoint and endpoint.startswith("http:") else {}
    return S3Store(bucket, region=os.environ.get("AWS_REGION", "us-east-1"), **local, client_options=allow)
