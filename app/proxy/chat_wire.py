"""Chat wire: a reply as an OpenAI chat completion, whole or in chunks."""

from collections.abc import Iterator, Mapping
from typing import Any

from app.proxy.exchange import Exchange, Reply
from app.proxy.wire_json import dump
from backprompt.budget import Usage

PREFIX = "chatcmpl-"
PIECE_CHARS = 48
"""Characters of certified text in one chunk; interfaces expect an answer to come in pieces."""
MOST_PIECES = 200
DONE = b"data: [DONE]\n\n"


def write_completion(reply: Reply) -> dict[str, Any]:
    """Write a reply as a `chat.completion`."""
    message: dict[str, Any] = {"role": "assistant", "content": reply.text, "refusal": None}
    if reply.tool_calls:
        message["tool_calls"] = list(reply.tool_calls)
    choice = {
        "index": 0,
        "message": message,
        "logprobs": None,
        "finish_reason": _finish_reason(reply),
    }
    return {
        "id": PREFIX + reply.run,
        "object": "chat.completion",
        "created": reply.created,
        "model": reply.model,
        "choices": [choice],
        "usage": write_usage(reply.usage),
        "system_fingerprint": reply.fingerprint,
        "llm_modulo": reply.report,
    }


def write_usage(usage: Usage) -> dict[str, Any]:
    """Write what was spent in OpenAI's words."""
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.tokens,
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
        "prompt_tokens_details": {"cached_tokens": 0},
    }


class ChunkWriter:
    """Writes the chunks of one stream; all have the same id, time and model."""

    def __init__(self, exchange: Exchange, *, include_usage: bool) -> None:
        """Write for a run that is under way."""
        self._head: dict[str, Any] = {
            "id": PREFIX + exchange.run,
            "object": "chat.completion.chunk",
            "created": exchange.created,
            "model": exchange.model,
            "system_fingerprint": None,
        }
        self._include_usage = include_usage

    def role(self) -> bytes:
        """Write the first chunk."""
        return self._chunk({"role": "assistant", "content": ""})

    def progress(self, line: str) -> bytes:
        """Write a line of progress, where interfaces look for a model's thoughts."""
        return self._chunk({"reasoning_content": line, "reasoning": line})

    def answer(self, reply: Reply) -> Iterator[bytes]:
        """Write a reply to its end."""
        self._head |= {"model": reply.model, "system_fingerprint": reply.fingerprint}
        for index, call in enumerate(reply.tool_calls):
            yield self._chunk({"tool_calls": [{"index": index, **call}]})
        for piece in cut(reply.text or ""):
            yield self._chunk({"content": piece})
        yield self._chunk({}, finish_reason=_finish_reason(reply), llm_modulo=reply.report)
        if self._include_usage:
            yield data({**self._head, "choices": [], "usage": write_usage(reply.usage)})
        yield DONE

    def _chunk(
        self, delta: Mapping[str, Any], finish_reason: str | None = None, **beside: Any
    ) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        usage = {"usage": None} if self._include_usage else {}
        return data({**self._head, "choices": [choice], **usage, **beside})


def cut(text: str) -> Iterator[str]:
    """Cut a text into pieces, the same text when they are put together again."""
    size = max(PIECE_CHARS, -(-len(text) // MOST_PIECES))
    for start in range(0, len(text), size):
        yield text[start : start + size]


def data(document: Mapping[str, Any]) -> bytes:
    """Write one unnamed server-sent event; JSON holds no raw line break."""
    return b"data: " + dump(document) + b"\n\n"


def _finish_reason(reply: Reply) -> str:
    return "tool_calls" if reply.tool_calls else "stop"
