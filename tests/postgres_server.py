"""A real PostgreSQL server for tests, in a folder of its own and on a unix socket."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest

DEBIAN = Path("/usr/lib/postgresql")
QUICK = ("fsync=off", "full_page_writes=off")
"""Nobody pulls the plug here: what is tested is the death of processes. Commits stay synchronous,
or a server that is stopped at once would forget some that it had confirmed."""
SETTINGS = ("listen_addresses=", "max_connections=200", *QUICK)
READY_S = 120


def find_programs() -> Path | None:
    """Find the folder of `initdb` and `postgres`."""
    named = shutil.which("initdb")
    found = [Path(named).resolve().parent] if named else []
    found += sorted(DEBIAN.glob("*/bin"), reverse=True)
    return next((folder for folder in found if (folder / "postgres").exists()), None)


class PostgresServer:
    """A server; every test gets a database of its own."""

    def __init__(self, folder: Path, programs: Path, user: str | None) -> None:
        self.folder, self._programs, self._user = folder, programs, user
        self._names = count()
        self._process: subprocess.Popen[bytes] | None = None

    def initialise(self) -> None:
        """Make the files; root may not run a server, so another user does."""
        self._run("initdb", "-D", str(self.folder / "data"), "-U", "postgres", "--no-sync")

    def start(self) -> None:
        """Start, and wait until it answers."""
        options = [part for setting in SETTINGS for part in ("-c", setting)]
        self._process = subprocess.Popen(
            [self._programs / "postgres", "-D", self.folder / "data", "-k", self.folder, *options],
            user=self._user,
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._run("pg_isready", "-q", "-h", str(self.folder), "-t", str(READY_S), retry=True)

    def stop(self) -> None:
        """Stop at once, as if the machine had lost its power."""
        assert self._process is not None
        self._process.send_signal(3)  # SIGQUIT, PostgreSQL's immediate shutdown
        self._process.wait(READY_S)

    def make_database(self) -> str:
        """Make a database, and give its URL."""
        name = f"runs_{next(self._names)}"
        self._run("createdb", "-h", str(self.folder), "-U", "postgres", name)
        return f"postgresql://postgres@/{name}?host={self.folder}"

    def _run(self, program: str, *arguments: str, retry: bool = False) -> None:
        command = [self._programs / program, *arguments]
        said = b""
        for _ in range(200 if retry else 1):
            done = subprocess.run(
                command, user=self._user, cwd=self.folder, capture_output=True, check=False
            )
            if not done.returncode:
                return
            said = done.stderr
        raise RuntimeError(f"{program}: {said.decode()}")


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """Run a server; without its programs the test is skipped, but never where `CI` is set."""
    programs = find_programs()
    if programs is None:
        reason = "no PostgreSQL: install Debian's `postgresql`, or put `initdb` on the path"
        assert not os.environ.get("CI"), reason
        pytest.skip(reason)
    folder = Path(tempfile.mkdtemp(prefix="modulo-pg-"))
    user = "postgres" if os.geteuid() == 0 else None
    try:
        if user is not None:
            shutil.chown(folder, user)
        server = PostgresServer(folder, programs, user)
        server.initialise()
        server.start()
        yield server
        server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A server that all tests share."""
    with running_postgres() as server:
        yield server
