"""Requests of OpenAI's Responses API, put into those of its chat completions.

What has no counterpart in chat completions is left out and named in `Translated.ignored`, where
leaving it out cannot change what is asked (a built-in tool that the model then simply does not
have). What would change the conversation itself is refused.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from app.failures import Fault, ServiceError

Chat = dict[str, Any]
"""The body of a chat completion request, or a message of it."""

RENAMED = {
    "temperature": "temperature",
    "top_p": "top_p",
    "top_logprobs": "top_logprobs",
    "user": "user",
    "seed": "seed",
    "service_tier": "service_tier",
    "prompt_cache_key": "prompt_cache_key",
    "safety_identifier": "safety_identifier",
    "llm_modulo": "llm_modulo",
}
"""Fields that mean the same in both."""
STORED = ("conversation", "prompt")
"""Fields that lead to a part of the conversation that OpenAI keeps."""
PARTS = {"input_text": "text", "output_text": "text", "text": "text"}
"""Kinds of text in a message."""


class ResponsesRequest(BaseModel):
    """What is read of a request to `POST /v1/responses`."""

    model_config = ConfigDict(frozen=True, extra="allow", use_attribute_docstrings=True)

    model: str = Field(min_length=1, max_length=400)
    """Model to ask, or `profile/model`."""
    input: str | list[dict[str, JsonValue]] = Field(default_factory=list)
    """The conversation: text, or items."""
    instructions: str | None = None
    """Put first, for this response only."""
    previous_response_id: str | None = Field(default=None, max_length=200)
    """A response that was kept here, to go on from."""
    stream: bool | None = None
    """Send events."""
    background: bool | None = None
    """Answer at once, and work on; the result is at `GET /v1/responses/{id}`."""
    store: bool | None = None
    """Keep the response; on unless it is false."""
    metadata: dict[str, str] | None = None
    """Echoed."""
    text: dict[str, JsonValue] | None = None
    """`format`: plain text or JSON of a schema."""
    reasoning: dict[str, JsonValue] | None = None
    """`effort` of the model."""
    tools: list[dict[str, JsonValue]] | None = None
    """Functions; other kinds are ignored."""
    tool_choice: str | dict[str, JsonValue] | None = None
    """Which of them to call."""
    parallel_tool_calls: bool | None = None
    """Whether several may be called at once."""
    max_output_tokens: int | None = Field(default=None, ge=1)
    """Completion tokens of each call to the model."""


class Translated(BaseModel):
    """A request as a chat completion."""

    model_config = ConfigDict(frozen=True)

    body: Chat
    """The body, without `stream`."""
    messages: list[Chat]
    """The conversation without `instructions`, to go on from."""
    ignored: tuple[str, ...] = ()
    """What was left out, for the caller to see."""


def to_chat(request: ResponsesRequest, before: list[Chat]) -> Translated:
    """Translate a request.

    Args:
        request: What was asked.
        before: The conversation that it goes on from.

    Raises:
        ServiceError: `invalid-request`: an item or a part has no counterpart.
    """
    ignored: list[str] = []
    extra = {
        name: value for name, value in (request.model_extra or {}).items() if value is not None
    }
    for name in STORED:
        if name in extra:
            raise refuse(name, f"`{name}` leads to what is not kept here; send it as `input`")
    messages = [*before, *_read_input(request.input, ignored)]
    if not messages:
        raise refuse("input", "`input` is empty")
    first = [{"role": "system", "content": request.instructions}] if request.instructions else []
    body: Chat = {"model": request.model, "messages": [*first, *messages]}
    body |= {RENAMED[name]: value for name, value in extra.items() if name in RENAMED}
    ignored += [name for name in extra if name not in RENAMED]
    if request.max_output_tokens is not None:
        body["max_completion_tokens"] = request.max_output_tokens
    body |= _format(request.text or {}) | _reasoning(request.reasoning or {})
    body |= _tools(request, ignored)
    return Translated(body=body, messages=messages, ignored=tuple(dict.fromkeys(ignored)))


def _format(text: dict[str, Any]) -> Chat:
    """Translate `text.format`, so that a JSON Schema is verified as on chat completions."""
    found: Chat = {"verbosity": text["verbosity"]} if text.get("verbosity") else {}
    wanted = text.get("format")
    kind = word_of(wanted, "type")
    if isinstance(wanted, dict) and kind == "json_schema":
        schema = {name: value for name, value in wanted.items() if name != "type"}
        return {**found, "response_format": {"type": "json_schema", "json_schema": schema}}
    if kind == "json_object":
        return {**found, "response_format": {"type": "json_object"}}
    if wanted is not None and kind != "text":
        raise refuse("text/format", "`text.format` is `text`, `json_object` or `json_schema`")
    return found


def _reasoning(reasoning: dict[str, Any]) -> Chat:
    effort = reasoning.get("effort")
    return {"reasoning_effort": effort} if effort else {}


def _tools(request: ResponsesRequest, ignored: list[str]) -> Chat:
    """Translate functions; kinds of tools that run at OpenAI do not exist behind a proxy."""
    functions = []
    for tool in request.tools or []:
        if word_of(tool, "type") == "function":
            parts = {name: value for name, value in tool.items() if name != "type"}
            functions.append({"type": "function", "function": parts})
        else:
            ignored.append(f"tool `{str(tool.get('type'))[:40]}`")
    if not functions:
        return {}
    found: Chat = {"tools": functions}
    if request.parallel_tool_calls is not None:
        found["parallel_tool_calls"] = request.parallel_tool_calls
    choice = request.tool_choice
    if isinstance(choice, dict) and word_of(choice, "type") == "function":
        found["tool_choice"] = {"type": "function", "function": {"name": choice.get("name")}}
    elif isinstance(choice, str):
        found["tool_choice"] = choice
    elif choice is not None:
        ignored.append("tool_choice")
    return found


def _read_input(given: str | list[dict[str, Any]], ignored: list[str]) -> list[Chat]:
    if isinstance(given, str):
        return [{"role": "user", "content": given}]
    messages: list[Chat] = []
    for number, item in enumerate(given):
        _read_item(item, f"input/{number}", messages, ignored)
    return messages


def _read_item(item: Chat, at: str, messages: list[Chat], ignored: list[str]) -> None:
    """Add one input item to the conversation."""
    kind = word_of(item, "type") if item.get("type") else "message"
    if kind == "message":
        messages.append(_message(item, at))
    elif kind == "function_call":
        function = {"name": item.get("name"), "arguments": item.get("arguments")}
        call = {"id": item.get("call_id"), "type": "function", "function": function}
        _add_call(messages, call)
    elif kind == "function_call_output":
        said = _content(item.get("output"), f"{at}/output")
        messages.append({"role": "tool", "tool_call_id": item.get("call_id"), "content": said})
    elif kind == "reasoning":
        ignored.append("reasoning items")
    else:
        raise refuse(at, f"input items of type `{kind[:40]}` cannot be put to a chat model")


def _message(item: Chat, at: str) -> Chat:
    role = word_of(item, "role")
    if role not in {"user", "assistant", "system", "developer"}:
        raise refuse(f"{at}/role", "`role` is `user`, `assistant`, `system` or `developer`")
    return {"role": role, "content": _content(item.get("content"), f"{at}/content")}


def _add_call(messages: list[Chat], call: Chat) -> None:
    """Add a call to the model's turn: chat completions keep text and calls in one message."""
    if not messages or messages[-1]["role"] != "assistant":
        messages.append({"role": "assistant", "content": None})
    messages[-1].setdefault("tool_calls", []).append(call)


