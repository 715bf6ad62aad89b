"""What a graph-colouring problem says: edges or DIMACS text, colours, and what is fixed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import Field, StrictInt, StrictStr, model_validator

from critics.puzzles.coloring_search import Adjacency
from critics.types import Diagnostic, Location, Problem, ProblemError

MAX_VERTICES = 5_000
MAX_EDGES = 200_000
MAX_COLORS = 5_000
MAX_NAME = 100

Name: TypeAlias = Annotated[StrictStr, Field(min_length=1, max_length=MAX_NAME)] | StrictInt
Palette: TypeAlias = (
    Annotated[StrictInt, Field(ge=1, le=MAX_COLORS)]
    | Annotated[list[Name], Field(min_length=1, max_length=MAX_COLORS)]
)


class ColoringProblem(Problem):
    """A graph whose vertices get colours so that no edge joins two of the same."""

    edges: list[tuple[Name, Name]] = Field(default_factory=list, max_length=MAX_EDGES)
    """Pairs of vertices. A vertex is text or an integer; 1 and "1" are the same."""
    vertices: list[Name] = Field(default_factory=list, max_length=MAX_VERTICES)
    """Vertices without edges; others may be listed too."""
    dimacs: StrictStr | None = Field(default=None, max_length=4_000_000)
    """The graph in the DIMACS format (`p edge N M`, `e U V`) instead of `edges`."""
    colors: Palette | None = None
    """How many colours at most, by any names; or their names. Optional if the fewest are wanted."""
    precolored: dict[str, Name] = Field(default_factory=dict, max_length=MAX_VERTICES)
    """Vertices whose colour is given."""
    objective: Literal["any", "min"] = "any"
    """`min` accepts only colourings with as few different colours as possible."""

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if (self.dimacs is None) is not bool(self.edges or self.vertices):
            raise ValueError("give either `edges` (and `vertices`) or `dimacs`")
        if self.colors is None and self.objective == "any":
            raise ValueError("say how many `colors` there are, or ask for `objective: min`")
        return self


@dataclass(frozen=True)
class Graph:
    """A problem, read.

    Attributes:
        vertices: Names, in order.
        edges: Pairs of places in that order, each once, the smaller place first.
        most: How many different colours may be used.
        palette: What a colour is to the name the user gave it; empty if any name will do.
        precolored: Vertex to what its colour is.
        fewest: Whether only as few colours as possible are right.
        text: The graph as it is shown to a model.
    """

    vertices: tuple[str, ...]
    edges: tuple[tuple[int, int], ...]
    most: int
    palette: Mapping[str, str]
    precolored: Mapping[str, str]
    fewest: bool
    text: str

    @cached_property
    def places(self) -> Mapping[str, int]:
        """Each vertex's place."""
        return {name: place for place, name in enumerate(self.vertices)}

    @cached_property
    def adjacent(self) -> Adjacency:
        """Each vertex's neighbours."""
        found: list[set[int]] = [set() for _ in self.vertices]
        for one, other in self.edges:
            found[one].add(other)
            found[other].add(one)
        return [frozenset(neighbours) for neighbours in found]


def identify(color: str | int) -> str:
    """Give what a colour is: names that differ only in case or outer space are one colour."""
    return str(color).strip().casefold()


def load(problem: ColoringProblem) -> Graph:
    """Read a payload.

    Raises:
        ProblemError: The DIMACS text is none, an edge joins a vertex to itself, or names clash.
    """
    if problem.dimacs is not None:
        names, pairs = read_dimacs(problem.dimacs)
    else:
        pairs = [(str(one), str(other)) for one, other in problem.edges]
        names = [str(name) for name in problem.vertices] + [n for pair in pairs for n in pair]
    vertices = tuple(dict.fromkeys(names))
    if len(vertices) > MAX_VERTICES:
        raise _refuse(
            f"the graph has {len(vertices):,} vertices; at most {MAX_VERTICES:,} are read"
        )
    places = {name: place for place, name in enumerate(vertices)}
    loops = [one for one, other in pairs if one == other]
    if loops:
        raise _refuse(f"an edge joins `{loops[0]}` to itself, which no colouring can satisfy")
    edges = dict.fromkeys((min(places[a], places[b]), max(places[a], places[b])) for a, b in pairs)
    palette, most = _read_palette(problem, len(vertices))
    precolored = {vertex: identify(color) for vertex, color in problem.precolored.items()}
    _check_precolored(precolored, places, palette)
    return Graph(
        vertices=vertices,
        edges=tuple(edges),
        most=most,
        palette=palette,
        precolored=precolored,
        fewest=problem.objective == "min",
        text=_show(vertices, [(vertices[a], vertices[b]) for a, b in edges]),
    )


