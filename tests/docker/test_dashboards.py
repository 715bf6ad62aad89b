"""Dashboard and alerts: every metric that they name is one that the service has."""

import json
import re
from collections.abc import Iterator

import pytest
import yaml

from app.telemetry.metrics import Circuit, Levels, Metrics, Workers
from tests.docker.stack import ROOT

DOCKER = ROOT / "docker"
DASHBOARD = json.loads((DOCKER / "grafana/dashboards/llm-modulo.json").read_text("utf-8"))
ALERTS = yaml.safe_load((DOCKER / "prometheus/alerts.yml").read_text("utf-8"))
SCRAPES = yaml.safe_load((DOCKER / "prometheus/prometheus.yml").read_text("utf-8"))
COMPOSE = yaml.safe_load((DOCKER / "compose.yaml").read_text("utf-8"))
OF_PROMETHEUS = {"up"}
NAME = re.compile(r"\b(up|(?:llm_modulo|gen_ai|process|python)_[a-z0-9_]+)\b")
SELECTED = re.compile(r"\b((?:llm_modulo|gen_ai)_[a-z0-9_]+)\{([^}]*)\}")
BY = re.compile(r"\bby \(([^)]*)\)")
OF_A_SCRAPE = {"instance", "job", "le"}


def rules() -> list[dict]:
    return [rule for group in ALERTS["groups"] for rule in group["rules"]]


def panels() -> list[dict]:
    return [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


def expressions() -> Iterator[tuple[str, str]]:
    yield from ((rule["alert"], rule["expr"]) for rule in rules())
    for panel in panels():
        yield from ((panel["title"], target["expr"]) for target in panel["targets"])


def samples() -> dict[str, set[str]]:
    """List what one scrape can hold: the names of its samples, and their labels."""
    workers, circuit = Workers(0, 0, {"worker-killed": 1}), Circuit(0, 0, 0, 0)
    levels = Levels({"runs": 0}, 0, {"critics": workers}, {"m": circuit}, 0.0)
    found: dict[str, set[str]] = {}
    metrics = Metrics(lambda: levels)
    for value in vars(metrics).values():
        if getattr(value, "_labelnames", ()):
            value.labels(*value._labelnames)
    for family in metrics.registry.collect():
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


@pytest.mark.parametrize(("where", "expression"), list(expressions()))
def test_every_metric_and_label_is_one_of_the_services(where, expression):
    known = samples()
    named = set(NAME.findall(expression)) - OF_PROMETHEUS
    assert named <= set(known), where
    labels = OF_A_SCRAPE.union(*(known[name] for name in named))
    for name, selected in SELECTED.findall(expression):
        assert set(re.findall(r"(\w+)\s*[=!]", selected)) <= known[name], where
    grouped = {label for found in BY.findall(expression) for label in re.split(r",\s*", found)}
    assert grouped <= labels, where


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_an_alert_says_how_bad_it_is_and_what_to_do(rule):
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert set(rule["annotations"]) == {"summary", "description"}


def test_panels_have_titles_of_their_own_and_do_not_overlap():
    titles = [panel["title"] for panel in panels()]
    assert len(set(titles)) == len(titles)
    cells = [
        (x, y)
        for panel in DASHBOARD["panels"]
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < 24


def test_panels_ask_the_source_that_is_set_up():
    sources = yaml.safe_load(
        (DOCKER / "grafana/provisioning/datasources/prometheus.yaml").read_text("utf-8")
    )["datasources"]
    asked = {target["datasource"]["uid"] for panel in panels() for target in panel["targets"]}
    assert asked == {source["uid"] for source in sources}
    assert [source["url"] for source in sources] == ["http://prometheus:9090"]
    assert "prometheus" in COMPOSE["services"]


def test_the_files_lie_where_the_containers_look_for_them():
    mounted = {
        target: (DOCKER / source).resolve()
        for service in ("prometheus", "grafana")
        for source, target in (
            volume.split(":")[:2] for volume in COMPOSE["services"][service]["volumes"]
        )
        if source.startswith("./")
    }
    assert all(path.is_dir() for path in mounted.values())
    named = {file.rpartition("/") for file in SCRAPES["rule_files"]}
    assert all((mounted[folder] / name).is_file() for folder, _, name in named)
    provider = DOCKER / "grafana/provisioning/dashboards/llm-modulo.yaml"
    [found] = yaml.safe_load(provider.read_text("utf-8"))["providers"]
    home = COMPOSE["services"]["grafana"]["environment"][
        "GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"
    ]
    assert home == f"{found['options']['path']}/llm-modulo.json"
    assert (mounted[found["options"]["path"]] / "llm-modulo.json").is_file()


def test_prometheus_finds_every_container_by_the_name_that_the_network_gives_it():
    [job] = SCRAPES["scrape_configs"]
    [found] = job["dns_sd_configs"]
    for service in ("api", "replica"):
        assert COMPOSE["services"][service]["networks"]["back"]["aliases"] == found["names"]
