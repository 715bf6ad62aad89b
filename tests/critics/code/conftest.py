import importlib
import json
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from critics.code import guests, wasi_engine
from critics.domain import find_domain
from critics.judge import judge
from critics.types import Judgement

KINDS = ("wasi", "bubblewrap")
Judge = Callable[..., Judgement]


def works(kind: str) -> bool:
    """Whether a sandbox starts here, found out by starting one."""
    if kind == "wasi":
        if not wasi_engine.is_installed():
            return False
        # In a process of its own: the compiler's memory is not to stay with the tests.
        command = "from critics.code.wasi_engine import prepare; prepare()"
        subprocess.run([sys.executable, "-c", command], check=True, timeout=170)
    try:
        with guests.Guest(kind, "code", guests.Allowance(1, 128)) as guest:
            return guest.receive(time.monotonic() + 60) == {"ready": True}
    except guests.GuestEnded:
        return False


@pytest.fixture(scope="session")
def sandboxes() -> list[str]:
    return [kind for kind in KINDS if works(kind)]


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest, sandboxes: list[str]) -> str:
    if request.param not in sandboxes:
        pytest.skip(f"the sandbox {request.param} does not work on this machine")
    return request.param


@pytest.fixture
def one_kind(sandboxes: list[str]) -> str:
    if not sandboxes:
        pytest.skip("no sandbox works on this machine")
    return sandboxes[-1]


def make_judge(kind: str, monkeypatch: pytest.MonkeyPatch) -> Judge:
    module = importlib.import_module("critics.code.domain")
    monkeypatch.setattr(sys.modules["critics.code.domain"], "find_sandbox", lambda: kind)
    assert module is not None
    domain = find_domain("python-tests")

    def run(answer: str, tests: str, **more: object) -> Judgement:
        payload = {"task": "Write it.", "tests": tests, **more}
        return judge(domain, json.loads(json.dumps(payload)), answer)

    return run


@pytest.fixture
def on(kind: str, monkeypatch: pytest.MonkeyPatch) -> Judge:
    return make_judge(kind, monkeypatch)


@pytest.fixture
def on_one(one_kind: str, monkeypatch: pytest.MonkeyPatch) -> Judge:
    return make_judge(one_kind, monkeypatch)
