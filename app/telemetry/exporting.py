"""Exporting: the adapter to OpenTelemetry's SDK, which sends spans to a collector."""

from importlib.metadata import version

from app.failures import ServiceError

try:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
except ImportError as error:
    raise ServiceError(
        "settings-invalid",
        "setting `tracing.endpoint` names a collector, and what sends spans there is missing",
        help=["install `llm-modulo[otel]`, or unset `MODULO_TRACING__ENDPOINT`"],
    ) from error


def make_provider(endpoint: str) -> TracerProvider:
    """Make what sends spans to a collector, in batches and from a thread of its own."""
    about = {"service.name": "llm-modulo", "service.version": version("llm-modulo")}
    provider = TracerProvider(resource=Resource.create(about), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
    return provider
