"""dialect: what endpoints differ in: caps on completion tokens, turns, and how they call tools.

Endpoints differ in the cap's name, and most refuse a cap above their model's own limit. The chat
templates of some models refuse two user messages in a row, as where our task follows a caller's
own words. Such a refusal costs nothing, so the call may be put again in the way that is
understood.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from backprompt.upstream import Alternative

CapField = Literal["max_tokens", "max_completion_tokens"]
MOST_ALTERNATIVES = 40
LEAST_LOGPROB = -1e6
DEEPEST = 16
"""Levels of nesting in a tool call; its arguments are one text."""
ABOUT_TURNS = (b"must alternate", b"should alternate")
"""What the templates of Mistral's and Google's models say, with status 400 or 500."""
ABOUT_CAPS = (b"max_tokens", b"max_completion_tokens", b"context length", b"context size")


class Dialect:
    """How one endpoint wants its calls."""

    def __init__(self, cap_field: CapField = "max_tokens") -> None:
        """Begin with a name for the cap and the belief that every cap is taken."""
        self.cap_field: CapField = cap_field
        self._too_high: int | None = None
        self._alternating = False
        self.tells_probabilities = True
        """Until the endpoint has refused to."""

    def turns(self, messages: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """Give the messages; the user's in a row are one where the endpoint wants that."""
        if not self._alternating:
            return list(messages)
        merged: list[Mapping[str, Any]] = []
        for message in messages:
            if merged and merged[-1].get("role") == message.get("role") == "user":
                both = _join(merged[-1].get("content"), message.get("content"))
                merged[-1] = {**merged[-1], "content": both}
            else:
                merged.append(message)
        return merged

    def learn_turns(self, sent: Mapping[str, Any], refusal: bytes) -> bool:
        """Learn from a refusal that turns must alternate; say whether that can be mended."""
        if self._alternating or not any(words in refusal for words in ABOUT_TURNS):
            return False
        self._alternating = True
        return len(self.turns(sent["messages"])) < len(sent["messages"])

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


def _join(before: Any, after: Any) -> Any:
    if isinstance(before, str) and isinstance(after, str):
        return f"{before}\n\n{after}"
    return [*_parts(before), *_parts(after)]


def _parts(content: Any) -> list[Any]:
    return content if isinstance(content, list) else [{"type": "text", "text": str(content or "")}]


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


def read_first_token(choice: Mapping[str, Any]) -> tuple[Alternative, ...] | None:
    """Read the alternatives of an answer's first token; nothing if they are not there."""
    content = (choice.get("logprobs") or {}) if isinstance(choice.get("logprobs"), dict) else {}
    tokens = content.get("content")
    first = tokens[0] if isinstance(tokens, list) and tokens else None
    if not isinstance(first, dict):
        return None
    listed = first.get("top_logprobs")
    rows = [*(listed if isinstance(listed, list) else ()), first]
    found: dict[str, float] = {}
    for row in rows[:MOST_ALTERNATIVES]:
        token, logprob = row.get("token") if isinstance(row, dict) else None, _logprob(row)
        if isinstance(token, str) and logprob is not None:
            found.setdefault(token, logprob)
    return tuple(Alternative(token=token, logprob=p) for token, p in found.items()) or None


def _logprob(row: Any) -> float | None:
    value = row.get("logprob") if isinstance(row, dict) else None
    if not isinstance(value, float | int) or isinstance(value, bool):
        return None
    return float(value) if LEAST_LOGPROB < value <= 0 else None
