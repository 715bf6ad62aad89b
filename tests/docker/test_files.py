"""The files in docker/, as far as they can be judged without an engine."""

import re
import subprocess
import sys
import tomllib

import pytest

from app.settings import Settings, resolve
from app.upstreams import replay_choice
from tests.docker.configured import DOCKER, configure, read_env, read_yaml
from tests.docker.stack import ROOT

[COMPOSE] = read_yaml("compose.yaml")
SERVICES = COMPOSE["services"]
OURS = ("api", "replica")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
DOCKERFILE = (DOCKER / "Dockerfile").read_text("utf-8")
IGNORED = (ROOT / ".gitignore").read_text("utf-8").splitlines()
MOST_FILES = 20_000
"""An engine without CAP_SYS_RESOURCE cannot raise the limit of open files over this."""


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_is_shut_in(name):
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["read_only"] is True
    assert service["init"] is True
    assert "privileged" not in service
    assert "cap_add" not in service
    assert not any("docker.sock" in volume for volume in service.get("volumes", []))


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_has_limits(name):
    service = SERVICES[name]
    assert {"mem_limit", "cpus", "pids_limit", "tmpfs"} <= set(service)
    assert "oom_score_adj" not in service
    assert service.get("ulimits", {}).get("nofile", 0) <= MOST_FILES


def test_every_port_is_published_to_this_machine_alone():
    published = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_the_database_has_no_way_out_and_nothing_a_password():
    assert SERVICES["postgres"]["networks"] == ["back"]
    assert COMPOSE["networks"]["back"] == {"internal": True}
    values = [str(value) for service in SERVICES.values() for value in [service.get("environment")]]
    assert not any(re.search(r"PASSWORD|API_KEY|SECRET", value) for value in values)


def test_every_image_is_pinned_or_built():
    for name, service in SERVICES.items():
        default = re.fullmatch(r"\$\{\w+:-(.+):(.+)\}", service["image"])
        assert default, name
        assert default[2] != "latest", name
        assert (default[2] == "local") == ("build" in service), name


def test_every_service_has_a_profile_and_the_first_one_is_started_by_default():
    assert all(len(service["profiles"]) == 1 for service in SERVICES.values())
    assert read_env(".env") == {"COMPOSE_PROFILES": "default"}
    named = {service["profiles"][0] for service in SERVICES.values()}
    assert named == {"default", "scale", "observe"}


@pytest.mark.parametrize("name", OURS)
def test_the_demonstration_is_a_configuration_that_plays_a_recording(name, monkeypatch):
    variables = {**read_env("demo.env"), **SERVICES[name]["environment"]}
    settings = configure(monkeypatch, variables)
    monkeypatch.chdir(ROOT)
    assert replay_choice(settings.upstream).kind == "replay"
    assert settings.security.allow_anonymous


@pytest.mark.parametrize("name", OURS)
def test_the_example_of_own_settings_asks_a_model_and_wants_keys(name, monkeypatch):
    files = {**read_env("demo.env"), **read_env("modulo.env.example")}
    settings = configure(monkeypatch, {**files, **SERVICES[name]["environment"]})
    assert settings.upstream.replay is None
    assert settings.upstream.base_url is not None
    assert settings.upstream.api_key is None
    assert settings.security.auth == "keys"


def test_files_with_secrets_reach_neither_git_nor_the_builder():
    named = {file["path"] for name in OURS for file in SERVICES[name]["env_file"]}
    secret = named - {"demo.env"}
    assert secret == {"modulo.env", "postgres.env"}
    assert {f"docker/{name}" for name in secret} <= set(IGNORED)
    rules = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    kept = [rule[1:] for rule in rules if rule.startswith("!")]
    assert "*" in rules
    assert not {"docker", ".git", "."} & set(kept)


def test_the_image_is_built_from_what_is_pinned_and_needs_no_downloads_beside_it():
    assert not DOCKERFILE.startswith("# syntax")
    assert not re.search(r"\b(curl|wget|git clone)\b", DOCKERFILE)
    assert "PIP_CONSTRAINT=/build/constraints.txt" in DOCKERFILE
    assert f"ARG VERSION={PROJECT['version']}\n" in DOCKERFILE
    user = re.findall(r"^USER (.+)$", DOCKERFILE, re.MULTILINE)
    assert user == ["10001:10001"]


def test_everything_that_is_copied_into_the_image_is_there():
    copied = re.findall(r"^COPY (?!--from)(?:--\S+ )?(.+) \S+$", DOCKERFILE, re.MULTILINE)
    files = [name for found in copied for name in found.split()]
    assert files
    assert all((ROOT / name).exists() for name in files)


def list_requirements(extras: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "docker/requirements.py", extras]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_requirements_are_those_of_the_core_and_of_the_extras_asked_for():
    optional = PROJECT["optional-dependencies"]
    listed = list_requirements("durable, local").stdout.splitlines()
    assert listed == [*PROJECT["dependencies"], *optional["durable"], *optional["local"]]
    assert list_requirements("").stdout.splitlines() == PROJECT["dependencies"]


def test_an_unknown_extra_stops_the_build():
    done = list_requirements("durabel")
    assert done.returncode == 1
    assert "there is no extra `durabel`" in done.stderr


def test_the_balancer_neither_cuts_a_run_short_nor_pays_for_it_twice():
    lines = (DOCKER / "balancer/haproxy.cfg").read_text("utf-8").splitlines()
    settings = {line.strip() for line in lines}
    longest = 3600  # `caps.seconds`
    for side in ("client", "server"):
        [found] = [s for s in settings if s.startswith(f"timeout {side} ")]
        assert int(found.removeprefix(f"timeout {side} ").removesuffix("s")) > longest
    assert [s for s in settings if s.startswith("retry-on")] == ["retry-on conn-failure"]
    assert "option abortonclose" in settings
    assert not any("http-buffer-request" in s for s in settings)


def test_the_page_on_deploying_names_what_there_is():
    page = (ROOT / "docs" / "deploy.md").read_text("utf-8")
    made = {"docker/modulo.env", "docker/postgres.env", "docker/prometheus/metrics-key"}
    assert made <= set(IGNORED)
    paths = set(re.findall(r"\b(?:docker|examples)/[\w./-]*\w", page)) - made
    assert {path for path in paths if not (ROOT / path).exists()} == set()
    profiles = {service["profiles"][0] for service in SERVICES.values()}
    assert set(re.findall(r"--profile (\w+)", page)) == profiles
    switches = set(re.findall(r"^(?:export )?([A-Z_]+)=\S+(?: docker|$)", page, re.MULTILINE))
    compose = (DOCKER / "compose.yaml").read_text("utf-8")
    assert switches
    assert all(f"${{{switch}:-" in compose for switch in switches)
    settings = {name for name, _, _ in resolve(Settings())}
    named = set(re.findall(r"MODULO_[A-Z_]+", page))
    assert {n.removeprefix("MODULO_").replace("__", ".").lower() for n in named} <= settings
