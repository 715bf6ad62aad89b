"""Typing rules that several theories share. The messages continue "`operator` …"."""

from collections.abc import Sequence

from critics.smt.terms import BOOL, INT, REAL, Rank, Sort, SortFault


def fixed(params: Sequence[Sort], result: Sort) -> Rank:
    """Take exactly these sorts."""

    def rank(sorts: Sequence[Sort], _indices: Sequence[int]) -> Sort:
        if list(sorts) != list(params):
            raise SortFault(f"takes {listed(params)}, not {listed(sorts)}")
        return result

    return rank


def many(param: Sort, result: Sort, least: int = 1) -> Rank:
    """Take `least` or more arguments of one sort."""

    def rank(sorts: Sequence[Sort], _indices: Sequence[int]) -> Sort:
        if len(sorts) < least or any(sort != param for sort in sorts):
            raise SortFault(f"takes {least} or more {param}, not {listed(sorts)}")
        return result

    return rank


def alike(least: int, most: int | None = None) -> Rank:
    """Take arguments of one sort, whichever it is; the result is Bool."""

    def rank(sorts: Sequence[Sort], _indices: Sequence[int]) -> Sort:
        if len(sorts) < least or (most is not None and len(sorts) > most):
            raise SortFault(f"takes {least} or more arguments, not {len(sorts)}")
        if any(sort != sorts[0] for sort in sorts):
            raise SortFault(f"takes arguments of one sort, not {listed(sorts)}")
        return BOOL

    return rank


def numbers(result: Sort | None, least: int = 1, most: int | None = None) -> Rank:
    """Take Ints only or Reals only; without `result` the result's sort is the arguments'."""

    def rank(sorts: Sequence[Sort], _indices: Sequence[int]) -> Sort:
        count = len(sorts)
        if count < least or (most is not None and count > most):
            wanted = f"{least} or more" if most is None else f"{least} to {most}"
            raise SortFault(f"takes {wanted} arguments, not {count}")
        if sorts[0] not in (INT, REAL) or any(sort != sorts[0] for sort in sorts):
            raise SortFault(f"takes numbers, not {listed(sorts)}")
        return result or sorts[0]

    return rank


def listed(sorts: Sequence[Sort]) -> str:
    """Write sorts for a message."""
    return "(" + " ".join(map(str, sorts[:8])) + (" …)" if len(sorts) > 8 else ")")  # noqa: PLR2004  # a message's length
