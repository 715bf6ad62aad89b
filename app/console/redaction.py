"""Redaction: what of an event stays where the console shows no content.

Invariant: what is not named here as harmless is taken out: prompts, responses, problems, rejected
answers and whatever quotes them.
"""

from collections.abc import Mapping

from backprompt.events import (
    CallFailed,
    CallFinished,
    CandidateFound,
    Certified,
    Decided,
    Ended,
    Event,
    InfeasibilityCertified,
    Judged,
    RoundStarted,
    RunStarted,
    SolverStarted,
)
from critics.types import Diagnostic, Judgement

HIDDEN = "(hidden: `console.content` is off)"


OWN = frozenset({"event", "seq", "at", "round"})
"""Fields of every event."""
KEPT = (Certified, InfeasibilityCertified, Decided, SolverStarted)
"""Events that hold nothing else, or what is certified."""


def redact(event: Event) -> Event | None:
    """Take the content out of an event; nothing is left of one that is all content."""
    if isinstance(event, KEPT) or set(type(event).model_fields) - OWN <= event.PUBLIC:
        return event
    harmless = _empty(event)
    return event.model_copy(update=harmless) if harmless is not None else None


def _empty(event: Event) -> Mapping[str, object] | None:
    """Give what takes the place of an event's content; `None` if nothing of it can be shown."""
    changes: Mapping[str, object] | None = None
    match event:
        case RunStarted():
            told = {"prompt": HIDDEN, "problem": {}, "conversation": (), "examples": ()}
            bare = {**told, "objective": None}  # it may quote the problem
            changes = {"task": event.task.model_copy(update=bare)}
        case RoundStarted():
            changes = {"messages": ()}
        case CallFinished():
            bare = {"text": HIDDEN, "reasoning": None, "tool_calls": ()}
            changes = {"completion": event.completion.model_copy(update=bare)}
        case CandidateFound():
            changes = {"text": HIDDEN}
        case Judged():
            changes = {"judgement": _codes_only(event.judgement)}
        case Ended() | CallFailed():
            changes = {"message": ""}
        case _:
            pass
    return changes


def _codes_only(judgement: Judgement) -> Judgement:
    """Keep who said what, and the codes of the findings."""
    found = tuple(
        Diagnostic(code=one.code, headline=one.code, severity=one.severity)
        for one in judgement.diagnostics
    )
    opinions = tuple(one.model_copy(update={"reason": None}) for one in judgement.opinions)
    bare = {"candidate": HIDDEN, "diagnostics": found, "opinions": opinions}
    return judgement.model_copy(update=bare)
