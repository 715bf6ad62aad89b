"""Graphs to be coloured, made by a program, with answers in one form.

An answer colours the vertices in the order in which they are listed, each with the first colour
that leads to a colouring: it is the first one in the dictionary.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from random import Random
from string import ascii_lowercase, ascii_uppercase
from types import MappingProxyType
from typing import Any

from pydantic import JsonValue

from critics.generation import Fact, Family, Generation, Payload, fingerprint
from critics.names import CITIES, COLORS, PEOPLE, THINGS
from critics.puzzles.coloring_critics import Coloring, make_search, parse
from critics.puzzles.coloring_engines import solve
from critics.puzzles.coloring_problem import ColoringProblem, Graph, load
from critics.puzzles.coloring_search import OverBudget, Search
from critics.types import CandidateError

MAX_TRIES = 100_000
"""Colours tried before the search for an answer of this form is given up."""
MAX_VERTICES = 200
"""Larger graphs are left to the domain's solver."""
USUAL = COLORS[:3]
USUALLY = 0.6
HALF = 0.5
NOTHING = Coloring({}, {})
SIZES = ((4, 5), (6,), (8,), (12,))
"""How many vertices the graphs of a level have."""
LEVELS = ("4 or 5 vertices", "6 vertices", "8 vertices", "12 vertices")


def make_colorable(random: Random, level: int) -> Payload:
    """Make a graph around a hidden colouring, sometimes with colours that are given."""
    vertices, palette = _draw_names(random, level)
    hidden = [random.randrange(len(palette)) for _ in vertices]
    density = random.uniform(0.4, 0.9)
    pairs = [
        (one, other)
        for one, other in combinations(range(len(vertices)), 2)
        if hidden[one] != hidden[other] and random.random() < density
    ]
    given = _draw_given(random, len(vertices))
    return _write(vertices, pairs, palette, {v: hidden[v] for v in given})


def make_fewest(random: Random, level: int) -> Payload:
    """Make a graph that is to be coloured with as few colours as possible."""
    vertices, _ = _draw_names(random, level)
    density = random.uniform(0.3, 0.7)
    places = combinations(range(len(vertices)), 2)
    pairs = [pair for pair in places if random.random() < density]
    return {**_write(vertices, pairs), "objective": "min"}


def make_uncolorable(random: Random, level: int) -> Payload:
    """Make a graph that has one edge too many: without the last one it has a colouring."""
    vertices, palette = _draw_names(random, level)
    palette = palette[: len(vertices) - 1]
    given = {v: random.randrange(len(palette)) for v in _draw_given(random, len(vertices))}
    pairs = list(combinations(range(len(vertices)), 2))
    random.shuffle(pairs)
    low, high = 0, len(pairs)
    while high - low > 1:
        middle = (low + high) // 2
        if _is_colorable(len(vertices), pairs[:middle], len(palette), given):
            low = middle
        else:
            high = middle
    return _write(vertices, sorted(pairs[:high]), palette, given)


def answer(payload: Any) -> str | None:
    """Write the first colouring, or any where that takes too long; nothing if there is none."""
    problem = ColoringProblem.model_validate(payload)
    painter = _open(load(problem), NOTHING)
    found = painter.paint({}, 1) if painter is not None else None
    return found or solve(problem).answer


def repair(payload: Any, wrong: str) -> str | None:
    """Write a colouring that differs from a wrong one at as few vertices as possible."""
    graph = load(ColoringProblem.model_validate(payload))
    try:
        said = parse(graph, wrong)
    except CandidateError:
        said = NOTHING
    painter = _open(graph, said)
    kept = {v: color for v, color in said.colors.items() if v in graph.places}
    if painter is None:
        return answer(payload)
    tried = (painter.paint(kept, changes) for changes in range(len(kept) + 1))
    return next(filter(None, tried), None) or answer(payload)


def identify(payload: Any) -> str:
    """Tell graphs apart; names of vertices and colours and the order of edges do not matter."""
    return fingerprint(_facts(load(ColoringProblem.model_validate(payload))))


def rename(random: Random, payload: Any) -> Payload:
    """Give vertices and colours other names, and put everything into another order."""
    graph = load(ColoringProblem.model_validate(payload))
    names = dict(zip(graph.vertices, _name(random, len(graph.vertices)), strict=True))
    colors = dict.fromkeys([*graph.palette, *graph.precolored.values()])
    paints = dict(zip(colors, _name_colors(random, len(colors)), strict=True))
    pairs = [(names[graph.vertices[a]], names[graph.vertices[b]]) for a, b in graph.edges]
    renamed: dict[str, JsonValue] = {
        "vertices": random.sample([*names.values()], len(names)),
        "edges": [random.sample(pair, 2) for pair in random.sample(pairs, len(pairs))],
    }
    if graph.palette:
        renamed["colors"] = random.sample([*paints.values()], len(paints))
    elif not graph.fewest or graph.most < len(graph.vertices):
        renamed["colors"] = graph.most
    fixed = {names[v]: paints[color] for v, color in graph.precolored.items()}
    renamed |= {"precolored": {**fixed}} if fixed else {}
    return renamed | ({"objective": "min"} if graph.fewest else {})


def _draw_names(random: Random, level: int) -> tuple[list[str], list[str]]:
    """Choose vertices and colours: mostly the three usual ones."""
    vertices = _name(random, random.choice(SIZES[level - 1]))
    usual = random.random() < USUALLY
    return vertices, [*USUAL] if usual else _name_colors(random, random.choice((3, 3, 4)))


