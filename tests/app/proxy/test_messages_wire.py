"""Requests of Anthropic's Messages API as chats."""

import pytest

from app.failures import ServiceError
from app.proxy.messages_wire import MessagesRequest, to_chat


def translate(**fields) -> tuple[dict, tuple[str, ...]]:
    asked = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}
    translated = to_chat(MessagesRequest.model_validate({**asked, **fields}))
    return translated.body, translated.ignored


def test_the_system_prompt_comes_first():
    blocks = [{"type": "text", "text": "A"}, {"type": "text", "text": "B"}]
    body, _ = translate(system=blocks)
    assert body["messages"] == [
        {"role": "system", "content": "A\n\nB"},
        {"role": "user", "content": "Hi"},
    ]
    assert body["max_completion_tokens"] == 9


def test_blocks_become_parts_calls_and_results():
    picture = {"type": "base64", "media_type": "image/png", "data": "AA"}
    body, ignored = translate(
        messages=[
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "See"},
                    {"type": "image", "source": picture},
                ],
            },
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "...", "signature": ""},
                    {"type": "text", "text": "I look."},
                    {"type": "tool_use", "id": "t1", "name": "f", "input": {"a": 1}},
                ],
            },
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "Here:"},
                    {
                        "type": "tool_result",
                        "tool_use_id": "t1",
                        "content": [{"type": "text", "text": "done"}],
                    },
                ],
            },
        ]
    )
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}}
    call = {"id": "t1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
    assert body["messages"] == [
        {"role": "user", "content": [{"type": "text", "text": "See"}, image]},
        {"role": "assistant", "content": "I look.", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "t1", "content": "done"},
        {"role": "user", "content": "Here:"},
    ]
    assert ignored == ("thinking blocks",)


def test_tools_and_options_have_their_names_in_chat():
    tool = {"name": "f", "description": "d", "input_schema": {"type": "object"}}
    body, ignored = translate(
        tools=[{"type": "web_search_20260101", "name": "s"}, tool],
        tool_choice={"type": "any", "disable_parallel_tool_use": True},
        stop_sequences=["END"],
        metadata={"user_id": "u"},
        top_k=5,
        output_config={"effort": "low", "format": {"type": "json_schema", "schema": {}}},
    )
    function = {"name": "f", "parameters": {"type": "object"}, "description": "d"}
    assert body["tools"] == [{"type": "function", "function": function}]
    assert (body["tool_choice"], body["parallel_tool_calls"]) == ("required", False)
    assert (body["stop"], body["user"], body["reasoning_effort"]) == (["END"], "u", "low")
    schema = {"type": "json_schema", "json_schema": {"name": "answer", "schema": {}}}
    assert body["response_format"] == schema
    assert ignored == ("top_k", "tool `web_search_20260101`")


@pytest.mark.parametrize(
    "given",
    [
        {"role": "tool", "content": "x"},
        {"role": "user", "content": 7},
        {"role": "user", "content": [{"type": "document", "source": {"type": "base64"}}]},
        {"role": "user", "content": [{"type": "text"}]},
        {"role": "user", "content": ["x"]},
    ],
)
def test_what_has_no_counterpart_is_refused(given):
    with pytest.raises(ServiceError) as caught:
        translate(messages=[given])
    assert caught.value.faults[0].pointer.startswith("#/messages/0")
