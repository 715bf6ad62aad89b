"""Tasks: the part of a prompt that is to be read, and how a parser reads it.

Prompts with worked examples hold several tasks; the last one is meant. What stands before the
examples must be the benchmark's own introduction: somebody's remark there could change the
problem, so with anything else nothing is read.
"""

import re
from collections.abc import Callable
from itertools import pairwise

from pydantic import JsonValue

from critics.formalization import Parser, Reading
from critics.scheduling.prose.endings import cut_ending
from critics.scheduling.prose.scanner import Scanner, StuckError, unread

Payload = dict[str, JsonValue]

MAX_CHARS = 200_000
"""Longer texts are not read."""
ENDING_CHARS = 200
"""The prompt's own ending is no longer."""

_BLANKS = re.compile(r"[^\S\n]+")
_TASK = re.compile(r"(?im)^[ \t]*TASK:")
_SOLUTION = re.compile(r"(?im)^[ \t]*SOLUTION:")
_INTRODUCTION = re.compile(
    r"(?:You\s+are\s+an\s+expert\s+at|You\s+are(?:\s+also)?\s+given|Note\s+(?:that\s+)?there\s+exists"
    r"|Here\s+(?:are|is)\s+(?:a\s+few|an|some)\s+example)[^.:\dA-Z]*[.:]\s*"
)
_ENDING = re.compile(
    r"(?i)(?:Your\s+response\s+should\s+start\s+with\s+['\u2018\"]?SOLUTION:['\u2019\"]?\.?\s*)?"
    r"(?:SOLUTION:)?\Z"
)


def parser_of(name: str, opening: re.Pattern[str], read: Callable[[Scanner], Payload]) -> Parser:
    """Make a parser of a function that reads one task.

    Args:
        name: The parser's name.
        opening: How a text of its kind begins, after any introduction and examples.
        read: Reads a whole task; raises `StuckError` where it cannot.
    """

    def parse(text: str) -> Reading | None:
        if len(text) > MAX_CHARS or not opening.search(text):
            return None
        text = _BLANKS.sub(" ", text.removeprefix("\ufeff"))
        try:
            scanner = _last_task(text)
            problem = read(scanner)
            scanner.finish()
        except StuckError as stuck:
            return Reading(parser=name, unread=(unread(text, name, stuck),))
        return Reading(parser=name, problem=problem)

    return parse


def _last_task(text: str) -> Scanner:
    """Find the last task of a prompt; what stands around it must be the benchmark's own."""
    last = len(text[: cut_ending(text, len(text))].rstrip())
    ending = _ENDING.search(text, max(0, last - ENDING_CHARS), last)
    end = ending.start() if ending else last
    marks = list(_TASK.finditer(text, 0, end))
    if not marks:
        return Scanner(text, 0, end)
    _require_introduction(text, marks[0].start())
    for before, after in pairwise(marks):
        if not _SOLUTION.search(text, before.end(), after.start()):
            raise StuckError(before.start(), "a solution after every example task")
    return Scanner(text, marks[-1].end(), end)


def _require_introduction(text: str, end: int) -> None:
    scanner = Scanner(text, 0, end)
    while scanner.take(_INTRODUCTION):
        pass
    scanner.finish()
