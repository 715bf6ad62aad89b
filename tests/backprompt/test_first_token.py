"""Probabilities of an answer's first token: asked for only where wanted, and read with care."""

import json
import math

import pytest

from backprompt.dialect import read_first_token
from backprompt.openai_upstream import OpenAIUpstream, make_client
from backprompt.upstream import Completion, Message, Request, UpstreamError
from tests.upstream_server import Reply, UpstreamServer


def choice(*rows: object, first: object = None) -> dict:
    given = first if first is not None else {"token": "A", "logprob": -0.1, "top_logprobs": rows}
    return {"message": {"content": "A"}, "logprobs": {"content": [given]}}


async def ask(reply: Reply, top: int | None) -> tuple[Completion, dict]:
    asked = Request(
        messages=(Message(role="user", content="Which?"),), timeout_s=30, call=0, top_logprobs=top
    )
    async with UpstreamServer(reply) as server, make_client() as shared:
        upstream = OpenAIUpstream(server.base_url, "model", client=shared)
        return await upstream.generate(asked), server.seen[0].body


async def test_they_are_asked_for_and_read():
    rows = [{"token": "A", "logprob": -0.1}, {"token": " B", "logprob": -2.5}]
    found, sent = await ask(Reply("A", extra={"choices": [choice(*rows)]}), 20)
    assert (sent["logprobs"], sent["top_logprobs"]) == (True, 20)
    assert [(a.token, a.logprob) for a in found.first_token] == [("A", -0.1), (" B", -2.5)]
    assert Completion.model_validate_json(found.model_dump_json()) == found


async def test_nobody_asks_for_them_otherwise():
    found, sent = await ask(Reply("A", extra={"choices": [choice()]}), None)
    assert found.first_token is None
    assert not {"logprobs", "top_logprobs"} & set(sent)


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"logprobs": None},
        {"logprobs": []},
        {"logprobs": {"content": None}},
        {"logprobs": {"content": []}},
        {"logprobs": {"content": [3]}},
        choice(first={"token": 3, "logprob": -1}),
        choice(first={"token": "A", "logprob": "no"}),
        choice(first={"token": "A", "logprob": True}),
        choice(first={"token": "A", "logprob": 0.5}),
        choice(first={"token": "A", "logprob": -math.inf}),
        choice(first={"token": "A", "logprob": math.nan, "top_logprobs": [None, "x", {}]}),
    ],
    ids=lambda wrong: json.dumps(wrong)[:40],
)
def test_what_is_no_probability_is_not_read(wrong):
    assert read_first_token(wrong) is None


async def test_an_endpoint_that_refuses_them_is_not_asked_twice():
    asked = Request(
        messages=(Message(role="user", content="Which?"),), timeout_s=30, call=0, top_logprobs=20
    )
    refusal = Reply(status=403, body=b'{"error": {"message": "logprobs are not allowed"}}')
    async with UpstreamServer(refusal, Reply("A")) as server, make_client() as shared:
        upstream = OpenAIUpstream(server.base_url, "model", client=shared)
        refused = []
        for _ in range(2):
            with pytest.raises(UpstreamError) as caught:
                await upstream.generate(asked)
            refused.append(caught.value)
        plain = await upstream.generate(asked.model_copy(update={"top_logprobs": None}))
    assert [error.code for error in refused] == ["upstream-refused"] * 2
    assert [error.usage.calls for error in refused] == [1, 0]
    assert (len(server.seen), plain.text) == (2, "A")
