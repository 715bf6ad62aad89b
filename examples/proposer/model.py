"""model: the decoder's sizes, and how it is made, saved and loaded.

It is a Llama of `transformers`, so trainers and GGUF files know it.

Names must be found again at other places, so what a token is must not drown in what the layers add:
embeddings begin as large as their normalised sums. They are not shared with the output, where all
tokens that are never written drift one way together.
"""

from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from examples.proposer.vocabulary import BYTES, END, USER, Vocabulary

CONTEXT = 2048
"""Longest conversation, in tokens."""


@dataclass(frozen=True, slots=True)
class Preset:
    """A size of model and what it is trained with.

    Attributes:
        width: Of the residual stream.
        layers: Blocks of attention and feed-forward.
        heads: Of attention, each `width / heads` wide.
        inner: Width between the two halves of a feed-forward.
        tokens: In a batch, padding among them, over all workers.
        rate: Learning rate of the matrices, by Muon.
        embed_rate: Learning rate of embeddings, by AdamW.
        flat_rate: Learning rate of the output and of norms, by AdamW.
        minutes: How long it is trained.
        rows: Problems in the corpus.
    """

    width: int
    layers: int
    heads: int
    inner: int
    tokens: int
    rate: float = 0.01
    embed_rate: float = 0.01
    flat_rate: float = 2e-3
    minutes: float = 55
    rows: int = 120_000


PRESETS = {
    "smoke": Preset(width=64, layers=2, heads=2, inner=192, tokens=2048, minutes=0.5, rows=400),
    "cpu": Preset(width=192, layers=8, heads=3, inner=512, tokens=6144),
    "gpu": Preset(
        width=512, layers=8, heads=8, inner=1408, tokens=65_536, minutes=60, rows=2_000_000
    ),
}


def make_model(preset: Preset, vocabulary: Vocabulary) -> LlamaForCausalLM:
    """Make a model with random weights."""
    config = LlamaConfig(
        vocab_size=len(vocabulary),
        hidden_size=preset.width,
        intermediate_size=preset.inner,
        num_hidden_layers=preset.layers,
        num_attention_heads=preset.heads,
        num_key_value_heads=preset.heads,
        max_position_embeddings=CONTEXT,
        tie_word_embeddings=False,
        bos_token_id=USER,
        eos_token_id=END,
        pad_token_id=END,
    )
    model = LlamaForCausalLM(config)
    torch.nn.init.normal_(model.model.embed_tokens.weight)
    return model


def adopt(model: LlamaForCausalLM, old: Vocabulary, new: Vocabulary) -> None:
    """Let a model read another vocabulary: what it knows of the tokens of both stays."""
    places = {text: place for place, text in enumerate(old.texts, BYTES + 256)}
    kept = [*range(BYTES + 256), *(places.get(text, -1) for text in new.texts)]
    known = torch.tensor(kept) >= 0
    before = [layer.weight.data for layer in (model.model.embed_tokens, model.lm_head)]
    model.resize_token_embeddings(len(new), mean_resizing=False)
    for layer, weight in zip((model.model.embed_tokens, model.lm_head), before, strict=True):
        torch.nn.init.normal_(layer.weight, std=weight.std().item())
        layer.weight.data[known] = weight[torch.tensor(kept)[known]]


def save_checkpoint(model: LlamaForCausalLM, vocabulary: Vocabulary, folder: Path) -> None:
    """Write a folder that `transformers` loads, with the vocabulary beside."""
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    vocabulary.save(folder)


def load_checkpoint(folder: Path) -> tuple[LlamaForCausalLM, Vocabulary]:
    """Read such a folder."""
    return LlamaForCausalLM.from_pretrained(folder), Vocabulary.load(folder)


def pick_device() -> torch.device:
    """Take a GPU where there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
