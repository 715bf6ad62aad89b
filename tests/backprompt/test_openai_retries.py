"""OpenAIUpstream asks again where nothing can have been paid for, and nowhere else."""

import json

import pytest

from backprompt.openai_upstream import OpenAIUpstream
from backprompt.upstream import UpstreamError
from tests.backprompt.test_openai_upstream import DONE, KEY, ask, failure, request, serving
from tests.upstream_server import RESET, Behaviour, Reply, UpstreamServer


@pytest.mark.parametrize("status", [429, 500, 502, 503])
async def test_what_cannot_have_been_paid_for_is_retried(status: int) -> None:
    async with serving(Reply(status=status), Reply(status=status), DONE) as (upstream, server):
        read = await upstream.generate(request())
    assert read.text == "42"
    assert read.usage.calls == 1
    assert len(server.seen) == 3


@pytest.mark.parametrize(("status", "code"), [(429, "upstream-busy"), (503, "upstream-failed")])
async def test_retries_end(status: int, code: str) -> None:
    async with serving(*[Reply(status=status)] * 9, retries=2) as (upstream, server):
        with pytest.raises(UpstreamError) as caught:
            await upstream.generate(request())
    assert (caught.value.code, caught.value.status) == (code, status)
    assert len(server.seen) == 3


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404])
async def test_a_refusal_is_not_retried_and_quoted_without_the_key(status: int) -> None:
    told = json.dumps({"error": {"message": f"no,\n {KEY} is bad"}}).encode()
    async with serving(Reply(status=status, body=told)) as (upstream, server):
        with pytest.raises(UpstreamError) as caught:
            await upstream.generate(request())
    assert (caught.value.code, caught.value.status) == ("upstream-refused", status)
    assert str(caught.value).endswith(f"answered {status}: no, *** is bad")
    assert len(server.seen) == 1
    assert caught.value.usage.tokens == 0


async def test_retry_after_is_honoured() -> None:
    reply = Reply(status=429, headers={"retry-after": "0.05"})
    async with serving(reply, DONE, backoff_s=3000) as (upstream, _):
        assert (await upstream.generate(request())).text == "42"


@pytest.mark.parametrize("after", ["3600", "Fri, 31 Dec 2999 23:59:59 GMT"])
async def test_a_wait_that_outlasts_the_budget_is_not_begun(after: str) -> None:
    error = await failure(Reply(status=429, headers={"retry-after": after}))
    assert error.code == "upstream-busy"


async def test_a_senseless_retry_after_is_ignored() -> None:
    assert (await ask(Reply(status=429, headers={"retry-after": "soon"}), DONE)).text == "42"


async def test_nobody_there_is_retried_and_told() -> None:
    async with UpstreamServer() as server:
        url = server.base_url
    upstream = OpenAIUpstream(url, "m", retries=1, backoff_s=0.001)
    with pytest.raises(UpstreamError) as caught:
        await upstream.generate(request())
    await upstream.aclose()
    assert caught.value.code == "upstream-unreachable"
    assert caught.value.usage.tokens == 0


@pytest.mark.parametrize("broken", [RESET, Reply("42" * 500, cut=100)])
async def test_a_broken_connection_may_be_billed_so_it_is_not_retried(broken: Behaviour) -> None:
    async with serving(broken, DONE) as (upstream, server):
        with pytest.raises(UpstreamError) as caught:
            await upstream.generate(request())
    assert caught.value.code == "upstream-unreachable"
    assert caught.value.usage.estimated_tokens > 0
    assert len(server.seen) == 1
