"""Publisher: writes the events of all runs of this process, many in one transaction.

What an event tells follows from what is stored of the run, so a crash before it is written loses
nothing: the run, played again, makes the same event again, and what was written already is only
compared.

Invariants:
    * An event is written only after everything it tells of is stored.
    * A reader sees an event only after it was written.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from sqlalchemy.exc import SQLAlchemyError

from app.durable.sequencer import ReplayMismatchError
from backprompt.events import Event
from backprompt.journal import Journal

logger = logging.getLogger("llm_modulo.runs")

WINDOW_S = 0.02
"""Seconds for which events are gathered into one transaction."""
Batch = list[tuple[str, Event]]


class Publication:
    """The events of one run that is executed here."""

    def __init__(
        self,
        run_id: str,
        journal: Journal,
        written: Sequence[Event],
        publish: Callable[[], None],
    ) -> None:
        """Follow a journal.

        Args:
            run_id: The run.
            journal: Its events, from the first on.
            written: What is written of it already.
            publish: Is called when there is something to write.
        """
        self.run_id = run_id
        self.is_held: Callable[[], bool] = bool
        """Says whether the loop was told something that is not stored yet."""
        self.closed = False
        self.grown = asyncio.Event()
        """Set, and replaced, when something was written."""
        self._written = written
        self._settled = asyncio.Event()
        self._settled.set()
        self._ready: list[Event] = []
        self._waiting: list[Event] = []
        self._publish = publish
        journal.subscribe(self._add)

    def close(self) -> None:
        """Publish nothing more: the run is not ours any longer."""
        self.closed = True
        self._ready, self._waiting = [], []

    def release(self) -> None:
        """Publish what was held."""
        self._ready += self._waiting
        self._waiting = []
        self._publish()

    def take(self, *, everything: bool = False) -> list[Event]:
        """Take what is to be written now."""
        taken, self._ready = self._ready, []
        if everything:
            taken, self._waiting = taken + self._waiting, []
        return taken

    def begin(self) -> list[Event]:
        """Take what is to be written now; `end` is called when it was, or could not be."""
        self._settled.clear()
        return self.take()

    def end(self) -> None:
        """Let go on who waits for what is being written."""
        self._settled.set()

    async def settle(self) -> None:
        """Wait until nothing of the run is just being written."""
        while not self._settled.is_set():
            await self._settled.wait()

    def give_back(self, taken: Sequence[Event]) -> None:
        """Write later what was taken."""
        if not self.closed:
            self._ready[:0] = taken
            self._publish()

    @property
    def ready(self) -> bool:
        """Say whether there is something to write."""
        return bool(self._ready)

    def wake(self) -> None:
        """Tell readers that something was written."""
        self.grown.set()
        self.grown = asyncio.Event()

    def _add(self, event: Event) -> None:
        if self.closed:
            return
        if event.seq < len(self._written):
            if self._written[event.seq].model_dump_json() != event.model_dump_json():
                self.close()
                raise ReplayMismatchError(f"event {event.seq} of `{self.run_id}` differs")
        elif self.is_held() or self._waiting:
            self._waiting.append(event)
        else:
            self._ready.append(event)
            self._publish()


class Publisher:
    """Writes what publications have ready."""

    def __init__(self, write: Callable[[Batch], Awaitable[None]]) -> None:
        """Write with a function."""
        self._write = write
        self.publications: dict[str, Publication] = {}
        self._due = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def open(self, run_id: str, journal: Journal, written: Sequence[Event]) -> Publication:
        """Follow a run."""
        publication = Publication(run_id, journal, written, self._due.set)
        self.publications[run_id] = publication
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        return publication

    def drop(self, publication: Publication) -> None:
        """Follow a run no longer."""
        publication.close()
        if self.publications.get(publication.run_id) is publication:
            del self.publications[publication.run_id]
        publication.wake()

    async def _run(self) -> None:
        while True:
            await self._due.wait()
            await asyncio.sleep(WINDOW_S)
            self._due.clear()
            if any(found.ready for found in self.publications.values()):
                await self._write_ready()

    async def _write_ready(self) -> None:
        ready = [found for found in self.publications.values() if found.ready]
        taken = [(found, found.begin()) for found in ready]
        try:
            await self._write([(found.run_id, event) for found, them in taken for event in them])
        except SQLAlchemyError as error:  # the database may be away for a while
            logger.warning("events are not written yet: %s", type(error).__name__)
            for found, them in taken:
                found.give_back(them)
            return
        finally:
            for found in ready:
                found.end()
        for found in ready:
            found.wake()

    async def aclose(self) -> None:
        """End."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
