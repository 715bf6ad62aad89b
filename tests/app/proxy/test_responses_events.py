"""Events of the Responses API, in the order that its clients rely on."""

import json

from app.proxy.responses_events import ResponseEvents, write_response
from app.proxy.responses_wire import ResponsesRequest

CALL = {"id": "call_1", "type": "function", "function": {"name": "look_up", "arguments": '{"a":1}'}}


def events(text: str) -> list[dict]:
    lines = [line for line in text.splitlines() if line.startswith("data: ")]
    return [json.loads(line.removeprefix("data: ")) for line in lines]


def test_the_events_of_a_response_build_its_output():
    writer = ResponseEvents("k")
    request = ResponsesRequest(model="m")
    document = write_response(request, "resp_k", 1, status="completed")
    frames = [
        *writer.begin(write_response(request, "resp_k", 1)),
        *writer.progress("Round 1.\n"),
        *writer.progress("Round 2.\n"),
        *writer.answer(["a", "b"]),
        *writer.calls([CALL]),
        *writer.end(document),
    ]
    seen = events(b"".join(frames).decode())
    assert [event["sequence_number"] for event in seen] == list(range(len(seen)))
    closed = [event["item"] for event in seen if event["type"] == "response.output_item.done"]
    assert seen[-1]["response"]["output"] == closed
    assert [item["type"] for item in closed] == ["reasoning", "message", "function_call"]
    opened = [event for event in seen if event["type"] == "response.output_item.added"]
    assert [event["output_index"] for event in opened] == [0, 1, 2]
