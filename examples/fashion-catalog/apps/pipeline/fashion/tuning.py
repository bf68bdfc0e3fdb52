"""How CLIP learns: of the texts of a batch each picture has to pick its own, and the other way round."""

from collections.abc import Sequence
from random import Random

import torch
from PIL import Image

from fashion.clip import BATCH, TINY, Clip, unit

# Published weights know most of it already and would forget it at the speed that random ones need.
RATES = {TINY: 2e-3}
RATE = 1e-5
# Words that are left out of a caption now and then: people ask with fewer words than products are named with.
LEFT_OUT = 0.15


def fine_tune(clip: Clip, pictures: Sequence[Image.Image], captions: Sequence[str], epochs: int, base: str, seed: int) -> float:
    """Changes `clip`; returns the mean loss of the last epoch, in nats."""
    torch.manual_seed(seed)
    random = Random(seed)
    optimizer = torch.optim.AdamW(clip.model.parameters(), lr=RATES.get(base, RATE), weight_decay=0.05)
    steps = epochs * -(-len(captions) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=RATES.get(base, RATE), total_steps=steps)
    mean = float("nan")
    clip.model.train()
    for _ in range(epochs):
        order = random.sample(range(len(captions)), len(captions))
        losses = []
        for at in range(0, len(order), BATCH):
            batch = order[at : at + BATCH]
            texts = [_fewer(captions[index], random) for index in batch]
            loss = _loss(clip, [pictures[index] for index in batch], texts)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(clip.model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
        mean = sum(losses) / len(losses)
    return mean


def _loss(clip: Clip, pictures: Sequence[Image.Image], texts: Sequence[str]) -> torch.Tensor:
    """Cross-entropy in both directions; equal texts are equally right."""
    seen = unit(clip.model.get_image_features(pixel_values=clip.pixels(pictures)))
    said = unit(clip.model.get_text_features(**clip.tokens(texts)))
    logits = clip.model.logit_scale.exp().clamp(max=100) * said @ seen.T
    equal = torch.tensor([[float(one == other) for other in texts] for one in texts], device=seen.device)
    right = equal / equal.sum(dim=1, keepdim=True)
    both = torch.nn.functional.cross_entropy(logits, right) + torch.nn.functional.cross_entropy(logits.T, right)
    return both / 2


def _fewer(caption: str, random: Random) -> str:
    words = caption.split()
    return " ".join(word for word in words if random.random() >= LEFT_OUT) or caption
