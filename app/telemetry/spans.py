"""Spans: runs, calls and critics as OpenTelemetry sees them, in its words for generative AI.

Names and attributes follow the GenAI conventions (semantic-conventions-genai, Development). Text
of prompts and answers is in them only where that was asked for (`tracing.content`). Without a
tracer in the process nothing is made, but a client's trace is still passed on.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any
from urllib.parse import urlsplit

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, TracerProvider
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from app.engine import RunSpec
from app.telemetry.settings import TracingSettings
from backprompt.upstream import Completion, Request, UpstreamError
from critics.types import Judgement

PROPAGATOR = TraceContextTextMapPropagator()
"""W3C Trace Context: `traceparent` and `tracestate`."""
NS = 1_000_000_000
NAME_CHARS = 200


class Spans:
    """Makes spans."""

    def __init__(self, settings: TracingSettings, provider: TracerProvider | None = None) -> None:
        """Start nothing unless an endpoint is set.

        Args:
            settings: Where spans go, and what is in them.
            provider: Makes tracers; by default the one of the settings, else of the process.

        Raises:
            ServiceError: `settings-invalid`: the extra `otel` is missing.
        """
        self._content = settings.content
        self._close: Callable[[], None] = lambda: None
        if provider is None and settings.endpoint is not None:
            from app.telemetry.exporting import make_provider  # noqa: PLC0415  # slow, and an extra

            own = make_provider(settings.endpoint)
            provider, self._close = own, own.shutdown
        self._tracer = trace.get_tracer("llm-modulo", version("llm-modulo"), provider)

    def close(self) -> None:
        """Send what is left."""
        self._close()

    @contextmanager
    def run(self, spec: RunSpec) -> Iterator[Span]:
        """Make the span of one execution of a run, under the trace of its client."""
        domain = spec.task.domain
        with self._tracer.start_as_current_span(
            f"invoke_workflow {domain}",
            context=read_context({"traceparent": spec.traceparent} if spec.traceparent else {}),
            attributes={
                "gen_ai.operation.name": "invoke_workflow",
                "gen_ai.workflow.name": domain,
                "llm_modulo.run.id": spec.id,
            },
            record_exception=False,  # its words may quote a prompt or an answer
            set_status_on_exception=False,
        ) as span:
            yield span

    @contextmanager
    def call(self, model: str, endpoint: str, request: Request) -> Iterator["CallSpan"]:
        """Make the span of a call."""
        where = urlsplit(endpoint)
        attributes: dict[str, Any] = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": model[:NAME_CHARS],
            "llm_modulo.round": request.round,
        }
        if where.hostname:
            attributes["server.address"] = where.hostname
            attributes["server.port"] = where.port or (443 if where.scheme == "https" else 80)
        with self._tracer.start_as_current_span(
            f"chat {model[:NAME_CHARS]}",
            kind=SpanKind.CLIENT,
            attributes=attributes,
            record_exception=False,  # as above
            set_status_on_exception=False,
        ) as span:
            call = CallSpan(span, content=self._content)
            if self._content and span.is_recording():
                asked = [*request.conversation, *(m.model_dump() for m in request.messages)]
                span.set_attribute("gen_ai.input.messages", json.dumps(asked))
            yield call

    def critics(self, parent: Span, judgement: Judgement) -> None:
        """Make the spans of the critics that have just spoken."""
        if not parent.is_recording():
            return
        context, end = trace.set_span_in_context(parent), time.time_ns()
        for critic in judgement.critics:
            span = self._tracer.start_span(
                f"critic {critic.critic}",
                context=context,
                start_time=end - int(critic.ms * NS / 1000),
                attributes={"llm_modulo.critic": critic.critic, "llm_modulo.hard": critic.hard},
            )
            span.add_event(
                "gen_ai.evaluation.result",
                {
                    "gen_ai.evaluation.name": critic.critic,
                    "gen_ai.evaluation.score.label": critic.verdict.value,
                },
                timestamp=end,
            )
            span.end(end)


class CallSpan:
    """The span of a call that is under way."""

    def __init__(self, span: Span, *, content: bool) -> None:
        """Write into a span."""
        self._span, self._content = span, content

    def answered(self, completion: Completion) -> None:
        """Note what came back."""
        span = self._span
        if not span.is_recording():
            return
        usage = completion.usage
        span.set_attribute("gen_ai.response.model", completion.model[:NAME_CHARS])
        span.set_attribute("gen_ai.usage.input_tokens", usage.prompt_tokens)
        span.set_attribute("gen_ai.usage.output_tokens", usage.completion_tokens)
        span.set_attribute("gen_ai.usage.reasoning.output_tokens", usage.reasoning_tokens)
        if completion.finish_reason:
            reason = completion.finish_reason[:NAME_CHARS]
            span.set_attribute("gen_ai.response.finish_reasons", [reason])
        if self._content:
            said = [{"role": "assistant", "content": completion.text}]
            span.set_attribute("gen_ai.output.messages", json.dumps(said))

    def failed(self, error: UpstreamError) -> None:
        """Note why nothing came back; the upstream's own words may quote the prompt."""
        self._span.set_attribute("error.type", error.code)
        self._span.set_status(Status(StatusCode.ERROR))


def read_context(headers: Mapping[str, str]) -> Context:
    """Read the trace that a client is in from its headers, or from what is kept of them."""
    return PROPAGATOR.extract(headers, context=Context())


def trace_headers() -> dict[str, str]:
    """Write the headers that put a call of ours into the trace that is current; often none."""
    headers: dict[str, str] = {}
    PROPAGATOR.inject(headers)
    return headers


def current_trace() -> str | None:
    """Name the trace that is current, in 32 hexadecimal digits."""
    found = trace.get_current_span().get_span_context()
    return f"{found.trace_id:032x}" if found.is_valid else None
