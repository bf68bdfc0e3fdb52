"""Answers of scipy, statsmodels and plain numpy to the questions on standard input, one JSON object in, one out."""
import json
import sys

import numpy as np
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint


def bootstrap(case):
    rows = np.array(case["rows"], dtype=float)

    def difference(label, champion, challenger, axis=-1):
        if case["metric"] == "mae":
            return np.mean(np.abs(label - champion), axis=axis) - np.mean(np.abs(label - challenger), axis=axis)

        def f1(predicted):
            hits = np.sum((label == 1) & (predicted == 1), axis=axis)
            return 2 * hits / (np.sum(label == 1, axis=axis) + np.sum(predicted == 1, axis=axis))

        return f1(challenger) - f1(champion)

    result = stats.bootstrap(
        tuple(rows.T), difference, paired=True, vectorized=True, n_resamples=case["resamples"], method=case["method"],
        confidence_level=1 - 2 * case["alpha"], rng=np.random.default_rng(case["seed"]), batch=200,
    )
    values = np.sort(result.bootstrap_distribution)
    return {"interval": [result.confidence_interval.low, result.confidence_interval.high], "values": values[::10].tolist()}


def auc(label, score):
    return stats.mannwhitneyu(score[label == 1], score[label == 0]).statistic / ((label == 1).sum() * (label == 0).sum())


def scores(case):
    label, first, second = (np.array(case[key], dtype=float) for key in ("label", "champion", "challenger"))
    ones, zeros = np.flatnonzero(label == 1), np.flatnonzero(label == 0)

    def kernel(score):
        return np.sign(score[ones][:, None] - score[zeros][None, :]) / 2 + 0.5

    delta = kernel(second) - kernel(first)
    variance = np.var(delta.mean(1), ddof=1) / len(ones) + np.var(delta.mean(0), ddof=1) / len(zeros)
    order = np.argsort(-first, kind="stable")
    thresholds = np.unique(first)[::-1]
    area, recall = 0.0, 0.0
    for threshold in thresholds:
        taken = first >= threshold
        now = label[taken].sum() / label.sum()
        area += (now - recall) * label[taken].mean()
        recall = now
    clipped = np.clip(first, 2.0**-52, 1 - 2.0**-52)
    bins = np.minimum((first * 10).astype(int), 9)
    return {
        "auc": [auc(label, first), auc(label, second)],
        "error": float(np.sqrt(variance)),
        "pr_auc": area,
        "log_loss": float(-np.mean(label * np.log(clipped) + (1 - label) * np.log1p(-clipped))),
        "brier": float(np.mean((label - first) ** 2)),
        "calibration_error": float(
            sum(abs(first[bins == b].sum() - label[bins == b].sum()) for b in range(10)) / len(label)
        ),
        "rmse": float(np.sqrt(np.mean((label - first) ** 2))),
        "mae": float(np.mean(np.abs(label - first))),
        "r2": float(1 - np.sum((label - first) ** 2) / np.sum((label - label.mean()) ** 2)),
        "p95": float(np.percentile(first, 95, method="inverted_cdf")),
        "order": order[:5].tolist(),
    }


def confusion(case):
    label, predicted = np.array(case["label"]), np.array(case["predicted"])
    classes = sorted(set(label) | set(predicted))

    def per(c):
        hits = ((label == c) & (predicted == c)).sum()
        given, real = (predicted == c).sum(), (label == c).sum()
        precision = hits / given if given else 0.0
        recall = hits / real if real else 0.0
        return precision, recall, 2 * hits / (given + real) if given + real else 0.0

    table = np.array([per(c) for c in classes])
    precision, recall, f1 = per(case["positive"])
    return {
        "accuracy": float((label == predicted).mean()),
        "precision": precision, "recall": recall, "f1": f1,
        "precision_macro": table[:, 0].mean(), "recall_macro": table[:, 1].mean(), "f1_macro": table[:, 2].mean(),
    }


