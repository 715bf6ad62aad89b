"""The payload of the domain `meeting`: whom can one meet in a day across a city?"""

from typing import Literal, Self

from pydantic import ConfigDict, Field, model_validator

from critics.scheduling.clock import Minutes, Name, TimeOfDay
from critics.types import Frozen, Problem


class Start(Frozen):
    """Where and when the day begins."""

    place: Name
    time: TimeOfDay


class Person(Frozen):
    """Somebody to meet: where, between which times, and for how long at least."""

    model_config = ConfigDict(serialize_by_alias=True)

    person: Name
    place: Name
    since: TimeOfDay = Field(alias="from")
    until: TimeOfDay = Field(alias="to")
    min_minutes: Minutes


class MeetingProblem(Problem):
    """Plan one's way through a day to meet people.

    One travels directly from meeting to meeting, in exactly the minutes given for that direction;
    a pair that is not given cannot be travelled. One may wait anywhere. Meetings lie in the
    person's time, last at least the minimum, and nobody is met twice.
    """

    start: Start
    people: tuple[Person, ...] = Field(min_length=1, max_length=1000)
    travel: dict[Name, dict[Name, Minutes]] = Field(
        description="Minutes from one place to another: `{from: {to: minutes}}`."
    )
    objective: Literal["max", "all", "at_least", "any"] = Field(
        "max",
        description="`max`: only the greatest possible number of people is right; `all`: everybody "
        "must be met; `at_least`: as many as `at_least` says; `any`: one is enough.",
    )
    at_least: int | None = Field(None, ge=1, description="With objective `at_least` only.")

    @model_validator(mode="after")
    def _number(self) -> Self:
        if (self.objective == "at_least") != (self.at_least is not None):
            raise ValueError("`at_least` belongs to objective `at_least`, which needs it")
        return self
