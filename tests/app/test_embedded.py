"""Which embedded model is asked about what: the built-in one only about what it has learnt."""

import asyncio
import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from app import ladders
from app.embedded import Embedded, knows, read_name
from app.ladders import find_ladder
from app.local_server import runtime_installed
from app.models import MODELS, PROPOSER, WeightsError, installed_path, pull
from app.settings import Settings
from app.upstreams import Choice, choose_upstream, for_model
from backprompt.openai_upstream import make_client
from backprompt.upstream import ScriptedUpstream, UpstreamError
from tests.app.conftest import client, make_app

pytestmark = pytest.mark.asyncio(loop_scope="module")

SUM = {"domain": "countdown", "problem": {"numbers": [1, 2], "target": 3}}
QUIET = {"discover": False}
ROOT = Path(__file__).parents[2]
TOWERS = ROOT / "examples" / "pddl" / "towers"


class Stand:
    """Embedded models that say always the same, in place of processes."""

    def __init__(self, **answers: str) -> None:
        self.models = {
            name: ScriptedUpstream(lambda _, text=text: text, name=name)
            for name, text in answers.items()
        }
        self.asked: list[str] = []

    def open(self, name: str) -> ScriptedUpstream:
        self.asked.append(name)
        if name not in MODELS:
            raise WeightsError("weights-unknown", f"there is no model `{name}`", help="another")
        if name not in self.models:
            raise UpstreamError("upstream-none", f"the weights of `{name}` are not installed")
        return self.models[name]


@pytest.fixture
def stand(monkeypatch):
    def install(**answers: str) -> Stand:
        made = Stand(**answers)
        monkeypatch.setattr(Embedded, "open", made.open)
        monkeypatch.setattr(Embedded, "first", lambda _: next(iter(answers), None))
        here = Path("proposer.gguf") if "proposer" in answers else None
        monkeypatch.setattr(ladders, "installed_path", lambda _: here)
        return made

    return install


@pytest.mark.parametrize(
    ("name", "domain", "known"),
    [
        ("proposer", "pddl", True),
        ("proposer", "smt", False),
        ("proposer", None, False),
        ("small", "smt", True),
        ("small", None, True),
        (None, "smt", True),
        ("of somebody else", None, True),
    ],
)
async def test_only_the_built_in_model_is_narrow(name, domain, known):
    assert knows(name, domain) is known


async def test_a_name_needs_its_prefix():
    assert [read_name(name) for name in ("embedded:proposer", "proposer", "", None)] == [
        "proposer",
        None,
        None,
        None,
    ]


async def test_alone_it_answers_its_domains_and_refuses_others(stand, pool):
    stand(proposer="1 + 2")
    async with client(make_app(pool, upstream=QUIET)) as http:
        known = await http.post("/solve", json=SUM)
        other = await http.post("/solve", json={"domain": "json-schema", "problem": {"schema": {}}})
        chat = {"model": "any", "messages": [{"role": "user", "content": "hello"}]}
        chatted = await http.post("/v1/chat/completions", json=chat)
    assert known.json()["status"] == "certified"
    assert (other.status_code, other.json()["code"]) == (503, "upstream-none")
    assert "cannot be asked about problems of `json-schema`" in other.json()["detail"]
    assert chatted.status_code >= 400


async def test_where_it_knows_nothing_a_solver_can_still_be_asked(stand, pool):
    stand(proposer="nothing")
    one = {"domain": "smt", "problem": {"smtlib": "(declare-const x Int) (assert (= x 1))"}}
    async with client(make_app(pool, upstream=QUIET)) as http:
        said = await http.post("/solve", json={**one, "strategy": {"solver": "fallback"}})
    assert (said.status_code, said.json()["origin"]) == (200, "solver")


async def test_before_a_general_model_it_is_asked_about_what_it_knows(stand):
    stand(small="", proposer="")
    async with make_client() as http:
        choice = await choose_upstream(Settings(upstream=QUIET), http)
    settings = Settings(upstream=QUIET)

    def names(model, domain, settings=settings, choice=choice):
        found = find_ladder(model, None, settings, choice=choice, domain=domain)
        return [rung.model for rung in found]

    assert names(None, "pddl") == ["embedded:proposer", "small"]
    assert names(None, "smt") == ["small"]
    assert names("small", "pddl") == []
    asked = Settings(upstream={**QUIET, "model": "small"})
    assert names(None, "pddl", asked) == []
    elsewhere = Choice("configured", "gpt", "there", embedded=choice.embedded)
    assert names(None, "pddl", settings, elsewhere) == []


