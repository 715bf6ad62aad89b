"""Daily budgets: refused before anything is spent, and shared without a hole."""

import asyncio

import pytest

from app.failures import ServiceError
from app.security.books import Amount, Claim
from app.security.file_books import FileBooks
from app.security.principal import Principal, acting_for
from app.upstreams import Choice
from critics.domain import find_domain
from tests.app.conftest import REQUEST, client, make_app
from tests.app.plain_language import TEXT, Model, said
from tests.app.proxy.chats import CHAT, MESSAGES_PATH, RESPONSES, chat, message, plain, response
from tests.upstream_server import Reply, UpstreamServer

pytestmark = pytest.mark.asyncio(loop_scope="module")

PRICES = {"m": {"input": 1000, "output": 1000}}


def asks(upstream, **more):
    return {"upstream": {"base_url": upstream.base_url, "model": "m", **more}}


def spent(app, ring):
    (key, *_) = FileBooks(ring.path).read_keys(None)[1]
    return app.state.service.access.books.account(key.id, app.state.service.access._day())


POSTS = {"/solve": REQUEST, CHAT: chat(), RESPONSES: response(), MESSAGES_PATH: message()}


@pytest.mark.parametrize("path", POSTS)
async def test_a_spent_budget_asks_nobody(pool, ring, path):
    login = ring.login(per_day={"runs": 1})
    async with (
        UpstreamServer(default=Reply("hello")) as upstream,
        client(ring.serve(pool, **asks(upstream))) as http,
    ):
        body = POSTS[path] if path == "/solve" else {**POSTS[path], "model": "m"}
        told = [await http.post(path, json=body, headers=login) for _ in range(3)]
    assert [one.status_code for one in told] == [200, 402, 402]
    assert len(upstream.seen) == 1
    assert told[1].headers["x-should-retry"] == "false"
    text = told[1].text.replace("_", "-")
    assert "key-budget-spent" in text


async def test_a_runs_budget_is_cut_to_what_is_left_of_the_day(pool, ring):
    login = ring.login(per_day={"tokens": 200, "usd": 9.0})
    async with UpstreamServer(default=Reply("wrong")) as upstream:
        app = ring.serve(pool, **asks(upstream, prices=PRICES))
        async with client(app) as http:
            first = (await http.post("/solve", json=REQUEST, headers=login)).json()
            asked = {**REQUEST, "budget": {"rounds": 1, "tokens": 50}}
            second = (await http.post("/solve", json=asked, headers=login)).json()
            await asyncio.gather(*app.state.service.engine._telling)  # whoever settles has done so
            account = spent(app, ring)
    assert (first["budget"]["tokens"], first["budget"]["cost_usd"]) == (200, 9.0)
    assert first["usage"]["prompt_tokens"] == 30
    assert second["budget"]["tokens"] == 50
    assert second["budget"]["cost_usd"] == pytest.approx(9.0 - 0.045)
    assert (account.spent.runs, account.spent.tokens, account.held.runs) == (2, 60, 0)


async def test_runs_at_once_reserve_before_they_start(pool, ring):
    login, hold = ring.login(per_day={"tokens": 1000}), asyncio.Event()
    async with UpstreamServer(default=Reply("hello", wait=hold)) as upstream:
        app = ring.serve(pool, **asks(upstream))
        async with client(app) as http:
            asked = {**REQUEST, "budget": {"rounds": 1, "tokens": 400}}
            own = {"prefer": "respond-async", **login}
            told = [await http.post("/solve", json=asked, headers=own) for _ in range(4)]
            assert [one.status_code for one in told] == [202, 202, 202, 429]
            assert [one.json()["budget"]["tokens"] for one in told[:3]] == [400, 400, 200]
            assert (told[3].json()["code"], told[3].headers["retry-after"]) == (
                "key-budget-held",
                "5",
            )
            assert spent(app, ring).held.tokens == 1000
            hold.set()
            for one in told[:3]:
                await app.state.service.engine.wait(one.json()["id"])
            later = await http.post("/solve", json=asked, headers=login)
    assert (later.status_code, later.json()["budget"]["tokens"]) == (200, 400)
    assert len(upstream.seen) == 4


async def test_what_was_reserved_for_a_run_that_cannot_start_comes_back(pool, ring):
    login, hold = ring.login(per_day={"runs": 5}), asyncio.Event()
    async with UpstreamServer(default=Reply("hello", wait=hold)) as upstream:
        limits = {"concurrent_runs": 1, "queued_runs": 0}
        app = ring.serve(pool, limits=limits, **asks(upstream))
        async with client(app) as http:
            own = {"prefer": "respond-async", **login}
            told = [await http.post("/solve", json=REQUEST, headers=own) for _ in range(3)]
            account = spent(app, ring)
            hold.set()
    assert [one.status_code for one in told] == [202, 429, 429]
    assert account.held.runs == 1


