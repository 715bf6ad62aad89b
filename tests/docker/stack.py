"""A project of docker compose with a name of its own, on whatever ports are free."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex

import httpx

DOCKER = shutil.which("docker") or "docker"
ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
BALANCER = "llm-modulo-balancer:test"
PORTS = ("PUBLISH_PORT", "PROMETHEUS_PORT", "GRAFANA_PORT")
BUILD_S = 900.0
SOON_S = 120.0
"""Longer than anything here takes, also where many others use the machine."""


def docker(*arguments: str, check: bool = True, timeout_s: float = SOON_S) -> str:
    """Run the client; returns what it printed."""
    done = subprocess.run(
        [DOCKER, *arguments], capture_output=True, text=True, timeout=timeout_s, check=False
    )
    assert not check or done.returncode == 0, f"docker {arguments}\n{done.stdout}\n{done.stderr}"
    return done.stdout.strip()


@dataclass
class Stack:
    """Containers, volumes and networks that belong together."""

    image: str
    overrides: Sequence[str] = ()
    profiles: Sequence[str] = ()
    services: Sequence[str] = ()
    name: str = field(default_factory=lambda: f"modulo-test-{token_hex(4)}")

    def compose(self, *arguments: str, check: bool = True, timeout_s: float = SOON_S) -> str:
        """Run `docker compose`; returns what it printed."""
        files = [ROOT / "docker" / "compose.yaml", HERE / "clean.yaml"]
        files += [HERE / name for name in self.overrides]
        command = [DOCKER, "compose", "--project-name", self.name, "--ansi", "never"]
        command += [part for file in files for part in ("--file", str(file))]
        command += [part for profile in self.profiles for part in ("--profile", profile)]
        done = subprocess.run(
            [*command, *arguments],
            env=os.environ
            | dict.fromkeys(PORTS, "0")
            | {"IMAGE": self.image, "BALANCER_IMAGE": BALANCER},
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        if check and done.returncode:
            logs = "" if arguments[0] == "logs" else self.compose("logs", check=False)
            raise AssertionError(f"compose {arguments}: {done.stdout}\n{done.stderr}\n{logs}")
        return done.stdout.strip()

    def url(self, service: str, port: int = 8080) -> str:
        """Say where a service is reached from here."""
        return f"http://{self.compose('port', service, str(port))}"

    def client(self, service: str, port: int = 8080) -> httpx.Client:
        """Make a client of a service."""
        return httpx.Client(base_url=self.url(service, port), timeout=SOON_S, trust_env=False)

    def containers(self, service: str) -> list[str]:
        """List the ids of a service's containers that run."""
        return self.compose("ps", "--quiet", service).split()

    def run_python(self, service: str, program: str) -> str:
        """Run a program in a container of a service."""
        return self.compose("exec", "--no-TTY", service, "python", "-c", program)

    def remains(self) -> list[str]:
        """List what the engine still has of this project."""
        label = f"label=com.docker.compose.project={self.name}"
        kinds = (("container", "--all"), ("volume",), ("network",))
        asked = (docker(kind[0], "ls", *kind[1:], "-q", "--filter", label) for kind in kinds)
        return [line for printed in asked for line in printed.split()]


def address(container: str, network: str) -> str:
    """Say which address a container has in a network."""
    networks = json.loads(docker("inspect", "-f", "{{json .NetworkSettings.Networks}}", container))
    found: str = networks[network]["IPAddress"]
    return found


@contextmanager
def started(stack: Stack) -> Iterator[Stack]:
    """Start a stack as the documentation says, and remove it without a trace."""
    try:
        stack.compose("up", "--detach", "--wait", *stack.services, timeout_s=BUILD_S)
        yield stack
    finally:
        stack.compose("down", "--volumes", "--timeout", "10", check=False)
    assert stack.remains() == []
