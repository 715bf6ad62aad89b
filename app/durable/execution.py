"""Execution: one execution of a run, from what is stored of it to its end."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.durable.folding import fold, unfold
from app.durable.payment import Payment
from app.durable.publisher import Publication, Publisher
from app.durable.recorder import Recorder
from app.durable.sequencer import ReplayMismatchError, Stored
from app.durable.slots import Slots
from app.durable.store import PAGE, Store
from app.durable.workflows import OwnershipLostError, Workflows
from app.engine import Executable, MakeRun, RunRecord, State
from app.failures import ServiceError
from app.memory_engine import spent, utc_now
from app.protocol import SolveResult
from backprompt.effects import Effects, LiveEffects
from backprompt.events import Event, RunStarted
from backprompt.journal import Journal
from backprompt.upstream import Completion, Request

logger = logging.getLogger("llm_modulo.runs")

GIVEN_UP = "the process died each time that it executed the run, at the same point"
DIVERGED = "what is recorded of the run does not fit to this version of llm-modulo"


@dataclass(frozen=True, slots=True)
class Policy:
    """What all executions of a process share.

    Attributes:
        make_run: Builds what is executed.
        store: What is kept of runs.
        workflows: The engine.
        publisher: Writes events.
        slots: Bounds the calls to an upstream.
        executor: This process.
        attempts: Executions in a row that may end with the death of the process and no step done.
        call: Calls a function of the store in a thread.
        end: Notes how a run ended, with its last events.
        pace: Waits until there is time to begin something.
    """

    make_run: MakeRun
    store: Store
    workflows: Workflows
    publisher: Publisher
    slots: Slots
    executor: str
    attempts: int
    call: Callable[..., Awaitable[Any]]
    end: Callable[[RunRecord, Sequence[Event]], Awaitable[None]]
    pace: Callable[[], Awaitable[None]]


class Execution:
    """Executes a run, or goes on with it."""

    def __init__(self, policy: Policy, record: RunRecord) -> None:
        """Begin nothing yet."""
        self._policy, self._record = policy, record
        self._id = record.spec.id
        self._journal = Journal()

    async def run(self) -> None:
        """Execute the run to its end.

        Raises:
            asyncio.CancelledError: It was cancelled, which is noted; or this process ends.
        """
        policy = self._policy
        written = await self._read_events()
        self._journal.told = written[-1].seq + 1 if written else 0
        publication = policy.publisher.open(self._id, self._journal, written)
        run: Executable | None = None
        try:
            past = await self._read_past()
            if await policy.call(policy.store.attempts, self._id, len(past)) > policy.attempts:
                await self._end(publication, "failed", None, GIVEN_UP)
                return
            run = await policy.make_run(self._record.spec, self._journal)
            result = await self._drive(run, publication, written, past)
            failure = run.explain_failure() if result.status == "failed" else None
            await self._end(publication, result.status, result, failure)
        except OwnershipLostError as error:
            logger.warning("%s is executed elsewhere: %s", self._id, error)
        except ReplayMismatchError as error:
            logger.error("%s cannot be gone on with: %s", self._id, error)  # noqa: TRY400  # no fault of the code
            await self._end(publication, "failed", None, DIVERGED)
        except ServiceError as error:
            await self._end(publication, "failed", None, error.detail)
        except asyncio.CancelledError:
            if not publication.closed:
                await self._end(publication, "cancelled", run.cancelled() if run else None, None)
            raise
        finally:
            policy.publisher.drop(publication)

    async def _drive(
        self,
        run: Executable,
        publication: Publication,
        written: Sequence[Event],
        past: Mapping[int, Stored],
    ) -> SolveResult:
        policy = self._policy
        steps = policy.workflows.steps(self._id, self._keep, publication.close)
        begun = written[0] if written else None
        recorders: list[Recorder] = []

        def record(live: LiveEffects) -> Effects:
            payment = Payment(
                self._id,
                live,
                policy.store,
                slots=policy.slots,
                executor=policy.executor,
                call=policy.call,
            )

            async def pay(position: int, request: Request) -> Completion:
                await policy.pace()
                return await payment.make(position, request)

            recorder = Recorder(
                live,
                steps,
                past,
                clock=time.monotonic,
                pay=pay,
                upstream_name=begun.upstream if isinstance(begun, RunStarted) else None,
                saved=publication.release,
            )
            publication.is_held = lambda: recorder.unsaved
            recorders.append(recorder)
            return recorder

        try:
            return await run.execute(record)
        finally:
            for recorder in recorders:
                await recorder.aclose()

    async def _read_events(self) -> list[Event]:
        policy, found = self._policy, list[Event]()
        while True:
            after = found[-1].seq if found else -1
            page = await policy.call(policy.store.read_events, self._id, after)
            found += page
            if len(page) < PAGE:
                return found

    async def _read_past(self) -> dict[int, Stored]:
        """Read what is stored of the run."""
        policy = self._policy
        folded = await policy.workflows.past(self._id)
        texts = await policy.call(policy.store.read_texts, self._id, list(folded.values()))
        return {position: unfold(stored, texts) for position, stored in folded.items()}  # type: ignore[misc]  # an object stays one

    async def _keep(self, stored: Stored) -> Stored:
        """Keep a result's long texts before the result itself is stored."""
        texts: dict[str, str] = {}
        folded = fold(stored, texts)
        if texts:
            await self._policy.call(self._policy.store.add_texts, self._id, texts)
        return folded  # type: ignore[return-value]  # an object stays one

    async def _end(
        self,
        publication: Publication,
        state: State,
        result: SolveResult | None,
        failure: str | None,
    ) -> None:
        policy = self._policy
        ended = {
            "state": state,
            "ended_at": utc_now(),
            "usage": result.usage if result else spent(self._journal),
            "result": result,
            "failure": failure,
        }
        await publication.settle()
        rest = publication.take(everything=True)
        await policy.end(self._record.model_copy(update=ended), rest)
