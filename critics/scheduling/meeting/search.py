"""Whom one can meet, by dynamic programming from the start of the day on.

A state is the set of people met and the last of them; of two ways into it the one that ends
earlier is never worse, because one may wait. So the earliest end of every state is exact.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from critics.scheduling.meeting.problem import Day, Friend

MAX_STATES = 200_000
"""States that are examined before the search gives up."""


class TooLarge(Exception):
    """The problem has more states than are examined."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Meetings in their order, each as early and as short as possible."""

    meetings: Sequence[tuple[Friend, int]]
    """Everybody with the start of the meeting."""

    def __len__(self) -> int:
        """Count the people."""
        return len(self.meetings)

    @property
    def stays(self) -> list[tuple[str, str, int, int]]:
        """The meetings as person, place, start and end."""
        return [(f.name, f.place, start, start + f.minimum) for f, start in self.meetings]


State = tuple[int, int]
"""The people met, as bits, and the last of them."""


def find_plan(day: Day, people: Collection[str] | None = None) -> Plan:
    """Find a plan that meets as many people as possible.

    Args:
        day: The problem.
        people: The people among whom to choose; everybody if left out.

    Raises:
        TooLarge: Not every selection and order could be examined.
    """
    friends = [f for f in day.people.values() if people is None or f.name in people]
    layer: dict[State, tuple[int, State | None]] = {}
    for index, friend in enumerate(friends):
        end = _end(day, friend, day.place, day.start)
        if end is not None:
            layer[1 << index, index] = end, None
    ways = [[day.way(a.place, b.place) for b in friends] for a in friends]
    layers = []
    room = MAX_STATES
    while layer:
        layers.append(layer)
        room -= len(layer)
        layer = _extend(friends, ways, layer, room)
    return _trace(day, friends, layers)


def _extend(
    friends: Sequence[Friend],
    ways: Sequence[Sequence[int | None]],
    layer: Mapping[State, tuple[int, State | None]],
    room: int,
) -> dict[State, tuple[int, State | None]]:
    """Meet one more person after every state."""
    longer: dict[State, tuple[int, State | None]] = {}
    times = [(f.since, f.minimum, f.until) for f in friends]
    for state, (left, _) in layer.items():
        met, last = state
        for index, way in enumerate(ways[last]):
            if way is None or met >> index & 1:
                continue
            since, minimum, until = times[index]
            end = max(left + way, since) + minimum
            key = met | 1 << index, index
            if end <= until and (key not in longer or end < longer[key][0]):
                longer[key] = end, state
        if len(longer) > room:
            raise TooLarge(f"more than {MAX_STATES:,} selections and last people")
    return longer


def _end(day: Day, friend: Friend, place: str, time: int) -> int | None:
    """Give the earliest end of a meeting, coming from a place; nothing if it is impossible."""
    way = day.way(place, friend.place)
    if way is None:
        return None
    end = max(time + way, friend.since) + friend.minimum
    return end if end <= friend.until else None


def _trace(
    day: Day,
    friends: Sequence[Friend],
    layers: Sequence[Mapping[State, tuple[int, State | None]]],
) -> Plan:
    if not layers:
        return Plan([])
    state: State | None = min(layers[-1], key=lambda key: layers[-1][key][0])
    order: list[Friend] = []
    for layer in reversed(layers):
        if state is None:
            break
        order.append(friends[state[1]])
        state = layer[state][1]
    meetings, place, time = [], day.place, day.start
    for friend in reversed(order):
        end = _end(day, friend, place, time)
        if end is None:
            raise AssertionError("a traced plan is possible")
        meetings.append((friend, end - friend.minimum))
        place, time = friend.place, end
    return Plan(meetings)