def _name(random: Random, count: int) -> list[str]:
    """Name vertices in one of several ways, in the usual order or in any."""
    pool = random.choice((ascii_uppercase, ascii_lowercase, range(1, 100), PEOPLE, CITIES, THINGS))
    if count > len(pool):
        return [f"v{number}" for number in random.sample(range(1, count + 1), count)]
    chosen = pool[:count] if random.random() < HALF else random.sample(list(pool), count)
    return [str(name) for name in chosen]


def _name_colors(random: Random, count: int) -> list[str]:
    extra = [f"colour {number}" for number in range(count - len(COLORS))]
    return random.sample([*COLORS, *extra], count)


def _draw_given(random: Random, vertices: int) -> list[int]:
    """Choose vertices whose colours are given."""
    return sorted(random.sample(range(vertices), random.choice((0, 0, 1, 2))))


def _write(
    vertices: Sequence[str],
    pairs: Sequence[tuple[int, int]],
    palette: Sequence[str] = (),
    given: Mapping[int, int] = MappingProxyType({}),
) -> dict[str, JsonValue]:
    payload: dict[str, JsonValue] = {
        "vertices": [*vertices],
        "edges": [[vertices[one], vertices[other]] for one, other in pairs],
    }
    if palette:
        payload["colors"] = [*palette]
    if given:
        payload["precolored"] = {vertices[v]: palette[color] for v, color in given.items()}
    return payload


def _is_colorable(
    vertices: int, pairs: Sequence[tuple[int, int]], colors: int, given: Mapping[int, int]
) -> bool:
    adjacent: list[set[int]] = [set() for _ in range(vertices)]
    for one, other in pairs:
        adjacent[one].add(other)
        adjacent[other].add(one)
    numbers = {color: number for number, color in enumerate(dict.fromkeys(given.values()))}
    fixed = {vertex: numbers[color] for vertex, color in given.items()}
    return Search([frozenset(each) for each in adjacent], fixed).color(colors) is not None


def _facts(graph: Graph) -> Iterator[Fact]:
    yield f"{graph.most} colours, {'named' if graph.palette else 'any'}, {graph.fewest}", ()
    for vertex in graph.vertices:
        yield "vertex", (("vertex", vertex),)
    for one, other in graph.edges:
        ends = ("vertex", graph.vertices[one]), ("vertex", graph.vertices[other])
        yield "edge", ends
        yield "edge", ends[::-1]
    for vertex, color in graph.precolored.items():
        yield "given", (("vertex", vertex), ("color", color))


def _open(graph: Graph, said: Coloring) -> "_Painter | None":
    """Prepare the search, with the colours that are said where the problem names none."""
    if len(graph.vertices) > MAX_VERTICES:
        return None
    most = graph.most
    if graph.fewest:
        try:
            found = make_search(graph).find_fewest(graph.most)
        except OverBudget:
            return None
        most = len(set(found or ()))
    palette = dict(graph.palette)
    if not palette:
        palette = {color: color for color in graph.precolored.values()} | dict(said.shown)
        palette |= {str(number): str(number) for number in range(1, most + 1)}
    return _Painter(graph, palette, most)


class _Painter:
    """A search in the order of vertices and colours."""

    def __init__(self, graph: Graph, palette: Mapping[str, str], most: int) -> None:
        self._graph = graph
        self._palette = palette
        self._most = most
        self._tries = 0
        self._given = [graph.precolored.get(vertex) for vertex in graph.vertices]

    def paint(self, kept: Mapping[str, str], changes: int) -> str | None:
        """Find the first colouring with at most so many changes to what is to be kept."""
        colors: list[str] = []
        wanted = [kept.get(vertex) for vertex in self._graph.vertices]
        if not self._extend(colors, wanted, changes):
            return None
        shown = (self._palette[color] for color in colors)
        return json.dumps(dict(zip(self._graph.vertices, shown, strict=True)), ensure_ascii=False)

    def _extend(self, colors: list[str], wanted: Sequence[str | None], changes: int) -> bool:
        vertex = len(colors)
        if vertex == len(wanted):
            return True
        for color in self._choices(colors, wanted[vertex]):
            cost = wanted[vertex] not in (None, color)
            self._tries += 1
            if self._tries > MAX_TRIES or cost > changes or not self._fits(colors, vertex, color):
                continue
            colors.append(color)
            if self._extend(colors, wanted, changes - cost):
                return True
            colors.pop()
        return False

    def _choices(self, colors: Sequence[str], wanted: str | None) -> Iterator[str]:
        """Give the colours that may be tried; of unused ones the first will do."""
        given = self._given[len(colors)]
        if given is not None:
            yield given
            return
        if wanted is not None and wanted in self._palette:
            yield wanted
        used = {*colors, *self._graph.precolored.values()}
        others = [color for color in self._palette if color != wanted]
        first = next((color for color in others if color not in used), None)
        yield from (color for color in others if color in used or color == first or wanted)

    def _fits(self, colors: Sequence[str], vertex: int, color: str) -> bool:
        near = self._graph.adjacent[vertex]
        if any(other in near and colors[other] == color for other in range(vertex)):
            return False
        used = {*colors, *self._graph.precolored.values(), color}
        return len(used) <= self._most


COLORING_GENERATION = Generation(
    families=(
        Family(
            name="colorable",
            summary="graphs that have a colouring, mostly with three colours",
            levels=LEVELS,
            make=make_colorable,
            answer=answer,
            repair=repair,
        ),
        Family(
            name="fewest",
            summary="graphs to be coloured with as few colours as possible",
            levels=LEVELS,
            make=make_fewest,
            answer=answer,
            repair=repair,
        ),
        Family(
            name="uncolorable",
            summary="graphs with one edge too many for their colours",
            levels=LEVELS,
            make=make_uncolorable,
            solvable=False,
        ),
    ),
    identity=identify,
    rename=rename,
)
