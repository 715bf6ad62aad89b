"""The commands of the README and of docs/ are executed, and print what the page says.

A block marked `console` holds commands (`$ …`) and what they print; `...` stands for the rest
of a line, and alone for any lines. A command that ends with `&` is a service: it gets a free port
instead of 8080. `make` targets are not run here (`.ci/run` does), only looked up. `# exits N`
names an exit code.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from app.settings import load_settings, resolve

ROOT = Path(__file__).parent.parent
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
FENCE = re.compile(r"^```console\n(.*?)^```", re.DOTALL | re.MULTILINE)
EXITS = re.compile(r"\s+# exits (\d+)$")


@dataclass
class Command:
    line: str
    expected: list[str]


def blocks(page: Path) -> list[str]:
    return FENCE.findall(page.read_text())


def commands(block: str) -> Iterator[Command]:
    current: Command | None = None
    for line in block.splitlines():
        if line.startswith("$ "):
            if current is not None:
                yield current
            current = Command(line[2:], [])
        elif current is not None and current.line.endswith("\\"):
            current.line = current.line[:-1].rstrip() + " " + line.strip()
        elif current is not None:
            current.expected.append(line)
    if current is not None:
        yield current


def matches(expected: list[str], printed: str) -> bool:
    parts = [
        "(?:.*\n)*?" if line.strip() == "..." else re.escape(line).replace(r"\.\.\.", ".*") + "\n"
        for line in expected
    ]
    lines = "".join(line.rstrip() + "\n" for line in printed.strip("\n").split("\n"))
    return re.fullmatch("".join(parts), lines) is not None


@dataclass
class Shell:
    """Runs one block's commands in a copy of what a clone holds."""

    folder: Path
    port: int
    service: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("MODULO_")}
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        return kept | {
            "PATH": path,
            "MODULO_PORT": str(self.port),
            "COLUMNS": "80",
            "XDG_DATA_HOME": str(self.folder / "data"),
        }

    def run(self, command: Command) -> None:
        line = command.line.replace("8080", str(self.port))
        if line.endswith("&"):
            self.serve(line[:-1].strip())
            return
        found = EXITS.search(line)
        line, code = (line[: found.start()], int(found[1])) if found else (line, 0)
        done = subprocess.run(
            ["/bin/bash", "-c", line],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=150,
            check=False,
        )
        printed = done.stdout.replace(str(self.port), "8080")
        assert done.returncode == code, f"$ {line}\nexit {done.returncode}\n{printed}"
        if command.expected:
            assert matches(command.expected, printed), f"$ {line}\nprinted:\n{printed}"

    def serve(self, line: str) -> None:
        self.service = subprocess.Popen(
            ["/bin/bash", "-c", f"exec env {line}"],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            try:
                httpx.get(f"http://127.0.0.1:{self.port}/healthz", timeout=60)
            except httpx.TransportError:
                assert self.service.poll() is None, f"`{line}` ended"
            else:
                return
        pytest.fail(f"`{line}` does not answer")

    def close(self) -> None:
        if self.service is not None:
            self.service.send_signal(signal.SIGTERM)
            self.service.wait(timeout=60)


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    shell = Shell(tmp_path, port)
    yield shell
    shell.close()


CASES = [
    pytest.param(block, id=f"{page.name}-{number}")
    for page in PAGES
    for number, block in enumerate(blocks(page), 1)
]


@pytest.mark.parametrize("block", CASES)
def test_commands_print_what_the_page_says(block: str, shell: Shell) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    ran = 0
    for command in commands(block):
        if command.line.startswith("make "):
            assert command.line.split()[1] in targets
        else:
            shell.run(command)
        ran += 1
    assert ran, "a `console` block without a command"


def test_a_page_that_promises_another_output_is_caught(shell: Shell) -> None:
    shell.run(Command("echo one; echo two; echo three", ["one", "...", "three"]))
    with pytest.raises(AssertionError, match="printed"):
        shell.run(Command("echo one", ["two"]))
    with pytest.raises(AssertionError, match="exit 3"):
        shell.run(Command("exit 3", []))


def test_every_link_between_pages_leads_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_every_setting_is_documented() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text()
    documented = set(re.findall(r"^\| `([a-z_.]+)` \|", page, re.MULTILINE))
    assert documented == {name for name, _, _ in resolve(load_settings())}


def test_the_page_on_domains_shows_the_example_file() -> None:
    page = (ROOT / "docs" / "domains.md").read_text()
    assert f"```python\n{(ROOT / 'examples/domains/toy.py').read_text()}```" in page
