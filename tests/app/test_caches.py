"""What is remembered between runs, and that nothing of it is believed."""

import pytest

from app.caches import Caches, ProblemCache, Shelf, digest
from app.setting_groups import CacheSettings
from critics.judge import Demand
from critics.types import Feasibility, Feasible, Judgement
from tests.app.conftest import REQUEST, client, make_app

pytestmark = pytest.mark.asyncio(loop_scope="module")

CHECK = {"domain": "word", "problem": {"word": "hello"}}
EVERYTHING = {"answers": True, "responses": True}


def open_cache(caches: Caches, word: str = "hello", **options) -> ProblemCache:
    return ProblemCache(caches, "word", {"word": word}, Demand.AUTO, **options)


async def solve(http, **wishes) -> dict:
    return (await http.post("/solve", json={**REQUEST, **wishes})).json()


async def test_a_shelf_forgets_what_was_used_least_recently():
    shelf = Shelf[int](2)
    shelf.put("a", 1)
    shelf.put("b", 2)
    assert shelf.get("a") == 1
    shelf.put("c", 3)
    assert (shelf.get("a"), shelf.get("b"), shelf.get("c")) == (1, None, 3)


async def test_lists_of_texts_do_not_run_into_each_other():
    assert digest("ab", "c") != digest("a", "bc")
    assert digest("\ud800") != digest("")


async def test_an_answer_that_was_certified_before_is_judged_again_and_marked(pool):
    async with client(make_app(pool, "bye", "hello", caches=EVERYTHING)) as http:
        first = await solve(http)
        again = await solve(http)
        fresh = await solve(http, cache=False)
    assert (first["usage"]["calls"], first["cached"]) == (2, [])
    assert again["certified"]
    assert again["usage"]["calls"] == 0
    assert "judgement" in again["cached"]
    assert (fresh["usage"]["calls"], fresh["cached"]) == (2, [])


async def test_an_answer_from_the_cache_is_not_believed(pool):
    app = make_app(pool, "hello", caches=EVERYTHING)
    caches = app.state.service.caches
    open_cache(caches).keep_answer("the-canary")
    async with client(app) as http:
        found = await solve(http)
    assert (found["answer"], found["usage"]["calls"]) == ("hello", 1)


async def test_a_forged_judgement_gives_no_certificate(pool):
    app = make_app(pool, "nonsense")
    service = app.state.service
    async with client(app) as http:
        good = (await http.post("/check", json={**CHECK, "answer": "hello"})).json()
        good = {key: value for key, value in good.items() if key not in {"codes", "translation"}}
        forged = Judgement.model_validate({**good, "candidate": "nonsense"})
        open_cache(service.caches).keep_judgement("nonsense", forged)
        found = await solve(http)
    assert (found["status"], found["answer"], found["certificate"]) == ("exhausted", None, None)


async def test_by_default_no_answer_and_no_response_is_remembered(pool):
    async with client(make_app(pool, "bye", "hello")) as http:
        await solve(http)
        again = await solve(http)
    assert again["usage"]["calls"] == 2
    assert again["cached"] == ["judgement"]


async def test_responses_are_remembered_where_asked_for(pool):
    async with client(make_app(pool, "bye", "hello", caches={"responses": True})) as http:
        first = await solve(http)
        again = await solve(http)
        other = await solve(http, instructions="Think.")
    assert [run["usage"]["calls"] for run in (first, again, other)] == [2, 0, 2]
    assert again["cached"] == ["judgement", "response"]
    assert again["usage"]["rounds"] == 2


@pytest.mark.usefixtures("word")
async def test_a_decided_feasibility_is_tested_once():
    caches, asked = Caches(CacheSettings()), []

    async def test() -> Feasibility:
        asked.append(1)
        status = Feasible.UNKNOWN if len(asked) == 1 else Feasible.INFEASIBLE
        return Feasibility(status=status)

    found = [await open_cache(caches).feasibility(test) for _ in range(3)]
    other = await open_cache(caches, "other").feasibility(test)
    assert [f.status.value for f in found] == ["unknown", "infeasible", "infeasible"]
    assert other.status is Feasible.INFEASIBLE
    assert len(asked) == 3
