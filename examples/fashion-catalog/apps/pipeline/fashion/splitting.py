"""Which garments a model learns from, and which it is judged on."""

import hashlib

from fashion.garment import Garment


def split(garments: list[Garment], hashes: dict[int, str], share: float, seed: int) -> tuple[list[Garment], list[Garment]]:
    """Train and test. A garment's side follows from its picture alone, so it stays there when others join, and pictures that
    look the same are on one side: a model is not judged on what it has seen."""
    train: list[Garment] = []
    test: list[Garment] = []
    for garment in garments:
        (test if _place(hashes[garment.id], seed) < share else train).append(garment)
    return train, test


def _place(picture: str, seed: int) -> float:
    """Of [0, 1), evenly."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{picture}".encode()).digest()[:7], "big") / 2**56
