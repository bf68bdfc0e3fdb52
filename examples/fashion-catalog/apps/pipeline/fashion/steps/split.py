"""Rows to learn from and rows to be judged on: the same ones for the same catalog."""

from fashion import objects, step, tracking
from fashion.garment import read_garments, read_rows, to_csv
from fashion.splitting import split


def work() -> str:
    garments = read_garments(objects.read(step.place("input", "rows")))
    features = read_rows(objects.read(f"{step.place('input', 'features')}features.csv"))
    share = step.number("test-share", 0.01, 0.9)
    train, test = split(garments, {int(row["id"]): row["hash"] for row in features}, share, step.seed())
    if not train or not test:
        raise step.Refused(f"{len(garments)} garments are too few to keep {share:g} of them apart")
    objects.write(step.place("output", "train"), to_csv(train), "text/csv")
    objects.write(step.place("output", "test"), to_csv(test), "text/csv")
    where = tracking.record("split", {"test-share": share, "seed": step.seed()}, {"train": len(train), "test": len(test)})
    return f"{len(train)} garments to learn from, {len(test)} to be judged on; {where}"


if __name__ == "__main__":
    step.main(work)