async def test_the_same_request_sent_again_is_charged_once(pool, ring):
    login = {**ring.login(per_day={"runs": 1}), "idempotency-key": "k"}
    async with client(ring.serve(pool, "hello")) as http:
        told = [await http.post("/solve", json=REQUEST, headers=login) for _ in range(3)]
    assert [one.status_code for one in told] == [200] * 3
    assert len({one.json()["id"] for one in told}) == 1


async def test_a_fork_is_charged(pool, ring):
    login = ring.login(per_day={"runs": 2})
    app = ring.serve(pool, "hello")
    async with client(app) as http:
        run = (await http.post("/solve", json=REQUEST, headers=login)).json()["id"]
        told = [await http.post(f"/runs/{run}/fork", json={}, headers=login) for _ in range(2)]
    assert [one.status_code for one in told] == [202, 402]


async def test_a_run_that_cannot_go_on_today_waits_for_its_answer_all_the_same(pool, ring):
    login = ring.login(per_day={"runs": 2})
    doubtful = Model([said()] * 9)
    app = ring.serve(pool, upstream={"discover": False, "embedded": False})
    app.state.service._choice = Choice("configured", "m", "m", None, doubtful.upstream)
    text = {"domain": "calendar", "text": TEXT, "confirm": "always"}
    async with client(app) as http:
        run = (await http.post("/solve", json=text, headers=login)).json()
        assert run["status"] == "needs_input"
        answer = f"/runs/{run['id']}/answer"
        access, engine = app.state.service.access, app.state.service.engine
        await asyncio.gather(*engine._telling)
        (key,) = FileBooks(ring.path).read_keys(None)[1]
        assert access.books.account(key.id, access._day()).spent.runs == 1
        access.books.reserve(key, access._day(), "run_x", Claim(None, None, Amount(1)))
        access.books.settle("run_x", Amount(2))
        refused = await http.post(answer, json={"confirm": True}, headers=login)
        assert (refused.status_code, refused.json()["code"]) == (402, "key-budget-spent")
        waiting = await http.get(f"/runs/{run['id']}", headers=login)
    assert (waiting.status_code, waiting.json()["state"]) == (200, "needs_input")
    assert access.books.account(key.id, access._day()).spent.runs == 3


async def test_deleting_a_run_gives_nothing_back(pool, ring):
    login = ring.login(per_day={"runs": 1})
    async with client(ring.serve(pool, "hello")) as http:
        run = (await http.post("/solve", json=REQUEST, headers=login)).json()["id"]
        assert (await http.delete(f"/runs/{run}", headers=login)).status_code == 204
        assert (await http.post("/solve", json=REQUEST, headers=login)).status_code == 402


async def test_the_id_of_a_deleted_run_gives_nothing_back(pool, ring):
    login = {**ring.login(per_day={"runs": 2}), "idempotency-key": "k"}
    app = ring.serve(pool, "hello")
    async with client(app) as http:
        told = []
        for _ in range(3):
            told.append(await http.post("/solve", json=REQUEST, headers=login))
            await http.delete(f"/runs/{told[0].json()['id']}", headers=login)
    assert [one.status_code for one in told] == [200, 200, 402]


async def test_what_a_run_needs_is_not_released_by_another_request_of_its_id(pool, ring):
    login, hold = ring.login(per_day={"runs": 5}), asyncio.Event()
    async with UpstreamServer(default=Reply("hello", wait=hold)) as upstream:
        app = ring.serve(pool, **asks(upstream))
        engine, access = app.state.service.engine, app.state.service.access
        async with client(app) as http:
            own = {"prefer": "respond-async", "idempotency-key": "k", **login}
            run = (await http.post("/solve", json=REQUEST, headers=own)).json()["id"]
            spec = (await engine.get(run)).spec
            access.books.settle(run, Amount(1))  # as if it had just ended elsewhere
            (key,) = FileBooks(ring.path).read_keys(None)[1]
            with acting_for(Principal.of(key)), pytest.raises(ServiceError, match="another"):
                await access.begin(spec.model_copy(update={"body_sha256": "other"}))
            assert spent(app, ring).held.runs == 1
            hold.set()


async def test_checks_are_free(pool, ring):
    login = ring.login(per_day={"runs": 1})
    body = {"domain": "word", "problem": {"word": "hello"}, "answer": "hello"}
    async with client(ring.serve(pool, "hello")) as http:
        told = [await http.post("/check", json=body, headers=login) for _ in range(3)]
    assert [one.status_code for one in told] == [200] * 3


