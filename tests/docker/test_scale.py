"""Profile `scale`: replicas behind a balancer, of which any may die."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import openai
import pytest

from tests.docker.stack import SOON_S, Stack, address, docker
from tests.docker.tea import COLD, COLDER, PLAN, REQUEST, fenced

pytestmark = [pytest.mark.docker, pytest.mark.timeout(1200)]

ALIVE = "SELECT count(*) FROM modulo_members WHERE seen > extract(epoch FROM clock_timestamp()) - 8"
"""Counts the replicas that were seen within the lease, which upstream.yaml sets."""
SHOW_KEYS = ("modulo", "keys", "show", "--json")
CHECK = {"domain": "pddl", "problem": REQUEST["problem"], "answer": PLAN, "exact": True}


@pytest.fixture
def model(cluster):
    with cluster.client("upstream", 9000) as client:
        yield client


@pytest.fixture
def service(cluster):
    with cluster.client("balancer") as client:
        yield client


def asked_by(cluster: Stack, call: dict) -> str:
    """Find the replica that made a call."""
    network = f"{cluster.name}_front"
    found = [c for c in cluster.containers("replica") if address(c, network) == call["from"]]
    assert len(found) == 1
    return found[0]


def start(service: httpx.Client) -> str:
    """Start a run that goes on by itself; returns where it is found."""
    response = service.post("/solve", json=REQUEST, headers={"prefer": "respond-async"})
    assert response.status_code == 202
    return response.headers["location"]


def end_of(service: httpx.Client, where: str) -> dict:
    """Wait for the end of a run."""
    with service.stream("GET", f"{where}/events") as events:
        for _ in events.iter_lines():
            pass
    return service.get(where).json()


@contextmanager
def without(cluster: Stack, how: list[str], container: str) -> Iterator[None]:
    """End a replica in some way, and bring it back afterwards."""
    docker(*how, container)
    try:
        yield
    finally:
        docker("start", container)
        cluster.compose("up", "--detach", "--wait")


def test_replicas_share_the_work_and_the_signing_key(cluster, service, model):
    model.post("/tell", json={"answers": [fenced(PLAN)]})
    asked: set[str] = set()
    deadline = time.monotonic() + SOON_S
    while len(asked) < 2 and time.monotonic() < deadline:  # the balancer finds them one by one
        answer = service.post("/solve", json=REQUEST).json()
        # The balancer takes turns, so the other replica is asked for the run.
        assert service.get(f"/runs/{answer['id']}").json()["state"] == "certified"
        assert service.post("/check", json=CHECK).json()["verdict"] == "accepted"
        asked = {call["from"] for call in model.get("/seen").json()["calls"]}
    assert len(asked) == 2
    shown = [docker("exec", found, *SHOW_KEYS) for found in cluster.containers("replica")]
    assert [len(json.loads(keys)) for keys in shown] == [1, 1]
    assert shown[0] == shown[1]
    log = cluster.compose("exec", "--no-TTY", "replica", "modulo", "log", "verify")
    assert log.startswith("intact: ")
    assert not log.startswith("intact: 0 ")


def test_a_run_whose_replica_is_killed_ends_on_another_one(cluster, service, model):
    model.post("/tell", json={"answers": [fenced(COLD), fenced(PLAN)], "hold_at": 2})
    where = start(service)
    assert model.get("/held").json()["held"]
    first = model.get("/seen").json()["calls"][0]
    with without(cluster, ["kill", "--signal", "KILL"], asked_by(cluster, first)):
        run = end_of(service, where)
    calls = model.get("/seen").json()["calls"]
    assert run["state"] == "certified"
    assert run["result"]["answer"] == PLAN
    # The answer that had been paid for is not asked for again; the call cut off is.
    assert len(calls) == 3
    assert calls[2]["from"] != first["from"]


def test_a_replica_that_is_stopped_hands_its_run_over(cluster, service, model):
    model.post("/tell", json={"answers": [fenced(COLD), fenced(PLAN)], "hold_at": 2})
    where = start(service)
    assert model.get("/held").json()["held"]
    container = asked_by(cluster, model.get("/seen").json()["calls"][0])
    with without(cluster, ["stop", "--time", "60"], container):
        code = docker("inspect", "-f", "{{.State.ExitCode}}", container)
        database = ["exec", "--no-TTY", "postgres", "psql", "-U", "modulo", "-At", "-c", ALIVE]
        alive = cluster.compose(*database)
        run = end_of(service, where)
    assert code in {"0", "143"}
    assert int(alive) <= 1  # who was stopped has left; the other one may just be slow
    assert run["state"] == "certified"
    assert len(model.get("/seen").json()["calls"]) == 3


def test_the_balancer_passes_events_on_as_they_happen(service, model):
    model.post("/tell", json={"answers": [fenced(COLD), fenced(PLAN)], "hold_at": 2})
    seen: list[str] = []
    accept = {"accept": "text/event-stream"}
    with service.stream("POST", "/solve", json=REQUEST, headers=accept) as response:
        for line in response.iter_lines():
            if line.startswith("event: "):
                seen.append(line.removeprefix("event: "))
            if line == "event: judged" and not model.get("/seen").json()["calls"][1:]:
                assert model.get("/held").json()["held"]
            if seen.count("round-started") == 2 and seen[-1] == "round-started":
                model.post("/release", json={})
    assert seen[-1] == "result"
    assert seen.count("judged") == 2


def test_a_client_that_hangs_up_cancels_its_run_through_the_balancer(service, model):
    model.post("/tell", json={"answers": [fenced(COLD)], "hold_at": 1})
    accept = {"accept": "text/event-stream"}
    with service.stream("POST", "/solve", json=REQUEST, headers=accept):
        assert model.get("/held").json()["held"]
        newest = service.get("/runs").json()["runs"][0]
    assert newest["state"] == "running"
    assert end_of(service, f"/runs/{newest['id']}")["state"] == "cancelled"


def test_no_request_fails_while_replicas_are_replaced(cluster):
    statuses: list[int] = []
    done = threading.Event()

    def ask() -> None:
        with cluster.client("balancer") as client:
            while not done.is_set():
                answer = client.post("/check", json=CHECK)
                statuses.append(answer.status_code)

    asking = threading.Thread(target=ask)
    asking.start()
    container = cluster.containers("replica")[0]
    try:
        docker("stop", "--time", "60", container)
        docker("start", container)
        cluster.compose("up", "--detach", "--wait")
    finally:
        done.set()
        asking.join(SOON_S)
    assert set(statuses) == {200}


def test_an_sdk_streams_through_the_balancer(cluster, model):
    model.post("/tell", json={"answers": [fenced(COLDER), fenced(PLAN)]})
    url = f"{cluster.url('balancer')}/v1"
    with openai.OpenAI(base_url=url, api_key="key-of-the-client") as client:
        stream = client.chat.completions.create(
            model="told",
            messages=[{"role": "user", "content": "Plan my tea."}],
            extra_body={"llm_modulo": REQUEST},
            stream=True,
        )
        text = "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)
    assert text == PLAN


def test_the_database_is_reached_from_inside_only(cluster):
    container = cluster.containers("postgres")[0]
    assert docker("port", container) == ""
    networks = json.loads(docker("inspect", "-f", "{{json .NetworkSettings.Networks}}", container))
    assert list(networks) == [f"{cluster.name}_back"]
    assert docker("network", "inspect", "-f", "{{.Internal}}", f"{cluster.name}_back") == "true"
