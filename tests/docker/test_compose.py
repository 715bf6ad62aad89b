"""`docker compose up`: a certified answer without a key, from a container that can do no harm."""

import json
import subprocess

import openai
import pytest

from tests.docker.stack import ROOT, SOON_S, Stack, docker, started
from tests.docker.tea import COLD, PLAN, REQUEST, fenced

pytestmark = [pytest.mark.docker, pytest.mark.timeout(1200)]

STATUS = """
import os, pathlib
lines = pathlib.Path("/proc/1/status").read_text().splitlines()
fields = dict(line.split(":\\t", 1) for line in lines)
print(fields["Uid"].split()[0], int(fields["CapEff"], 16), fields["NoNewPrivs"])
"""
WRITE = """
import sys
for path in ("/", "/opt/venv/", "/etc/", "/usr/local/bin/", "/data/"):
    try:
        open(path + "written", "w").close()
        print(path, "written")
    except OSError as error:
        print(path, error.errno)
"""

KILL = """
import os, pathlib, signal
commands = pathlib.Path("/proc").glob("[0-9]*/cmdline")
servers = [int(path.parent.name) for path in commands if b"modulo\\0serve" in path.read_bytes()]
for server in sorted(servers)[-1:]:
    os.kill(server, signal.SIGKILL)
"""


@pytest.fixture
def model(alone):
    with alone.client("upstream", 9000) as client:
        yield client


def curl(url: str) -> dict:
    """Ask as the README does."""
    said = ["-H", "content-type: application/json", "-d", "@examples/pddl/tea/request.json"]
    command = ["curl", "--silent", "--show-error", "--noproxy", "*", f"{url}/solve", *said]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=SOON_S, check=True
    )
    return json.loads(done.stdout)


def test_one_command_and_one_curl_give_a_certified_answer(demo):
    answer = curl(demo.url("api"))
    assert answer["status"] == "certified"
    assert answer["answer"] == PLAN
    assert answer["upstream"] == "replay"


def test_it_runs_as_nobody_without_any_capability(demo):
    assert demo.run_python("api", STATUS).split() == ["10001", "0", "1"]


def test_it_can_write_its_volume_and_its_scratch_folder_only(demo):
    read_only = ["/ 30", "/opt/venv/ 30", "/etc/ 30", "/usr/local/bin/ 30"]
    assert demo.run_python("api", WRITE).splitlines() == [*read_only, "/data/ written"]
    assert demo.run_python("api", "import tempfile; print(tempfile.TemporaryFile().write(b'x'))")


def test_it_is_published_to_this_machine_alone(demo):
    container = demo.containers("api")[0]
    bound = json.loads(docker("inspect", "-f", "{{json .NetworkSettings.Ports}}", container))
    addresses = [binding["HostIp"] for found in bound.values() for binding in found or []]
    assert addresses == ["127.0.0.1"]


def test_its_memory_processes_and_cores_are_limited(demo):
    shown = "{{.HostConfig.Memory}} {{.HostConfig.PidsLimit}} {{.HostConfig.NanoCpus}}"
    container = demo.containers("api")[0]
    assert all(int(limit) > 0 for limit in docker("inspect", "-f", shown, container).split())


def test_runs_key_and_log_outlive_the_container(tag):
    with started(Stack(tag)) as stack:
        with stack.client("api") as client:
            before = client.post("/solve", json=REQUEST).json()
            key = client.get("/keys").json()
        stack.compose("stop")
        gone = docker("ps", "--all", "--quiet", "--filter", f"name={stack.name}-api-1")
        assert docker("inspect", "-f", "{{.State.ExitCode}}", gone) in {"0", "143"}
        stack.compose("rm", "--force", "api")
        stack.compose("up", "--detach", "--wait")
        with stack.client("api") as client:
            assert client.get("/keys").json() == key
            run = client.get(f"/runs/{before['id']}").json()
            certificate = client.get(f"/runs/{before['id']}/certificate").json()
            question = {"certificate": certificate}
            verified = client.post("/certificates/verify", json=question).json()
        log = stack.compose("exec", "--no-TTY", "api", "modulo", "log", "verify")
    assert run["state"] == "certified"
    assert certificate == before["certificate"]
    assert (verified["outcome"], verified["signed"]) == ("verified", "trusted")
    assert log.startswith("intact: 1 certificates")


def test_the_openai_sdk_gets_a_certified_answer_of_a_model(alone, model):
    model.post("/tell", json={"answers": [fenced(COLD), fenced(PLAN)]})
    with openai.OpenAI(base_url=f"{alone.url('api')}/v1", api_key="key-of-the-client") as client:
        done = client.chat.completions.create(
            model="told",
            messages=[{"role": "user", "content": "Plan my tea."}],
            extra_body={"llm_modulo": REQUEST},
        )
    assert done.choices[0].message.content == PLAN
    assert done.model_extra["llm_modulo"]["certified"] is True
    calls = model.get("/seen").json()["calls"]
    assert [call["authorization"] for call in calls] == ["Bearer key-of-the-upstream"] * 2


def test_a_model_that_never_gets_it_right_gets_nothing_certified(alone, model):
    model.post("/tell", json={"answers": [fenced(COLD)]})
    with alone.client("api") as client:
        told = client.post("/solve", json={**REQUEST, "budget": {"rounds": 3}}).json()
    assert told["status"] == "exhausted"
    assert told["answer"] is None
    assert told["certificate"] is None


def test_a_process_that_crashes_is_started_again_and_its_run_goes_on(alone, model):
    model.post("/tell", json={"answers": [fenced(COLD), fenced(PLAN)], "hold_at": 2})
    with alone.client("api") as client:
        later = {"prefer": "respond-async"}
        where = client.post("/solve", json=REQUEST, headers=later).headers["location"]
        assert model.get("/held").json()["held"]
    alone.run_python("api", KILL)
    alone.compose("up", "--detach", "--wait")
    with alone.client("api") as client:
        with client.stream("GET", f"{where}/events") as events:
            assert "event: ended" in list(events.iter_lines())
        run = client.get(where).json()
    assert run["result"]["answer"] == PLAN
    assert len(model.get("/seen").json()["calls"]) == 3


def test_where_keys_are_needed_one_that_was_made_inside_opens_the_service(tag):
    with started(Stack(tag, ["keys.yaml"])) as stack:
        new = ["modulo", "access", "new", "--name", "me", "--scope", "solve", "--json"]
        with stack.client("api") as client:
            foreign = client.get("/healthz", headers={"host": "evil.example"}).status_code
            client.headers["host"] = "modulo.example"
            refused = client.post("/solve", json=REQUEST).status_code
            key = json.loads(stack.compose("exec", "--no-TTY", "api", *new))["key"]
            held = {"authorization": f"Bearer {key}"}
            answer = client.post("/solve", json=REQUEST, headers=held).json()
    assert (foreign, refused) == (421, 401)
    assert answer["status"] == "certified"
