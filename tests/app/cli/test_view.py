"""`modulo view`: a real process that shows recorded runs, and refuses what is none."""

import os
import subprocess
import sys
from pathlib import Path

import httpx

RECORDINGS = Path(__file__).parents[3] / "examples" / "recordings"
VIEW = [sys.executable, "-m", "app", "view"]
ENOUGH_S = 150


def test_a_recording_is_shown_until_it_is_interrupted() -> None:
    file = str(RECORDINGS / "tea.jsonl")
    with subprocess.Popen([*VIEW, file], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            said = process.stderr.readline()
            url = said.split(" at ")[1].split()[0]
            page = httpx.get(url, timeout=ENOUGH_S)
        finally:
            process.terminate()
            process.wait(ENOUGH_S)
    assert said.startswith("1 journal at http://127.0.0.1:")
    assert url.endswith("/console/runs/tea")
    assert (page.status_code, "Round 6" in page.text) == (200, True)


def test_what_is_no_journal_is_refused(tmp_path) -> None:
    (tmp_path / "x.jsonl").write_text("no", "utf-8")
    for place in (tmp_path, tmp_path / "none"):
        done = subprocess.run(
            [*VIEW, str(place)],
            capture_output=True,
            text=True,
            timeout=ENOUGH_S,
            check=False,
            env={**os.environ, "NO_COLOR": "1"},
        )
        assert done.returncode == 2
        assert "journal" in done.stderr
        assert "Traceback" not in done.stderr
