"""What a model of search is asked: here is a product's name, which of these pictures show it?"""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

import numpy as np

from fashion.garment import Garment

QUERIES = 500
CANDIDATES = 120


@dataclass(frozen=True)
class Question:
    """The garment whose name is the query, and the garments to choose from, in an order that says nothing."""

    asked: Garment
    among: tuple[Garment, ...]


def questions(garments: list[Garment], seed: int) -> list[Question]:
    """The same for the same garments; of more than `QUERIES` a sample, among `CANDIDATES` at most each."""
    random = Random(seed)
    asked = random.sample(garments, min(QUERIES, len(garments)))
    found = []
    for garment in asked:
        others = [other for other in garments if other.id != garment.id]
        among = [garment, *random.sample(others, min(CANDIDATES - 1, len(others)))]
        random.shuffle(among)
        found.append(Question(garment, tuple(among)))
    return found


def relevant(asked: Garment, found: Garment) -> bool:
    """Somebody who asks for a blue shirt is served with another blue shirt; the brand is not in the picture."""
    return (asked.articleType, asked.baseColour) == (found.articleType, found.baseColour)


def rows(asked: list[Question], scores: dict[str, "Scores"]) -> Iterator[dict[str, str | int | float]]:
    for question in asked:
        for garment in question.among:
            yield {
                "id": f"{question.asked.id}/{garment.id}",
                "query": question.asked.id,
                "label": int(relevant(question.asked, garment)),
                "masterCategory": question.asked.masterCategory,
                "gender": question.asked.gender,
                **{name: round(of(question.asked, garment), 6) for name, of in scores.items()},
            }


@dataclass(frozen=True)
class Scores:
    """How close each name is to each picture, by the ids of their garments."""

    at: dict[int, int]
    similarity: np.ndarray

    def __call__(self, asked: Garment, found: Garment) -> float:
        return float(self.similarity[self.at[asked.id], self.at[found.id]])


def recall_at(k: int, asked: list[Question], scores: Scores) -> float:
    """For people to look at; the gate computes its own from the rows."""
    shares = []
    for question in asked:
        best = sorted(question.among, key=lambda garment: -scores(question.asked, garment))[:k]
        total = sum(relevant(question.asked, garment) for garment in question.among)
        shares.append(sum(relevant(question.asked, garment) for garment in best) / total)
    return float(np.mean(shares))
