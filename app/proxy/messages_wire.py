"""Requests of Anthropic's Messages API, put into those of OpenAI's chat completions.

What has no counterpart is left out and named in `Translated.ignored` where leaving it out cannot
change what is asked; what would change the conversation itself is refused.
"""

import json
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from app.proxy.responses_wire import Chat, Translated, refuse, word_of

RENAMED = {
    "temperature": "temperature",
    "top_p": "top_p",
    "stop_sequences": "stop",
    "llm_modulo": "llm_modulo",
}
"""Fields that mean the same in both, and what chat completions call them."""
CHOICES = {"auto": "auto", "any": "required", "none": "none"}
"""Anthropic's `tool_choice` without a name."""
SILENT = frozenset({"thinking", "redacted_thinking"})
"""Blocks of the model's own that chat completions do not take back."""


class MessagesRequest(BaseModel):
    """What is read of a request to `POST /v1/messages`."""

    model_config = ConfigDict(frozen=True, extra="allow", use_attribute_docstrings=True)

    model: str = Field(min_length=1, max_length=400)
    """Model to ask, or `profile/model`."""
    messages: list[dict[str, JsonValue]] = Field(min_length=1)
    """The conversation."""
    max_tokens: int | None = Field(default=None, ge=1)
    """Completion tokens of each call to the model."""
    system: str | list[dict[str, JsonValue]] | None = None
    """Put first."""
    stream: bool | None = None
    """Send events."""
    tools: list[dict[str, JsonValue]] | None = None
    """Functions; kinds that run at Anthropic are ignored."""
    tool_choice: dict[str, JsonValue] | None = None
    """Which of them to call."""
    metadata: dict[str, JsonValue] | None = None
    """`user_id` becomes `user`."""
    output_config: dict[str, JsonValue] | None = None
    """`format` (JSON of a schema) and `effort`."""
    thinking: dict[str, JsonValue] | None = None
    """If enabled, the progress of the rounds is streamed as thinking."""

    @property
    def shows_thinking(self) -> bool:
        """Whether the caller is ready for thinking blocks."""
        return word_of(self.thinking, "type") in {"enabled", "adaptive"}


def to_chat(request: MessagesRequest) -> Translated:
    """Translate a request.

    Raises:
        ServiceError: `invalid-request`: a message or a block has no counterpart.
    """
    ignored: list[str] = []
    messages: list[Chat] = []
    for number, message in enumerate(request.messages):
        messages += _message(message, f"messages/{number}", ignored)
    system = _system(request.system)
    body: Chat = {"model": request.model, "messages": [*system, *messages]}
    extra = request.model_extra or {}
    body |= {RENAMED[name]: value for name, value in extra.items() if name in RENAMED}
    ignored += [name for name in extra if name not in RENAMED]
    if request.max_tokens is not None:
        body["max_completion_tokens"] = request.max_tokens
    if (user := (request.metadata or {}).get("user_id")) is not None:
        body["user"] = user
    body |= _output(request.output_config or {}) | _tools(request, ignored)
    return Translated(body=body, messages=messages, ignored=tuple(dict.fromkeys(ignored)))


def _system(given: str | list[dict[str, Any]] | None) -> list[Chat]:
    if not given:
        return []
    texts = [given] if isinstance(given, str) else [_text(block, "system") for block in given]
    return [{"role": "system", "content": "\n\n".join(texts)}]


def _text(block: Any, at: str) -> str:
    text = block.get("text") if isinstance(block, dict) else None
    if not isinstance(text, str):
        raise refuse(at, "a text block has a `text`")
    return text


def _output(config: dict[str, Any]) -> Chat:
    """Translate `output_config`, so that a JSON Schema is verified as on chat completions."""
    found: Chat = {"reasoning_effort": config["effort"]} if config.get("effort") else {}
    wanted = config.get("format")
    if wanted is None:
        return found
    if not isinstance(wanted, dict) or wanted.get("type") != "json_schema":
        raise refuse("output_config/format", "`output_config.format` is a `json_schema`")
    schema = {"name": "answer", "schema": wanted.get("schema")}
    return {**found, "response_format": {"type": "json_schema", "json_schema": schema}}


