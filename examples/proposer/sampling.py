"""sampling: answers of the model to many conversations at once."""

from collections.abc import Sequence

import torch
from transformers import DynamicCache, LlamaForCausalLM

from examples.proposer.vocabulary import ASSISTANT, END, USER, Vocabulary

TEMPERATURE = 0.7
"""At which the proposer is meant to be asked."""
LONGEST = 320
"""Tokens of an answer, at most."""
AT_ONCE = 64
"""Conversations in a batch."""


def write_conversation(vocabulary: Vocabulary, turns: Sequence[str]) -> list[int]:
    """Encode turns, the user's first and last, up to where the model answers."""
    tokens: list[int] = []
    for place, text in enumerate(turns):
        asked = place % 2 == 0
        tokens += [USER] if asked else []
        tokens += [*vocabulary.encode(text), ASSISTANT if asked else END]
    return tokens


def sample(
    model: LlamaForCausalLM,
    vocabulary: Vocabulary,
    conversations: Sequence[Sequence[str]],
    *,
    temperature: float = TEMPERATURE,
    longest: int = LONGEST,
) -> list[str]:
    """Answer every conversation once; temperature 0 takes the likeliest tokens."""
    asked = [write_conversation(vocabulary, turns) for turns in conversations]
    order = sorted(range(len(asked)), key=lambda place: len(asked[place]))
    answers = [""] * len(asked)
    model.eval()
    for start in range(0, len(order), AT_ONCE):
        places = order[start : start + AT_ONCE]
        batch = [asked[place] for place in places]
        for place, tokens in zip(places, _answer(model, batch, temperature, longest), strict=True):
            answers[place] = vocabulary.decode(tokens)
    return answers


@torch.inference_mode()
def _answer(
    model: LlamaForCausalLM, batch: Sequence[Sequence[int]], temperature: float, longest: int
) -> list[list[int]]:
    """Write answers token by token; whoever has ended is taken out."""
    size, device = max(map(len, batch)), next(model.parameters()).device
    padding = torch.tensor([size - len(row) for row in batch], device=device)
    tokens = torch.tensor([[END] * (size - len(row)) + list(row) for row in batch], device=device)
    mask = (torch.arange(size, device=device) >= padding[:, None]).long()
    places = (mask.cumsum(1) - 1).clamp(min=0)
    cache, writing = DynamicCache(), list(range(len(batch)))
    answers: list[list[int]] = [[] for _ in batch]
    for _ in range(longest):
        logits = model(
            input_ids=tokens,
            attention_mask=mask,
            position_ids=places,
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=1,
        ).logits[:, -1]
        tokens = _choose(logits, temperature)
        going = (tokens[:, 0] != END).nonzero()[:, 0]
        if len(going) < len(writing):
            cache.batch_select_indices(going)
            tokens, mask, places = tokens[going], mask[going], places[going]
            writing = [writing[place] for place in going.tolist()]
        if not writing:
            break
        for row, token in zip(writing, tokens[:, 0].tolist(), strict=True):
            answers[row].append(token)
        mask = torch.cat([mask, mask.new_ones(len(writing), 1)], 1)
        places = places[:, -1:] + 1
    return answers


def _choose(logits: torch.Tensor, temperature: float) -> torch.Tensor:
    if not temperature:
        return logits.argmax(-1, keepdim=True)
    return torch.multinomial(torch.softmax(logits / temperature, -1), 1)
