"""Requests of the Responses API as chats."""

import pytest

from app.failures import ServiceError
from app.proxy.responses_wire import ResponsesRequest, to_chat


def translate(**fields) -> tuple[dict, tuple[str, ...]]:
    translated = to_chat(ResponsesRequest.model_validate({"model": "m", **fields}), [])
    return translated.body, translated.ignored


def test_text_and_instructions_become_messages():
    body, ignored = translate(input="Hi", instructions="Be brief.")
    assert body["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hi"},
    ]
    assert ignored == ()


def test_items_become_messages():
    image = {"type": "input_image", "image_url": "data:image/png;base64,AA", "detail": "low"}
    body, ignored = translate(
        input=[
            {"role": "developer", "content": "Rules."},
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "A"}]},
            {"role": "user", "content": [{"type": "input_text", "text": "B"}, image]},
            {"type": "reasoning", "summary": []},
            {"role": "assistant", "content": [{"type": "output_text", "text": "C"}]},
            {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"},
            {"type": "function_call", "call_id": "c2", "name": "g", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c1", "output": "done"},
        ]
    )
    part = {"type": "image_url", "image_url": {"url": image["image_url"], "detail": "low"}}
    assert body["messages"] == [
        {"role": "developer", "content": "Rules."},
        {"role": "user", "content": "A"},
        {"role": "user", "content": [{"type": "text", "text": "B"}, part]},
        {
            "role": "assistant",
            "content": "C",
            "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}},
                {"id": "c2", "type": "function", "function": {"name": "g", "arguments": "{}"}},
            ],
        },
        {"role": "tool", "tool_call_id": "c1", "content": "done"},
    ]
    assert ignored == ("reasoning items",)


def test_tools_that_run_elsewhere_are_ignored_and_named():
    function = {"type": "function", "name": "f", "parameters": {}, "strict": True}
    body, ignored = translate(
        input="Hi",
        tools=[{"type": "web_search"}, function, {"type": "local_shell"}],
        tool_choice={"type": "function", "name": "f"},
        include=["reasoning.encrypted_content"],
    )
    named = {"name": "f", "parameters": {}, "strict": True}
    assert body["tools"] == [{"type": "function", "function": named}]
    assert body["tool_choice"] == {"type": "function", "function": {"name": "f"}}
    assert ignored == ("include", "tool `web_search`", "tool `local_shell`")


def test_options_have_their_names_in_chat():
    body, _ = translate(
        input="Hi",
        max_output_tokens=9,
        temperature=0.5,
        reasoning={"effort": "low"},
        text={"format": {"type": "json_schema", "name": "n", "schema": {}}, "verbosity": "low"},
    )
    assert body["max_completion_tokens"] == 9
    assert (body["temperature"], body["reasoning_effort"], body["verbosity"]) == (0.5, "low", "low")
    schema = {"type": "json_schema", "json_schema": {"name": "n", "schema": {}}}
    assert body["response_format"] == schema


@pytest.mark.parametrize(
    "given",
    [
        [{"type": "item_reference", "id": "x"}],
        [{"role": "user", "content": [{"type": "input_audio"}]}],
        [{"role": "tool", "content": "x"}],
        [{"role": "user", "content": 7}],
    ],
)
def test_what_has_no_counterpart_is_refused(given):
    with pytest.raises(ServiceError) as caught:
        translate(input=given)
    assert caught.value.faults[0].pointer.startswith("#/input/0")


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"conversation": "conv_1"}, "#/conversation"),
        ({"prompt": {"id": "pmpt_1"}}, "#/prompt"),
        ({"input": []}, "#/input"),
    ],
)
def test_a_conversation_that_is_not_here_is_refused(given, pointer):
    with pytest.raises(ServiceError) as caught:
        translate(**{"input": "hi", **given})
    assert caught.value.faults[0].pointer == pointer


def test_a_field_without_a_value_is_not_there():
    assert translate(input="hi", conversation=None, truncation=None)[1] == ()
