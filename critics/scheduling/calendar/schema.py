"""The payload of the domain `calendar`: when can these people meet?"""

from typing import Literal, Self

from pydantic import Field, model_validator

from critics.scheduling.clock import Minutes, Name, TimeOfDay
from critics.types import Frozen, Problem


class Busy(Frozen):
    """A time at which somebody cannot meet; the end is free again."""

    person: Name
    day: Name
    start: TimeOfDay
    end: TimeOfDay


class Preference(Frozen):
    """A time that somebody wants to avoid: exactly one of the four forms.

    A meeting goes against it as soon as they overlap. `before` reaches back to the start of the
    day, `after` to its end.
    """

    person: Name
    day: Name | None = Field(None, description="One of the days; every day if left out.")
    before: TimeOfDay | None = None
    after: TimeOfDay | None = None
    between: tuple[TimeOfDay, TimeOfDay] | None = None
    whole_day: bool = False
    text: str | None = Field(None, max_length=2000, description="How it was put, in words.")
    hard: bool = Field(
        default=True, description="Whether it decides; if not, it only lowers an answer's score."
    )

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        forms = (self.before, self.after, self.between, self.whole_day or None)
        if sum(form is not None for form in forms) != 1:
            raise ValueError(
                "a preference has exactly one of `before`, `after`, `between` and `whole_day: true`"
            )
        return self


class CalendarProblem(Problem):
    """Find one time for one meeting of all participants.

    Times are half-open: who is busy until 10:00 can meet at 10:00. Days have names only; they
    come in the order of time. Every minute is a possible start unless `grid_min` is given.
    """

    participants: tuple[Name, ...] = Field(min_length=1, max_length=1000)
    days: tuple[Name, ...] = Field(
        min_length=1, max_length=400, description="In the order of time; names, dates, anything."
    )
    duration_min: Minutes = Field(description="How long the meeting lasts.")
    work_hours: tuple[TimeOfDay, TimeOfDay] = Field(
        description="The meeting lies between these two times."
    )
    busy: tuple[Busy, ...] = Field((), max_length=20_000)
    preferences: tuple[Preference, ...] = Field((), max_length=1000)
    objective: Literal["any", "earliest"] = Field(
        "any", description="`earliest`: only the first possible start is right."
    )
    grid_min: int | None = Field(
        None,
        ge=1,
        le=1440,
        description="The meeting starts at a multiple of this many minutes after midnight.",
    )
