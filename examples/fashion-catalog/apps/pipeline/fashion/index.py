"""The pictures of the catalog as a model sees them. It travels with the model: a release never searches with one and finds
with another."""

from dataclasses import dataclass

import numpy as np
from safetensors.numpy import load, save

FILE = "index.safetensors"


@dataclass(frozen=True)
class Index:
    # Ids of garments, and a row of length 1 for each.
    ids: np.ndarray
    vectors: np.ndarray

    def nearest(self, vector: np.ndarray, limit: int) -> list[tuple[int, float]]:
        """Ids with their cosine similarity, the closest first; equal ones by id."""
        scores = self.vectors @ vector
        best = np.lexsort((self.ids, -scores))[:limit]
        return [(int(self.ids[at]), round(float(scores[at]), 6)) for at in best]

    def to_bytes(self) -> bytes:
        # Half the size; the order of near-equal results is all that changes.
        return save({"ids": self.ids.astype(np.int64), "vectors": self.vectors.astype(np.float16)})


def from_bytes(content: bytes) -> Index:
    tensors = load(content)
    return Index(tensors["ids"], tensors["vectors"].astype(np.float32))
