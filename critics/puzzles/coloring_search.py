"""Exact graph colouring: branch and bound that colours the most constrained vertex next.

DSATUR (Brélaz, 1979) as a complete search: colours that were not used before are interchangeable,
so only one of them is tried. Nothing is recursive, and work is capped.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

MAX_WORK = 12_000_000
"""Vertices looked at before the search is given up; a few seconds."""

Adjacency = Sequence[frozenset[int]]


class OverBudget(Exception):
    """The search was given up; nothing is known."""


@dataclass(slots=True)
class Choice:
    """One vertex whose colours are tried in turn.

    Attributes:
        vertex: The vertex.
        colors: What is left to try.
        used: How many colours were in use before.
        marked: Neighbours that its current colour was newly forbidden to.
        color: Its current colour.
    """

    vertex: int
    colors: Iterator[int]
    used: int
    marked: list[int]
    color: int = -1


class Search:
    """A search for colourings of one graph.

    Args:
        adjacent: Each vertex's neighbours.
        fixed: Colours that are given, numbered from 0 without a gap.
        max_work: How much work is done before it is given up.
    """

    def __init__(
        self, adjacent: Adjacency, fixed: Mapping[int, int], max_work: int = MAX_WORK
    ) -> None:
        self._adjacent = adjacent
        self._fixed = fixed
        self._work = max_work
        self._clique = len(find_clique(adjacent))
        self._colors: list[int] = []
        self._forbidden: list[int] = []

    def color(self, count: int) -> list[int] | None:
        """Find a colouring with at most so many colours; `None` proves that there is none.

        Raises:
            OverBudget: The search was given up.
        """
        if self._clique > count:
            return None
        self._colors = [-1] * len(self._adjacent)
        self._forbidden = [0] * len(self._adjacent)
        for vertex, color in self._fixed.items():
            if color >= count or self._forbidden[vertex] >> color & 1:
                return None
            self._paint(vertex, color)
        return list(self._colors) if self._extend(count) else None

    def find_fewest(self, most: int) -> list[int] | None:
        """Find a colouring with as few colours as possible, and at most so many.

        Raises:
            OverBudget: The search was given up.
        """
        given = max(self._fixed.values(), default=-1) + 1
        least = max(self._clique, given)
        for count in range(least, most + 1):
            found = self.color(count)
            if found is not None:
                return found
        return None

    def _extend(self, count: int) -> bool:
        used = max(self._fixed.values(), default=-1) + 1
        open_vertices = [v for v, color in enumerate(self._colors) if color < 0]
        choices: list[Choice] = []
        while True:
            if len(choices) == len(open_vertices):
                return True
            vertex = self._most_constrained(open_vertices)
            colors = (
                c for c in range(min(count, used + 1)) if not self._forbidden[vertex] >> c & 1
            )
            choices.append(Choice(vertex, iter(list(colors)), used, []))
            while choices and not self._advance(choices[-1]):
                choices.pop()
            if not choices:
                return False
            used = max(choices[-1].used, choices[-1].color + 1)

    def _most_constrained(self, vertices: list[int]) -> int:
        self._work -= len(vertices)
        if self._work < 0:
            raise OverBudget
        return max(
            (vertex for vertex in vertices if self._colors[vertex] < 0),
            key=lambda v: (self._forbidden[v].bit_count(), len(self._adjacent[v])),
        )

    def _advance(self, choice: Choice) -> bool:
        """Give a vertex its next colour; if there is none, leave it uncoloured."""
        if choice.color >= 0:
            for neighbour in choice.marked:
                self._forbidden[neighbour] &= ~(1 << choice.color)
            self._colors[choice.vertex] = choice.color = -1
        for color in choice.colors:
            choice.color, choice.marked = color, self._paint(choice.vertex, color)
            return True
        return False

    def _paint(self, vertex: int, color: int) -> list[int]:
        self._colors[vertex] = color
        bit = 1 << color
        marked = [n for n in self._adjacent[vertex] if not self._forbidden[n] & bit]
        for neighbour in marked:
            self._forbidden[neighbour] |= bit
        return marked


def find_clique(adjacent: Adjacency, tries: int = 50) -> list[int]:
    """Find vertices that are all adjacent to each other: many, not necessarily the most."""
    order = sorted(range(len(adjacent)), key=lambda v: -len(adjacent[v]))
    best: list[int] = []
    for start in order[:tries]:
        clique = [start]
        rest = set(adjacent[start])
        while rest:
            vertex = max(rest, key=lambda v: (len(adjacent[v] & rest), -v))
            clique.append(vertex)
            rest &= adjacent[vertex]
        best = max(best, clique, key=len)
    return best
