"""Itineraries: the outer form that the answers of `meeting` and `trip` share."""

from collections.abc import Callable
from typing import Any, TypeVar

from critics.scheduling.objects import read_object, refuse
from critics.types import Diagnostic, Location

MAX_PARTS = 5000

Part = TypeVar("Part")


def read_parts(
    text: str, code: str, shape: str, read: Callable[[Any, int], Part | Diagnostic]
) -> list[Part]:
    """Read `{"itinerary": [...]}`, part by part.

    Args:
        text: The canonical answer.
        code: Code of a fault of its form.
        shape: What an answer looks like, for the next action.
        read: Reads the part at a position, or says what is wrong with it.

    Raises:
        CandidateError: With every fault that was found.
    """
    found = read_object(text, code, shape)
    items = found.get("itinerary")
    if set(found) != {"itinerary"} or not isinstance(items, list):
        headline = "the answer has keys other than `itinerary`, or that one is no list"
        refuse([fault_of(code, shape, headline, "")])
        return []
    if len(items) > MAX_PARTS:
        headline = f"the itinerary has {len(items):,} parts"
        refuse([fault_of(code, shape, headline, "/itinerary")])
    parts = [read(item, index) for index, item in enumerate(items)]
    refuse([part for part in parts if isinstance(part, Diagnostic)])
    return [part for part in parts if not isinstance(part, Diagnostic)]


def fault_of(code: str, shape: str, headline: str, pointer: str, why: str = "") -> Diagnostic:
    """Tell a fault of an answer's form, at a JSON pointer into it."""
    return Diagnostic(
        code=code,
        headline=headline,
        at=Location(source="answer", pointer=pointer),
        notes=(why,) if why else (),
        help=(f"answer with {shape}",),
    )
