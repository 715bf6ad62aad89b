"""Chat requests, and reading what comes back."""

import json
from typing import Any

import httpx

CHAT = "/v1/chat/completions"
RESPONSES = "/v1/responses"
MESSAGES_PATH = "/v1/messages"
WORD = {"domain": "word", "problem": {"word": "hello"}, "budget": {"rounds": 3}}
MESSAGES = [{"role": "user", "content": "Which word?"}]


def chat(llm_modulo: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    """A chat about the word `hello`; `llm_modulo` is laid over what it asks for."""
    asked = {**WORD, **(llm_modulo or {})}
    return {"model": "scripted", "messages": MESSAGES, "llm_modulo": asked, **fields}


def response(llm_modulo: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    """The same in the Responses dialect; tools are those of a chat."""
    tools = [{"type": "function", **tool["function"]} for tool in fields.pop("tools", [])]
    body = {**chat(llm_modulo), "input": "Which word?", "tools": tools, **fields}
    del body["messages"]
    return body


def message(llm_modulo: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    """The same in Anthropic's dialect; tools are those of a chat."""
    tools = [
        {"name": tool["function"]["name"], "input_schema": tool["function"]["parameters"]}
        for tool in fields.pop("tools", [])
    ]
    return {**chat(llm_modulo), "max_tokens": 99, "tools": tools, **fields}


def plain(**fields: Any) -> dict[str, Any]:
    """A chat that names nothing to verify."""
    return {"model": "scripted", "messages": MESSAGES, **fields}


def frames(text: str) -> list[dict[str, Any]]:
    """The documents of a stream, which ends with `[DONE]`; comments are left out."""
    parts = [part for part in text.split("\n\n") if part and not part.startswith(":")]
    assert all(part.startswith("data: ") for part in parts), text
    assert parts[-1] == "data: [DONE]"
    return [json.loads(part.removeprefix("data: ")) for part in parts[:-1]]


def content(documents: list[dict[str, Any]], name: str = "content") -> str:
    """What the chunks of a stream say, put together."""
    deltas = [choice["delta"] for chunk in documents for choice in chunk.get("choices", [])]
    return "".join(delta.get(name) or "" for delta in deltas)


def told(response: httpx.Response) -> str:
    """Everything that a client is sent."""
    return f"{response.headers}\n{response.text}"
