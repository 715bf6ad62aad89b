"""What the tests with a real engine share: the engine, and the image built once."""

import json
import shutil
import subprocess
from collections.abc import Iterator

import pytest

from tests.docker.stack import BALANCER, BUILD_S, DOCKER, ROOT, Stack, docker, started

TAG = "llm-modulo:test"
# Some engines, those without NAT for one, have no way out of a build but the host's network.
BUILD = ("build", "--network", "host", "--tag")


def engine_fault() -> str | None:
    """Say why no container can be run here."""
    if shutil.which(DOCKER) is None:
        return "no Docker engine: there is no `docker` on the path"
    for command in (["version", "--format", "{{.Server.Version}}"], ["compose", "version"]):
        done = subprocess.run(
            [DOCKER, *command], capture_output=True, text=True, timeout=30, check=False
        )
        if done.returncode:
            return f"no Docker engine: {(done.stderr.strip().splitlines() or ['?'])[-1]}"
    return None


@pytest.fixture(scope="session")
def image() -> dict:
    """Build the image from this checkout; gives what the engine knows of it."""
    fault = engine_fault()
    if fault is not None:
        pytest.skip(fault)
    file = str(ROOT / "docker" / "Dockerfile")
    options = ("--file", file, "--build-arg", "REVISION=test")
    docker(*BUILD, TAG, *options, str(ROOT), timeout_s=BUILD_S)
    return json.loads(docker("image", "inspect", TAG))[0]


@pytest.fixture(scope="session")
def tag(image: dict) -> str:
    """Name the image."""
    return image["RepoTags"][0]


@pytest.fixture(scope="module")
def demo(tag: str) -> Iterator[Stack]:
    """What `docker compose up` starts: one container, no key, a recording."""
    with started(Stack(tag)) as stack:
        yield stack


@pytest.fixture(scope="module")
def alone(tag: str) -> Iterator[Stack]:
    """One container that asks a model, of which the tests say what it answers."""
    with started(Stack(tag, ["upstream.yaml"])) as stack:
        yield stack


@pytest.fixture(scope="module")
def cluster(tag: str) -> Iterator[Stack]:
    """Two replicas, PostgreSQL and the balancer, and the same model."""
    docker(*BUILD, BALANCER, str(ROOT / "docker" / "balancer"), timeout_s=BUILD_S)
    with started(Stack(tag, ["upstream.yaml", "cluster.yaml"], ["scale"])) as stack:
        yield stack
