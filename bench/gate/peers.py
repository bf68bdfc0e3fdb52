"""The same questions, answered by scipy and numpy. One question a process, so that rounds of ours and of theirs alternate.

usage: peers.py QUESTION FILE [RESAMPLES]     prints JSON: CPU seconds, seconds by the clock, and the answer

Importing numpy is not counted, as starting Node is not.
"""
import json
import sys
import time

import numpy as np


def unique_ids(ids):
    """The check that no id stands twice, as the gate makes it."""
    if len(np.unique(ids)) != len(ids):
        raise ValueError("duplicate ids")


def read(path):
    """A file of numbers alone: ids are whole numbers."""
    rows = np.loadtxt(path, delimiter=",", skiprows=1)
    unique_ids(rows[:, 0])
    return rows[:, 1:]


def read_integers(path):
    """The same where every column is a whole number: numpy's fastest."""
    rows = np.loadtxt(path, delimiter=",", skiprows=1, dtype=np.int64)
    unique_ids(rows[:, 0])
    return rows[:, 1:]


def read_text_ids(path, kind="U12"):
    """Ids are texts. U is numpy's text, S its bytes, which are quicker and hold ASCII only."""
    dtype = [("id", kind), ("label", np.int64), ("champion", np.int64), ("challenger", np.int64)]
    rows = np.loadtxt(path, delimiter=",", skiprows=1, dtype=dtype)
    unique_ids(rows["id"])
    return np.column_stack([rows["label"], rows["champion"], rows["challenger"]])


def read_slowly(path):
    rows = np.genfromtxt(path, delimiter=",", skip_header=1)
    unique_ids(rows[:, 0])
    return rows[:, 1:]


def f1(label, predicted):
    hits = np.sum((label == 1) & (predicted == 1), axis=-1)
    return 2 * hits / (np.sum(label == 1, axis=-1) + np.sum(predicted == 1, axis=-1))


def difference(label, champion, challenger, axis=-1):
    return f1(label, challenger) - f1(label, champion)


def multinomial(rows, resamples, classes):
    label, champion, challenger = rows.astype(np.int64).T
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
    from scipy import stats

    result = stats.bootstrap(
        tuple(rows.T), difference, paired=True, vectorized=True, batch=1, n_resamples=resamples,
        method="percentile", confidence_level=0.9, rng=np.random.default_rng(7),
    )
    return list(result.confidence_interval)


QUESTIONS = {
    "f1-floats": lambda path, n: multinomial(read(path), n, 2),
    "f1-integers": lambda path, n: multinomial(read_integers(path), n, 2),
    "f1-text": lambda path, n: multinomial(read_text_ids(path), n, 2),
    "f1-bytes": lambda path, n: multinomial(read_text_ids(path, "S12"), n, 2),
    "f1-slowly": lambda path, n: multinomial(read_slowly(path), n, 2),
    "macro": lambda path, n: multinomial(read_integers(path), n, 10),
    "delong": lambda path, n: delong(path),
}


def main():
    question, path, resamples = sys.argv[1], sys.argv[2], int((sys.argv[3:] or ["0"])[0])
    if question == "scipy":
        from scipy import stats  # noqa: F401  importing is not counted

        rows = read(path)
        work = lambda: scipy_bootstrap(rows, resamples)  # noqa: E731
    else:
        work = lambda: QUESTIONS[question](path, resamples)  # noqa: E731
    cpu, clock = time.process_time(), time.perf_counter()
    answer = work()
    print(json.dumps({"cpu": time.process_time() - cpu, "seconds": time.perf_counter() - clock, "answer": answer}))


main()
