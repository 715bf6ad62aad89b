"""Who is alive, and who takes over from whom."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from app.durable.location import locate, open_database
from app.durable.members import Members
from app.durable.outbox import claim_news
from app.durable.store import Store
from app.durable.tables import news

LEASE_S = 30.0


class Executions:
    """Runs, by who executes them."""

    def __init__(self, *executors: str) -> None:
        self.found = set(executors)
        self.taken: list[list[str]] = []

    def executors(self) -> set[str]:
        return self.found

    def take_over(self, dead: list[str]) -> int:
        self.taken.append(dead)
        self.found -= set(dead)
        return len(dead)


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def shared(postgres) -> Iterator[sa.Engine]:
    database = open_database(locate(postgres.make_database()))
    Store(database).prepare()
    yield database
    database.dispose()


def test_only_the_runs_of_the_dead_are_taken_over(shared):
    executions = Executions("me", "living", "dead")
    Members(shared, executions, "living", LEASE_S).join()
    me = Members(shared, executions, "me", LEASE_S)
    assert (me.beat(), me.beat()) == (1, 0)
    assert executions.taken == [["dead"]]


def test_who_leaves_is_dead_at_once(shared):
    executions = Executions("leaver")
    leaver, me = (Members(shared, executions, name, LEASE_S) for name in ("leaver", "me"))
    leaver.join()
    assert me.beat() == 0
    leaver.leave()
    assert me.beat() == 1


def test_who_was_frozen_takes_over_nothing_for_a_lease(shared):
    clock, executions = Clock(), Executions("dead")
    me = Members(shared, executions, "me", LEASE_S, clock)
    clock.now = LEASE_S
    frozen = me.beat()
    for beat in range(1, 6):
        clock.now = LEASE_S * (1 + beat / 6)
        frozen += me.beat()
    clock.now = LEASE_S * 2
    assert (frozen, me.beat()) == (0, 1)


def test_one_replica_takes_over_at_a_time(shared):
    executions = Executions("dead")
    me = Members(shared, executions, "me", LEASE_S)
    with shared.begin() as other:
        other.execute(sa.text("SELECT pg_advisory_xact_lock(7261032)"))
        assert me.beat() == 0
    assert me.beat() == 1


def test_slots_are_shared_and_the_dead_hold_none(shared):
    store = Store(shared)
    Members(shared, Executions(), "me", LEASE_S).join()
    leaver = Members(shared, Executions(), "leaver", LEASE_S)
    leaver.join()
    assert store.take_slot("model", "leaver/1", 2, LEASE_S)
    assert store.take_slot("model", "me/1", 2, LEASE_S)
    assert not store.take_slot("model", "me/2", 2, LEASE_S)
    assert store.take_slot("other", "me/2", 2, LEASE_S)
    store.give_slot("model", "me/1")
    assert store.take_slot("model", "me/3", 2, LEASE_S)
    leaver.leave()
    assert store.take_slot("model", "me/4", 2, LEASE_S)
    assert not store.take_slot("model", "me/5", 2, LEASE_S)


def test_only_what_the_dead_did_not_tell_is_told_by_others_and_once(shared):
    for name in ("me", "other", "living"):
        Members(shared, Executions(), name, LEASE_S).join()
    with shared.begin() as connection:
        rows = [{"run": f"of-{name}", "executor": name} for name in ("dead", "living", "me")]
        connection.execute(sa.insert(news), rows)
    assert sorted(claim_news(shared, "me", LEASE_S)) == ["of-dead", "of-me"]
    assert claim_news(shared, "other", LEASE_S) == []
