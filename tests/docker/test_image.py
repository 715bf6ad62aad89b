"""The image: small, without tools to build or break in with, and not root's."""

import subprocess

import pytest

from tests.docker.stack import DOCKER, docker

pytestmark = [pytest.mark.docker, pytest.mark.timeout(1200)]

LARGEST = 450_000_000
"""Bytes, over everything, its base included."""


HARDENED = ("--read-only", "--network=none", "--cap-drop=ALL", "--tmpfs=/tmp")


@pytest.fixture
def run(tag):
    """Run a command in a container that can do nothing but run it."""

    def run(*command: str, program: str = "modulo-entrypoint") -> str:
        return docker("run", "--rm", *HARDENED, "--entrypoint", program, tag, *command)

    return run


def test_it_is_no_larger_than_promised(image):
    assert image["Size"] <= LARGEST


def test_nobody_in_it_is_root(image, run):
    assert image["Config"]["User"] == "10001:10001"
    assert run("-c", "id -u; id -g", program="sh").split() == ["10001", "10001"]


def test_it_says_what_it_is(image, run):
    labels = image["Config"]["Labels"]
    prefix = "org.opencontainers.image."
    assert labels[prefix + "title"] == "llm-modulo"
    assert labels[prefix + "licenses"] == "Apache-2.0"
    assert labels[prefix + "revision"] == "test"
    assert run("--version") == f"llm-modulo {labels[prefix + 'version']}"


def test_it_is_checked_and_keeps_its_data_on_a_volume(image):
    assert image["Config"]["Healthcheck"]["Test"][0] == "CMD"
    assert list(image["Config"]["Volumes"]) == ["/data"]


def test_no_compiler_no_cache_and_no_sources_are_left_in_it(run):
    found = "command -v cc gcc g++ make; find / -xdev -path '*/pip/http*' -print -quit; ls /build"
    assert run("-c", f"({found}) 2>/dev/null; true", program="sh") == ""


def test_its_user_can_change_nothing_of_what_it_runs(run):
    own = "find /opt /usr /etc -xdev \\( -user 10001 -o -perm -o+w \\) ! -type l | head -5"
    assert run("-c", own, program="sh") == ""


def test_a_plan_is_checked_by_one_command_without_a_network(run):
    example = "/opt/llm-modulo/examples/pddl/tea/"
    check = f"""printf '(fill kettle1)\\n' |
        modulo check pddl {example}domain.pddl {example}problem.pddl -; echo exit $?"""
    said = run("-c", check, program="sh")
    assert "rejected by pddl" in said
    assert said.endswith("exit 13")


def test_it_opens_nothing_to_the_network_without_keys(tag):
    done = subprocess.run(
        [DOCKER, "run", "--rm", *HARDENED, tag], capture_output=True, text=True, check=False
    )
    assert done.returncode == 30
    assert "requests need no API key" in done.stderr
