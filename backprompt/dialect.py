"""dialect: what endpoints differ in: the cap on completion tokens, and how they call tools.

Endpoints differ in the cap's name, and most refuse a cap above their model's own limit. A refusal
with status 400 costs nothing, so the call may be put again in the way that is understood.
"""

import math
from collections.abc import Mapping
from typing import Any, Literal

CapField = Literal["max_tokens", "max_completion_tokens"]
DEEPEST = 16
"""Levels of nesting in a tool call; its arguments are one text."""
ABOUT_CAPS = (b"max_tokens", b"max_completion_tokens", b"context length", b"context size")


class Dialect:
    """How one endpoint wants its calls capped."""

    def __init__(self, cap_field: CapField = "max_tokens") -> None:
        """Begin with a name for the cap and the belief that every cap is taken."""
        self.cap_field: CapField = cap_field
        self._too_high: int | None = None

    def cap(self, own: int | None, left: int | None) -> dict[str, int]:
        """Give the parameter that caps a call; none where there is no cap.

        Args:
            own: The caller's cap; always sent.
            left: What the budget leaves; not sent where the endpoint refused as much before.
        """
        if left is not None and self._too_high is not None and left >= self._too_high:
            left = None
        caps = [cap for cap in (own, left) if cap is not None]
        return {self.cap_field: min(caps)} if caps else {}

    def learn(self, sent: Mapping[str, Any], own: int | None, refusal: bytes) -> bool:
        """Learn from a refusal with status 400; say whether another attempt may fare better.

        Args:
            sent: The refused parameters.
            own: The caller's cap.
            refusal: The body of the refusal.
        """
        if "max_tokens" in sent and b"max_completion_tokens" in refusal:
            self.cap_field = "max_completion_tokens"
            return True
        cap = sent.get("max_tokens", sent.get("max_completion_tokens"))
        if cap is None or cap == own or not any(name in refusal for name in ABOUT_CAPS):
            return False
        self._too_high = min(cap, self._too_high or cap)
        return True


def read_tool_calls(calls: Any) -> tuple[dict[str, Any], ...]:
    """Take the tool calls of a message as they are; what is no object is no call.

    Raises:
        ValueError: They hold what could not be sent on: a number that is none, or a deep nest.
    """
    found = [call for call in calls if isinstance(call, dict)] if isinstance(calls, list) else []
    return tuple(_sendable(call, DEEPEST) for call in found)


def _sendable(value: Any, depth: int) -> Any:
    if depth == 0 or (isinstance(value, float) and not math.isfinite(value)):
        raise ValueError("sent a tool call that is not plain JSON")
    if isinstance(value, dict):
        return {_sendable(k, depth): _sendable(v, depth - 1) for k, v in value.items()}
    if isinstance(value, list):
        return [_sendable(item, depth - 1) for item in value]
    return value.encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else value
