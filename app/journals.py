"""Journals: the console over exported journals, read-only.

The files are read once, at the start; nothing is asked, judged or stored, except where a person has
an answer checked or drawn.

Invariant: what a journal says is shown as what it says. Whoever wrote it may have lied; only the
certificate, proved again, tells.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from fastapi import FastAPI
from pydantic import ValidationError

from app.engine import RunPage, RunQuery, RunRecord, RunSpec, State, age, matches
from app.failures import ServiceError
from app.main import create_app
from app.protocol import SolveRequest, SolveResult
from app.settings import Settings
from backprompt.events import (
    Certified,
    Ended,
    Event,
    Formalized,
    InfeasibilityCertified,
    RunStarted,
)
from backprompt.journal import Journal
from critics.workers.pool import Pool

SOURCE = "journal"
SUFFIX = ".jsonl"
MOST_FILES = 2_000
MOST_BYTES = 200_000_000
"""Bytes of all files together."""


class Shelf:
    """An engine whose runs are all over: they are what the files tell."""

    def __init__(self, files: Iterable[Path]) -> None:
        """Read the files.

        Raises:
            ServiceError: `usage`: one of them is no journal.
        """
        self._journals: dict[str, Journal] = {}
        self._records: dict[str, RunRecord] = {}
        for file in files:
            journal = read_journal(file)
            name = (
                file.stem if file.stem not in self._records else f"{file.stem}-{len(self._records)}"
            )
            self._journals[name] = journal
            self._records[name] = record_of(name, journal, file)

    @property
    def running(self) -> int:
        """None ever is."""
        return 0

    async def queued(self) -> int:
        """None ever is."""
        return 0

    async def start(self, spec: RunSpec) -> RunRecord:
        """Refuse.

        Raises:
            ServiceError: `read-only`.
        """
        raise ServiceError("read-only", f"`{spec.id}` cannot be started: journals are only shown")

    async def get(self, run_id: str) -> RunRecord | None:
        """Find a run by the name of its file."""
        return self._records.get(run_id)

    async def list(self, query: RunQuery) -> RunPage:
        """List runs, the newest file first."""
        wanted = query.model_copy(update={"tenant": None})
        found = [record for record in self._records.values() if matches(record, wanted)]
        found.sort(key=age, reverse=True)
        names = [record.spec.id for record in found]
        if query.before in names:
            found = found[names.index(query.before) + 1 :]
        shown = tuple(found[: query.limit])
        more = len(found) > len(shown)
        return RunPage(runs=shown, next=shown[-1].spec.id if more else None)

    async def events(self, run_id: str, after: int = -1) -> AsyncIterator[Event]:
        """Yield a run's events."""
        journal = self._journals.get(run_id)
        for event in journal.events[after + 1 :] if journal else ():
            yield event

    async def wait(self, run_id: str) -> RunRecord:
        """Give a run: it is over."""
        return self._records[run_id]

    async def cancel(self, run_id: str) -> RunRecord | None:
        """Leave a run as it is."""
        return self._records.get(run_id)

    async def delete(self, run_id: str) -> bool:  # noqa: ARG002  # part of the protocol
        """Delete nothing."""
        return False

    async def recover(self) -> int:
        """Find nothing to take up."""
        return 0

    def stop(self) -> None:
        """Have nothing to stop."""

    async def aclose(self) -> None:
        """Hold nothing."""


def serve_journals(
    files: Sequence[Path], settings: Settings, *, pool: Pool | None = None
) -> FastAPI:
    """Make an application that shows journals.

    Args:
        files: The journals.
        settings: How it is served; nobody is asked whatever they say.
        pool: Use these workers for drawings and checks.

    Raises:
        ServiceError: `usage`: a file is no journal.
    """
    shelf = Shelf(files)
    app = create_app(settings, pool=pool)
    app.state.service.engine = shelf
    return app


def find_journals(place: Path) -> Sequence[Path]:
    """Find the journals of a folder, or take one file.

    Raises:
        ServiceError: `usage`: there is none, or they are too much to read.
    """
    try:
        found = sorted(place.rglob(f"*{SUFFIX}")) if place.is_dir() else [place]
        found = [file for file in found if file.is_file()]
        size = sum(file.stat().st_size for file in found)
    except OSError as error:
        raise ServiceError("usage", f"`{place}` cannot be read: {error.strerror}") from error
    if not found:
        raise ServiceError("usage", f"there is no journal (`*{SUFFIX}`) at `{place}`")
    if len(found) > MOST_FILES or size > MOST_BYTES:
        detail = f"`{place}` holds {len(found):,} journals of {size:,} bytes together"
        raise ServiceError("usage", detail, help=["name a folder below it, or one file"])
    return found


def read_journal(file: Path) -> Journal:
    """Read a journal as `modulo solve --journal` writes it.

    Raises:
        ServiceError: `usage`: it is none.
    """
    try:
        journal = Journal.load(file.read_text("utf-8").splitlines())
    except OSError as error:
        raise ServiceError("usage", f"`{file}` cannot be read: {error.strerror}") from error
    except ValidationError as error:
        fault = error.errors()[0]["msg"]
        raise ServiceError("usage", f"`{file}` is no journal: {fault}") from error
    except UnicodeDecodeError as error:
        raise ServiceError("usage", f"`{file}` is no journal: it is not UTF-8") from error
    if not isinstance(next(iter(journal.events), None), RunStarted | Formalized):
        raise ServiceError("usage", f"`{file}` is no journal: it does not begin with a run")
    return journal


def record_of(name: str, journal: Journal, file: Path) -> RunRecord:
    """Describe the run that a journal tells of."""
    begun = next((event for event in journal.events if isinstance(event, RunStarted)), None)
    if begun is None:
        raise ServiceError("usage", f"`{file}` tells of no run")
    made = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    ended = journal.ended
    spec = RunSpec(
        id=name,
        request=SolveRequest(domain=begun.task.domain, problem=begun.task.problem),
        task=begun.task,
        strategy=begun.strategy,
        budget=begun.budget,
        created_at=made,
        source=SOURCE,
    )
    state: State = ended.status.value if ended else "failed"
    result = _result(name, begun, journal, ended) if ended else None
    return RunRecord(
        spec=spec,
        state=state,
        ended_at=made,
        usage=ended.usage if ended else begun.task.spent,
        result=result,
        failure=None if ended else "the journal stops before the run's end",
    )


def _result(name: str, begun: RunStarted, journal: Journal, ended: Ended) -> SolveResult:
    certificates = [
        event.certificate
        for event in journal.events
        if isinstance(event, Certified | InfeasibilityCertified)
    ]
    return SolveResult(
        id=name,
        status=ended.status.value,
        certified=False,  # by this process nothing is; the certificate tells
        certificate=certificates[-1] if certificates else None,
        rounds=ended.usage.rounds,
        usage=ended.usage,
        budget=begun.budget,
        reason=ended.reason,
        upstream="replay",
        elapsed_s=ended.at,
    )
