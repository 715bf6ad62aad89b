"""The example packages, installed as a third party would install them, used through `modulo`."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLUGINS = ROOT / "examples" / "plugins"
PARTY = {
    "tables": {"window": 2, "door": 2},
    "guests": ["Ann", "Bob", "Cy"],
    "apart": [["Ann", "Bob"]],
}
WORDS = {"match": ["cat", "cut"], "reject": ["coat"]}


def install(package: Path, target: Path) -> None:
    """Build and install without an index, as on a machine without a network."""
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps"),
            *("--no-build-isolation", "--disable-pip-version-check", "--target", str(target)),
            str(package),
        ],
        check=True,
        timeout=150,
    )


def modulo(site: Path, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("MODULO_")}
    return subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        input=given,
        env={**kept, "PYTHONPATH": f"{site}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )


def verdicts(site: Path, domain: str, problem: dict, *answers: str) -> list[str]:
    lines = [{"domain": domain, "problem": problem, "answer": answer} for answer in answers]
    done = modulo(site, "check", "--jsonl", given="\n".join(map(json.dumps, lines)))
    return [json.loads(line)["verdict"] for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def seating(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("seating")
    shutil.copytree(PLUGINS / "seating", folder / "source")
    install(folder / "source", folder / "site")
    return folder / "site"


@pytest.fixture(scope="module")
def regex(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, subprocess.Popen[str]]]:
    node = shutil.which("node")
    if node is None:
        pytest.skip("no `node`: the critic in another language cannot run")
    folder = tmp_path_factory.mktemp("regex")
    shutil.copytree(PLUGINS / "regex", folder / "source")
    with subprocess.Popen(
        [node, str(folder / "source" / "server.mjs")],
        env={"PORT": "0", "PATH": os.environ["PATH"]},
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        address = server.stdout.readline().split()[-1]
        service = folder / "source" / "src" / "regex_domain" / "service.json"
        service.write_text(json.dumps({"url": f"http://{address}/judge"}))
        install(folder / "source", folder / "site")
        yield folder / "site", server
        server.kill()


def test_a_package_adds_a_domain(seating: Path) -> None:
    assert "seating" in modulo(seating, "domains").stdout
    checked = modulo(seating, "domains", "check", "seating")
    assert checked.returncode == 0, checked.stdout
    assert checked.stdout.startswith("seating 1: ok")


def test_its_answers_are_judged(seating: Path) -> None:
    good = 'Here: {"window": ["Ann", "Cy"], "door": ["Bob"]}'
    clash = '{"window": ["Ann", "Bob"], "door": ["Cy"]}'
    assert verdicts(seating, "seating", PARTY, good, clash) == ["accepted", "rejected"]


def test_its_own_tests_pass(seating: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", str(seating.parent / "source")],
        env={**os.environ, "PYTHONPATH": f"{seating}{os.pathsep}{ROOT}"},
        cwd=seating,
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_a_critic_in_another_language_judges(regex) -> None:
    site, _ = regex
    checked = modulo(site, "domains", "check", "regex")
    assert checked.returncode == 0, checked.stdout
    answers = ("Use /^c[au]t$/.", "/c/", "/^(a+)+$/")
    assert verdicts(site, "regex", WORDS, *answers) == ["accepted", "rejected", "rejected"]


def test_an_expression_that_takes_too_long_is_unknown(regex) -> None:
    site, _ = regex
    slow = {"match": ["a" * 40 + "b"]}
    assert verdicts(site, "regex", slow, "/^(a+)+$/") == ["unknown"]


def test_a_service_that_is_gone_is_unknown(regex, tmp_path: Path) -> None:
    shutil.copytree(regex[0], tmp_path / "site")
    service = tmp_path / "site" / "regex_domain" / "service.json"
    service.write_text('{"url": "http://127.0.0.1:1/judge"}')
    assert verdicts(tmp_path / "site", "regex", WORDS, "/^c[au]t$/") == ["unknown"]