def ranking(case):
    query, relevance, score = np.array(case["query"]), np.array(case["label"], dtype=float), np.array(case["score"])
    k = case["k"]
    found = {"map": [], "recall": [], "ndcg": []}
    for q in np.unique(query):
        own = query == q
        gains = relevance[own][np.argsort(-score[own], kind="stable")]
        if not (gains > 0).any():
            continue
        hit = gains[:k] > 0
        precision = np.cumsum(hit) / (np.arange(len(hit)) + 1)
        found["map"].append((precision * hit).sum() / min(k, (gains > 0).sum()))
        found["recall"].append(hit.sum() / (gains > 0).sum())
        discount = 1 / np.log2(np.arange(2, len(gains) + 2))
        best = np.sort(gains)[::-1]
        found["ndcg"].append(((2**gains - 1) * discount)[:k].sum() / ((2**best - 1) * discount)[:k].sum())
    return {name: float(np.mean(values)) for name, values in found.items()}


def newcombe(case):
    """Method 10 of Newcombe (1998), written from the paper with scipy's Wilson limits."""
    a, b, c, d = case["counts"]
    n, alpha = a + b + c + d, case["alpha"]

    def wilson(k):
        return stats.binomtest(k, n).proportion_ci(1 - 2 * alpha, method="wilson")

    p1, p2 = (a + c) / n, (a + b) / n
    one, two = wilson(a + c), wilson(a + b)
    product = (a + b) * (c + d) * (a + c) * (b + d)
    cross = a * d - b * c
    if product == 0:
        phi = 0.0
    else:
        phi = (max(cross - n / 2, 0) if cross > 0 else cross) / np.sqrt(product)
    dl1, du1, dl2, du2 = p1 - one.low, one.high - p1, p2 - two.low, two.high - p2
    return [
        p1 - p2 - np.sqrt(max(0, dl1**2 - 2 * phi * dl1 * du2 + du2**2)),
        p1 - p2 + np.sqrt(max(0, du1**2 - 2 * phi * du1 * dl2 + dl2**2)),
    ]


ANSWERS = {
    "normal": lambda case: [[float(stats.norm.ppf(p)), float(stats.norm.cdf(float(stats.norm.ppf(p))))] for p in case["p"]],
    "cdf": lambda case: [float(stats.norm.cdf(x)) for x in case["x"]],
    "beta": lambda case: [[float(stats.beta.cdf(x, a, b)), float(stats.beta.ppf(x, a, b))] for x, a, b in case["cases"]],
    "student": lambda case: [float(stats.t.ppf(p, df)) for p, df in case["cases"]],
    "binomial": lambda case: [float(stats.binom.sf(k - 1, n, p)) for k, n, p in case["cases"]],
    "mcnemar": lambda case: [
        [float(stats.binomtest(c, b + c, 0.5, alternative="greater").pvalue) if b + c else 1.0,
         float(mcnemar([[0, b], [c, 0]], exact=True).pvalue)] for b, c in case["cases"]
    ],
    "clopper": lambda case: [
        list(proportion_confint(k, n, alpha=2 * case["alpha"], method="beta")) for k, n in case["cases"]
    ],
    "wilson": lambda case: [
        list(proportion_confint(k, n, alpha=2 * case["alpha"], method="wilson")) for k, n in case["cases"]
    ],
    "newcombe": lambda case: [newcombe({"counts": counts, "alpha": case["alpha"]}) for counts in case["cases"]],
    "holm": lambda case: [multipletests(p, alpha=case["alpha"], method="holm")[0].tolist() for p in case["cases"]],
    "bootstrap": bootstrap,
    "scores": scores,
    "confusion": confusion,
    "ranking": ranking,
}

questions = json.load(sys.stdin)
json.dump({name: ANSWERS[q["ask"]](q) for name, q in questions.items()}, sys.stdout, default=float)
