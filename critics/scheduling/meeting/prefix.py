"""A day of meetings as moves: one meets one person after the other, each as early as possible.

Where as many people as possible are to be met, an exact search has said how many those are.
"""

from collections.abc import Iterator, Sequence
from math import inf
from typing import TypeAlias

from critics.prefix import Prefix
from critics.scheduling.clock import write_time
from critics.scheduling.meeting.answer import parse_itinerary, write_meetings
from critics.scheduling.meeting.problem import Day, Friend
from critics.scheduling.meeting.search import TooLarge, find_plan
from critics.types import CandidateError, Diagnostic, Severity, Undecided

State: TypeAlias = tuple[tuple[str, int], ...]
"""The people met so far, each with the start of the meeting."""


def open_prefix(day: Day) -> Prefix:
    """Give the moves of a day.

    Raises:
        Undecided: As many people as possible are to be met, and nobody knows how many those are.
    """
    steps = _Steps(day, _count_people(day))
    return Prefix(
        start=(),
        apply=steps.apply,
        is_goal=steps.is_goal,
        key=steps.key,
        join=steps.join,
        split=steps.split,
        tell=steps.tell,
        moves=steps.moves,
        h={"people": steps.estimate},
    )


def _count_people(day: Day) -> int:
    if day.problem.objective != "max":
        return day.needed
    try:
        return len(find_plan(day))
    except TooLarge as error:
        finding = Diagnostic(
            code="meeting-undecided",
            headline="how many people can be met was not decided: there are too many",
            severity=Severity.UNKNOWN,
        )
        raise Undecided([finding]) from error


class _Steps:
    """Whom one can meet next."""

    def __init__(self, day: Day, needed: int) -> None:
        self._day = day
        self._needed = needed

    def moves(self, state: State) -> Iterator[tuple[str, State]]:
        """Meet anybody who can still be met."""
        for name in self._day.people:
            after = self.apply(state, name)
            if after is not None:
                yield name, after

    def apply(self, state: State, move: str) -> State | None:
        """Meet somebody, as early as possible."""
        friend = self._day.people.get(move)
        if friend is None or any(name == move for name, _ in state):
            return None
        start = self._start(state, friend)
        return None if start is None else (*state, (move, start))

    def is_goal(self, state: State) -> bool:
        """Say whether enough people are met."""
        return len(state) >= self._needed

    def estimate(self, state: State) -> float:
        """Count the people that are missing; without time for so many there is no hope."""
        missing = max(self._needed - len(state), 0)
        return float(missing) if len(list(self.moves(state))) >= missing else inf

    def key(self, state: State) -> str:
        """Name a state by who was met, and by where and when one is."""
        place, time = self._now(state)
        return "\0".join((*sorted(name for name, _ in state), "", place, str(time)))

    def join(self, moves: Sequence[str]) -> str:
        """Write the meetings with their times."""
        state: State = ()
        for move in moves:
            after = self.apply(state, move)
            if after is None:
                break
            state = after
        friends = [(self._day.people[name], start) for name, start in state]
        return write_meetings([(f.name, f.place, s, s + f.minimum) for f, s in friends])

    def split(self, text: str) -> list[str]:
        """Give the people in the order of an answer."""
        try:
            return [met.person for met in parse_itinerary(self._day, text).meetings]
        except CandidateError:
            return []

    def tell(self, state: State) -> str:
        """Say who was met, and where and when one is."""
        place, time = self._now(state)
        met = ", ".join(name for name, _ in state) or "nobody"
        return f"Met so far: {met}. It is {write_time(time)}; you are at {place}."

    def _start(self, state: State, friend: Friend) -> int | None:
        place, time = self._now(state)
        way = self._day.way(place, friend.place)
        if way is None:
            return None
        start = max(time + way, friend.since)
        return start if start + friend.minimum <= friend.until else None

    def _now(self, state: State) -> tuple[str, int]:
        if not state:
            return self._day.place, self._day.start
        name, start = state[-1]
        friend = self._day.people[name]
        return friend.place, start + friend.minimum
