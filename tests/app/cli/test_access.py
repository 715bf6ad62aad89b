"""`modulo access`: real commands, a real service, and what it refuses to listen on."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from app.cli.main import app
from tests.app.durable.conftest import Replica


def modulo(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )


def invoke(*arguments):
    return CliRunner().invoke(app, ["access", *arguments])


def test_a_key_is_shown_once_listed_and_revoked(tmp_path):
    made = invoke("new", "--name", "ann", "--tokens-per-day", "100", "--rate", "60")
    token = made.stdout.strip()
    assert re.fullmatch(r"mdl_[0-9a-f]{12}_[0-9a-f]{64}", token)
    assert token not in made.stderr
    listed = invoke("list", "--json")
    (row,) = json.loads(listed.stdout)
    assert token.startswith(row["id"])
    assert token.rpartition("_")[2] not in listed.stdout
    assert (row["tenant"], row["scopes"], row["per_day"]["tokens"]) == (
        "ann",
        ["solve", "check"],
        100,
    )
    assert invoke("revoke", row["id"]).exit_code == 0
    assert "revoked" in invoke("list").stdout
    secret = token.rpartition("_")[2].encode()
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert files
    assert not [file for file in files if secret in file.read_bytes()]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("new", "--name", "a b"), 2, "`name`"),
        (("new", "--name", "a", "--scope", "slove"), 2, "did you mean `solve`?"),
        (("new", "--name", "a", "--runs-per-day", "0"), 2, "`per_day.runs`"),
        (("new", "--name", "a", "--days", "1e30"), 2, "cannot be made"),
        (("new", "--name", "a", "--days", "nan"), 2, "cannot be made"),
        (("revoke", "mdl_0"), 30, "there is no key"),
    ],
)
def test_what_cannot_be_done_is_said(arguments, code, said):
    done = invoke(*arguments)
    assert isinstance(done.exception, SystemExit)
    assert done.exit_code == code
    assert said in done.stderr


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])  # noqa: S104  # refused
def test_an_open_service_without_keys_is_refused(host):
    done = modulo("serve", MODULO_HOST=host, MODULO_PORT="0")
    assert done.returncode == 30
    assert "requests need no API key" in done.stderr
    assert "MODULO_SECURITY__ALLOW_ANONYMOUS=true" in done.stderr


def files_of(process):
    """List the files that a process holds open."""
    return list(map(os.readlink, Path(f"/proc/{process}/fd").iterdir()))


async def test_a_service_beside_the_commands_keeps_its_database():
    """Keys are made and revoked beside a running service, which must lose nothing by that."""
    token = modulo("access", "new", "--name", "ann", "--scope", "admin").stdout.strip()
    settings = {"MODULO_HOST": "0.0.0.0", "MODULO_PORT": "0"}  # noqa: S104  # keys are needed
    quiet = {"MODULO_UPSTREAM__DISCOVER": "false", "MODULO_UPSTREAM__EMBEDDED": "false"}
    replica = await Replica({**settings, **quiet}).start()
    try:
        port = str(replica.client.base_url).rsplit(":", 1)[1].strip("/")
        url = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(base_url=url, timeout=60) as http:
            assert (await http.get("/runs")).status_code == 401
            login = {"x-api-key": token}
            assert (await http.get("/runs", headers=login)).status_code == 200
            runs = await asyncio.to_thread(
                modulo, "runs", "list", "--url", url, MODULO_API_KEY=token
            )
            assert runs.returncode == 0
            second = (await asyncio.to_thread(modulo, "access", "new", "--name", "bob")).stdout
            bob = {"x-api-key": second.strip()}
            assert (await http.get("/runs", headers=bob)).status_code == 200
            await asyncio.to_thread(modulo, "access", "revoke", second[:16])
            async with asyncio.timeout(60):
                while (await http.get("/runs", headers=bob)).status_code != 401:  # noqa: ASYNC110  # no event crosses processes
                    await asyncio.sleep(0.1)
            files = files_of(replica.process.pid)
            assert any("modulo.db-wal" in file for file in files)
            assert not [file for file in files if "modulo.db" in file and "(deleted)" in file]
    finally:
        await replica.end(signal.SIGTERM)
