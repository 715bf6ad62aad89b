"""A third party adds a domain in one file with an entry point; nothing else is needed."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "examples" / "domains" / "toy.py"

USER = """
from critics import find_domain
from critics.selftest import check_domain
from critics.workers.pool import with_pool

if __name__ == "__main__":
    report = check_domain(find_domain("toy"))
    problem = {"numbers": [2, 1]}
    judgements = [
        with_pool(lambda pool: pool.judge("toy", problem, text)) for text in ("1,2", "2,1")
    ]
    print(report.passed, *(judgement.verdict.value for judgement in judgements))
"""


def test_a_package_with_one_file_is_a_domain(packages: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", USER],
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{packages}"},
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert (run.stdout, run.stderr) == ("True accepted rejected\n", "")


def test_the_one_file_is_short_and_needs_nothing_but_the_public_names() -> None:
    lines = SOURCE.read_text(encoding="utf-8").splitlines()
    assert len([line for line in lines if line.strip()]) < 60
    imports = {line.split()[1] for line in lines if line.startswith(("from", "import"))}
    assert imports - set(sys.stdlib_module_names) - {"collections.abc"} == {"critics"}
