"""Drafts: a run whose problem is still plain language, on its way to a typed one.

The text is read by a parser, or formalised by a model with the run's own budget and upstream;
the run then waits for its client (`needs_input`) or goes on to solve what was made.

Invariant: calls of the formalisation are events of the run, and their costs are costs of the run.
"""

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from app.failures import ServiceError
from app.formalizing import Formalizing, formalizing, recorded_as
from app.protocol import Confirm, SolveResult
from backprompt.budget import Usage
from backprompt.effects import Effects
from backprompt.events import CallFailed, CallFinished, Ended, Formalized, Status
from backprompt.formalize import Formalization
from backprompt.outcome import Outcome
from backprompt.upstream import Completion, Request, Role, UpstreamError

if TYPE_CHECKING:
    from app.runs import Run


class Draft(BaseModel):
    """What is known of a problem in plain language beside its text; JSON, like all of a run."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    answers: dict[str, JsonValue] = Field(default_factory=dict)
    """What the client has answered, by field."""
    made: Formalization | None = None
    """A problem that needs no further making."""
    spent: Usage = Usage()
    """What the run had spent before it was answered."""


def waits(made: Formalization, confirm: Confirm) -> bool:
    """Say whether a run needs its client's word before it solves what was made of its text."""
    if not made.complete:
        return True
    if made.confirmed or confirm == "never":
        return False
    return confirm == "always" or bool(made.doubts)


def _ending(made: Formalization, confirm: Confirm) -> tuple[Status, str] | None:
    """Say how a run ends without being solved, and why."""
    if made.short and made.problem is None and not made.missing:
        return Status.EXHAUSTED, made.short
    if not waits(made, confirm):
        return None
    reason = "problem-unconfirmed" if made.complete else "problem-incomplete"
    return Status.NEEDS_INPUT, reason


async def find_problem(run: "Run", effects: Effects) -> SolveResult | None:
    """Give a run the problem that its text means.

    Returns:
        How the run ended instead: it waits, or the model could not be asked.

    Raises:
        ServiceError: The text, or the problem that was made, could not be read.
        asyncio.CancelledError: The run was cancelled.
    """
    spent = run.draft.spent.model_copy(update={"seconds": 0.0}) if run.draft else Usage()
    try:
        return await _find(run, effects, spent)
    except asyncio.CancelledError:
        if run.journal.ended is None:
            _end(run, Status.CANCELLED, "cancelled", None, _spent(run, spent))
        raise


async def _find(run: "Run", effects: Effects, spent: Usage) -> SolveResult | None:
    work = formalizing(run.kernel.pool, run.task.domain, run.kernel.worker)
    try:
        made, calls = await _make(run, work, effects, spent)
    except UpstreamError as error:
        _end(run, Status.FAILED, error.code, str(error), error.usage)
        return run.tell(Outcome(status=Status.FAILED, reason=error.code, usage=error.usage), None)
    total = _spent(run, spent)
    run.journal.append(Formalized(formalization=made, at=total.seconds))
    ending = _ending(made, run.request.confirm)
    if ending is not None:
        status, reason = ending
        _end(run, status, reason, None, total)
        return run.tell(Outcome(status=status, reason=reason, usage=total), made)
    await run.take_problem(made, recorded_as(made, run.request.text or ""), total, calls)
    return None


async def _make(
    run: "Run", work: Formalizing, effects: Effects, spent: Usage
) -> tuple[Formalization, int]:
    """Find the problem; also say how many calls were made for it."""
    text, draft = run.request.text or "", run.draft or Draft()
    if draft.made is not None:
        return draft.made, 0
    stops: tuple[object, ...] = ()
    if not draft.answers:
        read, stops = await work.parse(text)
        if read is not None:
            return read, 0

    def note(call: Request, end: Completion | UpstreamError, sum_of_all: Usage) -> None:
        _note(run, call, end, sum_of_all)

    made, calls = await work.draft(
        text,
        draft.answers,
        effects=effects,
        budget=run.budget,
        sampling=run.task.sampling,
        listener=note,
        spent=spent,
        price=run.task.roles.get(Role.FORMALIZER) or next(iter(run.task.rungs), None),
    )
    return made.model_copy(update={"unread": (*stops, *made.unread)}), calls


def _note(run: "Run", call: Request, end: Completion | UpstreamError, spent: Usage) -> None:
    """Write a call of the formalisation into the run's record."""
    if isinstance(end, UpstreamError):
        run.journal.append(
            CallFailed(
                call=call.call,
                code=end.code,
                message=str(end),
                status=end.status,
                usage=end.usage,
                spent=spent,
                at=spent.seconds,
            )
        )
    else:
        usage = end.usage.model_copy(update={"calls": 1})
        run.journal.append(
            CallFinished(call=call.call, completion=end, usage=usage, spent=spent, at=spent.seconds)
        )


def _spent(run: "Run", before: Usage) -> Usage:
    for event in reversed(run.journal.events):
        if isinstance(event, CallFinished | CallFailed):
            return event.spent
    return before


def _end(run: "Run", status: Status, reason: str, message: str | None, usage: Usage) -> None:
    run.journal.append(
        Ended(status=status, reason=reason, message=message, usage=usage, at=usage.seconds)
    )


async def answer(
    work: Formalizing,
    *,
    made: Formalization | None,
    draft: Draft,
    spent: Usage,
    answers: Mapping[str, JsonValue] | None,
    problem: Mapping[str, JsonValue] | None,
) -> Draft:
    """Lay a client's answer over the draft that it answers.

    Args:
        work: How the domain formalises.
        made: What the run had made of its text.
        draft: What was known when it began.
        spent: What the run has spent.
        answers: Answers to questions, by field; `None` for none.
        problem: The client's own payload; without either, `made` is confirmed.

    Raises:
        ServiceError: There is nothing to confirm, or the payload is wrong.
    """
    if problem is not None:
        return draft.model_copy(update={"made": await work.adopt(problem), "spent": spent})
    if answers:
        known = {**draft.answers, **answers}
        return Draft(answers=known, spent=spent)
    if made is None or not made.complete:
        detail = "there is no complete problem to confirm yet; answer the questions of `missing`"
        raise ServiceError("invalid-request", detail)
    confirmed = made.model_copy(update={"confirmed": True})
    return draft.model_copy(update={"made": confirmed, "spent": spent})
