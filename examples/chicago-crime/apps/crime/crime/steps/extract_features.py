"""9. The columns that say most about the outcome, by mutual information."""

import numpy as np
from sklearn.feature_selection import mutual_info_classif

from crime import stage, step

# The estimate needs neighbours of every row in every column; more rows than this change the order of columns little.
SAMPLE = 10_000


def work() -> str:
    before = stage.load(step.place("input", "balanced"))
    wanted = int(step.number("features", 1, 500))
    sample = before.train.sample(min(SAMPLE, len(before.train)), random_state=step.seed())
    columns = [name for name in sample.columns if name != "arrest"]
    # All columns but the distance were 0 or 1. SMOTE put values between them, which go back to the nearer one.
    discrete = np.array([name != "log_distance" for name in columns])
    values = sample[columns].to_numpy(copy=True)
    middle = (before.features.max().to_numpy() + before.features.min().to_numpy()) / 2
    values[:, discrete] = values[:, discrete] > middle[discrete]
    information = mutual_info_classif(values, sample["arrest"], discrete_features=discrete, random_state=step.seed())
    order = sorted(zip(information.tolist(), columns, strict=True), key=lambda pair: (-pair[0], pair[1]))[:wanted]
    kept = [name for _, name in order]
    learned = {**before.learned, "features": kept, "information": [round(value, 6) for value, _ in order]}
    stage.Stage(before.train[[*kept, "arrest"]], learned).save(step.place("output", "features"))
    return f"{len(kept)} of {len(columns)} columns; most is said by {', '.join(kept[:3])}"


if __name__ == "__main__":
    step.main(work)
