"""Find colourings in a model's response; whatever is found is judged.

JSON objects, lists such as `A: red` or `| A | red |`, and lists by colour such as `red: A, C`.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from critics.puzzles.coloring_problem import Graph, identify

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
_THOUGHT = re.compile(r"<(think|thinking|reasoning)>.*?</\1>", re.DOTALL | re.IGNORECASE)


def find_colorings(graph: Graph, response: str) -> list[str]:
    """Give every colouring of a response as a JSON object, in order, each once."""
    text = _THOUGHT.sub("", response)
    found = list(_objects(graph, text))
    if not found:
        found = [_write(colors) for colors in _lists(graph, text.splitlines()[:MAX_LINES])]
    return list(dict.fromkeys(found))[:MAX_FOUND]


def _write(colors: Mapping[str, str]) -> str:
    return json.dumps(colors, ensure_ascii=False)


def _objects(graph: Graph, text: str) -> Iterator[str]:
    """Give JSON objects as they are written; of one that wraps a colouring, the colouring."""
    decoder = json.JSONDecoder()
    place, failures = text.find("{"), 0
    while place >= 0 and failures < 1_000:  # noqa: PLR2004  # a bound on wasted scans
        try:
            value, end = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            failures += 1
            place = text.find("{", place + 1)
            continue
        inner = [part for part in value.values() if isinstance(part, dict)]
        wrapped = len(inner) == 1 and not set(value) & set(graph.vertices)
        yield json.dumps(inner[0], ensure_ascii=False) if wrapped else text[place:end]
        place = text.find("{", end)


def _lists(graph: Graph, lines: Sequence[str]) -> Iterator[dict[str, str]]:
    """Collect lines; a vertex that comes again begins another colouring."""
    names = {name.casefold(): name for name in graph.vertices}
    current: dict[str, str] = {}
    for line in lines:
        pairs = _read_line(graph, names, line)
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
