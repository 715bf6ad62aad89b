"""A complete search for seating plans. It is not trusted: what it finds is judged."""

from collections.abc import Mapping, Sequence

MAX_STEPS = 200_000


class GaveUpError(Exception):
    """There are too many plans to search them all."""


def find_plan(
    tables: Mapping[str, int],
    guests: Sequence[str],
    together: Sequence[tuple[str, str]],
    apart: Sequence[tuple[str, str]],
) -> dict[str, list[str]] | None:
    """Find a plan; `None` proves that there is none.

    Raises:
        GaveUpError: The search was given up.
    """
    seats: dict[str, str] = {}
    untried = [iter(tables)]
    for _ in range(MAX_STEPS):
        if not untried:
            return None
        guest = guests[len(untried) - 1]
        seats.pop(guest, None)
        table = next(untried[-1], None)
        if table is None:
            untried.pop()
            continue
        seats[guest] = table
        full = sum(taken == table for taken in seats.values()) > tables[table]
        split = any(seats[a] != seats[b] for a, b in together if a in seats and b in seats)
        clash = any(seats[a] == seats[b] for a, b in apart if a in seats and b in seats)
        if full or split or clash:
            continue
        if len(seats) == len(guests):
            return {table: [g for g in guests if seats[g] == table] for table in tables}
        untried.append(iter(tables))
    raise GaveUpError
