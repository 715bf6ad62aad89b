import json
from pathlib import Path

import pytest

from backprompt.budget import Usage
from backprompt.events import Status
from backprompt.upstream import (
    PART_CHARS,
    Completion,
    Message,
    ReplayUpstream,
    Request,
    ScriptedUpstream,
    UpstreamError,
    count_chars,
    estimate_usage,
)
from tests.backprompt.toy import run


def request(call: int = 0, content: str = "12345678") -> Request:
    return Request(messages=(Message(role="user", content=content),), timeout_s=1, call=call)


async def test_a_recording_is_played_by_call_number() -> None:
    upstream = ReplayUpstream.from_texts(["a", "b"])
    assert [(await upstream.generate(request(call))).text for call in (1, 0, 1)] == ["b", "a", "b"]
    await upstream.aclose()


async def test_a_recording_invents_nothing_past_its_end() -> None:
    with pytest.raises(UpstreamError) as caught:
        await ReplayUpstream.from_texts(["a"]).generate(request(1))
    assert caught.value.code == "recording-ended"


async def test_a_conversation_in_json_lines_is_played() -> None:
    usage = {"prompt_tokens": 5, "completion_tokens": 6, "reasoning_tokens": 2, "foreign": 1}
    rows = [
        {"response": "a", "usage": usage, "model": "m", "seconds": 1.5, "other": {}},
        {"response": "b\ud800", "usage": None},
    ]
    upstream = ReplayUpstream.from_lines([json.dumps(row) for row in rows] + [""])
    first, second = [await upstream.generate(request(call)) for call in (0, 1)]
    assert (first.model, first.latency_s) == ("m", 1.5)
    assert first.usage == Usage(calls=1, prompt_tokens=5, completion_tokens=6, reasoning_tokens=2)
    assert (second.text, second.model) == ("b?", "replay")


@pytest.mark.parametrize("line", ["{}", "[]", "3", "{", '{"response": 3}'])
def test_what_is_no_recording_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        ReplayUpstream.from_lines([line])


async def test_a_journal_file_is_played_with_its_failures(tmp_path: Path) -> None:
    bad = UpstreamError("upstream-failed", "500", status=500, usage=Usage(calls=1))
    _, journal, _ = await run("1", bad)
    path = tmp_path / "run.jsonl"
    path.write_text("\n".join(journal.dump()), encoding="utf-8")
    upstream = ReplayUpstream.from_journal(path)
    assert (await upstream.generate(request(0))).text == "1"
    with pytest.raises(UpstreamError, match="500") as caught:
        await upstream.generate(request(1))
    assert caught.value.status == 500


async def test_a_cut_journal_is_refused() -> None:
    _, journal, _ = await run("1", "42")
    lines = [e.model_dump_json() for e in journal.events if getattr(e, "call", None) != 0]
    with pytest.raises(ValueError, match="misses calls"):
        ReplayUpstream.from_lines(lines)


async def test_a_replayed_run_ends_where_the_recording_ends() -> None:
    outcome, _, _ = await run("1", "2")
    assert outcome.status is Status.EXHAUSTED
    assert (outcome.usage.calls, outcome.usage.rounds) == (2, 2)


async def test_a_script_answers_with_text_completion_or_error() -> None:
    usage = Usage(calls=1, prompt_tokens=1)
    whole = Completion(text="whole", model="m", usage=usage)

    async def respond(asked: Request) -> str | Completion:
        if asked.call == 2:
            raise UpstreamError("upstream-failed", "told to")
        return whole if asked.call else "four"

    upstream = ScriptedUpstream(respond)
    text = await upstream.generate(request(0))
    assert (text.text, text.usage) == ("four", estimate_usage(request(0), 4))
    assert text.usage.estimated_tokens == 3
    assert await upstream.generate(request(1)) == whole
    with pytest.raises(UpstreamError):
        await upstream.generate(request(2))
    await upstream.aclose()


async def test_a_script_may_be_a_plain_function() -> None:
    upstream = ScriptedUpstream(lambda asked: asked.messages[-1].content.upper())
    assert (await upstream.generate(request(content="a"))).text == "A"


def test_the_characters_of_a_conversation_are_counted_and_images_flat() -> None:
    conversation = [
        {"role": "user", "content": "12345"},
        {"role": "user", "content": [{"type": "text", "text": "123"}, {"type": "image_url"}]},
        {"role": "assistant", "content": None, "tool_calls": [{"a": "b"}]},
        {"role": "odd"},
    ]
    assert count_chars(conversation) == 5 + 3 + PART_CHARS + len('[{"a": "b"}]')
    assert Request(conversation=tuple(conversation), messages=(), timeout_s=1, call=0).chars > 4000
