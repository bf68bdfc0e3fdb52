"""How an enriched crime becomes numbers. What was learned of the training rows is a value that travels with the model.

The steps fill it in one part at a time, and the API follows it with the same functions.
"""

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

CATEGORIES = ("primary_type", "location_description", "district", "season", "day_of_week", "part_of_day")


@dataclass(frozen=True)
class Distance:
    """Kilometres, before the logarithm: what stands in for a missing one, and the bounds of what is believed."""

    fill: float
    low: float
    high: float


@dataclass(frozen=True)
class Recipe:
    distance: Distance
    # Column -> the values that have a column of their own; the others have none of them set.
    values: dict[str, list[str]]
    mean: list[float]
    scale: list[float]

    def columns(self) -> list[str]:
        return columns_of(self.values)

    def apply(self, crimes: pd.DataFrame) -> np.ndarray:
        """One row a crime, one column a feature, scaled."""
        encoded = encode(bound(crimes, self.distance), self.values)
        return scale(encoded.to_numpy(), self.mean, self.scale)

    def to_json(self) -> dict:
        return asdict(self)


def from_json(value: dict) -> Recipe:
    return Recipe(Distance(**value["distance"]), value["values"], value["mean"], value["scale"])


def fit_distance(km: pd.Series) -> Distance:
    """The middle 99 % is believed."""
    low, high = km.quantile([0.005, 0.995])
    return Distance(float(km.median()), float(low), float(high))


def bound(crimes: pd.DataFrame, distance: Distance) -> pd.DataFrame:
    """Log transform: most crimes are near a station, a few are far. Adds log_distance, takes distance_km out."""
    km = crimes["distance_km"].fillna(distance.fill).clip(distance.low, distance.high)
    return crimes.drop(columns="distance_km").assign(log_distance=np.log1p(km))


def fit_values(crimes: pd.DataFrame, least: float = 0.002) -> dict[str, list[str]]:
    """Values of at least this share of the rows."""
    shares = {name: crimes[name].astype(str).value_counts(normalize=True) for name in CATEGORIES}
    return {name: sorted(share.index[share >= least]) for name, share in shares.items()}


def columns_of(values: dict[str, list[str]]) -> list[str]:
    ones = [f"{name}={value}" for name in CATEGORIES for value in values[name]]
    return ["log_distance", "domestic", *ones]


def encode(crimes: pd.DataFrame, values: dict[str, list[str]]) -> pd.DataFrame:
    """One column a value, 0 or 1."""
    encoded = np.zeros((len(crimes), len(columns_of(values))), dtype=np.float32)
    encoded[:, 0], encoded[:, 1] = crimes["log_distance"], crimes["domestic"]
    start = 2
    for name in CATEGORIES:
        # -1 for a value without a column.
        code = pd.Index(values[name]).get_indexer(crimes[name].astype(str))
        known = np.flatnonzero(code >= 0)
        encoded[known, start + code[known]] = 1
        start += len(values[name])
    return pd.DataFrame(encoded, columns=columns_of(values), index=crimes.index)


def scale(encoded: np.ndarray, mean: list[float], deviation: list[float]) -> np.ndarray:
    """To mean 0 and deviation 1 over the training rows."""
    return ((encoded - np.asarray(mean)) / np.asarray(deviation)).astype(np.float32)
