"""Dialects of errors: which clients understand what, by the path they asked."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from starlette.responses import Response

from app.failures import ServiceError
from app.proxy.anthropic_errors import anthropic_response, end_anthropic
from app.proxy.chat_wire import DONE, data
from app.proxy.openai_errors import openai_document, openai_response

_PROXY = re.compile(r"(?:/p/[^/]*)?/v1(?:/.*)?$")
_MESSAGES = re.compile(r"(?:/p/[^/]*)?/v1/messages(?:/.*)?$")


@dataclass(frozen=True, slots=True)
class Dialect:
    """How failures are told.

    Attributes:
        respond: Renders a failure, given the request's name.
        end: Writes a failure as the last frames of a stream that has begun.
    """

    respond: Callable[[ServiceError, str], Response]
    end: Callable[[ServiceError, str], bytes]


def _end_openai(error: ServiceError, request: str) -> bytes:
    return data(openai_document(error, request)) + DONE


OPENAI = Dialect(openai_response, _end_openai)
ANTHROPIC = Dialect(anthropic_response, end_anthropic)


def find_dialect(path: str) -> Dialect | None:
    """Find the dialect of the proxy's paths; `None` for all others."""
    if _MESSAGES.match(path):
        return ANTHROPIC
    return OPENAI if _PROXY.match(path) else None
