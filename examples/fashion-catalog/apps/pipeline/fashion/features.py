"""What is known of a garment's picture before any model has seen it."""

import numpy as np
from PIL import Image

COLUMNS = ("id", "hash", "red", "green", "blue", "width", "height")


def features(number: int, picture: Image.Image) -> dict[str, str | int]:
    red, green, blue = (int(value) for value in np.asarray(picture).reshape(-1, 3).mean(axis=0).round())
    size = {"width": picture.width, "height": picture.height}
    return {"id": number, "hash": difference_hash(picture), "red": red, "green": green, "blue": blue, **size}


def difference_hash(picture: Image.Image) -> str:
    """The same for the same picture in another size or quality: whether each of 16 x 16 places is darker than its right
    neighbour, for each colour. Krawetz, 2013: https://www.hackerfactor.com/blog/index.php?/archives/529-Kind-of-Like-That.html"""
    small = np.asarray(picture.resize((17, 16), Image.Resampling.BOX), dtype=np.int16)
    return np.packbits(small[:, 1:] > small[:, :-1]).tobytes().hex()
