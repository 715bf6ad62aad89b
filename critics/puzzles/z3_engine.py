"""The one door of the puzzles to Z3, imported lazily: colourability as Boolean constraints."""

from collections.abc import Mapping, Sequence
from typing import Any

TIMEOUT_MS = 3_000


def name_engine() -> str:
    """Name the engine and its version.

    Raises:
        ImportError: It is not installed.
    """
    return f"z3 {_load().get_version_string()}"


def color_graph(
    vertices: int, edges: Sequence[tuple[int, int]], count: int, fixed: Mapping[int, int]
) -> bool | None:
    """Say whether a graph has a colouring with at most so many colours; `None` if not in time.

    Args:
        vertices: How many there are.
        edges: Pairs of them.
        count: How many colours there are.
        fixed: Vertices whose colour, from 0, is given.

    Raises:
        ImportError: Z3 is not installed.
    """
    z3 = _load()
    if count <= 0 or any(color >= count for color in fixed.values()):
        return vertices == 0
    solver = z3.Solver()
    solver.set("timeout", TIMEOUT_MS)
    has = [[z3.Bool(f"v{v}c{c}") for c in range(count)] for v in range(vertices)]
    for options in has:
        solver.add(z3.Or(options))
    for one, other in edges:
        for left, right in zip(has[one], has[other], strict=True):
            solver.add(z3.Or(z3.Not(left), z3.Not(right)))
    for vertex, color in fixed.items():
        solver.add(has[vertex][color])
        solver.add([z3.Not(option) for n, option in enumerate(has[vertex]) if n != color])
    answer = solver.check()
    return None if answer == z3.unknown else bool(answer == z3.sat)


def _load() -> Any:
    import z3  # type: ignore[import-untyped]  # noqa: PLC0415  # untyped, heavy, only in workers

    return z3
