"""8. Arrests are few: SMOTE makes more of them, then some of the others are left out.

Chawla et al., 2002, https://doi.org/10.1613/jair.953
"""

from imblearn.over_sampling import SMOTE
from imblearn.under_sampling import RandomUnderSampler

from crime import stage, step

# Arrests for each crime without one, after each of the two.
AFTER_SMOTE, AFTER_BOTH = 0.4, 0.8
NEIGHBOURS = 5


def work() -> str:
    before = stage.load(step.place("input", "scaled"))
    features, outcome = before.features, before.train["arrest"]
    share = float(outcome.mean())
    few = int(outcome.sum())
    if few <= 1:
        raise step.Refused(f"{few} of {len(outcome)} rows have an arrest; SMOTE needs two at least. Take more months")
    if share / (1 - share) < AFTER_SMOTE:
        smote = SMOTE(
            sampling_strategy=AFTER_SMOTE, k_neighbors=min(NEIGHBOURS, few - 1), random_state=step.seed()
        )
        features, outcome = smote.fit_resample(features, outcome)
    now = outcome.mean()
    if now / (1 - now) < AFTER_BOTH:
        under = RandomUnderSampler(sampling_strategy=AFTER_BOTH, random_state=step.seed())
        features, outcome = under.fit_resample(features, outcome)
    # The model is told the first share again, so that its probabilities are those of the city.
    learned = {**before.learned, "arrests": share, "balanced": float(outcome.mean())}
    stage.Stage(features.assign(arrest=outcome), learned).save(step.place("output", "balanced"))
    return f"{len(outcome)} rows of {len(before.train)}; {share:.1%} arrests became {outcome.mean():.1%}"


if __name__ == "__main__":
    step.main(work)
