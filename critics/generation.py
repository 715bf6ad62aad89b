"""Generation: problems of a domain made by a program, to train models and to measure them.

A domain offers families of problems. A problem is made from a seeded generator and a level alone,
so the same seed makes the same problem on every machine. Nothing here is trusted: answers that
come with a family are judged like a model's.

`make` and `rename` give payloads as a user would send them. All that take one (`answer`, `repair`,
`identity`, `rename`) get it validated, an instance of `Domain.problem`, as `Domain.solver` does;
it may be a renamed one.

Invariants, held by `tests/critics/test_generation.py` for every domain that offers families:
    * What a family says of its problems (`solvable`) is so.
    * `rename` changes names and order only: the renamed problem has the same identity, and it has
      an answer exactly if the first one has.
    * Problems that are equal up to names and order have equal identities. The reverse need not
      hold: two different problems may share one, which keeps them on the same side of a split.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, TypeAlias

from pydantic import JsonValue

Payload: TypeAlias = Mapping[str, JsonValue]
Fact: TypeAlias = tuple[str, Sequence[Hashable]]
"""A label, whose text counts, and the objects it is about, whose names do not."""
_Look: TypeAlias = tuple[int, tuple[tuple[str, int, tuple[int, ...]], ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Problems of one kind.

    Attributes:
        name: Unique within the domain, such as `blocksworld`.
        summary: One line for `modulo synth --list`.
        levels: What each level of difficulty means, in words, level 1 first.
        make: `(random, level)` to a payload; level 1 is the easiest.
        solvable: Whether its problems have answers.
        answer: A payload to an answer that can be learnt from, in canonical text: made the same
            way every time. Without it, or for None, the domain's solver is asked.
        repair: `(payload, wrong answer)` to a right answer that keeps what was right in the wrong
            one. Without it, or for None, the family's answer stands.
    """

    name: str
    summary: str
    levels: Sequence[str]
    make: Callable[[random.Random, int], Payload]
    solvable: bool = True
    answer: Callable[[Any], str | None] | None = None
    repair: Callable[[Any, str], str | None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """What a domain offers to make problems with.

    Attributes:
        families: At least one with and, where the domain can have such problems, one without
            answers.
        identity: A payload to a text that is equal for problems equal up to names and order;
            `fingerprint` makes one from facts.
        rename: The same problem under other names and in another order ("mystery"), where names
            mean nothing to the critics.
    """

    families: Sequence[Family]
    identity: Callable[[Any], str]
    rename: Callable[[random.Random, Any], Payload] | None = None


def fingerprint(facts: Iterable[Fact]) -> str:
    """Hash facts such that neither the objects' names nor the facts' order matter.

    Equal structures always have equal hashes; some different ones may, too (see `refine`).
    """
    known = [(label, tuple(objects)) for label, objects in facts]
    return summarize(known, refine(known))


def refine(facts: Sequence[Fact]) -> Mapping[Hashable, int]:
    """Color objects by the part that they play in the facts, whatever their names.

    Colors are refined until they tell no more objects apart (one-dimensional Weisfeiler-Leman), so
    the cost is small; objects of one color may still play different parts.

    Returns:
        Each object's color; equal structures have equal colors.
    """
    about = defaultdict[Hashable, list[tuple[str, int, Sequence[Hashable]]]](list)
    for label, objects in facts:
        for place, thing in enumerate(objects):
            about[thing].append((label, place, objects))
    colors = dict.fromkeys(about, 0)
    classes = 0
    while True:
        seen = {thing: _look(colors, thing, told) for thing, told in about.items()}
        ranks = {look: rank for rank, look in enumerate(sorted(set(seen.values())))}
        if len(ranks) == classes:
            return colors
        classes = len(ranks)
        colors = {thing: ranks[look] for thing, look in seen.items()}


def summarize(facts: Iterable[Fact], colors: Mapping[Hashable, int]) -> str:
    """Hash facts with their objects' colors in place of the objects."""
    told = sorted((label, [colors[thing] for thing in objects]) for label, objects in facts)
    sizes = sorted(Counter(colors.values()).items())
    return sha256(repr((told, sizes)).encode()).hexdigest()[:32]


def _look(
    colors: Mapping[Hashable, int],
    thing: Hashable,
    told: Iterable[tuple[str, int, Sequence[Hashable]]],
) -> _Look:
    seen = [(label, place, tuple([colors[o] for o in objects])) for label, place, objects in told]
    return colors[thing], tuple(sorted(seen))
