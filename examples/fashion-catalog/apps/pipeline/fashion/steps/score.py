"""Judges the new model and the champion on the same questions, in one run: a stored score is no comparison."""

import json
import os

from fashion import clip, index, objects, registry, step, tracking
from fashion.garment import Garment, read_garments, rows_to_csv
from fashion.judging import Question, Scores, questions, recall_at, rows
from fashion.pictures import decode

K = 5
SLICES = ["masterCategory", "gender"]


def work() -> str:
    test, folder = step.place("input", "test"), step.place("output", "evaluation")
    content = objects.read(test)
    garments = read_garments(content)
    asked = questions(garments, step.seed())
    files = {"challenger": registry.load(step.place("input", "model"))}
    champion = None
    if text := os.environ.get("SLUICE_CHAMPION_SEARCH_MODEL"):
        champion = registry.parse_pin(text)
        files["champion"] = registry.load_verified(step.required("SLUICE_CHAMPION_SEARCH_MODEL_URI"), champion)
    images = step.place("input", "images")
    pictures = [decode(picture) for _, picture in objects.read_all(images, [garment.filename for garment in garments])]
    scores = {name: _scores(model, garments, pictures) for name, model in files.items()}
    columns = ("id", "query", "label", *SLICES, *scores)
    judged = list(rows(asked, scores))
    objects.write(f"{folder}rows.csv", rows_to_csv(columns, judged), "text/csv")
    evaluation = {
        "schema": "sluice.evaluation/v1",
        "run": step.required("SLUICE_RUN"),
        "seed": step.seed(),
        "model": {"name": "search-model", "digest": registry.digest_of(files["challenger"])},
        "champion": champion and {"name": "search-model", "version": champion.version, "digest": champion.digest},
        "dataset": {"name": test.rsplit("/", 1)[-1], "digest": registry.digest(content), "rows": len(judged)},
        "rows": {
            **{"path": "rows.csv", "id": "id", "label": "label", "query": "query", "slices": SLICES},
            **{name: {"score": name} for name in scores},
        },
    }
    objects.write(f"{folder}evaluation.json", json.dumps(evaluation, indent=2).encode() + b"\n", "application/json")
    return _report(asked, scores)


def _scores(files: registry.Files, garments: list[Garment], pictures: list) -> Scores:
    model = clip.from_files({name: content for name, content in files.items() if name != index.FILE})
    texts = model.of_texts([garment.productDisplayName for garment in garments])
    at = {garment.id: place for place, garment in enumerate(garments)}
    return Scores(at, texts @ model.of_pictures(pictures).T)


def _report(asked: list[Question], scores: dict[str, Scores]) -> str:
    metrics = {f"{name}_recall_at_{K}": recall_at(K, asked, of) for name, of in scores.items()}
    where = tracking.record("score", {"questions": len(asked)}, metrics)
    said = ", ".join(f"{name} {value:.4f}" for name, value in metrics.items())
    return f"{len(asked)} questions: {said}; {where}"


if __name__ == "__main__":
    step.main(work)
