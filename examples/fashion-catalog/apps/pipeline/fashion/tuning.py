"""How CLIP learns: of the texts of a batch each picture has to pick its own, and the other way round."""

from collections.abc import Callable, Sequence
from random import Random

import torch
from PIL import Image

from fashion.clip import TINY, Clip, unit

# Published weights know most of it already and would forget it at the speed that random ones need.
RATES = {TINY: 2e-3}
RATE = 1e-5
# Random weights need steps more than each step needs pictures to choose from.
BATCHES = {TINY: 16}
BATCH = 64


def fine_tune(clip: Clip, pictures: Sequence[Image.Image], captions: Sequence[str], epochs: int, base: str, seed: int) -> float:
    """Changes `clip`; returns the mean loss of the last epoch, in nats."""
    torch.manual_seed(seed)
    random = Random(seed)
    optimizer = torch.optim.AdamW(clip.model.parameters(), lr=RATES.get(base, RATE), weight_decay=0.05)
    size = BATCHES.get(base, BATCH)
    steps = epochs * -(-len(captions) // size)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=RATES.get(base, RATE), total_steps=steps)
    mean = float("nan")
    pixels = _pixels(clip, pictures, base, size)
    clip.model.train()
    for _ in range(epochs):
        order = random.sample(range(len(captions)), len(captions))
        losses = []
        for at in range(0, len(order), size):
            batch = order[at : at + size]
            named = [captions[index] for index in batch]
            loss = _loss(clip, pixels(batch), named, [some_words(one, random) for one in named])
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(clip.model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
        mean = sum(losses) / len(losses)
    return mean


def _pixels(clip: Clip, pictures: Sequence[Image.Image], base: str, size: int) -> Callable[[list[int]], torch.Tensor]:
    """Pixels by the places of their pictures: those of the tiny model are kept, being the same in every epoch."""
    # A picture of published weights is 0.6 MB of them: the whole catalog would be more than a GPU holds.
    if base != TINY:
        return lambda batch: clip.pixels([pictures[index] for index in batch])
    kept = torch.cat([clip.pixels(pictures[at : at + size]) for at in range(0, len(pictures), size)])
    return lambda batch: kept[batch]


def _loss(clip: Clip, pixels: torch.Tensor, captions: Sequence[str], texts: Sequence[str]) -> torch.Tensor:
    """Cross-entropy in both directions."""
    seen = unit(clip.model.get_image_features(pixel_values=pixels))
    said = unit(clip.model.get_text_features(**clip.tokens(texts)))
    logits = clip.model.logit_scale.exp().clamp(max=100) * said @ seen.T
    fits = torch.tensor(fitting(texts, captions), device=seen.device)
    of_texts = torch.nn.functional.cross_entropy(logits, fits / fits.sum(dim=1, keepdim=True))
    of_pictures = torch.nn.functional.cross_entropy(logits.T, fits.T / fits.T.sum(dim=1, keepdim=True))
    return (of_texts + of_pictures) / 2


def fitting(texts: Sequence[str], captions: Sequence[str]) -> list[list[float]]:
    """1 where all words of a text stand in a caption: a blue shirt is what all blue shirts are."""
    words = [frozenset(caption.split()) for caption in captions]
    return [[float(frozenset(text.split()) <= there) for there in words] for text in texts]


def some_words(caption: str, random: Random) -> str:
    """One to all of the words: people ask with fewer than products are named with."""
    words = caption.split()
    kept = set(random.sample(range(len(words)), random.randint(1, len(words))))
    return " ".join(word for at, word in enumerate(words) if at in kept)