def read_dimacs(text: str) -> tuple[list[str], list[tuple[str, str]]]:
    """Read a graph in the DIMACS format of the second challenge (1993).

    Raises:
        ProblemError: A line is none of the format, with its number.
    """
    count: int | None = None
    pairs: list[tuple[str, str]] = []
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        if not words or words[0] == "c":
            continue
        if words[0] == "p" and count is None:
            count = _read_count(words, number, line)
        elif words[0] == "e" and count is not None and len(words) == 3:  # noqa: PLR2004  # `e U V`
            ends = [_read_vertex(word, count, number, line) for word in words[1:]]
            pairs.append((ends[0], ends[1]))
        else:
            raise _bad_line(number, line)
        if len(pairs) > MAX_EDGES:
            raise _refuse(f"the graph has more than {MAX_EDGES:,} edges")
    if not count:
        raise _refuse("the DIMACS text has no line `p edge N M` with at least one vertex")
    return [str(vertex) for vertex in range(1, count + 1)], pairs


def _read_count(words: list[str], number: int, line: str) -> int:
    known = len(words) == 4 and words[1] in ("edge", "edges", "col")  # noqa: PLR2004  # `p edge N M`
    if not known or not all(_is_count(word) for word in words[2:]):
        raise _bad_line(number, line)
    if int(words[2]) > MAX_VERTICES:
        raise _too_many(int(words[2]))
    return int(words[2])


def _read_vertex(word: str, count: int, number: int, line: str) -> str:
    if not _is_count(word) or not 1 <= int(word) <= count:
        raise _bad_line(number, line)
    return str(int(word))


def _is_count(word: str) -> bool:
    return word.isascii() and word.isdecimal() and len(word) <= 9  # noqa: PLR2004  # beyond every cap


def _read_palette(problem: ColoringProblem, vertices: int) -> tuple[Mapping[str, str], int]:
    if isinstance(problem.colors, list):
        palette = {identify(color): str(color) for color in problem.colors}
        if len(palette) < len(problem.colors):
            raise _refuse("two of the colours are the same but for case or space")
        return palette, len(palette)
    return {}, problem.colors or max(vertices, 1)


def _check_precolored(
    precolored: Mapping[str, str], places: Mapping[str, int], palette: Mapping[str, str]
) -> None:
    for vertex, color in precolored.items():
        if vertex not in places:
            raise _refuse(f"`{vertex[:MAX_NAME]}` is coloured beforehand and is no vertex")
        if palette and color not in palette:
            raise _refuse(f"`{vertex}` is coloured `{color[:MAX_NAME]}`, which is no colour given")


def _show(vertices: tuple[str, ...], edges: list[tuple[str, str]]) -> str:
    return "\n".join(_lines(vertices, edges))


def _lines(vertices: tuple[str, ...], edges: list[tuple[str, str]]) -> Iterator[str]:
    yield f"Vertices: {', '.join(vertices)}"
    yield "Edges:"
    yield from (f"{one} - {other}" for one, other in edges)


def _too_many(vertices: int) -> ProblemError:
    return _refuse(f"the graph has {vertices:,} vertices; at most {MAX_VERTICES:,} are read")


def _bad_line(number: int, line: str) -> ProblemError:
    at = Location(source="dimacs", line=number, text=line[:200])
    return _refuse("a line is none of the DIMACS format", at)


def _refuse(headline: str, at: Location | None = None) -> ProblemError:
    return ProblemError([Diagnostic(code="coloring-problem", headline=headline, at=at)])
