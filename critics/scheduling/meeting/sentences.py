"""Itineraries told in sentences: `You meet Ada for 15 minutes from 9:05AM to 9:20AM` and such.

A sentence about what one does that is not understood is kept as `unread`; remarks are left out.
"""

import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

from critics.scheduling.clock import read_time, write_time

_CLOCK = r"(?:\d{1,2}(?::\d{2})?\s{0,3}(?:[AaPp]\.[Mm]\.|[AaPp][Mm]\b)|\d{1,2}:\d{2}|noon)"
_START = re.compile(
    rf"you (?:start|begin)(?: your day)?,?(?: at| in) (?P<place>.{{1,200}}?) at (?P<time>{_CLOCK})",
    re.IGNORECASE,
)
_TRAVEL = re.compile(
    r"you (?:travel|walk|go|head|drive)(?: from (?P<origin>.{1,200}?))? to (?:"
    r"(?P<target>.{1,200}?) in (?P<minutes>\d{1,5}) minutes?"
    rf"(?:,? and arrive(?: there)? at (?P<end>{_CLOCK}))?"
    rf"|(?P<place>.{{1,200}}?),? and arrive(?: there)? at (?P<time>{_CLOCK})"
    r"|(?P<bare>[^.,;()]{1,200}))",
    re.IGNORECASE,
)
_WAIT = re.compile(rf"you wait(?: there)? until (?P<time>{_CLOCK})", re.IGNORECASE)
_MEET = re.compile(
    r"you meet (?:with )?(?P<person>.{1,200}?)(?: at (?P<place>[^\d]{1,200}?))?"
    rf"(?: for (?P<minutes>\d{{1,5}}) minutes?)?,? from (?P<start>{_CLOCK})"
    rf"(?: to | until |\s{{0,3}}-\s{{0,3}})(?P<end>{_CLOCK})",
    re.IGNORECASE,
)
_YOU = re.compile(
    r"(?:^|[.!?:;]|\n)[-\s\d.)]{0,6}"
    r"(?:(?:then|next|finally|afterwards?|after that|from there|so|now),?\s{1,9})?(?P<you>you)\b",
    re.IGNORECASE,
)
_BEGINS = re.compile(r"\byou (?:start|begin)\b", re.IGNORECASE)
_SENTENCE = re.compile(r".*?(?:[.!?](?=\s|$)|\n|$)", re.DOTALL)
_REMARK = re.compile(
    r"\b(?:not|\w+n['\u2019]t|cannot|unable|would like|want|need|have|are|managed|successfully)\b",
    re.IGNORECASE,
)
_ACTS = r"(?:travel|meet|go|fly|teleport|walk|drive|head|visit|leave|take|wait|return)\b"
_DOES = re.compile(
    r"(?:^|[.!;:\n])[-\s\d.)]{0,6}"
    r"(?:(?:then|next|finally|afterwards?|after that|from there|and),?\s{1,9}){0,3}"
    rf"{_ACTS}|\byou\s{{1,9}}(?:then\s{{1,9}})?{_ACTS}",
    re.IGNORECASE,
)


def read_sentences(response: str) -> Iterator[list[dict[str, Any]]]:
    """Find every itinerary that is told in sentences; each begins with `You start`."""
    plain = response.replace("*", "").replace("`", "")
    begun = [found.start() for found in _BEGINS.finditer(plain)]
    for start, end in pairwise([*begun, len(plain)]):
        parts = list(_read_telling(plain[start:end]))
        if any("person" in part for part in parts):
            yield parts


def _read_telling(text: str) -> Iterator[dict[str, Any]]:
    """Read one telling, sentence by sentence of what `you` do."""
    starts = [found.start("you") for found in _YOU.finditer(text)]
    for start, end in pairwise([*starts, len(text)]):
        yield from _read_chunk(text[start:end])


def _read_chunk(chunk: str) -> Iterator[dict[str, Any]]:
    """Read what begins with `you`, and whatever follows it before the next."""
    for pattern, make in _PATTERNS:
        found = pattern.match(chunk)
        end = _SENTENCE.match(chunk, found.end()) if found else None
        if found is not None and end is not None and not end[0].strip(" .!\n"):
            yield make(found)
            yield from _read_rest(chunk[end.end() :])
            return
    sentence = _SENTENCE.match(chunk)
    told = sentence[0] if sentence else chunk
    if not _REMARK.search(told):
        yield {"unread": " ".join(told.split())}
    yield from _read_rest(chunk[len(told) :])


def _read_rest(rest: str) -> Iterator[dict[str, Any]]:
    """Keep what is said to be done; leave out remarks."""
    for told in _SENTENCE.findall(rest):
        if _DOES.search(told) and not _REMARK.search(told):
            yield {"unread": " ".join(told.split())}


def _start(found: re.Match[str]) -> dict[str, Any]:
    return {"start_at": found["place"], "start": _time(found["time"])}


def _travel(found: re.Match[str]) -> dict[str, Any]:
    arrived, minutes = found["end"] or found["time"], found["minutes"]
    return {
        "travel_to": found["target"] or found["place"] or found["bare"],
        **({"travel_from": found["origin"]} if found["origin"] else {}),
        **({"minutes": int(minutes)} if minutes else {}),
        **({"end": _time(arrived)} if arrived else {}),
    }


def _wait(found: re.Match[str]) -> dict[str, Any]:
    return {"wait_until": _time(found["time"])}


def _meet(found: re.Match[str]) -> dict[str, Any]:
    return {
        "person": found["person"],
        **({"place": found["place"]} if found["place"] else {}),
        "start": _time(found["start"]),
        "end": _time(found["end"]),
        **({"minutes": int(found["minutes"])} if found["minutes"] else {}),
    }


def _time(spoken: str) -> str:
    minutes = read_time(spoken)
    return spoken if minutes is None else write_time(minutes)


_PATTERNS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], dict[str, Any]]], ...] = (
    (_START, _start),
    (_TRAVEL, _travel),
    (_WAIT, _wait),
    (_MEET, _meet),
)
