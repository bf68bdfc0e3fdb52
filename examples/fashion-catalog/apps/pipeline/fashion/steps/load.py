"""Fills the bucket with pictures and the table with rows."""

import os

from fashion import datasets, objects, step, table
from fashion.garment import Garment, parse_garment, to_csv
from fashion.pictures import NotAPicture, decode

SERVER = "https://datasets-server.huggingface.co"
# A data set of which more than this share cannot be used is another one than was meant.
TOLERATED = 0.05


def work() -> str:
    images, rows = step.place("output", "images"), step.place("output", "rows")
    limit = int(step.number("limit", 1, 1_000_000))
    garments: list[Garment] = []
    left: list[str] = []
    for row, picture in datasets.items(step.text("dataset"), limit, step.seed(), os.environ.get("DATASET_URL", SERVER)):
        name = f"{row.get('id', '')}.jpg"
        garment = parse_garment({**row, "filename": name, "s3_path": f"{images}{name}"})
        if garment is None or not _decodes(picture):
            left.append(name)
            continue
        objects.write(garment.s3_path, picture, "image/jpeg")
        garments.append(garment)
    if len(left) > TOLERATED * (len(garments) + len(left)):
        shown = ", ".join(left[:5])
        raise step.Refused(f"{len(left)} of {len(garments) + len(left)} rows have no name, year or picture that can be used: {shown}")
    with table.connect() as connection:
        table.create(connection)
        table.put(connection, garments)
    objects.write(rows, to_csv(garments), "text/csv")
    return f"{len(garments)} garments loaded, {len(left)} left out"


def _decodes(picture: bytes) -> bool:
    try:
        decode(picture)
    except NotAPicture:
        return False
    return True


if __name__ == "__main__":
    step.main(work)
