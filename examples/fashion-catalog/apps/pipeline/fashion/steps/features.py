"""Features of every picture: features/features.csv."""

from fashion import objects, step
from fashion.features import COLUMNS, features
from fashion.garment import read_garments, rows_to_csv
from fashion.pictures import decode


def work() -> str:
    garments = {garment.filename: garment.id for garment in read_garments(objects.read(step.place("input", "rows")))}
    pictures = objects.read_all(step.place("input", "images"), garments)
    rows = [features(garments[name], decode(content)) for name, content in pictures]
    objects.write(f"{step.place('output', 'features')}features.csv", rows_to_csv(COLUMNS, rows), "text/csv")
    return f"features of {len(rows)} pictures, {len({row['hash'] for row in rows})} of them different"


if __name__ == "__main__":
    step.main(work)
