"""Cleans the rows; the table then holds these and no others."""

from fashion import objects, step, table
from fashion.cleaning import clean
from fashion.garment import read_garments, to_csv


def work() -> str:
    garments = clean(read_garments(objects.read(step.place("input", "rows"))))
    if not garments:
        raise step.Refused("no row is left after cleaning")
    with table.connect() as connection:
        table.put(connection, garments)
        removed = table.keep_only(connection, [garment.id for garment in garments])
        table.analyze(connection)
    objects.write(step.place("output", "rows"), to_csv(garments), "text/csv")
    return f"{len(garments)} rows, {removed} that were there before removed"


if __name__ == "__main__":
    step.main(work)
