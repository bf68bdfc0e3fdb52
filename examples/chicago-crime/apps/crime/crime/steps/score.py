"""11. Judges the new model and the champion on the same rows, in one run: a stored score is no comparison."""

import os

import pandas as pd
from sklearn.metrics import average_precision_score, f1_score

from crime import objects, registry, step, tables, tracking
from crime.model import Model, parse_model

# An arrest is predicted where it is more likely than not.
THRESHOLD = 0.5


def work() -> str:
    source, folder = step.place("input", "split"), step.place("output", "evaluation")
    about = tables.latest(source)
    content = objects.read(source + about["test"])
    crimes = tables.read_csv(source + about["test"])
    model_bytes = objects.read(step.place("input", "model"))
    pin = os.environ.get("SLUICE_CHAMPION_ARREST")
    champion = None if pin is None else registry.parse_pin(pin)
    models = {"challenger": parse_model(model_bytes)}
    if champion is not None:
        models["champion"] = registry.load_verified(step.required("SLUICE_CHAMPION_ARREST_URI"), champion)
    rows = _rows(crimes, models)
    tables.write_csv(f"{folder}rows.csv", rows)
    evaluation = {
        "schema": "sluice.evaluation/v1",
        "run": step.required("SLUICE_RUN"),
        "seed": step.seed(),
        "model": {"name": "arrest", "digest": registry.digest(model_bytes)},
        "champion": champion and {"name": "arrest", "version": champion.version, "digest": champion.digest},
        "dataset": {"name": about["test"], "digest": registry.digest(content), "rows": len(rows)},
        "rows": {
            **{"path": "rows.csv", "id": "id", "label": "label", "positive": 1, "slices": ["season"]},
            **{name: {"predicted": name, "score": f"{name}_score"} for name in models},
        },
    }
    tables.write_json(f"{folder}evaluation.json", evaluation)
    metrics = _metrics(rows, models)
    where = tracking.record(f"score {about['last']}", {"test": about["test"], "rows": len(rows)}, metrics)
    return f"{len(rows)} crimes: {', '.join(f'{name} {value:.4f}' for name, value in metrics.items())}; {where}"


def _rows(crimes: pd.DataFrame, models: dict[str, Model]) -> pd.DataFrame:
    rows = crimes[["id", "season"]].assign(label=crimes["arrest"])
    for name, model in models.items():
        score = model.scores(crimes).round(6)
        rows = rows.assign(**{name: (score >= THRESHOLD).astype("int8"), f"{name}_score": score})
    return rows


def _metrics(rows: pd.DataFrame, models: dict[str, Model]) -> dict[str, float]:
    """For people to look at; the gate computes its own from the rows."""
    found = {}
    for name in models:
        found[f"{name}_pr_auc"] = float(average_precision_score(rows["label"], rows[f"{name}_score"]))
        found[f"{name}_f1"] = float(f1_score(rows["label"], rows[name]))
    return found


if __name__ == "__main__":
    step.main(work)
