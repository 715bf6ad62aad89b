"""Graph colouring as moves: one vertex after the other gets its colour.

Where as few colours as possible are wanted, an exact search has said how many those are.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from math import inf
from typing import TypeAlias

from critics.prefix import Prefix
from critics.puzzles.coloring_critics import make_search, parse, undecided
from critics.puzzles.coloring_problem import Graph, identify
from critics.puzzles.coloring_search import OverBudget
from critics.types import CandidateError, Undecided

State: TypeAlias = tuple[str, ...]
"""Each vertex's colour, or nothing yet."""

TOLD_VERTICES = 400


def open_prefix(graph: Graph) -> Prefix:
    """Give the moves of a graph.

    Raises:
        Undecided: As few colours as possible are wanted, and nobody knows how many those are.
    """
    steps = _Steps(graph, _count_colors(graph))
    return Prefix(
        start=tuple(graph.precolored.get(vertex, "") for vertex in graph.vertices),
        apply=steps.apply,
        is_goal=steps.is_goal,
        key="\0".join,
        join=steps.join,
        split=steps.split,
        tell=steps.tell,
        moves=steps.moves,
        h={"uncoloured": steps.estimate},
    )


def _count_colors(graph: Graph) -> int:
    if not graph.fewest:
        return graph.most
    try:
        found = make_search(graph).find_fewest(graph.most)
    except OverBudget as error:
        raise Undecided([undecided("how many colours suffice")]) from error
    return len(set(found)) if found is not None else 0


class _Steps:
    """The colours that vertices can be given."""

    def __init__(self, graph: Graph, most: int) -> None:
        self._graph = graph
        self._most = most
        self._colors: Mapping[str, str] = graph.palette or _name_colors(graph, most)

    def moves(self, state: State) -> Iterator[tuple[str, State]]:
        """Colour the most constrained vertex; of equal unused colours only try the first."""
        open_vertices = [place for place, color in enumerate(state) if not color]
        if not open_vertices:
            return
        place = min(
            open_vertices,
            key=lambda p: (-len(self._around(state, p)), -len(self._graph.adjacent[p]), p),
        )
        for color in self._offered(state, place):
            move = self._write(self._graph.vertices[place], color)
            yield move, (*state[:place], color, *state[place + 1 :])

    def apply(self, state: State, move: str) -> State | None:
        """Colour any vertex."""
        vertex, _, color = move.rpartition(" = ")
        place, color = self._graph.places.get(vertex), identify(color)
        if place is None or state[place] or color not in self._colors:
            return None
        if color in self._around(state, place):
            return None
        if color not in state and len(set(state) - {""}) >= self._most:
            return None
        return (*state[:place], color, *state[place + 1 :])

    def is_goal(self, state: State) -> bool:
        """Say whether every vertex has a colour, and given ones go together."""
        edges = self._graph.edges
        return all(state) and all(state[one] != state[other] for one, other in edges)

    def estimate(self, state: State) -> float:
        """Count the vertices without a colour; without a colour for one there is no hope."""
        open_vertices = [place for place, color in enumerate(state) if not color]
        left = self._choices(state)
        if any(not left - self._around(state, place) for place in open_vertices):
            return inf
        return float(len(open_vertices)) if open_vertices or self.is_goal(state) else inf

    def join(self, moves: Sequence[str]) -> str:
        """Write the colours, given ones included."""
        colors = {vertex: self._colors[c] for vertex, c in self._graph.precolored.items()}
        for move in moves:
            vertex, _, color = move.rpartition(" = ")
            colors[vertex] = color
        known = [vertex for vertex in self._graph.vertices if vertex in colors]
        return json.dumps({vertex: colors[vertex] for vertex in known}, ensure_ascii=False)

    def split(self, text: str) -> list[str]:
        """Give the colours of an answer, but for those that were given."""
        try:
            found = parse(self._graph, text).colors
        except CandidateError:
            return []
        free = [vertex for vertex in found if vertex not in self._graph.precolored]
        return [self._write(vertex, found[vertex]) for vertex in free]

    def tell(self, state: State) -> str:
        """List the colours so far."""
        pairs = zip(self._graph.vertices, state, strict=True)
        shown = [f"{vertex} = {self._colors[color]}" for vertex, color in pairs if color]
        return ", ".join(shown[:TOLD_VERTICES]) or "No vertex has a colour yet."

    def _offered(self, state: State, place: int) -> list[str]:
        offered = self._choices(state) - self._around(state, place)
        return [color for color in self._colors if color in offered]

    def _choices(self, state: State) -> set[str]:
        """Give the colours in use, and the unused ones that may still be."""
        used = set(state) - {""}
        if len(used) >= self._most:
            return used
        fresh = [color for color in self._colors if color not in used]
        return used | set(fresh if self._graph.palette else fresh[:1])

    def _around(self, state: State, place: int) -> set[str]:
        return {state[other] for other in self._graph.adjacent[place] if state[other]}

    def _write(self, vertex: str, color: str) -> str:
        return f"{vertex} = {self._colors.get(color, color)}"


def _name_colors(graph: Graph, most: int) -> dict[str, str]:
    """Name as many colours as there may be: the given ones, and numbers."""
    given = dict.fromkeys(graph.precolored.values())
    numbers = (str(number) for number in range(1, most + len(given) + 1))
    fresh = [name for name in numbers if name not in given][: max(most - len(given), 0)]
    return {name: name for name in (*given, *fresh)}