async def test_a_ladder_leaves_it_out_where_it_knows_nothing():
    rungs = [{"model": "embedded:proposer"}, {"model": "big"}]
    settings = Settings(ladder=rungs)

    def names(domain):
        return [rung.model for rung in find_ladder(None, None, settings, domain=domain)]

    assert names("countdown") == ["embedded:proposer", "big"]
    assert names("smt") == ["big"]


async def test_a_rejected_answer_of_it_goes_to_the_next_rung(stand, pool):
    made = stand(small="1 + 2", proposer="1 - 2")
    async with client(make_app(pool, upstream=QUIET)) as http:
        body = {**SUM, "strategy": {"restart_after": 1, "escalate_after": 1}, "trace": True}
        said = (await http.post("/solve", json=body)).json()
    assert said["status"] == "certified"
    assert {"proposer", "small"} <= set(made.asked)


async def test_a_request_may_name_the_built_in_model_but_no_large_one(stand, pool):
    stand(proposer="1 + 2", small="1 + 2")
    upstream = {"base_url": "http://127.0.0.1:9/v1", "model": "mine", "retries": 0}
    async with client(make_app(pool, upstream=upstream)) as http:
        built_in = await http.post("/solve", json={**SUM, "model": "embedded:proposer"})
        large = await http.post("/solve", json={**SUM, "model": "embedded:small"})
    assert built_in.json()["status"] == "certified"
    assert large.json().get("status") != "certified"


@pytest.mark.parametrize(
    ("model", "code"),
    [("embedded:huge", "invalid-request"), ("embedded:tiny", "upstream-none")],
)
async def test_an_embedded_model_that_is_not_here_is_told(stand, model, code, pool):
    stand(small="1 + 2")
    async with client(make_app(pool, upstream=QUIET)) as http:
        said = await http.post("/solve", json={**SUM, "model": model})
    assert said.json()["code"] == code


async def test_switched_off_no_ladder_reaches_it(stand):
    stand(proposer="")
    settings = Settings(upstream={"discover": False, "embedded": False})
    async with make_client() as http:
        choice = await choose_upstream(settings, http)
        assert (choice.kind, choice.embedded) == ("none", None)
        with pytest.raises(Exception, match=r"`upstream\.embedded` is off"):
            for_model(choice, f"embedded:{PROPOSER.name}", settings, http)


async def test_the_built_in_weights_are_the_pinned_ones():
    path = installed_path(PROPOSER)
    assert path is not None
    assert hashlib.sha256(path.read_bytes()).hexdigest() == PROPOSER.sha256
    assert path.stat().st_size < 8_000_000


async def test_nothing_is_pulled_to_have_it(tmp_path):
    assert pull(PROPOSER, directory=tmp_path) == installed_path(PROPOSER)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
async def test_the_wheel_holds_its_weights_where_the_package_looks(tmp_path):
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    await asyncio.to_thread(run, build, ROOT)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as opened:
        opened.extractall(tmp_path / "installed")
    look = "from app.models import *; print(installed_path(PROPOSER), built_in_directory())"
    told = await asyncio.to_thread(run, [sys.executable, "-c", look], tmp_path / "installed")
    assert told.startswith(str(tmp_path / "installed" / "app" / "examples"))


def run(argv, folder):
    done = subprocess.run(argv, check=True, cwd=folder, capture_output=True, text=True, timeout=120)
    return done.stdout


@pytest.mark.skipif(not runtime_installed(), reason="needs the extra `local`")
async def test_it_is_asked_without_key_download_or_setting(pool):
    task = {part: (TOWERS / f"{part}.pddl").read_text("utf-8") for part in ("domain", "problem")}
    body = {"domain": "pddl", "problem": task, "sampling": {"seed": 1}, "trace": True}
    body["cache"] = False
    async with client(make_app(pool, upstream=QUIET)) as http:
        first = (await http.post("/solve", json=body)).json()
        again = (await http.post("/solve", json=body)).json()
    assert first["status"] in {"certified", "exhausted"}
    assert first["usage"]["completion_tokens"] > 0
    assert said(first)
    assert said(again) == said(first)


def said(result):
    calls = [event for event in result["trace"] if event["event"] == "call-finished"]
    return [(call["completion"]["model"], call["completion"]["text"]) for call in calls]
