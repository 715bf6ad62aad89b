"""What an answer states beyond its meetings, replayed step by step.

The replay knows where one is and since when. It objects where the answer's own account of ways and
waiting contradicts the problem, or itself; that the meetings are possible is decided elsewhere.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from critics.scheduling.clock import write_time
from critics.scheduling.meeting.answer import (
    Itinerary,
    Met,
    Part,
    Started,
    Stopped,
    Travelled,
    Unread,
)
from critics.scheduling.meeting.problem import Day
from critics.scheduling.objects import quote

Contradiction = tuple[int, str, str | None]
"""Place in the itinerary, what is not so, and why."""


def find_contradictions(day: Day, plan: Itinerary) -> Iterator[Contradiction]:
    """Find every statement that is not so."""
    replay = _Replay(day, day.place, day.start)
    for part, following in pairwise([*plan.parts, None]):
        if part is None:
            continue
        for headline, note in replay.step(part, following):
            yield part.index, headline, note


@dataclass
class _Replay:
    """Where one is, since when, and whether anything but meetings led there."""

    day: Day
    place: str
    time: int
    told: bool = False
    begun: bool = False

    def step(self, part: Part, following: Part | None) -> Iterator[tuple[str, str | None]]:
        """Replay one part."""
        if isinstance(part, Started):
            yield from self._start(part)
        elif isinstance(part, Travelled):
            yield from self._travel(part, following)
        elif isinstance(part, Stopped):
            yield from self._stop(part)
        elif isinstance(part, Met):
            yield from self._meet(part)
        self.told = not isinstance(part, Met | Unread)
        self.begun = True

    def _start(self, part: Started) -> Iterator[tuple[str, str | None]]:
        if self.begun:
            yield "the day is said to start again", None
        elif part.place != self.day.place or part.time not in (None, self.day.start):
            at = "" if part.time is None else f" at {write_time(part.time)}"
            yield (
                f"the day is said to start at {quote(part.place)}{at}",
                f"it starts at {self.day.place} at {write_time(self.day.start)}",
            )

    def _travel(self, part: Travelled, following: Part | None) -> Iterator[tuple[str, str | None]]:
        if part.origin not in (None, self.place):
            yield (
                f"a way is said to start at {quote(part.origin)}",
                f"one is at {self.place} then",
            )
        target = part.target or self._place_of(following)
        way = self.day.way(self.place, target) if target is not None else 0
        yield from self._early(part.start, f"the way to {target or 'somewhere'}")
        if way is None or target is None:
            if way is None:
                yield f"there is no way from {self.place} to {quote(target)}", None
        else:
            yield from self._check_way(part, target, way)
        leave = self.time if part.start is None else part.start
        self.time = leave + (way or 0) if part.end is None else part.end
        self.place = target or self.place

    def _check_way(
        self, part: Travelled, target: str, way: int
    ) -> Iterator[tuple[str, str | None]]:
        takes = f"it takes {way} minutes"
        if part.minutes is not None and part.minutes != way:
            yield (
                f"the way from {self.place} to {target} is said to take {part.minutes} minutes",
                takes,
            )
        if part.end is None:
            return
        leave = self.time if part.start is None else part.start
        late = part.start is None and part.minutes is not None and part.end > leave + way
        if part.end < leave + way or late:
            yield (
                f"one is said to arrive at {target} at {write_time(part.end)}",
                f"one leaves {self.place} at {write_time(leave)}, and {takes}",
            )

    def _stop(self, part: Stopped) -> Iterator[tuple[str, str | None]]:
        if part.place is not None and part.place != self.place:
            way = self.day.way(self.place, part.place)
            if way is None:
                yield f"there is no way from {self.place} to {quote(part.place)}", None
            else:
                self.time += way
            self.place = part.place
        yield from self._early(part.start, "a stop")
        if part.end is not None:
            if part.end < max(self.time, part.start or 0):
                yield (
                    f"a wait or stop is said to end at {write_time(part.end)}",
                    f"it begins at {_clock(max(self.time, part.start or 0))}",
                )
            self.time = part.end

    def _meet(self, part: Met) -> Iterator[tuple[str, str | None]]:
        friend = self.day.people.get(part.person)
        if part.minutes is not None and part.minutes != part.end - part.start:
            yield (
                f"the meeting with {quote(part.person)} is said to last {part.minutes} minutes",
                (
                    f"from {write_time(part.start)} to {write_time(part.end)} there are "
                    f"{part.end - part.start}"
                ),
            )
        if friend is None:
            return
        way = self.day.way(self.place, friend.place)
        if self.told:
            if way is None:
                yield f"there is no way from {self.place} to {friend.place}", None
            else:
                self.time += way
                yield from self._early(part.start, f"the meeting with `{part.person}`")
        self.place, self.time = friend.place, max(part.start, part.end)

    def _early(self, start: int | None, what: str) -> Iterator[tuple[str, str | None]]:
        """Object to what is said to start before the part before it is over."""
        if start is not None and start < self.time:
            yield (
                f"{what} is said to start at {write_time(start)}",
                f"by what comes before, one is at {self.place} at {_clock(self.time)}",
            )

    def _place_of(self, part: Part | None) -> str | None:
        friend = self.day.people.get(part.person) if isinstance(part, Met) else None
        return None if friend is None else friend.place


def _clock(minutes: int) -> str:
    return write_time(minutes)
