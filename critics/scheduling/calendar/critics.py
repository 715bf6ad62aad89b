"""What decides a proposed meeting: one critic for each rule."""

from collections.abc import Iterator, Sequence

from pydantic import JsonValue

from critics.critic import critic
from critics.scheduling.calendar.answer import Slot
from critics.scheduling.calendar.problem import Block, Calendar
from critics.scheduling.calendar.search import find_first, is_possible, overlaps
from critics.scheduling.clock import write_time
from critics.scheduling.objects import quote
from critics.types import Diagnostic, Location


@critic(decides="that the meeting is on one of the days")
def day_listed(calendar: Calendar, slot: Slot) -> Iterator[Diagnostic]:
    """Object to a day that is none of the problem's."""
    if slot.day not in calendar.days:
        listed = ", ".join(calendar.names[:20])
        yield _object(
            "day", f"{quote(slot.day)} is none of the days", "day", help_=f"choose one of: {listed}"
        )


@critic(decides="that the meeting lasts exactly as long as it must")
def exact_duration(calendar: Calendar, slot: Slot) -> Iterator[Diagnostic]:
    """Object to a meeting that is too short or too long."""
    length = slot.end - slot.start
    if length != calendar.duration:
        yield _object(
            "duration",
            f"the meeting from {write_time(slot.start)} to {write_time(slot.end)} lasts {length} "
            f"minutes; it must last {calendar.duration}",
            "end",
            data={"minutes": length, "required": calendar.duration},
        )


@critic(decides="that the meeting lies inside the work hours")
def inside_hours(calendar: Calendar, slot: Slot) -> Iterator[Diagnostic]:
    """Object to a meeting that starts too early or ends too late."""
    if slot.start < calendar.opens:
        yield _object(
            "hours",
            f"the meeting starts at {write_time(slot.start)}, before the work hours start at "
            f"{write_time(calendar.opens)}",
            "start",
        )
    if slot.end > calendar.closes:
        yield _object(
            "hours",
            f"the meeting ends at {write_time(slot.end)}, after the work hours end at "
            f"{write_time(calendar.closes)}",
            "end",
        )


@critic(decides="that the meeting starts on the grid, where there is one")
def on_grid(calendar: Calendar, slot: Slot) -> Iterator[Diagnostic]:
    """Object to a start between two points of the grid."""
    if slot.start % calendar.grid:
        yield _object(
            "grid",
            f"the meeting starts at {write_time(slot.start)}, which is no multiple of "
            f"{calendar.grid} minutes after midnight",
            "start",
        )


@critic(decides="that no participant is busy during the meeting")
def nobody_busy(calendar: Calendar, slot: Slot) -> Iterator[Diagnostic]:
    """Object with every busy time that the meeting hits."""
    day = calendar.days.get(slot.day)
    for block in calendar.busy:
        if block.day == day and overlaps(block, slot):
            yield _object(
                "conflict",
                f"{block.person} is busy on {slot.day} from {write_time(block.start)} to "
                f"{write_time(block.end)}, during the meeting from {write_time(slot.start)} to "
                f"{write_time(slot.end)}",
                data=_facts(slot, block),
            )


@critic(decides="that no participant's hard preference is hurt")
def preferences_kept(calendar: Calendar, slot: Slot) -> Iterator[Diagnostic]:
    """Object with every hard preference that the meeting goes against."""
    day = calendar.days.get(slot.day)
    for wish in calendar.wishes:
        if wish.hard and wish.day == day and overlaps(wish, slot):
            yield _object(
                "preference", _tell_wish(slot, wish, "does not want"), data=_facts(slot, wish)
            )


@critic(decides="that no earlier meeting is possible, where the earliest is asked for")
def earliest(calendar: Calendar, slot: Slot) -> Iterator[Diagnostic]:
    """Object to a meeting that keeps every other rule, if an earlier one does so, too."""
    if not calendar.earliest or not is_possible(calendar, slot):
        return
    first = find_first(calendar)
    if first is None:
        return
    if (calendar.days[slot.day], slot.start) > (calendar.days[first.day], first.start):
        yield _object(
            "not-earliest",
            f"the meeting on {slot.day} at {write_time(slot.start)} is not the earliest possible",
            "start",
            note="every start was examined, and an earlier one keeps every rule",
        )


@critic(decides="soft wishes", hard=False)
def wishes_kept(calendar: Calendar, slot: Slot) -> Iterator[Diagnostic]:
    """Tell every soft wish that the meeting goes against; `data` holds the share that is kept."""
    day = calendar.days.get(slot.day)
    hit = [wish for wish in calendar.soft if wish.day == day and overlaps(wish, slot)]
    listed = {wish.index for wish in calendar.soft}
    kept = 1 - len({wish.index for wish in hit}) / max(len(listed), 1)
    for wish in hit:
        facts = {**_facts(slot, wish), "score": round(kept, 6)}
        yield _object("wish", _tell_wish(slot, wish, "would rather not"), data=facts)


CRITICS = (
    day_listed,
    exact_duration,
    inside_hours,
    on_grid,
    nobody_busy,
    preferences_kept,
    earliest,
    wishes_kept,
)


def share_of_rules(_calendar: Calendar, _slot: Slot, errors: Sequence[Diagnostic]) -> float:
    """Score a rejected meeting: every rule that is kept counts the same, every hit costs a bit."""
    broken = len({error.code for error in errors})
    hard = sum(1 for rule in CRITICS if rule.hard)
    return (hard - broken) / hard + 1 / (1 + len(errors)) / (2 * hard)


def _tell_wish(slot: Slot, wish: Block, verb: str) -> str:
    given = wish.wish
    if given is None or given.whole_day:
        span = f"on {slot.day}"
    elif given.before is not None:
        span = f"on {slot.day} before {given.before}"
    elif given.after is not None:
        span = f"on {slot.day} after {given.after}"
    else:
        span = f"on {slot.day} between {write_time(wish.start)} and {write_time(wish.end)}"
    return (
        f"{wish.person} {verb} to meet {span}; the meeting is from "
        f"{write_time(slot.start)} to {write_time(slot.end)}"
    ).replace("rather not to meet", "rather not meet")


def _facts(slot: Slot, block: Block) -> dict[str, JsonValue]:
    field = "busy" if block.wish is None else "preferences"
    return {
        "constraint": f"/{field}/{block.index}",
        "person": block.person,
        "day": slot.day,
        "start": write_time(block.start),
        "end": write_time(block.end),
    }


def _object(
    kind: str,
    headline: str,
    key: str | None = None,
    *,
    note: str | None = None,
    help_: str | None = None,
    data: dict[str, JsonValue] | None = None,
) -> Diagnostic:
    return Diagnostic(
        code=f"calendar-{kind}",
        headline=headline,
        at=Location(source="answer", pointer=f"/{key}") if key else Location(source="answer"),
        notes=(note,) if note else (),
        help=(help_,) if help_ else (),
        data=data or {},
    )
