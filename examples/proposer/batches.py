"""batches: conversations as arrays, several from one problem in one row.

A row is a trunk, which is the problem as it is put to the model, and branches, which are ways the
conversation can go on: the right answer, or a wrong one with what it was told and the corrected
one. Branches see the trunk and themselves, as if each stood alone, so the problem is read once.

Beside answers the model learns, with less weight, to foresee what the critics will say: that
teaches it what its steps bring about.

Invariants:
    * Of answers, only right ones are learnt.
    * A branch cannot see another.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
import torch

from examples.proposer.vocabulary import ASSISTANT, END, USER, Vocabulary

FORESIGHT = 0.3
"""Weight of a token of what the critics said; a token of an answer has 1."""


@dataclass(frozen=True, slots=True)
class Row:
    """One problem with its conversations.

    Attributes:
        tokens: All of them, the trunk first.
        branch: Of each token: 0 for the trunk.
        place: Of each token in its conversation.
        target: The token that follows, where it is to be learnt, else -1.
    """

    tokens: np.ndarray
    branch: np.ndarray
    place: np.ndarray
    target: np.ndarray

    @property
    def told(self) -> np.ndarray:
        """Give the token that follows, within what the critics said, else -1."""
        marks = (self.tokens == USER).astype(int) - (self.tokens == ASSISTANT)
        inside = np.cumsum(np.where(self.branch > 1, marks, 0)) > 0
        return np.where(inside, np.append(self.tokens[1:], -1), -1)


@dataclass(frozen=True, slots=True)
class Repair:
    """A wrong answer, what the model is told of it, and the corrected answer."""

    wrong: str
    told: str
    right: str


def make_row(
    vocabulary: Vocabulary,
    prompt: str,
    answer: str | None,
    repairs: Sequence[Repair],
    direct: str | None = None,
) -> Row:
    """Encode a problem's conversations.

    Args:
        vocabulary: The tokens.
        prompt: The problem as it is put to the model.
        answer: The first answer that is learnt, if any.
        repairs: Further branches.
        direct: The answer without a thought. That it begins at once is not learnt.
    """
    trunk = [USER, *vocabulary.encode(prompt), ASSISTANT]
    parts = [(trunk, 0, 0, 0)]
    if answer is not None:
        first = [*vocabulary.encode(answer), END]
        parts.append((first, 1, len(trunk), 0))
    for number, repair in enumerate(repairs, 2):
        asked = [*vocabulary.encode(repair.wrong), END]
        asked += [USER, *vocabulary.encode(repair.told), ASSISTANT]
        right = [*vocabulary.encode(repair.right), END]
        parts.append((asked + right, number, len(trunk), len(asked)))
    if direct is not None:
        parts.append(([*vocabulary.encode(direct), END], len(repairs) + 2, len(trunk), 1))
    return _join(parts)


def _join(parts: Sequence[tuple[list[int], int, int, int]]) -> Row:
    tokens = np.concatenate([np.array(ids, np.int32) for ids, *_ in parts])
    branch = np.concatenate([np.full(len(ids), number, np.int32) for ids, number, *_ in parts])
    place = np.concatenate([np.arange(len(ids), dtype=np.int32) + at for ids, _, at, _ in parts])
    target = np.full(len(tokens), -1, np.int32)
    start = 0
    for ids, number, _, unlearnt in parts:
        learnt = range(start + unlearnt, start + len(ids)) if number else range(0)
        for at in learnt:  # the answer's first token follows the trunk
            target[at - 1] = tokens[at]
        start += len(ids)
    return Row(tokens, branch, place, target)


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of about equal length, padded."""

    tokens: torch.Tensor
    place: torch.Tensor
    mask: torch.Tensor
    target: torch.Tensor
    weight: torch.Tensor

    def to(self, device: torch.device) -> "Batch":
        """Bring it where the model is."""
        parts = (self.tokens, self.place, self.mask, self.target, self.weight)
        return Batch(*(part.to(device, non_blocking=True) for part in parts))


def collate(rows: Sequence[Row]) -> Batch:
    """Pad rows to the longest."""
    size = max(len(row.tokens) for row in rows)
    filled = {"tokens": END, "place": 0, "branch": -1, "target": -1, "told": -1}
    arrays = {
        name: np.stack([_pad(getattr(row, name), size, value) for row in rows])
        for name, value in filled.items()
    }
    branch = torch.from_numpy(arrays["branch"])
    before = torch.ones(size, size, dtype=torch.bool).tril()
    same = branch[:, :, None] == branch[:, None, :]
    mask = before & (same | (branch == 0)[:, None, :])
    tokens, place, target = (
        torch.from_numpy(arrays[name]).long() for name in ("tokens", "place", "target")
    )
    told = torch.from_numpy(arrays["told"]).long()
    weight = (target >= 0) + FORESIGHT * (told >= 0)
    return Batch(tokens, place, mask[:, None], target.maximum(told), weight)


def _pad(array: np.ndarray, size: int, value: int) -> np.ndarray:
    return np.pad(array, (0, size - len(array)), constant_values=value)


def batch_rows(rows: Iterable[Row], tokens: int, random: Random) -> Iterator[list[Row]]:
    """Group rows of about equal length into batches of at most so many tokens, in random order.

    A batch holds one row at least, however long it is.
    """
    ordered = sorted(rows, key=lambda row: (len(row.tokens), random.random()))
    groups: list[list[Row]] = [[]]
    for row in ordered:
        if groups[-1] and (len(groups[-1]) + 1) * len(row.tokens) > tokens:
            groups.append([])
        groups[-1].append(row)
    random.shuffle(groups)
    yield from (group for group in groups if group)
