"""10. Learns the model, and puts the share of arrests back to what it is in the city.

King and Zeng, 2001, "Logistic Regression in Rare Events Data", 4.1: https://doi.org/10.1093/oxfordjournals.pan.a004868
"""

from math import log

from sklearn.linear_model import LogisticRegression

from crime import objects, recipe, stage, step, tracking
from crime.model import Model


def work() -> str:
    source = stage.load(step.place("input", "features"))
    learned = source.learned
    fitted = LogisticRegression(max_iter=500, random_state=step.seed()).fit(source.features, source.train["arrest"])
    shift = _log_odds(learned["arrests"]) - _log_odds(learned["balanced"])
    model = Model(
        recipe=recipe.from_json({name: learned[name] for name in ("distance", "values", "mean", "scale")}),
        features=learned["features"],
        weights=fitted.coef_[0].tolist(),
        bias=float(fitted.intercept_[0]) + shift,
        stations=learned["stations"],
        last=learned["last"],
    )
    objects.write(step.place("output", "model"), model.to_bytes(), "application/json")
    about = {"last": model.last, "features": len(model.features), "seed": step.seed(), "rows": len(source.train)}
    where = tracking.record(f"train {model.last}", about, {"arrests": learned["arrests"]})
    return f"{len(model.weights)} weights from {len(source.train)} rows, to {model.last}; {where}"


def _log_odds(share: float) -> float:
    return log(share / (1 - share))


if __name__ == "__main__":
    step.main(work)
