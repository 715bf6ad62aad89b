"""A trip as the critics use it: directed flights, and windows with their semantics."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from critics.scheduling.objects import refuse_problem
from critics.scheduling.trip.schema import Semantics, TripProblem, Window
from critics.types import Diagnostic, Location, Severity


@dataclass(frozen=True, slots=True)
class Event:
    """A window with its semantics settled; days are included at both ends."""

    city: str
    first: int
    last: int
    mode: Semantics
    index: int

    def admits(self, first: int, last: int) -> bool:
        """Whether a stay in its city attends it."""
        if self.mode == "contain":
            return first <= self.first and self.last <= last
        return first <= self.last and self.first <= last

    def __str__(self) -> str:
        """Name it for a message."""
        days = f"days {self.first} to {self.last}" if self.last > self.first else f"day {self.last}"
        return f"the event in {self.city} ({days})"


@dataclass(frozen=True)
class Trip:
    """The instance.

    Attributes:
        problem: The payload.
        total: The last day.
        cities: City to its number of days.
        flights: City to the cities that one can fly to directly, in the order of listing.
        events: City to its windows.
    """

    problem: TripProblem
    total: int
    cities: Mapping[str, int]
    flights: Mapping[str, Sequence[str]]
    events: Mapping[str, Sequence[Event]]

    @property
    def needed(self) -> int:
        """How many days the cities take together."""
        return sum(self.cities.values()) - (len(self.cities) - 1)


def load_trip(problem: TripProblem) -> Trip:
    """Read a payload.

    Raises:
        ProblemError: With every fault, up to a cap.
    """
    refuse_problem(list(_find_faults(problem)))
    flights: dict[str, dict[str, None]] = {city: {} for city in problem.cities}
    for edge in problem.edges:
        for origin, target in ((edge.origin, edge.target), (edge.target, edge.origin))[
            : 2 if edge.both else 1
        ]:
            if origin in flights and target in flights:
                flights[origin][target] = None
    events: dict[str, list[Event]] = {city: [] for city in problem.cities}
    for index, window in enumerate(problem.windows):
        mode = window.mode or problem.windows_semantics
        events[window.city].append(Event(window.city, window.first, window.last, mode, index))
    return Trip(
        problem=problem,
        total=problem.total_days,
        cities=problem.cities,
        flights={city: tuple(targets) for city, targets in flights.items()},
        events=events,
    )


def find_warnings(trip: Trip) -> Sequence[Diagnostic]:
    """Tell of flights to cities that are not visited."""
    return [
        Diagnostic(
            code="trip-flight-elsewhere",
            headline=f"`{city}` has a flight and is none of the cities to visit",
            at=Location(source="problem", pointer=f"/edges/{index}"),
            severity=Severity.WARNING,
        )
        for city, index in _elsewhere(trip.problem)
    ][:20]


def _elsewhere(problem: TripProblem) -> Iterator[tuple[str, int]]:
    told: set[str] = set()
    for index, edge in enumerate(problem.edges):
        for city in (edge.origin, edge.target):
            if city not in problem.cities and city not in told:
                told.add(city)
                yield city, index


def _find_faults(problem: TripProblem) -> Iterator[Diagnostic]:
    for index, window in enumerate(problem.windows):
        yield from _check_window(problem, window, f"/windows/{index}")
    for index, edge in enumerate(problem.edges):
        if edge.origin == edge.target:
            headline = f"a flight leads from `{edge.origin}` to itself"
            yield _fault("flight", headline, f"/edges/{index}")


def _check_window(problem: TripProblem, window: Window, pointer: str) -> Iterator[Diagnostic]:
    if window.city not in problem.cities:
        yield _fault("window", f"`{window.city}` is none of the cities to visit", f"{pointer}/city")
    if window.last < window.first:
        headline = f"a window ends on day {window.last} and starts on day {window.first}"
        yield _fault("window", headline, pointer)


def _fault(kind: str, headline: str, pointer: str) -> Diagnostic:
    return Diagnostic(
        code=f"trip-problem-{kind}",
        headline=headline,
        at=Location(source="problem", pointer=pointer),
    )
