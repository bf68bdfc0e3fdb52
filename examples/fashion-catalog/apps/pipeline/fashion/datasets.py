"""Where a catalog comes from: `public`, a folder, or `drawn`."""

import csv
import json
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import urlopen

from fashion import drawing
from fashion.pictures import MAX_BYTES
from fashion.step import Refused

# Fashion Product Images by Param Aggarwal (MIT), 44,072 rows: https://huggingface.co/datasets/ashraq/fashion-product-images-small
PUBLIC = "ashraq/fashion-product-images-small"
# The API of the data set viewer: https://huggingface.co/docs/dataset-viewer/rows
PAGE = 100
ATTEMPTS = 5

# What a data set says of a garment, and its picture.
Item = tuple[dict[str, str], bytes]


def items(dataset: str, limit: int, seed: int, server: str) -> Iterator[Item]:
    if dataset == "drawn":
        return ((_texts(asdict(garment)), picture) for garment, picture in drawing.catalog(limit, seed))
    if dataset == "public":
        return _public(server, limit)
    if dataset.startswith("/"):
        return _folder(Path(dataset), limit)
    raise Refused(f'the parameter dataset is "{dataset}"; expected public, drawn or the absolute path of a folder')


def _folder(folder: Path, limit: int) -> Iterator[Item]:
    """In the layout of that data set: styles.csv, and images/<id>.jpg."""
    table = folder / "styles.csv"
    if not table.exists():
        raise Refused(f"{folder} has no styles.csv; expected it beside images/<id>.jpg")
    with table.open(newline="", encoding="utf-8") as lines:
        for number, row in enumerate(csv.DictReader(lines)):
            if number == limit:
                return
            picture = folder / "images" / f"{Path(row.get('id') or '-').name}.jpg"
            known = {name: value or "" for name, value in row.items() if isinstance(name, str)}
            # A row without its picture goes the way of one that does not decode.
            yield {**known, "dataset": folder.name}, picture.read_bytes() if picture.exists() else b""


def _public(server: str, limit: int) -> Iterator[Item]:
    for offset in range(0, limit, PAGE):
        asked = {"dataset": PUBLIC, "config": "default", "split": "train", "offset": offset}
        page = json.loads(_get(f"{server}/rows?{urlencode({**asked, 'length': min(PAGE, limit - offset)})}"))["rows"]
        for entry in page:
            row = dict(entry["row"])
            source = row.pop("image")["src"]
            if urlsplit(source).scheme not in ("https", urlsplit(server).scheme):
                raise Refused(f"the data set names a picture at {source[:80]}; expected https")
            yield {**_texts(row), "dataset": PUBLIC}, _get(source)
        if len(page) < PAGE:
            return


def _get(url: str) -> bytes:
    """Again after 429, 5xx and broken connections: the server of data sets limits how much one asks."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with urlopen(url, timeout=30) as answer:
                return answer.read(MAX_BYTES + 1)
        except HTTPError as error:
            if attempt == ATTEMPTS or not (error.code == 429 or error.code >= 500):
                raise Refused(f"{url[:120]} answered {error.code}") from error
            time.sleep(min(float(error.headers.get("retry-after") or 2**attempt), 60))
        except URLError as error:
            if attempt == ATTEMPTS:
                raise Refused(f"{url[:120]} does not answer: {error.reason}") from error
            time.sleep(2**attempt)
    raise AssertionError("every attempt returns or raises")


def _texts(row: dict[str, object]) -> dict[str, str]:
    return {name: "" if value is None else str(value) for name, value in row.items()}
