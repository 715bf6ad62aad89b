"""Telemetry: the one place where what happens becomes metrics, spans and log lines.

Runs are followed through their journals, calls to models where they are made. So what is played
from a recording or after a crash is not counted again.
"""

from typing import TYPE_CHECKING

from opentelemetry.trace import TracerProvider

from app.engine import RunRecord, RunSpec
from app.settings import Settings
from app.telemetry.calls import Observed
from app.telemetry.levels import Levels
from app.telemetry.spans import Spans, trace_headers
from app.telemetry.watch import RunWatch
from backprompt.budget import Usage
from backprompt.journal import Journal
from backprompt.upstream import Upstream

if TYPE_CHECKING:
    from app.telemetry.metrics import Metrics

NOTHING = Levels({}, 0, {}, {}, 0.0)


class Telemetry:
    """What an operator can see of one service.

    Attributes:
        metrics: The metrics; `None` where they are switched off.
        spans: The spans.
    """

    def __init__(self, settings: Settings, *, provider: TracerProvider | None = None) -> None:
        """Start nothing yet.

        Args:
            settings: The configuration.
            provider: Makes tracers; the one that the settings name by default.

        Raises:
            ServiceError: `settings-invalid`: the extra `otel` is missing.
        """
        self.levels = NOTHING
        """How the service stood when it was last looked at."""
        self.metrics = self._make_metrics() if settings.metrics.enabled else None
        self.spans = Spans(settings.tracing, provider)
        self._named = _named(settings)

    def _make_metrics(self) -> "Metrics":
        from app.telemetry.metrics import Metrics  # noqa: PLC0415  # slow to import

        return Metrics(lambda: self.levels)

    @property
    def traceparent(self) -> str | None:
        """The trace that the current request is in."""
        return trace_headers().get("traceparent")

    def watch(self, spec: RunSpec, journal: Journal) -> RunWatch:
        """Follow an execution of a run."""
        return RunWatch(spec, journal, self.metrics, self.spans)

    def observe(self, upstream: Upstream, endpoint: str) -> Upstream:
        """Count and trace the calls of an upstream."""
        return Observed(upstream, endpoint, self.spans, self.called)

    def called(self, name: str, outcome: str, seconds: float, usage: Usage) -> None:
        """Count a call to a model."""
        if self.metrics is not None:
            self.metrics.called(self.model(name), outcome, seconds, usage)

    def model(self, name: str) -> str:
        """Name a model in a label: clients may ask for any, and only configured ones count."""
        return name if name in self._named else "other"

    def know(self, model: str | None) -> None:
        """Count a model by its name from now on: one that was found, not asked for."""
        if model is not None:
            self._named.add(model)

    def run_over(self, record: RunRecord) -> None:
        """Count a run that is over; the engine tells this once, in one process."""
        began, ended = record.started_at or record.spec.created_at, record.ended_at
        seconds = (ended - began).total_seconds() if ended else 0.0
        if self.metrics is not None:
            domain, rounds = record.spec.task.domain, record.usage.rounds
            self.metrics.run_ended(domain, record.state, rounds, max(seconds, 0.0))

    def stored(self, operation: str, seconds: float, *, failed: bool) -> None:
        """Count a call to the database."""
        if self.metrics is not None:
            self.metrics.stored(operation, seconds, failed=failed)

    def shed(self, reason: str) -> None:
        """Count a request that was refused to keep the service up."""
        if self.metrics is not None:
            self.metrics.shed(reason)

    def close(self) -> None:
        """Send what is left."""
        self.spans.close()


def _named(settings: Settings) -> set[str]:
    """List the models that the configuration names."""
    ladders = (settings.ladder, *(profile.models for profile in settings.profiles.values()))
    rungs = (rung.model for ladder in ladders for rung in ladder)
    roles = (getattr(settings.roles, name) for name in type(settings.roles).model_fields)
    others = (role.model for role in roles if role is not None)
    own = [settings.upstream.model] if settings.upstream.model else []
    return {*own, *settings.upstream.prices, *rungs, *others}
