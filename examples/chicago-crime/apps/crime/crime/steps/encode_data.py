"""6. One column for each value that is not rare."""

from crime import recipe, stage, step


def work() -> str:
    before = stage.load(step.place("input", "bounded"))
    values = recipe.fit_values(before.train)
    encoded = recipe.encode(before.train, values).assign(arrest=before.train["arrest"])
    stage.Stage(encoded, {**before.learned, "values": values}).save(step.place("output", "encoded"))
    return f"{len(encoded)} rows of {encoded.shape[1] - 1} columns"


if __name__ == "__main__":
    step.main(work)
