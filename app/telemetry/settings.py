"""Settings of what an operator can see."""

from typing import Literal

from pydantic import Field

from app.setting_groups import Group


class MetricsSettings(Group):
    """Numbers for Prometheus at `/metrics`."""

    enabled: bool = True
    """Count and measure, and show it at `/metrics`."""


class TracingSettings(Group):
    """OpenTelemetry spans of runs, calls and critics."""

    endpoint: str | None = Field(default=None, pattern=r"^https?://[^\s/]+\S*$")
    """Where spans are sent, by OTLP over HTTP, such as `http://127.0.0.1:4318/v1/traces`; needs
    the extra `otel`. Without it spans go to the tracer of the process, if it has one."""
    content: bool = False
    """Put prompts and answers into the spans of calls. They then hold everything that the model
    was told and said, certified or not."""


class LoggingSettings(Group):
    """What the service writes to standard error."""

    format: Literal["text", "json"] = "text"
    """`json` writes one object a line, for every request and every event of a run."""
    level: Literal["debug", "info", "warning", "error"] = "info"
    """The least level that is written."""
