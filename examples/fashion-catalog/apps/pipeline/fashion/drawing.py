"""Garments that are drawn: a catalog for a machine without a data set, the same one for the same seed.

What a model shall learn is in the picture: the article as its shape, the colour as its paint, the season as its background,
the usage as its pattern and the gender as a mark in a corner.
"""

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from fashion.garment import Garment

SIZE = 64
DATASET = "drawn"
Point = tuple[float, float]


@dataclass(frozen=True)
class Article:
    master: str
    sub: str
    # Outlines, in a square of one by one.
    shape: tuple[tuple[Point, ...], ...]


def _box(left: float, top: float, right: float, bottom: float) -> tuple[Point, ...]:
    return ((left, top), (right, top), (right, bottom), (left, bottom))


ARTICLES = {
    "Shirts": Article(
        "Apparel",
        "Topwear",
        (((0.3, 0.2), (0.7, 0.2), (0.95, 0.5), (0.85, 0.6), (0.7, 0.45), (0.7, 0.85), (0.3, 0.85), (0.3, 0.45), (0.15, 0.6), (0.05, 0.5)),),
    ),
    "Jeans": Article(
        "Apparel",
        "Bottomwear",
        (((0.3, 0.1), (0.7, 0.1), (0.8, 0.95), (0.6, 0.95), (0.5, 0.35), (0.4, 0.95), (0.2, 0.95)),),
    ),
    "Dresses": Article("Apparel", "Dress", (((0.4, 0.1), (0.6, 0.1), (0.58, 0.4), (0.9, 0.9), (0.1, 0.9), (0.42, 0.4)),)),
    "Sandals": Article("Footwear", "Sandal", (_box(0.05, 0.7, 0.95, 0.8), _box(0.2, 0.45, 0.3, 0.7), _box(0.65, 0.45, 0.75, 0.7))),
    "Boots": Article("Footwear", "Shoes", (((0.35, 0.1), (0.65, 0.1), (0.65, 0.6), (0.95, 0.7), (0.95, 0.9), (0.35, 0.9)),)),
    "Watches": Article("Accessories", "Watches", (_box(0.42, 0.05, 0.58, 0.95), _box(0.25, 0.3, 0.75, 0.7))),
    "Handbags": Article("Accessories", "Bags", (_box(0.1, 0.45, 0.9, 0.9), _box(0.3, 0.2, 0.36, 0.45), _box(0.64, 0.2, 0.7, 0.45), _box(0.3, 0.15, 0.7, 0.21))),
    "Ties": Article("Accessories", "Ties", (((0.42, 0.05), (0.58, 0.05), (0.54, 0.2), (0.64, 0.8), (0.5, 0.95), (0.36, 0.8), (0.46, 0.2)),)),
}
COLOURS = {
    **{"Red": (200, 30, 40), "Blue": (30, 60, 190), "Green": (30, 140, 60), "Yellow": (230, 200, 40)},
    **{"Black": (25, 25, 25), "Purple": (120, 40, 150), "Orange": (235, 120, 30), "Grey": (125, 125, 125)},
}
SEASONS = {"Spring": (225, 245, 225), "Summer": (250, 245, 215), "Fall": (245, 225, 210), "Winter": (220, 235, 250)}
GENDERS = ("Men", "Women")
USAGES = ("Casual", "Sports")
BRANDS = ("Aldo", "Bree", "Cobb", "Dune", "Esker", "Finn")


def catalog(count: int, seed: int) -> list[tuple[Garment, bytes]]:
    """`count` garments with their JPEG files."""
    generator = np.random.default_rng(seed)
    return [_draw(number, generator) for number in range(1, count + 1)]


def row(number: int, generator: np.random.Generator) -> Garment:
    def one(values) -> str:
        return str(generator.choice(tuple(values)))

    article, colour, gender, usage = one(ARTICLES), one(COLOURS), one(GENDERS), one(USAGES)
    return Garment(
        id=number,
        filename=f"{number}.jpg",
        s3_path="",
        masterCategory=ARTICLES[article].master,
        subCategory=ARTICLES[article].sub,
        articleType=article,
        baseColour=colour,
        season=one(SEASONS),
        year=int(generator.integers(2012, 2026)),
        usage=usage,
        gender=gender,
        productDisplayName=f"{one(BRANDS)} {gender} {colour} {usage} {article}",
        dataset=DATASET,
    )


def _draw(number: int, generator: np.random.Generator) -> tuple[Garment, bytes]:
    garment = row(number, generator)
    picture = Image.new("RGB", (SIZE, SIZE), _near(SEASONS[garment.season], generator, 6))
    pen = ImageDraw.Draw(picture)
    paint = _near(COLOURS[garment.baseColour], generator, 14)
    scale, (right, down) = generator.uniform(0.75, 0.95), generator.uniform(0, 0.08, 2)
    for outline in ARTICLES[garment.articleType].shape:
        pen.polygon([((x * scale + right) * SIZE, (y * scale + down) * SIZE) for x, y in outline], fill=paint)
    if garment.usage == "Sports":
        for at in range(8, SIZE, 16):
            pen.line([(0, at), (SIZE, at)], fill=(255, 255, 255), width=2)
    mark = (SIZE - 12, SIZE - 12, SIZE - 3, SIZE - 3)
    pen.ellipse(mark, fill=(20, 20, 20)) if garment.gender == "Women" else pen.rectangle(mark, fill=(240, 240, 240))
    noisy = np.asarray(picture, dtype=np.int16) + generator.integers(-8, 9, (SIZE, SIZE, 3))
    return garment, jpeg(Image.fromarray(noisy.clip(0, 255).astype(np.uint8)))


def jpeg(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def _near(colour: tuple[int, int, int], generator: np.random.Generator, spread: int) -> tuple[int, int, int]:
    red, green, blue = (int(value) for value in np.asarray(colour) + generator.integers(-spread, spread + 1, 3))
    return max(red, 0), max(green, 0), max(blue, 0)