def _content(given: Any, at: str) -> str | list[Chat]:
    """Translate a message's content; a text alone stays a plain string."""
    if isinstance(given, str):
        return given
    if not isinstance(given, list):
        raise refuse(at, "content is text or a list of parts")
    parts = [_part(part, f"{at}/{number}") for number, part in enumerate(given)]
    if len(parts) == 1 and parts[0]["type"] == "text":
        return str(parts[0]["text"])
    return parts


def _part(part: Any, at: str) -> Chat:
    kind = word_of(part, "type")
    if kind in PARTS and isinstance(part.get("text"), str):
        return {"type": "text", "text": part["text"]}
    if kind == "refusal" and isinstance(part.get("refusal"), str):
        return {"type": "text", "text": part["refusal"]}
    if kind == "input_image" and isinstance(part.get("image_url"), str):
        detail = {"detail": part["detail"]} if part.get("detail") else {}
        return {"type": "image_url", "image_url": {"url": part["image_url"], **detail}}
    if kind == "input_file":
        file = {name: value for name, value in part.items() if name != "type"}
        return {"type": "file", "file": file}
    raise refuse(at, f"a part of type `{kind[:40]}` cannot be put to a chat model as it is")


def word_of(value: Any, name: str) -> str:
    """Read a field that names a kind; anything else is no kind there is."""
    word = value.get(name) if isinstance(value, dict) else None
    return word if isinstance(word, str) else ""


def refuse(at: str, said: str) -> ServiceError:
    """Say what is wrong with a request, and where."""
    fault = Fault(pointer=f"#/{at}", code="invalid-request", detail=said)
    return ServiceError("invalid-request", said, faults=[fault])
