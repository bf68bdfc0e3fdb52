"""CLIP: pictures and texts as points of one space, where what belongs together is close.

Radford et al., 2021, "Learning Transferable Visual Models From Natural Language Supervision": https://arxiv.org/abs/2103.00020
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

# Before transformers is imported: it would look for TensorFlow, and for threads that torch has already.
os.environ.setdefault("USE_TF", "0")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import numpy as np
import torch
from PIL import Image
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import AutoTokenizer, CLIPConfig, CLIPImageProcessor, CLIPModel, PreTrainedTokenizerFast

# A CLIP-ViT with 200,000 random weights that pictures of 64 x 64 and a vocabulary of their captions are enough for.
TINY = "tiny"
TINY_SIZE = 64
TINY_WORDS = 16
PATCH = 16
POSITION_SPREAD = 0.5
BATCH = 64


@dataclass(frozen=True)
class Clip:
    model: CLIPModel
    tokenizer: PreTrainedTokenizerFast
    processor: CLIPImageProcessor

    def pixels(self, pictures: Sequence[Image.Image]) -> torch.Tensor:
        return self.processor(images=list(pictures), return_tensors="pt")["pixel_values"].to(self.model.device)

    def tokens(self, texts: Sequence[str]) -> dict[str, torch.Tensor]:
        length = self.model.config.text_config.max_position_embeddings
        taken = self.tokenizer(list(texts), padding=True, truncation=True, max_length=length, return_tensors="pt")
        return {name: tensor.to(self.model.device) for name, tensor in taken.items()}

    def of_pictures(self, pictures: Sequence[Image.Image]) -> np.ndarray:
        """A row a picture, of length 1."""
        return self._in_batches(pictures, lambda part: self.model.get_image_features(pixel_values=self.pixels(part)))

    def of_texts(self, texts: Sequence[str]) -> np.ndarray:
        """A row a text, of length 1."""
        return self._in_batches(texts, lambda part: self.model.get_text_features(**self.tokens(part)))

    def files(self) -> dict[str, bytes]:
        """In the format of the Hugging Face hub, weights as safetensors: nothing of it runs code when it is loaded."""
        with TemporaryDirectory() as folder:
            self.model.save_pretrained(folder, safe_serialization=True)
            self.tokenizer.save_pretrained(folder)
            self.processor.save_pretrained(folder)
            return {path.name: path.read_bytes() for path in sorted(Path(folder).iterdir())}

    def _in_batches(self, items: Sequence, compute) -> np.ndarray:
        self.model.eval()
        with torch.no_grad():
            parts = [compute(items[at : at + BATCH]) for at in range(0, len(items), BATCH)]
        return unit(torch.cat(parts)).cpu().numpy()


def unit(vectors: torch.Tensor) -> torch.Tensor:
    return vectors / vectors.norm(dim=-1, keepdim=True)


def from_files(files: dict[str, bytes]) -> Clip:
    with TemporaryDirectory() as folder:
        for name, content in files.items():
            (Path(folder) / Path(name).name).write_bytes(content)
        return _read(folder)


def start(base: str, captions: Sequence[str], seed: int) -> Clip:
    """Published weights by their name on the hub, or, for `tiny`, random ones over the words of the captions."""
    torch.manual_seed(seed)
    clip = _tiny(captions) if base == TINY else _read(base)
    clip.model.to("cuda" if torch.cuda.is_available() else "cpu")
    return clip


def _read(place: str) -> Clip:
    return Clip(
        CLIPModel.from_pretrained(place), AutoTokenizer.from_pretrained(place), CLIPImageProcessor.from_pretrained(place)
    )


def _tiny(captions: Sequence[str]) -> Clip:
    tokenizer = _words(captions)
    names = {"pad_token_id": "pad", "bos_token_id": "bos", "eos_token_id": "eos"}
    special = {key: getattr(tokenizer, f"{name}_token_id") for key, name in names.items()}
    shared = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4}
    text = {**shared, **special, "vocab_size": len(tokenizer), "max_position_embeddings": TINY_WORDS, "projection_dim": 64}
    vision = {**shared, "image_size": TINY_SIZE, "patch_size": PATCH, "projection_dim": 64}
    config = CLIPConfig(text_config=text, vision_config=vision, projection_dim=64)
    square = {"height": TINY_SIZE, "width": TINY_SIZE}
    model = CLIPModel(config)
    # As strong as what stands at a place: otherwise colours are learned long before shapes, which are where colours stand.
    torch.nn.init.normal_(model.vision_model.embeddings.position_embedding.weight, std=POSITION_SPREAD)
    return Clip(model, tokenizer, CLIPImageProcessor(size=square, crop_size=square))


def _words(captions: Sequence[str]) -> PreTrainedTokenizerFast:
    """A token for each word of the captions, whatever its case."""
    names = {"pad_token": "<pad>", "unk_token": "<unk>", "bos_token": "<start>", "eos_token": "<end>"}
    inner = Tokenizer(models.WordLevel(unk_token="<unk>"))
    inner.normalizer = normalizers.Lowercase()
    inner.pre_tokenizer = pre_tokenizers.Whitespace()
    inner.train_from_iterator(captions, trainers.WordLevelTrainer(special_tokens=list(names.values())))
    ends = [(name, inner.token_to_id(name)) for name in ("<start>", "<end>")]
    inner.post_processor = processors.TemplateProcessing(single="<start> $A <end>", special_tokens=ends)
    return PreTrainedTokenizerFast(
        tokenizer_object=inner, **names, model_input_names=["input_ids", "attention_mask"], model_max_length=TINY_WORDS
    )
