"""Pictures as they come from outside: read only where they are one, and none that would fill the memory."""

import io

from PIL import Image

MAX_BYTES = 5 * 2**20
MAX_PIXELS = 25_000_000
FORMATS = ("JPEG", "PNG", "WEBP")


class NotAPicture(Exception):
    """The bytes do not decode, or into too much; the message says which."""


def decode(content: bytes) -> Image.Image:
    """In RGB. The size is looked at before anything is decoded."""
    if len(content) > MAX_BYTES:
        raise NotAPicture(f"a picture of {len(content)} bytes; at most {MAX_BYTES} are taken")
    try:
        picture = Image.open(io.BytesIO(content), formats=FORMATS)
        if picture.width * picture.height > MAX_PIXELS:
            raise NotAPicture(f"a picture of {picture.width} x {picture.height}; at most {MAX_PIXELS} pixels are taken")
        return picture.convert("RGB")
    # What Pillow raises for bytes of strangers is not one type of error.
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise NotAPicture(f"not a picture: expected {', '.join(FORMATS)}") from error
