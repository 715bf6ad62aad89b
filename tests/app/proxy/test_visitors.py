"""What is remembered of requests is bounded, by number and by age."""

import pytest

from app.failures import ServiceError
from app.proxy import visitors as module
from app.proxy.visitors import Visitors, identify


class Engine:
    """Knows no run."""

    async def get(self, _run_id):
        return None


class Service:
    engine = Engine()


async def test_only_so_many_requests_are_remembered(monkeypatch):
    monkeypatch.setattr(module, "REMEMBERED", 3)
    visitors = Visitors()
    for number in range(20):
        caller = identify({}, "chat", str(number).encode())
        assert (await visitors.name_run(Service(), caller)).startswith("run_")
    assert len(visitors._latest) == 4


async def test_what_is_old_is_forgotten(monkeypatch):
    visitors = Visitors()
    monkeypatch.setattr(module.time, "monotonic", lambda: 0.0)
    await visitors.name_run(Service(), identify({}, "chat", b"1"))
    monkeypatch.setattr(module.time, "monotonic", lambda: module.MEMORY_S + 1)
    await visitors.name_run(Service(), identify({}, "chat", b"2"))
    assert len(visitors._latest) == 1


@pytest.mark.parametrize(
    ("headers", "retry"),
    [
        ({}, False),
        ({"x-stainless-retry-count": "0"}, False),
        ({"x-stainless-retry-count": ""}, False),
        ({"x-stainless-retry-count": "2"}, True),
    ],
)
def test_an_sdk_says_that_it_tries_again(headers, retry):
    assert identify(headers, "chat", b"").retry is retry


def test_who_asks_where_and_what_makes_a_request():
    callers = [
        identify({"authorization": "a"}, "chat", b"x"),
        identify({"authorization": "b"}, "chat", b"x"),
        identify({"x-api-key": "a"}, "chat", b"x"),
        identify({"authorization": "a"}, "responses", b"x"),
        identify({"authorization": "a"}, "chat", b"y"),
    ]
    assert len({caller.fingerprint for caller in callers}) == len(callers)
    assert not [caller for caller in callers if "authorization" in repr(caller)]


@pytest.mark.parametrize("key", ["", "k" * 256])
def test_a_key_that_is_none_is_refused(key):
    with pytest.raises(ServiceError, match="1 to 255"):
        identify({"idempotency-key": key}, "chat", b"")
