"""7. Every column to mean 0 and deviation 1."""

from sklearn.preprocessing import StandardScaler

from crime import recipe, stage, step


def work() -> str:
    before = stage.load(step.place("input", "encoded"))
    scaler = StandardScaler().fit(before.features)
    mean, deviation = scaler.mean_.tolist(), scaler.scale_.tolist()
    features = before.features
    features[:] = recipe.scale(features.to_numpy(), mean, deviation)
    learned = {**before.learned, "mean": mean, "scale": deviation}
    stage.Stage(features.assign(arrest=before.train["arrest"]), learned).save(step.place("output", "scaled"))
    return f"{features.shape[1]} columns scaled"


if __name__ == "__main__":
    step.main(work)
