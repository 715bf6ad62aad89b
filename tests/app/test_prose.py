"""Prose through the whole service: translated by a model, compared, judged, and marked as such."""

import json
from pathlib import Path

import httpx
import pytest

from critics.domain import find_domain
from tests.app.conftest import client, make_app, served
from tests.upstream_server import Reply, UpstreamServer

pytestmark = pytest.mark.asyncio(loop_scope="module")

PROBLEM = dict(find_domain("claim").examples[0].problem)
"""A bill of 700 euros of somebody who is no manager, so it is not refunded."""


def table(*formulas):
    return json.dumps({str(number): formula for number, formula in enumerate(formulas, 1)})


def asking(prose, **more):
    return {"domain": "claim", "problem": PROBLEM, "answer": prose, "translate": 3, **more}


async def check(pool, request, *responses, **settings):
    async with client(make_app(pool, *responses, **settings)) as http:
        return await http.post("/check", json=request)


def findings(result):
    assert {d["data"]["relative_to"] for d in result["diagnostics"]} == {"translation"}
    return [d["data"].get("finding") for d in result["diagnostics"]]


async def test_prose_is_judged_through_a_real_model_endpoint(pool):
    said = [table("not refunded"), table("refunded == False"), table("not (refunded)")]
    async with (
        UpstreamServer(*(Reply(text) for text in said)) as upstream,
        served(
            make_app(pool, upstream={"base_url": upstream.base_url, "model": "served-model"})
        ) as (host, port),
        httpx.AsyncClient(base_url=f"http://{host}:{port}", timeout=60) as http,
    ):
        result = (await http.post("/check", json=asking("The bill is not refunded."))).json()
    assert (result["verdict"], findings(result)) == ("accepted", ["valid"])
    told = result["translation"]
    assert (told["by"], told["k"], told["texts"]) == ("served-model", 3, said)
    assert (told["relative_to"], told["usage"]["calls"]) == ("translation", 3)
    assert told["usage"]["prompt_tokens"] == 30
    assert "not checked" in told["note"]
    assert "certif" not in json.dumps(result)
    (claim,) = json.loads(result["candidate"])["claims"]
    assert claim["text"] == "The bill is not refunded."
    assert len(claim["expr"]) == 3
    prompts = {seen.body["messages"][-1]["content"] for seen in upstream.seen}
    assert len(prompts) == 1
    assert '1. "The bill is not refunded."' in prompts.pop()


@pytest.mark.parametrize(
    ("responses", "verdict", "found", "codes"),
    [
        ([table("refunded")], "rejected", ["invalid"], ["claim-invalid"]),
        ([table("receipt")], "rejected", ["satisfiable"], ["claim-satisfiable"]),
        (
            [table("not refunded"), table("not refunded"), table("not receipt")],
            "unknown",
            ["ambiguous"],
            ["claim-ambiguous"],
        ),
        ([table("not refunded"), table(None)], "unknown", ["unknown"], ["claim-ambiguous"]),
        ([table(None)], "unknown", ["unknown"], ["claim-untranslated"]),
        (["I would rather not."], "unknown", ["unknown"], ["claim-untranslated"]),
        (
            [table("not refunded"), table("not refunded"), "{"],
            "unknown",
            ["unknown"],
            ["claim-untranslated"],
        ),
        ([table("True")], "unknown", ["unknown"], ["claim-untranslated"]),
    ],
)
async def test_what_translations_say_decides_and_never_more(pool, responses, verdict, found, codes):
    result = (await check(pool, asking("So it is."), *responses)).json()
    assert (result["verdict"], findings(result), result["codes"]) == (verdict, found, codes)
    assert len(result["translation"]["texts"]) == 3


async def test_the_documented_request_is_accepted(pool):
    page = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
    section = page.partition("## Claims in prose")[2]
    request = json.loads(section.partition("```json\n")[2].partition("```")[0])
    result = (await check(pool, request, table("not refunded"))).json()
    assert (result["verdict"], findings(result)) == ("accepted", ["valid"])
    assert result["diagnostics"][0]["data"]["support"] == ["cap", "premise-1"]


async def test_a_sentence_that_was_not_translated_forbids_acceptance(pool):
    request = asking("Good day! The bill is not refunded.")
    result = (await check(pool, request, table(None, "not refunded"))).json()
    assert (result["verdict"], findings(result)) == ("unknown", ["valid", "unknown"])
    assert result["codes"] == ["claim-untranslated"]
    wrong = (await check(pool, request, table(None, "refunded"))).json()
    assert (wrong["verdict"], findings(wrong)) == ("rejected", ["invalid", "unknown"])


async def test_a_model_cannot_add_rules_or_premises(pool):
    hostile = json.dumps({"1": "refunded", "premises": ["refunded"], "rules": []})
    result = (await check(pool, asking("It is refunded."), hostile)).json()
    assert (result["verdict"], result["codes"]) == ("unknown", ["claim-untranslated"])


async def test_with_too_small_a_budget_nothing_is_judged(pool):
    request = asking("The bill is not refunded.", budget={"tokens": 1})
    result = (await check(pool, request, table("not refunded"))).json()
    assert (result["verdict"], result["codes"]) == ("unknown", ["translation-short"])
    assert result["diagnostics"][0]["data"]["short"] == "tokens"
    assert result["translation"]["usage"]["calls"] == 0
    assert result["candidate"] == ""


async def test_without_a_model_there_is_no_translation_and_checks_work(pool):
    response = await check(pool, asking("The bill is not refunded."))
    assert (response.status_code, response.json()["code"]) == (503, "upstream-none")
    formal = {"domain": "claim", "problem": PROBLEM, "answer": '{"claims": ["not refunded"]}'}
    result = (await check(pool, formal)).json()
    assert (result["verdict"], result["translation"]) == ("accepted", None)


@pytest.mark.parametrize(
    ("changed", "code", "pointer"),
    [
        (
            {"domain": "word", "problem": {"word": "hello"}},
            "translation-unsupported",
            "#/translate",
        ),
        ({"answer": "  \n"}, "invalid-request", "#/answer"),
        ({"answer": "Yes. " * 5_000}, "invalid-request", "#/answer"),
        ({"translate": 1}, "invalid-request", "#/translate"),
        ({"translate": 10}, "invalid-request", "#/translate"),
        ({"translate": None, "budget": {"tokens": 5}}, "invalid-request", "#"),
        ({"problem": {"smtlib": "(assert"}}, "invalid-problem", "#/problem/smtlib"),
        ({"budget": {"seconds": 1e4}}, "budget-above-cap", "#/budget/seconds"),
    ],
)
async def test_what_cannot_be_translated_is_refused_before_anything_is_spent(
    pool, changed, code, pointer
):
    asked = []
    app = make_app(pool, "unused", caps={"seconds": 60})
    app.state.service._choice.upstream._respond = asked.append
    async with client(app) as http:
        response = await http.post("/check", json=asking("It is refunded.") | changed)
    told = response.json()
    assert (response.status_code, told["code"], asked) == (422, code, [])
    assert told["errors"][0]["pointer"].startswith(pointer)


async def test_an_upstream_that_fails_is_an_error_with_its_costs(pool):
    async with UpstreamServer(
        Reply(table("not refunded")), default=Reply(status=500, body=b"{}")
    ) as upstream:
        settings = {"base_url": upstream.base_url, "model": "served-model", "retries": 0}
        response = await check(pool, asking("It is not refunded."), upstream=settings)
    assert (response.status_code, response.json()["code"]) == (502, "upstream-failed")
    assert response.json()["usage"]["calls"] == 2
    assert response.headers["x-should-retry"] == "false"