def _tools(request: MessagesRequest, ignored: list[str]) -> Chat:
    functions = []
    for tool in request.tools or []:
        if word_of(tool, "type") not in {"", "custom"}:
            ignored.append(f"tool `{str(tool.get('type'))[:40]}`")
            continue
        function = {"name": tool.get("name"), "parameters": tool.get("input_schema")}
        if tool.get("description"):
            function["description"] = tool["description"]
        functions.append({"type": "function", "function": function})
    if not functions:
        return {}
    found: Chat = {"tools": functions}
    choice = request.tool_choice or {}
    kind = word_of(choice, "type")
    if kind == "tool":
        found["tool_choice"] = {"type": "function", "function": {"name": choice.get("name")}}
    elif kind in CHOICES:
        found["tool_choice"] = CHOICES[kind]
    if choice.get("disable_parallel_tool_use") is True:
        found["parallel_tool_calls"] = False
    return found


def _message(message: Chat, at: str, ignored: list[str]) -> list[Chat]:
    """Translate one message; results of tools become messages of their own, as chat has them."""
    role, content = word_of(message, "role"), message.get("content")
    if role not in {"user", "assistant", "system"}:
        raise refuse(f"{at}/role", "`role` is `user` or `assistant`")
    if isinstance(content, str):
        return [{"role": role, "content": content}]
    if not isinstance(content, list):
        raise refuse(f"{at}/content", "content is text or a list of blocks")
    results: list[Chat] = []
    parts: list[Chat] = []
    calls: list[Chat] = []
    for number, block in enumerate(content):
        place = f"{at}/content/{number}"
        kind = word_of(block, "type")
        if kind == "tool_result":
            results.append(_tool_result(block, place))
        elif kind == "tool_use":
            calls.append(_tool_use(block))
        elif kind in SILENT:
            ignored.append("thinking blocks")
        else:
            parts.append(_part(block, place))
    said = [_spoken(role, parts, calls)] if parts or calls else []
    return [*results, *said]


def _spoken(role: str, parts: list[Chat], calls: list[Chat]) -> Chat:
    alone = len(parts) == 1 and parts[0]["type"] == "text"
    content = parts[0]["text"] if alone else (parts or None)
    return {"role": role, "content": content, **({"tool_calls": calls} if calls else {})}


def _tool_use(block: Chat) -> Chat:
    arguments = json.dumps(block.get("input") or {}, ensure_ascii=False)
    function = {"name": block.get("name"), "arguments": arguments}
    return {"id": block.get("id"), "type": "function", "function": function}


def _tool_result(block: Chat, at: str) -> Chat:
    given = block.get("content") or ""
    if isinstance(given, list):
        parts = [_part(part, f"{at}/content/{number}") for number, part in enumerate(given)]
        texts = [part.get("text") for part in parts]
        plain = all(isinstance(text, str) for text in texts)
        given = "\n".join(str(text) for text in texts) if plain else parts
    elif not isinstance(given, str):
        raise refuse(f"{at}/content", "content is text or a list of blocks")
    return {"role": "tool", "tool_call_id": block.get("tool_use_id"), "content": given}


def _part(block: Any, at: str) -> Chat:
    kind = word_of(block, "type")
    if kind == "text":
        return {"type": "text", "text": _text(block, at)}
    source = block.get("source") if isinstance(block, dict) else None
    source = source if isinstance(source, dict) else {}
    if kind == "image" and source.get("type") == "base64":
        url = f"data:{source.get('media_type')};base64,{source.get('data')}"
        return {"type": "image_url", "image_url": {"url": url}}
    if kind == "image" and source.get("type") == "url":
        return {"type": "image_url", "image_url": {"url": source.get("url")}}
    if kind == "document" and source.get("type") == "text":
        return {"type": "text", "text": _text({"text": source.get("data")}, at)}
    raise refuse(at, f"a block of type `{kind[:40]}` cannot be put to a chat model")
