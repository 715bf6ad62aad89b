"""Watching a run: its journal's events become metrics, spans and log lines.

Invariant: events that an earlier execution of the run has written are not told again, so a run
that another process takes over is counted once. Only what a process had noted in the last moments
before it was killed, and not yet stored, may be counted by both.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from opentelemetry.trace import INVALID_SPAN, Span

from app.engine import RunSpec
from app.telemetry.spans import Spans
from backprompt.disclosure import public
from backprompt.events import (
    CandidateFound,
    Certified,
    Ended,
    Event,
    InfeasibilityCertified,
    Judged,
)
from backprompt.journal import Journal
from critics.certificate import NotCertifiable
from critics.statement import read_envelope

if TYPE_CHECKING:
    from app.telemetry.metrics import Metrics

logger = logging.getLogger("llm_modulo.events")

RUN: ContextVar[str | None] = ContextVar("llm_modulo_run", default=None)
"""The run that the current task executes, for log lines."""


class RunWatch:
    """Follows one execution of a run."""

    def __init__(
        self, spec: RunSpec, journal: Journal, metrics: "Metrics | None", spans: Spans
    ) -> None:
        """Follow a journal from now on."""
        self._spec, self._metrics, self._spans = spec, metrics, spans
        self._told = journal.told
        self._origins: dict[int, str] = {}
        self._span: Span = INVALID_SPAN
        journal.subscribe(self._follow)

    @contextmanager
    def executing(self) -> Iterator[None]:
        """Be within the run's span meanwhile."""
        token = RUN.set(self._spec.id)
        try:
            with self._spans.run(self._spec) as span:
                self._span = span
                yield
        finally:
            RUN.reset(token)

    def _follow(self, event: Event) -> None:
        if isinstance(event, CandidateFound):
            self._origins[event.candidate] = event.origin.value
        if event.seq < self._told:
            return
        if self._metrics is not None:
            self._count(event, self._metrics)
        if self._span.is_recording():
            self._trace(event)
        if logger.isEnabledFor(logging.INFO):
            shown = public(event)
            logger.info("%s", event.event, extra={"run_id": self._spec.id, "fields": shown})

    def _count(self, event: Event, metrics: "Metrics") -> None:
        if isinstance(event, Judged):
            metrics.judged(self._origins.get(event.candidate, "unlisted"), event.judgement)
        elif isinstance(event, Certified):
            metrics.certified(self._spec.task.domain, "answer")
        elif isinstance(event, InfeasibilityCertified):
            metrics.certified(self._spec.task.domain, "infeasible")

    def _trace(self, event: Event) -> None:
        if isinstance(event, Judged):
            self._spans.critics(self._span, event.judgement)
        elif isinstance(event, Certified | InfeasibilityCertified):
            name = _id(event)
            if name is not None:
                self._span.set_attribute("llm_modulo.certificate.id", name)
        elif isinstance(event, Ended):
            self._span.set_attribute("llm_modulo.status", event.status.value)
            self._span.set_attribute("llm_modulo.rounds", event.usage.rounds)
            if event.reason is not None:
                self._span.set_attribute("llm_modulo.reason", event.reason)
            if event.status.value == "exhausted" and event.reason is not None:
                self._span.set_attribute("llm_modulo.budget.exhausted", event.reason)


def _id(event: Certified | InfeasibilityCertified) -> str | None:
    try:
        return read_envelope(event.certificate).id
    except NotCertifiable:
        return None
