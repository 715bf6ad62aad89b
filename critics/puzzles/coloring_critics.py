"""What a colouring is, and the critics that decide one."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from critics.critic import critic
from critics.puzzles.coloring_problem import Graph, identify
from critics.puzzles.coloring_search import OverBudget, Search
from critics.types import CandidateError, Diagnostic, Location, Severity, Undecided


@dataclass(frozen=True)
class Coloring:
    """An answer that was read.

    Attributes:
        colors: Vertex to what its colour is.
        shown: What a colour is to how the author writes it.
    """

    colors: Mapping[str, str]
    shown: Mapping[str, str]

    @property
    def distinct(self) -> int:
        """How many different colours are used."""
        return len(set(self.colors.values()))


class _Twice(ValueError):
    """A vertex stands twice."""


def parse(_graph: Graph, text: str) -> Coloring:
    """Read a JSON object from vertex to colour.

    Raises:
        CandidateError: It is none, names a vertex twice, or a colour is no text and no integer.
    """
    try:
        loaded = json.loads(text, object_pairs_hook=_read_pairs, parse_int=_read_int)
    except _Twice as error:
        raise _refuse("coloring-duplicate", str(error)) from error
    except (ValueError, RecursionError) as error:
        raise _refuse("coloring-syntax", f"the answer is no JSON: {str(error)[:200]}") from error
    if not isinstance(loaded, dict):
        raise _refuse("coloring-syntax", "the answer is no JSON object")
    colors: dict[str, str] = {}
    shown: dict[str, str] = {}
    for vertex, color in loaded.items():
        if not isinstance(color, str | int) or isinstance(color, bool) or not str(color).strip():
            raise _refuse("coloring-syntax", f"the colour of `{vertex[:100]}` is no text")
        colors[vertex] = identify(color)
        shown.setdefault(colors[vertex], str(color).strip())
    return Coloring(colors, shown)


def _read_pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise _Twice(f"the vertex `{key[:100]}` stands twice")
        found[key] = value
    return found


def _read_int(digits: str) -> int:
    if len(digits) > 100:  # noqa: PLR2004  # no colour has so long a number
        raise ValueError(f"a number has {len(digits)} digits")
    return int(digits)


@critic(decides="that every vertex has a colour, and nothing else has one")
def total(graph: Graph, coloring: Coloring) -> Iterator[Diagnostic]:
    """Object to vertices without a colour and to names that are no vertices."""
    for vertex in graph.vertices:
        if vertex not in coloring.colors:
            yield _object("coloring-missing", f"vertex `{vertex}` has no colour", vertex)
    for name in coloring.colors:
        if name not in graph.places:
            yield _object("coloring-vertex", f"`{name[:100]}` is no vertex of the graph", name)


@critic(decides="that only the given colours are used, and no more than allowed")
def palette(graph: Graph, coloring: Coloring) -> Iterator[Diagnostic]:
    """Object to other colours, or to too many."""
    listed = ", ".join(list(graph.palette.values())[:20])
    for vertex, color in coloring.colors.items():
        if graph.palette and color not in graph.palette:
            shown = coloring.shown[color][:100]
            headline = f"`{vertex[:100]}` is coloured `{shown}`; the colours are {listed}"
            yield _object("coloring-palette", headline, vertex)
    if not graph.palette and coloring.distinct > graph.most:
        headline = f"{coloring.distinct} different colours are used; at most {graph.most} may be"
        yield _object("coloring-count", headline)


@critic(decides="that vertices keep the colours they were given")
def precolored(graph: Graph, coloring: Coloring) -> Iterator[Diagnostic]:
    """Object to vertices whose given colour was changed."""
    for vertex, color in graph.precolored.items():
        own = coloring.colors.get(vertex, color)
        if own != color:
            headline = f"`{vertex}` is given the colour `{color}` and has `{coloring.shown[own]}`"
            yield _object("coloring-precolored", headline, vertex)


@critic(decides="that no edge joins two vertices of the same colour")
def proper(graph: Graph, coloring: Coloring) -> Iterator[Diagnostic]:
    """Object to every edge whose ends have the same colour."""
    for one, other in conflicts(graph, coloring):
        shown = coloring.shown[coloring.colors[one]][:100]
        headline = f"the edge {one} - {other} joins two vertices of the colour `{shown}`"
        yield _object("coloring-edge", headline, one, other)


@critic(decides="that no colouring has fewer colours, where that is asked")
def fewest(graph: Graph, coloring: Coloring) -> Iterator[Diagnostic]:
    """Object to more colours than necessary, if as few as possible are wanted."""
    if not graph.fewest or any(True for _ in faults(graph, coloring)):
        return
    try:
        better = make_search(graph).color(coloring.distinct - 1)
    except OverBudget as error:
        raise Undecided([undecided("whether fewer colours suffice")]) from error
    if better is not None:
        used = len(set(better))
        headline = f"{coloring.distinct} colours are used, and {used} suffice"
        yield _object("coloring-not-fewest", headline)


def faults(graph: Graph, coloring: Coloring) -> Iterator[Diagnostic]:
    """Give everything that is wrong but for the number of colours being the least."""
    for each in (total, palette, precolored, proper):
        yield from each.check(graph, coloring)


def conflicts(graph: Graph, coloring: Coloring) -> Iterator[tuple[str, str]]:
    """Give the edges whose ends have the same colour."""
    for one, other in graph.edges:
        left, right = graph.vertices[one], graph.vertices[other]
        color = coloring.colors.get(left)
        if color is not None and color == coloring.colors.get(right):
            yield left, right


def number_colors(graph: Graph) -> dict[str, int]:
    """Number the colours that are given beforehand from 0."""
    return {color: n for n, color in enumerate(dict.fromkeys(graph.precolored.values()))}


def make_search(graph: Graph) -> Search:
    """Make a search that respects the colours given beforehand."""
    numbers = number_colors(graph)
    fixed = {graph.places[vertex]: numbers[color] for vertex, color in graph.precolored.items()}
    return Search(graph.adjacent, fixed)


def score(graph: Graph, _coloring: Coloring, errors: Sequence[Diagnostic]) -> float:
    """Score a colouring by the share of rules that it keeps."""
    return max(0.0, 1 - len(errors) / (len(graph.edges) + len(graph.vertices) + 1))


def undecided(what: str) -> Diagnostic:
    """Say that the search was given up."""
    return Diagnostic(
        code="coloring-undecided",
        headline=f"{what} was not decided: the search was given up",
        help=("use a smaller graph",),
        severity=Severity.UNKNOWN,
    )


def _object(code: str, headline: str, *vertices: str) -> Diagnostic:
    pointer = "/" + vertices[0][:100].replace("~", "~0").replace("/", "~1") if vertices else None
    return Diagnostic(
        code=code,
        headline=headline,
        at=Location(source="answer", pointer=pointer),
        data={"vertices": [vertex[:100] for vertex in vertices]},
    )


def _refuse(code: str, headline: str) -> CandidateError:
    help_text = 'answer with one JSON object, such as {"A": "red", "B": "green"}'
    return CandidateError([Diagnostic(code=code, headline=headline, help=(help_text,))])
