"""events: what can be said of a population of answers; see `backprompt.events`."""

from typing import Literal

from backprompt.record import BaseEvent
from critics.objective import Exact


class AnswerMeasured(BaseEvent):
    """An accepted answer was compared with those before it.

    Its value may be the answer itself, so it is no more public than the answer.
    """

    PUBLIC = frozenset({"candidate", "island", "best"})
    event: Literal["answer-measured"] = "answer-measured"
    candidate: int
    value: Exact | None
    """By the problem's objective; `None` if it has none."""
    island: int | None
    """Where it is kept; `None` if everywhere or nowhere."""
    best: bool
    """Whether it is better than every certified one, and so is to be certified."""


class IslandsReset(BaseEvent):
    """The worse half of the islands begins again."""

    PUBLIC = frozenset({"islands", "founders"})
    event: Literal["islands-reset"] = "islands-reset"
    islands: tuple[int, ...]
    founders: tuple[int, ...]
    """For each of them the candidate that it begins with."""
