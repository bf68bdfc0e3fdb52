"""A row of the catalog, as the data set, the bucket and the table `fashion_files` know it."""

import csv
import io
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields

FIRST_YEAR, LAST_YEAR = 1900, 2100


@dataclass(frozen=True)
class Garment:
    id: int
    filename: str
    s3_path: str
    masterCategory: str
    subCategory: str
    articleType: str
    baseColour: str
    season: str
    year: int
    usage: str
    gender: str
    productDisplayName: str
    dataset: str


COLUMNS = tuple(field.name for field in fields(Garment))
TEXTS = tuple(field.name for field in fields(Garment) if field.type is str)


def parse_garment(row: dict[str, str]) -> Garment | None:
    """None where the row lacks its id, its name or its image, or has a year that nobody sold clothes in."""
    texts = {name: " ".join((row.get(name) or "").split()) for name in TEXTS}
    try:
        number, year = int(row["id"]), int(float(row.get("year") or "nan"))
    except (KeyError, ValueError, OverflowError):
        return None
    named = all(texts[name] for name in ("filename", "s3_path", "masterCategory", "articleType", "productDisplayName"))
    if not named or number < 0 or not FIRST_YEAR <= year <= LAST_YEAR or any("\x00" in text for text in texts.values()):
        return None
    return Garment(id=number, year=year, **texts)


def to_csv(garments: Iterable[Garment]) -> bytes:
    return rows_to_csv(COLUMNS, (asdict(garment) for garment in garments))


def rows_to_csv(columns: Iterable[str], rows: Iterable[dict]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, tuple(columns), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def read_rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def read_garments(content: bytes) -> list[Garment]:
    return [garment for row in read_rows(content) if (garment := parse_garment(row)) is not None]