async def test_what_is_asked_of_a_model_without_a_run_is_counted(pool, ring):
    login = ring.login(per_day={"runs": 2, "tokens": 100_000})
    prose = {
        "domain": "claim",
        "problem": dict(find_domain("claim").examples[0].problem),
        "answer": "The bill is not refunded.",
        "translate": 2,
    }
    async with UpstreamServer(default=Reply('{"1": "not refunded"}')) as upstream:
        app = ring.serve(pool, **asks(upstream))
        async with client(app) as http:
            first = await http.post("/check", json=prose, headers=login)
            text = {"domain": "calendar", "text": TEXT}
            second = await http.post("/formalize", json=text, headers=login)
            calls = len(upstream.seen)
            third = await http.post("/formalize", json=text, headers=login)
            account = spent(app, ring)
    assert (first.status_code, second.status_code, third.status_code) == (200, 200, 402)
    assert (account.spent.runs, account.spent.tokens) == (2, 15 * calls)
    assert len(upstream.seen) == calls > 2


@pytest.mark.parametrize("path", [CHAT, RESPONSES, MESSAGES_PATH])
@pytest.mark.parametrize("stream", [False, True])
async def test_what_nobody_counts_is_not_passed_through_for_a_key_with_a_budget(
    pool, ring, path, stream
):
    counted, free = ring.login(per_day={"usd": 5.0}), ring.login(name="bob")
    body = {**plain(stream=stream), "model": "m", "input": "hi", "max_tokens": 9}
    if path == CHAT:
        del body["input"]
    async with (
        UpstreamServer(default=Reply("hello")) as upstream,
        client(ring.serve(pool, **asks(upstream, prices=PRICES))) as http,
    ):
        refused = await http.post(path, json=body, headers=counted)
        assert not upstream.seen
        passed = await http.post(path, json=body, headers=free)
    assert (refused.status_code, passed.status_code) == (403, 200)
    assert "key_forbids" in refused.text
    assert len(upstream.seen) == 1


async def test_dollars_are_not_counted_for_a_model_without_a_price(pool, ring):
    login = ring.login(per_day={"usd": 5.0})
    async with (
        UpstreamServer(default=Reply("hello")) as upstream,
        client(ring.serve(pool, **asks(upstream, prices=PRICES))) as http,
    ):
        other = await http.post("/solve", json={**REQUEST, "model": "x"}, headers=login)
        priced = await http.post("/solve", json=REQUEST, headers=login)
    assert (other.status_code, other.json()["code"]) == (403, "model-unpriced")
    assert (priced.status_code, len(upstream.seen)) == (200, 1)


LADDER = {"climb": {"domain": "word", "models": [{"model": "m", "rounds": 1}, {"model": "big"}]}}


@pytest.mark.parametrize("path", ["/solve", CHAT])
async def test_only_the_models_of_a_key_are_asked(pool, ring, path):
    login = ring.login(models=("m",))
    async with (
        UpstreamServer(default=Reply("hello")) as upstream,
        client(ring.serve(pool, profiles=LADDER, **asks(upstream))) as http,
    ):
        own, other = ({**(REQUEST if path == "/solve" else chat()), "model": name} for name in "mx")
        refused = await http.post(path, json=other, headers=login)
        assert not upstream.seen
        allowed = await http.post(path, json=own, headers=login)
        climbed = await http.post(CHAT, json={**chat(), "model": "climb"}, headers=login)
        passed = await http.post(CHAT, json={**plain(), "model": "x"}, headers=login)
    assert [one.status_code for one in (refused, allowed, climbed, passed)] == [403, 200, 403, 403]
    assert len(upstream.seen) == 1


async def test_only_the_profiles_and_endpoints_of_a_key_are_used(pool, ring):
    none, elsewhere = ring.login(profiles=()), ring.login(name="bob", upstreams=("http://x/v1",))
    async with UpstreamServer(default=Reply("hello")) as upstream:
        here = ring.login(name="eve", upstreams=(upstream.base_url + "/",))
        plans = {"plans": {"domain": "word"}}
        async with client(ring.serve(pool, profiles=plans, **asks(upstream))) as http:
            by_name = {**chat(), "model": "plans"}
            told = [
                await http.post(CHAT, json=by_name, headers=none),
                await http.post("/p/plans/v1/chat/completions", json=chat(), headers=none),
                await http.post("/solve", json=REQUEST, headers=elsewhere),
                await http.post("/solve", json=REQUEST, headers=here),
            ]
    assert [one.status_code for one in told] == [403, 403, 403, 200]


async def test_the_command_line_and_a_service_without_keys_are_not_charged(pool):
    app = make_app(pool, "hello")
    async with client(app) as http:
        assert (await http.post("/solve", json=REQUEST)).json()["budget"]["tokens"] is None
    assert app.state.service.access.books._charges == {}
