"""5. Distances are bounded and their logarithm is taken; a missing one becomes the median."""

from dataclasses import asdict

from crime import recipe, step, tables
from crime.stage import Stage


def work() -> str:
    source = step.place("input", "split")
    about = tables.latest(source)
    rows = tables.read_csv(source + about["train"])
    distance = recipe.fit_distance(rows["distance_km"])
    learned = {"last": about["last"], "stations": about["stations"], "distance": asdict(distance)}
    Stage(recipe.bound(rows.drop(columns="id"), distance), learned).save(step.place("output", "bounded"))
    missing, outside = rows["distance_km"].isna().sum(), ~rows["distance_km"].between(distance.low, distance.high)
    return f"{len(rows)} rows; {missing} distances were missing, {outside.sum() - missing} out of bounds"


if __name__ == "__main__":
    step.main(work)
