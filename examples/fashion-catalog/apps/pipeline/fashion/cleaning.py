"""What is done to rows before anybody relies on them."""

from dataclasses import replace

from fashion.garment import Garment

# Spelled in more than one way in the public data set.
SPELLINGS = {"Gray": "Grey", "Autumn": "Fall", "NA": "", "nan": ""}
UNKNOWN = "Unknown"
CLOSED = ("masterCategory", "subCategory", "articleType", "baseColour", "season", "usage", "gender")


def clean(garments: list[Garment]) -> list[Garment]:
    """One row an id, the last one said; one spelling a value; nothing empty. In the order of ids."""
    latest = {garment.id: garment for garment in garments}
    return [_spelled(latest[number]) for number in sorted(latest)]


def _spelled(garment: Garment) -> Garment:
    values = {name: getattr(garment, name) for name in CLOSED}
    return replace(garment, **{name: SPELLINGS.get(value, value) or UNKNOWN for name, value in values.items()})
