"""The payload of the domain `trip`: in which order to visit cities by direct flights?"""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from critics.scheduling.clock import Name
from critics.types import Frozen, Problem

MAX_DAYS = 100_000
"""No trip is longer."""

Day = Annotated[int, Field(ge=1, le=MAX_DAYS)]
Semantics = Literal["contain", "touch"]


class Window(Frozen):
    """Days of an event in a city, both included."""

    model_config = ConfigDict(serialize_by_alias=True)

    city: Name
    first: Day = Field(alias="from")
    last: Day = Field(alias="to")
    mode: Semantics | None = Field(None, description="Instead of `windows_semantics`.")


class Flight(Frozen):
    """A direct flight."""

    model_config = ConfigDict(serialize_by_alias=True)

    origin: Name = Field(alias="from")
    target: Name = Field(alias="to")
    both: bool = Field(default=True, description="Whether one can fly back, too.")


class TripProblem(Problem):
    """Visit every city once, each for exactly its number of days, by direct flights.

    The trip starts on day 1 and ends on day `total_days`. The day of a flight counts in both
    cities, so three cities of 3, 4 and 5 days take 3 + 4 + 5 - 2 days.
    """

    total_days: Day
    cities: dict[Name, Day] = Field(min_length=1, max_length=1000)
    windows: tuple[Window, ...] = Field((), max_length=10_000)
    windows_semantics: Semantics = Field(
        "contain",
        description="`contain`: one is in the city on every day of the window; `touch`: on one.",
    )
    edges: tuple[Flight, ...] = Field((), max_length=100_000)
