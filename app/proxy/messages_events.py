"""Replies in the words of Anthropic's Messages API: whole, and as events."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from app.failures import ServiceError
from app.proxy.anthropic_errors import end_anthropic
from app.proxy.chat_wire import cut
from app.proxy.exchange import Exchange, Reply
from app.proxy.plain import Underway, uncertified
from app.stream import frame
from backprompt.budget import Usage

PREFIX = "msg_"
STOPS = {"length": "max_tokens", "content_filter": "refusal"}
"""Why an upstream ended a text, in Anthropic's words."""


def write_message(reply: Reply, ignored: Sequence[str]) -> dict[str, Any]:
    """Write a reply as a message."""
    text = [] if reply.text is None else [{"type": "text", "text": reply.text}]
    return {
        "id": PREFIX + reply.run,
        "type": "message",
        "role": "assistant",
        "model": reply.model,
        "content": [*text, *map(_tool_use, reply.tool_calls)],
        "stop_reason": _stop_reason(reply),
        "stop_sequence": None,
        "usage": _usage(reply.usage),
        "llm_modulo": _report(reply, ignored),
    }


class MessageEvents:
    """Writes the events of one message."""

    def __init__(
        self, under: Exchange | Underway, ignored: Sequence[str], *, thinking: bool
    ) -> None:
        """Write for an answer that is on its way.

        Args:
            under: The answer.
            ignored: What of the request was left out.
            thinking: Whether progress is told as thinking; else it is not told.
        """
        self._under = under
        self._ignored = ignored
        self._shows_thinking = thinking
        self._thinking = False
        self._index = 0
        self._mark: dict[str, Any] = {}

    def begin(self) -> Iterator[bytes]:
        """Open the message."""
        message: dict[str, Any] = {
            "id": PREFIX + self._under.run,
            "type": "message",
            "role": "assistant",
            "model": self._under.model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": _usage(Usage()),
        }
        yield event("message_start", message=message)
        yield event("ping")

    def progress(self, line: str) -> Iterator[bytes]:
        """Tell a line of progress, to clients that are ready for thinking."""
        if not self._shows_thinking:
            return
        if not self._thinking:
            self._thinking = True
            yield self._open({"type": "thinking", "thinking": "", "signature": ""})
        yield self._delta({"type": "thinking_delta", "thinking": line})

    def end(self, reply: Reply) -> Iterator[bytes]:
        """Send a reply, to the last event."""
        yield from self._close_thinking()
        self._mark = uncertified(reply)
        if reply.text is not None:
            yield self._open({"type": "text", "text": ""})
            for piece in cut(reply.text):
                yield self._delta({"type": "text_delta", "text": piece})
            yield self._close()
        for call in reply.tool_calls:
            block = _tool_use(call)
            yield self._open({**block, "input": {}})
            said = json.dumps(block["input"], ensure_ascii=False)
            yield self._delta({"type": "input_json_delta", "partial_json": said})
            yield self._close()
        delta = {"stop_reason": _stop_reason(reply), "stop_sequence": None}
        report = _report(reply, self._ignored)
        yield event("message_delta", delta=delta, usage=_usage(reply.usage), llm_modulo=report)
        yield event("message_stop")

    def fail(self, error: ServiceError, request: str) -> Iterator[bytes]:
        """End with a failure."""
        yield from self._close_thinking()
        yield end_anthropic(error, request)

    def _close_thinking(self) -> Iterator[bytes]:
        if self._thinking:
            self._thinking = False
            yield self._close()

    def _open(self, block: Mapping[str, Any]) -> bytes:
        return event("content_block_start", index=self._index, content_block=block, **self._mark)

    def _delta(self, delta: Mapping[str, Any]) -> bytes:
        return event("content_block_delta", index=self._index, delta=delta, **self._mark)

    def _close(self) -> bytes:
        index, self._index = self._index, self._index + 1
        return event("content_block_stop", index=index)


def event(kind: str, **data: Any) -> bytes:
    """Write one event."""
    return frame(kind, {"type": kind, **data})


def _stop_reason(reply: Reply) -> str:
    if reply.tool_calls:
        return "tool_use"
    return STOPS.get(reply.finish_reason or "", "end_turn")


def _usage(usage: Usage) -> dict[str, int]:
    return {"input_tokens": usage.prompt_tokens, "output_tokens": usage.completion_tokens}


def _report(reply: Reply, ignored: Sequence[str]) -> dict[str, Any]:
    return {**reply.report, **({"ignored": list(ignored)} if ignored else {})}


def _tool_use(call: Mapping[str, Any]) -> dict[str, Any]:
    """Write a call of a tool; arguments that are no JSON object are given as they are."""
    function = call.get("function")
    function = function if isinstance(function, Mapping) else {}
    arguments = function.get("arguments") or "{}"
    try:
        given = json.loads(arguments) if isinstance(arguments, str) else arguments
        json.dumps(given, allow_nan=False)
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict):
        given = {"arguments": arguments}
    return {
        "type": "tool_use",
        "id": call.get("id") or "toolu_0",
        "name": function.get("name") or "",
        "input": given,
    }
