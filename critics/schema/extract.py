"""Find JSON documents in a model's response; whatever is found is judged.

Invariant: only what stands outermost is found. A part of a document that is broken, or was cut
off, is never offered as if the model had answered with that part.
"""

import json
import re
from collections.abc import Iterator

from critics.thoughts import leave_out_thoughts

MAX_FOUND = 20
MAX_SCANNED = 2_000_000
"""Characters of what is no JSON that are looked through."""
_FENCE = re.compile(r"^[ \t]*(```|~~~)[^\n`]*\n(.*?)^[ \t]*\1[ \t]*$", re.DOTALL | re.MULTILINE)
_OPEN = re.compile(r"[{\[]")
_LIKELY = re.compile(r'\{\s*["}]|\[\s*["{\[\]\-0-9tfn]')
_MARKS = re.compile(r'"(?:[^"\\\n]++|\\.)*+"|[\[{]|[\]}]')


def find_documents(response: str) -> list[str]:
    """Give every outermost JSON document as it is written, in order, each once.

    The whole response, if it is JSON; else what stands in fences, then the objects and lists in
    the text. If none can be read, what looks most like one, so that the fault can be told.
    """
    text = leave_out_thoughts(response).strip().removeprefix("\ufeff")
    if _is_json(text):
        return [text]
    good: list[str] = []
    broken: list[str] = []
    for block in _FENCE.finditer(text):
        inner = block[2].strip()
        if inner:
            (good if _is_json(inner) else broken).append(inner)
    outside = _FENCE.sub("\n", text)
    for found, readable in _regions(outside):
        (good if readable else broken).append(found)
    chosen = good or sorted(broken, key=len, reverse=True)[:1] or _lines(text)
    return list(dict.fromkeys(chosen))[:MAX_FOUND]


def _is_json(text: str) -> bool:
    try:
        json.loads(text, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return False
    return True


def _regions(text: str) -> Iterator[tuple[str, bool]]:
    """Give each outermost object or list, and whether it can be read."""
    decoder = json.JSONDecoder(parse_int=str, parse_float=str)
    place = scanned = 0
    while scanned < MAX_SCANNED and (start := _OPEN.search(text, place)):
        try:
            _, place = decoder.raw_decode(text, start.start())
        except (ValueError, RecursionError):
            end = _end_of(text, start.start())
            scanned += (len(text) if end is None else end) - start.start()
            if end is None and not _LIKELY.match(text, start.start()):
                place = start.end()
                continue
            place = len(text) if end is None else end
            yield text[start.start() : place].strip(), False
        else:
            yield text[start.start() : place], True


def _end_of(text: str, start: int) -> int | None:
    """Find where the bracket at a place is closed."""
    depth = 0
    for mark in _MARKS.finditer(text, start):
        depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(mark.group(), 0)
        if depth == 0:
            return mark.end()
    return None


def _lines(text: str) -> list[str]:
    """Give lines that are JSON by themselves, such as a number or a string."""
    lines = (line.strip() for line in text.splitlines()[:1000])
    return [line for line in lines if line and len(line) < 10_000 and _is_json(line)]  # noqa: PLR2004  # a bound on work
