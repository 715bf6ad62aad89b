"""Many runs at once on one process: none is lost, and memory stays within its bounds."""

import re
import subprocess
import sys

import pytest

from tests.app.durable.conftest import ROOT

MOST_MB = 300


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_five_hundred_runs_at_once(database):
    script = ROOT / "benchmarks" / "durable_rounds.py"
    command = [sys.executable, script, database, "--runs", "500", "--rounds", "5"]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, env={"PYTHONPATH": ROOT}
    )
    found = re.match(r"500 runs, 2500 rounds: .* at most (\d+) MB", done.stdout)
    assert found, done.stdout + done.stderr
    assert int(found[1]) < MOST_MB
