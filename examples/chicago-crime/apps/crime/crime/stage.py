"""What steps 5 to 9 hand to each other: the rows to learn from, and what was learned of them so far.

Rows to be judged on are not among them: they stay as they were split, and take the same way inside of the model.
"""

from dataclasses import dataclass

import pandas as pd

from crime import tables


@dataclass(frozen=True)
class Stage:
    train: pd.DataFrame
    learned: dict

    @property
    def features(self) -> pd.DataFrame:
        return self.train.drop(columns="arrest")

    def save(self, folder: str) -> None:
        tables.write_parquet(f"{folder}train.parquet", self.train)
        tables.write_json(f"{folder}learned.json", self.learned)


def load(folder: str) -> Stage:
    return Stage(tables.read_parquet(f"{folder}train.parquet"), tables.read_json(f"{folder}learned.json"))
