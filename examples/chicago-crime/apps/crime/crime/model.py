"""model.json: a logistic regression, with all that turns a crime into its numbers. It can be read, and runs no code."""

import json
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crime import recipe

SCHEMA = "chicago-crime.model/v1"


@dataclass(frozen=True)
class Model:
    recipe: recipe.Recipe
    features: list[str]
    weights: list[float]
    bias: float
    # District, latitude and longitude of the stations that distances are measured to.
    stations: list[list[float]]
    # The last month that it learned from.
    last: str

    def scores(self, crimes: pd.DataFrame) -> np.ndarray:
        """P(arrest) of enriched crimes, 0 to 1."""
        return 1 / (1 + np.exp(-self.bias - self._inputs(crimes) @ np.asarray(self.weights)))

    def because(self, crimes: pd.DataFrame, most: int = 3) -> list[str]:
        """What spoke most for an arrest at the first of these crimes."""
        inputs = self._inputs(crimes)[0]
        # Of the values only those that the crime has: that it is no theft is no answer.
        has = np.array([value > 0 or "=" not in name for name, value in zip(self.features, inputs, strict=True)])
        says = np.where(has, inputs * np.asarray(self.weights), 0)
        return [self.features[at] for at in np.argsort(-says)[:most] if says[at] > 0]

    def station_table(self) -> pd.DataFrame:
        return pd.DataFrame(self.stations, columns=["district", "latitude", "longitude"])

    def to_bytes(self) -> bytes:
        about = {"last": self.last, "features": self.features, "weights": self.weights, "bias": self.bias}
        whole = {"schema": SCHEMA, **about, "recipe": self.recipe.to_json(), "stations": self.stations}
        return json.dumps(whole, indent=1).encode()

    def _inputs(self, crimes: pd.DataFrame) -> np.ndarray:
        columns = self.recipe.columns()
        return self.recipe.apply(crimes)[:, [columns.index(name) for name in self.features]].astype(float)


def parse_model(content: bytes) -> Model:
    value = json.loads(content)
    if value.get("schema") != SCHEMA:
        raise ValueError(f"unknown model schema {value.get('schema')}")
    if len(value["features"]) != len(value["weights"]):
        raise ValueError("the model is damaged: features and weights differ in number")
    steps = recipe.from_json(value["recipe"])
    rest = {name: value[name] for name in ("features", "weights", "bias", "stations", "last")}
    unknown = set(rest["features"]) - set(steps.columns())
    if unknown:
        raise ValueError(f"the model is damaged: its recipe makes no {', '.join(sorted(unknown))}")
    return Model(recipe=steps, **rest)
