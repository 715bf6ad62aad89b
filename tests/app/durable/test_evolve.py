"""Answers that get better, in runs that die at any moment: one story, and one set of choices."""

import asyncio
import random
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backprompt.effects import DirectKernel
from backprompt.evolve.options import EvolveOptions
from backprompt.strategy import Search, Strategy
from backprompt.task import Task
from backprompt.upstream import Completion, Request, Sampling
from critics.domain import find_domain
from critics.measurement import measure
from critics.objective import Aim
from tests.app.durable.conftest import SOON_S, cluster_of
from tests.app.durable.test_recorder import Disk, NoWorld, World, live
from tests.backprompt.evolve.colony import EVENS, ISSUED, SHOWN, listen, say
from tests.backprompt.toy import completion
from tests.upstream_server import Reply, UpstreamServer

SMT = find_domain("smt")
KERNEL = DirectKernel.of_domain(SMT, EVENS, certificate_id="cert_1", issued_at=ISSUED)
TASK = Task(
    domain="smt",
    problem=EVENS,
    prompt="Name an even number.",
    objective=Aim(name="value of x", sense="min"),
    sampling=Sampling(temperature=0.7, seed=3),
)
BRED = Strategy(search=Search.EVOLVE, n=2, evolve=EvolveOptions(islands=2, reset_every=2))


class Colony(World):
    """Effects over even numbers, with a model that listens."""

    async def generate(self, request: Request) -> Completion:
        self.asked[request.call] += 1
        await self._last()
        return completion(listen(request), tokens=3)

    async def extract(self, response: str) -> list[str]:
        await self._last()
        return list(await KERNEL.extract(response))

    async def judge(self, text: str):
        await self._last()
        return await KERNEL.judge(text)

    async def certify(self, judgement, provenance):
        await self._last()
        return await KERNEL.certify(judgement, provenance)

    async def measure(self, text: str) -> Fraction | None:
        await self._last()
        return measure(SMT, EVENS, text)


class NoColony(NoWorld):
    """Nobody to ask; answers can still be read."""

    extract = staticmethod(KERNEL.extract)


@settings(max_examples=15, deadline=None)
@given(deaths=st.lists(st.integers(1, 12), max_size=4), seed=st.integers(0, 10_000))
def test_a_run_that_dies_at_any_moment_gets_better_all_the_same(deaths, seed):
    disk = Disk(random.Random(seed))  # noqa: S311  # no secrets

    async def story():
        for dies_after in [*deaths, -1]:
            before = list(disk.events)
            outcome = await live(disk, Colony(disk.chance, {}), dies_after, BRED, TASK)
            assert disk.events[: len(before)] == before
            if outcome is not None:
                return outcome
        raise AssertionError("it never ended")

    outcome = asyncio.run(asyncio.wait_for(story(), SOON_S))
    values = [one.value for one in outcome.evolution.history]
    assert values == sorted(set(values), reverse=True)
    assert outcome.answer == say(int(values[-1]))
    played = Disk(disk.chance, dict(disk.steps), list(disk.events))
    again = asyncio.run(asyncio.wait_for(live(played, NoColony(), -1, BRED, TASK), SOON_S))
    assert again.evolution == outcome.evolution
    assert [event.model_dump_json() for event in played.events] == [
        event.model_dump_json() for event in disk.events
    ]


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_the_population_survives_its_process(database, tmp_path, plugins):
    held, answered, hold_at = asyncio.Event(), 0, 6

    def answer(body: dict) -> Reply:
        nonlocal answered
        shown = [int(value) for value in SHOWN.findall(body["messages"][0]["content"])]
        wait = held if answered == hold_at else None
        answered += 1
        return Reply(say(max(shown[-1] - 2, 0) if shown else 40), wait=wait)

    wishes = {
        "domain": "smt",
        "problem": EVENS,
        "budget": {"rounds": 10},
        "cache": False,
        "strategy": {"search": "evolve", "evolve": {"islands": 2, "reset_every": 3}},
    }
    lease = {"cluster__lease_s": "2", "cluster__attempts": "50"}
    server = UpstreamServer(default=answer)
    async with server, cluster_of(database, tmp_path, plugins) as cluster:
        replica = await cluster.start(server.base_url, **lease)
        run_id = await replica.solve(**wishes)
        async with asyncio.timeout(SOON_S):
            await server.holding.wait()
        await replica.end()
        replica = await cluster.start(server.base_url, **lease)
        async with asyncio.timeout(SOON_S):
            events = await replica.follow(run_id)
            run = await replica.show(run_id)
    assert run["state"] == "certified", run
    values = [int(one["value"]) for one in run["result"]["evolution"]["history"]]
    assert values == sorted(set(values), reverse=True)
    assert run["result"]["answer"] == say(values[-1])
    assert len(values) > 2
    assert 11 <= len(server.seen) <= 14  # those under way, once more; a busy machine loses leases
    assert [number for number, _ in events] == list(range(len(events)))
