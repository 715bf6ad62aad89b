"""Disclosure: what of a run may be shown to whom.

Invariant: `public()` is the only door by which an event may reach someone who was promised no
uncertified answer. It lets named fields through and nothing else.
"""

import re
from typing import Any

from pydantic import JsonValue

from backprompt.events import (
    CallFailed,
    Certified,
    Ended,
    Event,
    FeasibilityTested,
    Formalized,
    Judged,
    RunStarted,
)
from critics.types import Judgement, Severity

_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


def public(event: Event) -> dict[str, JsonValue]:
    """Show an event to someone who was promised no uncertified answer.

    What passes is listed per event and holds numbers and our own words only: no prompt, response,
    candidate, headline, note, location, data or upstream message.
    """
    named = event.PUBLIC | {"event", "seq", "at", "round"}
    shown: dict[str, Any] = event.model_dump(mode="json", include=set(named))
    if isinstance(event, RunStarted):
        shown["domain"] = event.task.domain
    if isinstance(event, CallFailed | Ended):
        shown |= {key: _code(shown[key]) for key in ("code", "reason") if key in shown}
    if isinstance(event, Formalized):
        made = event.formalization
        shown |= {"missing": len(made.missing), "doubts": len(made.doubts)}
    if isinstance(event, FeasibilityTested):
        tested = event.feasibility
        shown |= {"status": tested.status.value, "assurance": tested.assurance.value}
    if isinstance(event, Judged):
        shown |= public_judgement(event.judgement)
    return shown


def public_judgement(judgement: Judgement) -> dict[str, JsonValue]:
    """Show a judgement without a word of the answer: verdict, score, codes and counts."""
    critics: list[JsonValue] = [
        {
            "critic": result.critic,
            "version": result.version,
            "verdict": result.verdict.value,
            "findings": result.findings,
            "ms": result.ms,
        }
        for result in judgement.critics
    ]
    return {
        "domain": judgement.domain,
        "domain_version": judgement.domain_version,
        "verdict": judgement.verdict.value,
        "score": judgement.score,
        "codes": [_code(code) for code in judgement.codes],
        "findings": len(judgement.diagnostics),
        "assurance": judgement.assurance.value,
        "critics": critics,
    }


def traced(event: Event) -> dict[str, JsonValue]:
    """Show everything, and mark it as what it is: not certified."""
    shown: dict[str, Any] = event.model_dump(mode="json")
    return {**shown, "certified": isinstance(event, Certified)}


def first_headline(judgement: Judgement) -> str | None:
    """Give the first finding that counts; it may quote the answer, so it is not public."""
    counted = (d for d in judgement.diagnostics if d.severity is not Severity.WARNING)
    return next((d.headline for d in counted), None)


def _code(value: Any) -> JsonValue:
    """Let a stable code pass, and nothing that only pretends to be one."""
    if value is None or (isinstance(value, str) and _CODE.fullmatch(value)):
        return value
    return "unlisted"
