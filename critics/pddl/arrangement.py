"""Arrangement of PDDL: the facts of a problem's initial state, in another order.

Only plain facts change places, as they are written; fluents, timed facts and comments stay.
"""

from collections.abc import Hashable, Iterator
from random import Random

from critics.arrangement import Payload
from critics.sexpr import PDDL, Atom, Node, Sexpr, SexprError, Source, read


class AnyFacts:
    """The facts of `:init` may stand in any order."""

    def shuffle(self, payload: Payload, chance: Random) -> Payload:
        """Let the facts change places in the text."""
        text = str(payload["problem"])
        try:
            facts = list(_facts(_tree(text)))
        except SexprError:
            return payload
        kept, at = [], 0
        for fact, other in zip(facts, chance.sample(facts, len(facts)), strict=True):
            kept += [text[at : fact.at], text[other.at : other.end]]
            at = fact.end
        return {**payload, "problem": "".join(kept) + text[at:]}

    def settle(self, payload: Payload) -> Hashable:
        """Give everything else as it stands, and the facts sorted."""
        try:
            tree = _tree(str(payload["problem"]))
        except SexprError:
            return str(payload)
        facts = list(_facts(tree))
        known = {id(fact) for fact in facts}
        rest = tuple(_write(item, known) for item in tree)
        return str(payload["domain"]), rest, tuple(sorted(_write(fact, set()) for fact in facts))


def _tree(text: str) -> list[Sexpr]:
    return read(Source("problem", text), PDDL).items


def _facts(items: list[Sexpr]) -> Iterator[Node]:
    """Find the plain facts of the initial state: lists of names that begin with no `=`."""
    for define in items:
        for part in define if isinstance(define, Node) else ():
            if isinstance(part, Node) and part and part[0] == ":init":
                for fact in part[1:]:
                    if isinstance(fact, Node) and _is_plain(fact):
                        yield fact


def _is_plain(fact: Node) -> bool:
    return bool(fact) and fact[0] != "=" and all(isinstance(name, Atom) for name in fact)


def _write(item: Sexpr, left_out: set[int]) -> str:
    """Write an expression in one line; a fact that is left out leaves its place."""
    words: list[str] = []
    stack: list[Sexpr | str] = [item]
    while stack:
        found = stack.pop()
        if not isinstance(found, Node):
            words.append(str(found))
        elif id(found) in left_out:
            words.append("_")
        else:
            stack += [")", *reversed(found), "("]
    return " ".join(words)
