"""The same questions, answered by scipy and numpy, timed. Prints JSON.

usage: peers.py F1_CSV MACRO_CSV AUC_CSV RESAMPLES
"""
import json
import sys
import time

import numpy as np
from scipy import stats


def timed(run, rounds=5):
    """CPU seconds of the best round: other work on the machine comes and goes."""
    best = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        value = run()
        best = min(best, time.process_time() - start)
    return best, value


def read(path, loader=np.loadtxt):
    """The whole file, with the check that no id stands twice, as the gate does."""
    skip = {"skiprows": 1} if loader is np.loadtxt else {"skip_header": 1}
    rows = loader(path, delimiter=",", **skip)
    if len(np.unique(rows[:, 0])) != len(rows):
        raise ValueError("duplicate ids")
    return rows[:, 1:]


def f1(label, predicted):
    hits = np.sum((label == 1) & (predicted == 1), axis=-1)
    return 2 * hits / (np.sum(label == 1, axis=-1) + np.sum(predicted == 1, axis=-1))


def difference(label, champion, challenger, axis=-1):
    return f1(label, challenger) - f1(label, champion)


def multinomial(path, resamples, classes, loader=np.loadtxt):
    rows = read(path, loader).astype(np.int64)
    label, champion, challenger = rows.T
    cells = (label * classes + champion) * classes + challenger
    counts = np.bincount(cells, minlength=classes**3)
    draws = np.random.default_rng(7).multinomial(len(rows), counts / len(rows), size=resamples)
    cube = draws.reshape(resamples, classes, classes, classes)
    if classes == 2:
        def score(table):
            return 2 * table[:, 1, 1] / (table[:, 1, :].sum(1) + table[:, :, 1].sum(1))
    else:
        def score(table):
            hits = np.einsum("bii->bi", table)
            return (2 * hits / (table.sum(2) + table.sum(1))).mean(1)
    values = score(cube.sum(2)) - score(cube.sum(3))
    return np.percentile(values, [5, 95]).tolist()


def midrank(x):
    order = np.argsort(x, kind="stable")
    z = x[order]
    edges = np.flatnonzero(np.r_[True, z[1:] != z[:-1], True])
    ranks = np.empty(len(x))
    ranks[order] = np.repeat((edges[:-1] + edges[1:] - 1) / 2 + 1, np.diff(edges))
    return ranks


def delong(path):
    label, champion, challenger = read(path).T
    positive = label == 1
    m, n = positive.sum(), (~positive).sum()
    v10, v01, areas = [], [], []
    for score in (champion, challenger):
        every, ones, zeros = midrank(score), midrank(score[positive]), midrank(score[~positive])
        v10.append((every[positive] - ones) / n)
        v01.append(1 - (every[~positive] - zeros) / m)
        areas.append(v10[-1].mean())
    variance = np.var(v10[1] - v10[0], ddof=1) / m + np.var(v01[1] - v01[0], ddof=1) / n
    return [areas[1] - areas[0], float(np.sqrt(variance))]


def scipy_bootstrap(rows, resamples):
    return stats.bootstrap(
        tuple(rows.T), difference, paired=True, vectorized=True, batch=1, n_resamples=resamples,
        method="percentile", confidence_level=0.9, rng=np.random.default_rng(7),
    )


def main():
    binary, macro, area, resamples = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    result = {}
    result["f1_read"], rows = timed(lambda: read(binary))
    for few in (20, 40):
        result[f"scipy_{few}"], _ = timed(lambda few=few: scipy_bootstrap(rows, few), 3)
    result["numpy_f1"], result["numpy_f1_interval"] = timed(lambda: multinomial(binary, resamples, 2))
    result["genfromtxt_f1"], _ = timed(lambda: multinomial(binary, resamples, 2, np.genfromtxt), 1)
    result["numpy_macro"], result["numpy_macro_interval"] = timed(lambda: multinomial(macro, resamples, 10))
    result["numpy_delong"], result["numpy_delong_value"] = timed(lambda: delong(area))
    json.dump(result, sys.stdout)


main()
