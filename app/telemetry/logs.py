"""Logs: what the service writes to standard error, as text or as one JSON object a line.

Invariant: a JSON line holds no text of a problem, a prompt or an answer and no key. An exception is
told by its type and its place: its message may quote what it was about.
"""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Any, TextIO

from app.telemetry.settings import LoggingSettings
from app.telemetry.spans import current_trace
from app.telemetry.watch import RUN

TOLD = ("llm_modulo.events", "llm_modulo.requests")
"""What is too much for people to read as it comes."""
QUIET = ("httpx", "httpx2", "opentelemetry")
"""Libraries that write a line for every call."""


class JsonLines(logging.Formatter):
    """Writes a record as one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one line, without its end."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        said = getattr(record, "said", None)
        line: dict[str, Any] = {
            "time": at.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage() if said is None else said,
            "run_id": getattr(record, "run_id", None) or RUN.get(),
            "trace_id": current_trace(),
        }
        line = {name: value for name, value in line.items() if value is not None}
        fields = getattr(record, "fields", {})
        line |= {name: value for name, value in fields.items() if name not in line}
        if record.exc_info and record.exc_info[0] is not None:
            line["exception"] = record.exc_info[0].__name__
            frames = traceback.extract_tb(record.exc_info[2])
            line["stack"] = [f"{one.filename}:{one.lineno} {one.name}" for one in frames]
        return json.dumps(line, default=str)


def write_logs(settings: LoggingSettings, stream: TextIO | None = None) -> None:
    """Write what this process logs, from now on, to standard error."""
    level = getattr(logging, settings.level.upper())
    handler = logging.StreamHandler(stream or sys.stderr)
    if settings.format == "json":
        handler.setFormatter(JsonLines())
    else:
        handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
        for name in TOLD:
            logging.getLogger(name).setLevel(logging.WARNING)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
