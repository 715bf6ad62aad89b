"""The log of issued certificates: whatever is done to it shows."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.ids import new_id
from app.log import START, CertificateLog, LogError
from critics.certificate import Order, certify
from critics.domain import find_domain
from tests.critics.sealing import seal, signer

NOW = datetime(2026, 1, 2, tzinfo=UTC)
EXAMPLE = find_domain("smt").examples[0]
WRITER = """
import json, sys
from pathlib import Path
from app.log import CertificateLog
log = CertificateLog(Path(sys.argv[1]))
for line in sys.stdin:
    log.append(json.loads(line))
"""


def envelope():
    order = Order(id=new_id("cert"), issued_at=NOW, signer=signer())
    return seal(certify("smt", EXAMPLE.problem, EXAMPLE.good[0], order))


@pytest.fixture
def log(tmp_path):
    return CertificateLog(tmp_path / "deep" / "log.jsonl")


def fill(log, count=5):
    return [log.append(envelope()) for _ in range(count)]


def test_entries_follow_one_another(log):
    entries = fill(log)
    assert list(log.read()) == entries
    assert [entry.index for entry in entries] == [0, 1, 2, 3, 4]
    hashes = [START, *(entry.hash for entry in entries)]
    assert [entry.previous for entry in entries] == hashes[:-1]
    audit = log.audit()
    assert (audit.entries, audit.head, audit.intact) == (5, hashes[-1], True)
    for head in hashes:
        assert log.audit(head).intact


def test_an_empty_log_is_intact_and_a_missing_one_is_told(log):
    assert log.audit().fault == f"there is no log `{log.path}`"
    assert log.prepare() is None
    assert log.audit() == log.audit(START).__class__(0, START)


def test_a_certificate_is_found_by_its_id_only(log, tmp_path):
    held = envelope()
    entry = log.append(held)
    assert json.loads(log.find(entry.certificate)) == held
    (tmp_path / "secret.json").write_text("{}")
    for name in ("../../secret", "", "cert_", new_id("cert"), f"{entry.certificate}/"):
        assert log.find(name) is None


@pytest.mark.parametrize(
    "damage",
    [
        lambda lines: [lines[0], lines[2], lines[1], *lines[3:]],
        lambda lines: [*lines[:2], *lines[3:]],
        lambda lines: lines[1:],
        lambda lines: [lines[0], lines[0], *lines[1:]],
        lambda lines: [*lines[:-1], lines[-1].rstrip(b"\n")],
        lambda lines: [*lines, b"\n"],
        lambda lines: [*lines, b"{}\n"],
        lambda lines: [lines[0].replace(b'"index":0', b'"index":0.0'), *lines[1:]],
        lambda lines: [lines[0].replace(b'"at":"2', b'"at":"3'), *lines[1:]],
    ],
)
def test_reordering_deletion_and_insertion_show(log, damage):
    fill(log)
    head = log.audit().head
    lines = log.path.read_bytes().splitlines(keepends=True)
    log.path.write_bytes(b"".join(damage(lines)))
    audit = log.audit(head)
    assert not audit.intact
    assert audit.fault is not None


@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.floats(0, 1, exclude_max=True), st.integers(1, 255))
def test_no_byte_of_the_log_can_change_unnoticed(log, place, flip):
    if not log.path.exists():
        fill(log, 3)
    kept = log.path.read_bytes()
    changed = bytearray(kept)
    changed[int(place * len(kept))] ^= flip
    log.path.write_bytes(changed)
    try:
        assert not log.audit().intact
    finally:
        log.path.write_bytes(kept)


def test_a_cut_shows_to_whoever_remembers_the_head(log):
    entries = fill(log)
    lines = log.path.read_bytes().splitlines(keepends=True)
    log.path.write_bytes(b"".join(lines[:-1]))
    assert log.audit().intact
    assert not log.audit(entries[-1].hash).intact
    assert log.audit(entries[-2].hash).intact
    fill(log, 2)
    assert log.audit().intact
    assert not log.audit(entries[-1].hash).intact


def test_a_certificate_that_is_altered_or_gone_shows(log):
    entries = fill(log, 3)
    file = log.folder / f"{entries[1].certificate}.json"
    kept = file.read_bytes()
    held = json.loads(kept)
    sig = held["signatures"][0]["sig"]
    for content in (
        kept.replace(b"A", b"B", 1),
        kept.replace(sig.encode(), f"{sig[1:5]}{sig[4:]}".encode()),
        json.dumps({**held, "signatures": []}).encode(),
        b"",
        (log.folder / f"{entries[0].certificate}.json").read_bytes(),
    ):
        file.write_bytes(content)
        assert log.audit().fault == "the certificate of entry 1 was altered"
    file.unlink()
    assert log.audit().fault == "the certificate of entry 1 is missing"


def test_the_next_entry_removes_what_was_never_finished(log):
    entries = fill(log, 2)
    with log.path.open("ab") as file:
        file.write(b'{"at":"2026')
    assert "cut off" in log.audit().fault
    log.append(envelope())
    assert log.audit().intact
    assert list(log.read())[:2] == entries


def test_a_line_that_is_not_written_whole_is_no_entry(log, monkeypatch):
    entries = fill(log, 2)
    write = os.write
    with monkeypatch.context() as full:
        full.setattr(os, "write", lambda file, line: write(file, line[:40]))
        with pytest.raises(LogError, match="no space is left"):
            log.append(envelope())
    log.append(envelope())
    assert log.audit().intact
    assert list(log.read())[:2] == entries


def test_nothing_is_appended_to_what_cannot_be_read(log):
    fill(log, 1)
    log.path.write_bytes(b"junk\n")
    with pytest.raises(LogError):
        log.append(envelope())
    assert log.path.read_bytes() == b"junk\n"


def test_processes_take_turns(log):
    fill(log, 1)
    given_out = [[envelope() for _ in range(10)] for _ in range(4)]
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(log.path)],
            stdin=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
        )
        for _ in given_out
    ]
    for writer, envelopes in zip(writers, given_out, strict=True):
        writer.stdin.write("\n".join(map(json.dumps, envelopes)).encode())
        writer.stdin.close()
    assert [writer.wait(50) for writer in writers] == [0] * len(writers)
    audit = log.audit()
    assert (audit.entries, audit.intact) == (41, True)
