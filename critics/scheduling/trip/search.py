"""A trip by depth-first search over the orders of its cities.

The days of a stay follow from the cities before it, so a state is the set of visited cities and
the last of them; a state from which no trip was found is never entered again.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from critics.scheduling.trip.problem import Event, Trip

MAX_STATES = 50_000
"""States that are entered before the search gives up."""


class TooLarge(Exception):
    """The problem has more states than are examined."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A stay with its days; both ends included."""

    city: str
    first: int
    last: int


def find_trip(
    trip: Trip, prefix: Sequence[str] = (), *, ignored: Collection[Event] = ()
) -> list[Visit] | None:
    """Find the first trip in the order of the problem's cities.

    Args:
        trip: The problem.
        prefix: The cities with which it must begin.
        ignored: Windows that need not be attended.

    Raises:
        TooLarge: Not every order could be examined.
    """
    if trip.needed != trip.total or not set(prefix) <= trip.cities.keys():
        return None
    order = _Search(trip, frozenset(ignored)).run(list(prefix))
    return None if order is None else date_stays(trip, order)


def date_stays(trip: Trip, order: Sequence[str]) -> list[Visit]:
    """Give the stays of an order of cities their days."""
    visits, first = [], 1
    for city in order:
        visits.append(Visit(city, first, first + trip.cities[city] - 1))
        first = visits[-1].last
    return visits


@dataclass
class _Search:
    trip: Trip
    ignored: frozenset[Event]
    _dead: set[tuple[frozenset[str], str]] = field(default_factory=set)
    _entered: int = 0

    def run(self, prefix: list[str]) -> list[str] | None:
        """Look for an order of all cities that begins with some."""
        visits = date_stays(self.trip, prefix)
        if not all(self._possible(prefix, visits)):
            return None
        order = list(prefix)
        day = visits[-1].last if visits else 1
        stack = [(day, self._next(order, day))]
        while len(order) < len(self.trip.cities):
            if len(stack[-1][1]) == 0:
                stack.pop()
                if not stack:
                    return None
                self._dead.add((frozenset(order), order[-1]))
                order.pop()
                continue
            city = stack[-1][1].pop()
            day = stack[-1][0] + self.trip.cities[city] - 1
            order.append(city)
            stack.append((day, self._next(order, day)))
        return order

    def _next(self, order: list[str], day: int) -> list[str]:
        """List the cities that can follow, the first of them last."""
        self._entered += 1
        if self._entered > MAX_STATES:
            raise TooLarge(f"more than {MAX_STATES:,} partial trips")
        visited = set(order)
        if order and (frozenset(order), order[-1]) in self._dead:
            return []
        rest = [city for city in self.trip.cities if city not in visited]
        if any(day > self._latest(city) for city in rest):
            return []
        reached = rest if not order else [c for c in rest if c in self.trip.flights[order[-1]]]
        return [city for city in reversed(reached) if self._admitted(city, day)]

    def _possible(self, prefix: list[str], visits: list[Visit]) -> Iterator[bool]:
        yield len(set(prefix)) == len(prefix)
        for visit in visits:
            yield self._admitted(visit.city, visit.first)
        for at in range(1, len(prefix)):
            yield prefix[at] in self.trip.flights[prefix[at - 1]]

    def _admitted(self, city: str, first: int) -> bool:
        last = first + self.trip.cities[city] - 1
        return all(event.admits(first, last) for event in self._events(city))

    def _latest(self, city: str) -> int:
        """Give the latest day on which a stay can start without missing an event."""
        starts = [e.first if e.mode == "contain" else e.last for e in self._events(city)]
        return min(starts, default=self.trip.total)

    def _events(self, city: str) -> list[Event]:
        return [event for event in self.trip.events[city] if event not in self.ignored]
