"""Find colourings in a model's response; whatever is found is judged.

JSON objects, JSON lists of records, lists such as `A: red` or `| A | red |`, and lists by colour
such as `red: A, C`.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from critics.puzzles.coloring_problem import Graph, identify
from critics.thoughts import leave_out_thoughts

MAX_FOUND = 20
MAX_LINES = 20_000
_PAIR = re.compile(
    r"\s*(?:[-*+•]|\d+[.)](?=\s))?\s*(?:vertex|node|region|state|country|city)?\s*"
    r"(?P<left>\S.{0,99}?)\s*(?::|->|=>|→|=|\||\bis\b|\bgets\b|\bhas\b)\s*"
    r"(?:assigned|coloured|colored|colour|color|painted)?\s*(?P<right>\S.*?)\s*[.,;|]?\s*",
    re.IGNORECASE,
)
_DRESS = "*_`\"'| "
_COLOR_WORD = re.compile(r"^(?:colou?r)\s+", re.IGNORECASE)
_RULE = re.compile(r"[\s|:]*-[-\s|:]*", re.ASCII)
_OPENS = re.compile(r"[\[{]")
_VERTEX = ("vertex", "node", "region", "name", "id")
_COLOR = ("color", "colour")


def find_colorings(graph: Graph, response: str) -> list[str]:
    """Give every colouring of a response as a JSON object, in order, each once."""
    text = leave_out_thoughts(response)
    found = list(_objects(graph, text))
    if not found:
        found = [_write(colors) for colors in _lists(graph, text.splitlines()[:MAX_LINES])]
    return list(dict.fromkeys(found))[:MAX_FOUND]


def _write(colors: Mapping[str, Any]) -> str:
    return json.dumps(colors, ensure_ascii=False)


def _objects(graph: Graph, text: str) -> Iterator[str]:
    """Give JSON objects as they are written; of one that wraps a colouring, the colouring."""
    decoder = json.JSONDecoder()
    opening, failures = _OPENS.search(text), 0
    while opening and failures < 1_000:  # noqa: PLR2004  # a bound on wasted scans
        place = opening.start()
        try:
            value, end = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            failures += 1
            value, end = None, place + 1
        if isinstance(value, dict):
            yield _unwrap(graph, value) or text[place:end]
        elif isinstance(value, list):
            records = _write_records(value)
            if records is not None:
                yield records
            else:
                failures += 1
                end = place + 1
        opening = _OPENS.search(text, end)


def _unwrap(graph: Graph, value: Mapping[str, Any]) -> str | None:
    """Give the colouring inside an object that is none itself."""
    inner = [part for part in value.values() if isinstance(part, dict | list)]
    if len(inner) != 1 or set(value) & set(graph.vertices):
        return None
    return _write_records(inner[0]) if isinstance(inner[0], list) else _write(inner[0])


def _write_records(records: Sequence[Any]) -> str | None:
    """Write `[{"vertex": "A", "color": "red"}]` as an object; a repeated vertex stays repeated."""
    pairs = [_read_record(record) for record in records]
    if not pairs or None in pairs:
        return None
    return (
        "{"
        + ", ".join(f"{json.dumps(pair[0])}: {json.dumps(pair[1])}" for pair in pairs if pair)
        + "}"
    )


def _read_record(record: Any) -> tuple[str, Any] | None:
    if not isinstance(record, dict) or len(record) != 2:  # noqa: PLR2004  # vertex and colour
        return None
    vertex = next((record[key] for key in _VERTEX if key in record), None)
    color = next((record[key] for key in _COLOR if key in record), None)
    return None if vertex is None or color is None else (str(vertex), color)


def _lists(graph: Graph, lines: Sequence[str]) -> Iterator[dict[str, str]]:
    """Collect lines; a vertex that comes again begins another colouring."""
    names = {name.casefold(): name for name in graph.vertices}
    current: dict[str, str] = {}
    for line, following in pairwise([*lines, ""]):
        heads = _RULE.fullmatch(following) is not None  # the columns of a table
        pairs = {} if heads else _read_line(graph, names, line)
        if any(vertex in current for vertex in pairs):
            yield current
            current = {}
        current.update(pairs)
    if current:
        yield current


def _read_line(graph: Graph, names: Mapping[str, str], line: str) -> dict[str, str]:
    """Read `vertex: colour` or `colour: vertices`; nothing where it is neither."""
    found = _PAIR.fullmatch(line)
    if found is None:
        return {}
    left, right = (_COLOR_WORD.sub("", found[side].strip(_DRESS)) for side in ("left", "right"))
    vertex, color = names.get(left.casefold()), _color(graph, right)
    if vertex is not None and color is not None:
        return {vertex: color}
    members = [part.strip(_DRESS) for part in re.split(r",|;|\band\b", right.strip("[](){}"))]
    color = _color(graph, left)
    if vertex is not None or color is None or not all(m.casefold() in names for m in members if m):
        return {}
    return {names[member.casefold()]: color for member in members if member}


def _color(graph: Graph, text: str) -> str | None:
    """Read a colour: one of those given, or any word where any will do."""
    if graph.palette:
        return graph.palette.get(identify(text))
    return text if re.fullmatch(r"[\w-]{1,30}", text) else None
