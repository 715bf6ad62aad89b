"""Profile `observe`: a real Prometheus reads our files, finds the service and counts its runs."""

import threading
import time

import pytest

from tests.docker.stack import SOON_S, Stack, started
from tests.docker.tea import REQUEST

pytestmark = [pytest.mark.docker, pytest.mark.timeout(1200)]

BETWEEN_S = 0.5


@pytest.fixture(scope="module")
def observed(tag):
    profiles, services = ["default", "observe"], ["api", "prometheus"]
    with started(Stack(tag, ["observe.yaml"], profiles, services)) as stack:
        yield stack


@pytest.fixture
def prometheus(observed):
    with observed.client("prometheus", 9090) as client:
        yield client


def value_of(prometheus, query: str) -> float:
    """Ask until there is a value; Prometheus scrapes every 15 seconds."""
    deadline = time.monotonic() + SOON_S
    while time.monotonic() < deadline:
        found = prometheus.get("/api/v1/query", params={"query": query}).json()["data"]["result"]
        if found:
            return float(found[0]["value"][1])
        threading.Event().wait(BETWEEN_S)
    raise AssertionError(f"no value of `{query}`")


def test_its_own_tool_finds_no_fault_in_the_configuration_and_the_rules(observed):
    check = ["promtool", "check", "config", "/etc/prometheus/prometheus.yml"]
    said = observed.compose("exec", "--no-TTY", "prometheus", *check)
    assert "SUCCESS: 9 rules found" in said


def test_it_finds_the_service_and_counts_its_runs(observed, prometheus):
    with observed.client("api") as client:
        assert client.post("/solve", json=REQUEST).json()["status"] == "certified"
    assert value_of(prometheus, 'up{job="llm-modulo"} == 1') == 1
    assert value_of(prometheus, 'llm_modulo_runs_total{domain="pddl",status="certified"}') == 1
    assert value_of(prometheus, 'sum(llm_modulo_certificates_total{domain="pddl"})') == 1


def test_every_alert_can_be_evaluated(prometheus):
    value_of(prometheus, 'up{job="llm-modulo"} == 1')
    deadline = time.monotonic() + SOON_S
    rules: list[dict] = []
    while time.monotonic() < deadline and {rule["health"] for rule in rules} != {"ok"}:
        groups = prometheus.get("/api/v1/rules").json()["data"]["groups"]
        rules = [rule for group in groups for rule in group["rules"]]
        threading.Event().wait(BETWEEN_S)
    assert {rule["health"] for rule in rules} == {"ok"}
    assert {rule["state"] for rule in rules if rule["name"] == "ModuloEnginesDisagree"} == {
        "inactive"
    }
