"""Which rows a model is judged on."""

import hashlib

import numpy as np
import pandas as pd


def is_test(crimes: pd.DataFrame, share: float) -> pd.Series:
    """Stratified by month and outcome: in each stratum, the rows with the smallest hashes of their ids.

    A month does not change once it is downloaded, so a row stays on its side as the window moves on: no later model learns
    from a row that an earlier one was judged on, or the other way round.
    """
    hashes = pd.Series([_hash(number) for number in crimes["id"].tolist()], index=crimes.index, dtype="uint64")
    strata = [crimes["date"].dt.to_period("M"), crimes["arrest"]]
    rank = hashes.groupby(strata).rank(method="first")
    size = hashes.groupby(strata).transform("size")
    return rank <= np.round(size * share)


def _hash(number: int) -> int:
    return int.from_bytes(hashlib.blake2b(str(number).encode(), digest_size=8).digest())
