"""Frames: where the bindings of one action, rule or goal live while it is evaluated."""

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import TypeAlias

from critics.pddl.formula import Term, Variable
from critics.pddl.task import Row

Env: TypeAlias = list[str]
"""The object in every slot of a frame."""


class Frame:
    """Hands out slots: one for each variable, and one for each constant that is mentioned."""

    def __init__(self, variables: Sequence[Variable]) -> None:
        """Reserve the slots of the variables."""
        self.types = {variable.slot: variable.types for variable in variables}
        self.names = {variable.slot: variable.name for variable in variables}
        self._template: Env = [""] * len(variables)
        self._constants: dict[str, int] = {}

    def slot(self, term: Term) -> int:
        """Give the slot of a term."""
        if isinstance(term, int):
            return term
        known = self._constants.get(term)
        if known is None:
            known = self._constants[term] = len(self._template)
            self._template.append(term)
        return known

    def slots(self, terms: Sequence[Term]) -> tuple[int, ...]:
        """Give the slots of several terms."""
        return tuple([self.slot(term) for term in terms])

    def open(self, arguments: Row = ()) -> Env:
        """Make bindings in which the first variables have values."""
        env = self._template.copy()
        env[: len(arguments)] = arguments
        return env


def read_key(slots: Sequence[int]) -> Callable[[Env], Row]:
    """Make a function that reads several slots as one tuple."""
    if not slots:
        return lambda _env: ()
    if len(slots) == 1:
        (only,) = slots
        return lambda env: (env[only],)
    return itemgetter(*slots)
