"""sampling: answers of the model to many conversations at once."""

from collections.abc import Iterator, Sequence

import torch
from transformers import LlamaForCausalLM

from examples.proposer.vocabulary import ASSISTANT, END, USER, Vocabulary

TEMPERATURE = 0.7
"""At which the proposer is meant to be asked."""
LONGEST = 200
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
) -> Iterator[list[int]]:
    size = max(map(len, batch))
    padded = [[END] * (size - len(row)) + list(row) for row in batch]
    mask = [[0] * (size - len(row)) + [1] * len(row) for row in batch]
    device = next(model.parameters()).device
    sampling = {"do_sample": True, "temperature": temperature} if temperature else {}
    written = model.generate(
        torch.tensor(padded, device=device),
        attention_mask=torch.tensor(mask, device=device),
        max_new_tokens=longest,
        eos_token_id=END,
        pad_token_id=END,
        **({"top_k": 0, **sampling} if sampling else {"do_sample": False}),
    )
    for row in written[:, size:].tolist():
        yield row[: row.index(END)] if END in row else row
