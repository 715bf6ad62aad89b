"""`curl -N`, as people type it."""

import asyncio
import json
import shutil

import pytest

from tests.clients.conftest import CERTIFIABLE, HOLD, HOPELESS, QUESTION, closed

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def start(proxy, problem: dict, question: str = QUESTION, **options):
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("no `curl` on the path")
    messages = [{"role": "user", "content": question}]
    body = {"model": "served-model", "messages": messages, "llm_modulo": problem, **options}
    return await asyncio.create_subprocess_exec(
        *[curl, "-sN", "--write-out", "\n%{http_code}", "--json", json.dumps(body)],
        f"{proxy.base_url}/chat/completions",
        stdout=asyncio.subprocess.PIPE,
    )


async def run(proxy, problem: dict, **options) -> tuple[str, str]:
    """Give the body and the status."""
    process = await start(proxy, problem, **options)
    said, _ = await process.communicate()
    body, _, status = said.decode().rpartition("\n")
    return body, status


async def test_a_certified_answer(proxy):
    body, status = await run(proxy, CERTIFIABLE)
    assert status == "200"
    assert json.loads(body)["choices"][0]["message"]["content"] == "hello"


async def test_a_refusal(proxy):
    body, status = await run(proxy, HOPELESS)
    assert status == "422"
    assert json.loads(body)["error"]["code"] == "budget_exhausted"


async def test_a_stream_begins_with_a_comment_and_ends_with_done(proxy):
    body, status = await run(proxy, CERTIFIABLE, stream=True)
    events = [event for event in body.split("\n\n") if event]
    assert status == "200"
    assert events[0].startswith(":")
    assert events[-1] == "data: [DONE]"
    assert not any(line.startswith("event:") for line in body.splitlines())


async def test_a_refusal_in_a_stream_is_its_last_event_but_one(proxy):
    body, _ = await run(proxy, HOPELESS, stream=True)
    events = [event for event in body.split("\n\n") if event]
    assert json.loads(events[-2].removeprefix("data: "))["error"]["code"] == "budget_exhausted"
    assert events[-1] == "data: [DONE]"


async def test_an_interrupt_closes_the_models_connection(proxy):
    process = await start(proxy, CERTIFIABLE, question=HOLD, stream=True)
    await proxy.upstream.holding.wait()
    process.terminate()
    assert await closed(proxy)
    await process.wait()
