"""JSON as the proxy writes it: compact ASCII, which carries whatever a model or upstream wrote.

Half a surrogate pair, which UTF-8 has no bytes for, stays the escape that it came as.
"""

import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response


def dump(document: Any) -> bytes:
    """Write a document in one line."""
    return json.dumps(document, separators=(",", ":")).encode("ascii")


def respond(document: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Make a response of a document."""
    return Response(dump(document), status, headers=headers, media_type="application/json")
