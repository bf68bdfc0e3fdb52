"""Fine-tunes CLIP on the captions of the garments to learn from, and puts every picture of the catalog into its index."""

import numpy as np

from fashion import clip, index, objects, step, tracking
from fashion.garment import read_garments
from fashion.pictures import decode
from fashion.tuning import fine_tune

# Decoded pictures take up to a hundred times as much as their files.
PICTURES_AT_ONCE = 1024


def work() -> str:
    images, output = step.place("input", "images"), step.place("output", "model")
    base, epochs, seed = step.text("base"), int(step.number("epochs", 1, 1000)), step.seed()
    garments = read_garments(objects.read(step.place("input", "train")))
    captions = [garment.productDisplayName for garment in garments]
    pictures = [decode(content) for _, content in objects.read_all(images, [garment.filename for garment in garments])]
    model = clip.start(base, captions, seed)
    loss = fine_tune(model, pictures, captions, epochs, base, seed)
    catalog = _index(model, images)
    files = {**model.files(), index.FILE: catalog.to_bytes()}
    # What the model before had and this one has not would be taken for its own.
    for name in set(objects.names(output)) - set(files):
        objects.remove(output + name)
    for name, content in files.items():
        objects.write(output + name, content)
    about = {"base": base, "epochs": epochs, "seed": seed, "garments": len(garments), "indexed": len(catalog.ids)}
    where = tracking.record("train", about, {"loss": loss})
    return f"{len(garments)} garments, {epochs} epochs, loss {loss:.3f}; {len(catalog.ids)} pictures indexed; {where}"


def _index(model: clip.Clip, images: str) -> index.Index:
    names = sorted(objects.names(images), key=_number)
    parts = []
    for at in range(0, len(names), PICTURES_AT_ONCE):
        part = objects.read_all(images, names[at : at + PICTURES_AT_ONCE])
        parts.append(model.of_pictures([decode(content) for _, content in part]))
    return index.Index(np.array([_number(name) for name in names], dtype=np.int64), np.concatenate(parts))


def _number(name: str) -> int:
    return int(name.removesuffix(".jpg"))


if __name__ == "__main__":
    step.main(work)
