"""Workflows: the adapter to DBOS Transact, the engine that runs, queues and recovers workflows.

The only module that touches `dbos`. A run is a workflow of the same id; its steps are stored with
a check, in the same transaction, that this execution still owns the run.

Invariants:
    * Nothing is pickled: whoever can write to the database must not be able to run code here.
    * The version is fixed by hand: an engine's default, a hash of the code, would leave every
      unfinished run behind with each release.
    * Limits of the queue come from this replica's settings; the last one started wins, so
      replicas must be configured alike.
"""

import asyncio
import contextvars
import json
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa

from app.durable.location import Location
from app.durable.patience import Patience
from app.durable.sequencer import Stored
from app.engine import Observer

if TYPE_CHECKING:
    from dbos import DBOS
    from dbos._serialization import Serializer

T = TypeVar("T")
Keep = Callable[[Stored], Awaitable[Stored]]

VERSION = "run-v1"
"""Raised by hand when a run begun by an older program cannot be gone on with."""
QUEUE = "runs"
WORKFLOW = "run"
SERIALIZER = "modulo_json"
PAID = "generate"
"""The kind of step that costs money."""
POLL_S = 0.5
"""Seconds between two looks into the queue."""
THREADS = 8
"""In which the engine calls the database; without a bound it makes one for every run that starts,
and all of them fight for the interpreter and for the one writer that a file has."""
MOST_ATTEMPTS = 1_000_000
"""Where the engine gives up by itself; we do long before, see `cluster.attempts`. It counts also
hand-overs, and executions that got a run further."""
LOWEST = 101
"""What a priority is taken from: the engine takes low numbers first, from 1 on."""


class OwnershipLostError(Exception):
    """Somebody else executes the run now."""


@dataclass(frozen=True, slots=True)
class QueueLimits:
    """How many runs of the queue are executed at once.

    Attributes:
        per_replica: By one process.
        per_tenant: For one tenant, by all of them.
    """

    per_replica: int
    per_tenant: int


class StoredSteps:
    """The steps of one run, used within its workflow.

    A result is stored as the engine itself would, but without its look at what is stored already:
    that was read when the execution began, and nobody else can have stored anything since. Only
    before a call is paid does it look once more, so that who has just lost the run pays nothing.
    """

    def __init__(
        self,
        run_id: str,
        keep: Keep,
        lost: Callable[[], None],
        dbos: "type[DBOS]",
        call: Callable[..., Awaitable[Any]],
    ) -> None:
        """Store the steps of a run.

        Args:
            run_id: The run.
            keep: Keeps a result's long texts before the result itself is stored.
            lost: Is told at once that somebody else executes the run now.
            dbos: The engine.
            call: Calls the database in a thread, again while it is away.
        """
        from dbos._context import current_owner_xid  # noqa: PLC0415
        from dbos._dbos import _get_dbos_instance  # noqa: PLC0415

        self._owner = current_owner_xid(run_id)  # read here: threads see nothing of the workflow
        self._run_id, self._keep, self._lost, self._dbos = run_id, keep, lost, dbos
        self._call = call
        self._database = _get_dbos_instance()._sys_db  # noqa: SLF001  # the public way does more

    def reserve(self) -> int:
        """Number the next step."""
        return self._dbos.reserve_step().step_id

    async def perform(
        self, position: int, kind: str, work: Callable[[], Awaitable[Stored]]
    ) -> Stored:
        """Do the work and store its result.

        Raises:
            OwnershipLostError: Somebody else executes the run now.
        """
        from dbos._error import DBOSBaseException  # noqa: PLC0415

        began_ms = int(time.time() * 1000)
        try:
            if kind == PAID:
                await self._call(self._require_new, position, kind)
            stored = await work()
            kept, ended_ms = await self._keep(stored), int(time.time() * 1000)
            await self._call(self._write, position, kind, kept, began_ms, ended_ms)
        except DBOSBaseException as error:
            self._lost()
            raise OwnershipLostError(str(error)) from error
        return stored

    def _require_new(self, position: int, kind: str) -> None:
        if self._database.check_operation_execution(self._run_id, position, kind) is not None:
            self._lost()
            raise OwnershipLostError(f"step {position} of `{self._run_id}` is not ours")

    def _write(
        self, position: int, kind: str, stored: Stored, began_ms: int, ended_ms: int
    ) -> None:
        """Store a result, in a transaction that fails if somebody else owns the run.

        Its time tells a result of ours, whose commit was not confirmed, from somebody else's.
        """
        self._database.record_operation_result(
            {
                "workflow_uuid": self._run_id,
                "function_id": position,
                "function_name": kind,
                "output": json.dumps(stored),
                "error": None,
                "serialization": SERIALIZER,
                "started_at_epoch_ms": began_ms,
                "child_workflow_id": None,
            },
            completed_at_epoch_ms=ended_ms,
            owner_xid=self._owner,
        )


class Workflows:
    """Starts, queues and recovers runs."""

    def __init__(
        self,
        location: Location,
        database: sa.Engine,
        executor: str,
        execute: Callable[[str], Coroutine[Any, Any, None]],
        observer: Observer | None = None,
    ) -> None:
        """Start nothing yet.

        Args:
            location: The database.
            database: Connections to it.
            executor: This process; unique where several share a database.
            execute: Executes the run of an id.
            observer: Is told of calls to the database.
        """
        self._location, self._database, self._executor = location, database, executor
        self._execute = execute
        self._dbos: type[DBOS] | None = None
        self._workflow: Any = None
        self._patience = Patience(lambda: self._dbos is None, observer)

    def launch(self, limits: QueueLimits) -> None:
        """Begin to execute; takes up what this executor left unfinished.

        Called in the event loop's thread, since that is where runs are to be executed.
        """
        from dbos import DBOS  # noqa: PLC0415  # slow to import

        logging.getLogger("dbos").propagate = False
        own = {"system_database_engine": self._database} if not self._location.shared else {}
        DBOS(
            config={
                "name": "modulo",
                "system_database_url": self._location.url.set(
                    drivername=self._location.kind
                ).render_as_string(hide_password=False),
                "serializer": _json_serializer(),
                "application_version": VERSION,
                "executor_id": self._executor,
                "log_level": "ERROR",
                "sys_db_pool_size": 20,
                "max_executor_threads": THREADS,
                "notification_listener_polling_interval_sec": 0.25,  # so long does its end take
                "scheduler_polling_interval_sec": 3600.0,
                **own,  # type: ignore[typeddict-item]  # one key, or none
            }
        )

        async def run(run_id: str) -> None:
            await self._execute(run_id)

        self._workflow = DBOS.workflow(name=WORKFLOW, max_recovery_attempts=MOST_ATTEMPTS)(run)
        DBOS.launch()
        self._dbos = DBOS
        self._limits = limits

    async def open_queue(self) -> None:
        """Take runs from the queue from now on."""
        await self._engine.register_queue_async(
            QUEUE,
            worker_concurrency=self._limits.per_replica,
            partition_concurrency=self._limits.per_tenant,
            polling_interval_sec=POLL_S,
            on_conflict="always_update",
        )

    @property
    def _engine(self) -> "type[DBOS]":
        assert self._dbos is not None  # noqa: S101  # nothing is called before the launch
        return self._dbos

    async def start(self, run_id: str) -> None:
        """Execute a run here and now."""
        from dbos import SetWorkflowID  # noqa: PLC0415

        with SetWorkflowID(run_id):
            await self._engine.start_workflow_async(self._workflow, run_id)

    async def enqueue(self, run_id: str, tenant: str, priority: int) -> None:
        """Stand a run in line."""
        from dbos import SetEnqueueOptions, SetWorkflowID  # noqa: PLC0415

        options = SetEnqueueOptions(priority=LOWEST - priority, queue_partition_key=tenant)
        with SetWorkflowID(run_id), options:
            await self._engine.enqueue_workflow_async(QUEUE, self._workflow, run_id)

    async def withdraw(self, run_id: str) -> None:
        """Take a run out of the line."""
        await self._engine.cancel_workflow_async(run_id)

    async def forget(self, run_ids: Sequence[str]) -> None:
        """Delete what is stored of runs that are over."""
        await self._engine.delete_workflows_async(list(run_ids))

    async def known(self, run_id: str) -> bool:
        """Say whether a run was started or stands in line."""
        return await self._engine.get_workflow_status_async(run_id) is not None

    def steps(self, run_id: str, keep: Keep, lost: Callable[[], None]) -> StoredSteps:
        """Store the steps of a run."""
        return StoredSteps(run_id, keep, lost, self._engine, self._patience.call)

    async def past(self, run_id: str) -> dict[int, Stored]:
        """Read what is stored of a run, by position."""
        listed = await _outside(self._engine.list_workflow_steps_async(run_id))
        return {step["function_id"]: step["output"] for step in listed if step["output"]}

    def executors(self) -> set[str]:
        """List the processes that execute runs, as far as the database knows."""
        pending = self._engine.list_workflows(
            status="PENDING", app_version=VERSION, load_input=False, load_output=False
        )
        return {found.executor_id for found in pending if found.executor_id}

    def take_over(self, dead: Sequence[str]) -> int:
        """Stand the runs of dead processes in line again; says how many.

        The engine's own recovery puts back what is still theirs, in one statement a run, so
        that two replicas which do this at once take each run over once.
        """
        return len(self._engine._recover_pending_workflows(list(dead)))  # noqa: SLF001

    async def aclose(self) -> None:
        """End the engine; runs that are not over stay as they are."""
        self._patience.close()
        if self._dbos is None:
            return
        from dbos import DBOS  # noqa: PLC0415

        self._dbos = None
        loop = asyncio.get_running_loop()
        own = ThreadPoolExecutor(thread_name_prefix="modulo")
        await loop.run_in_executor(own, lambda: DBOS.destroy(destroy_registry=True))
        loop.set_default_executor(own)  # the engine's was the loop's, and has ended


def _outside(call: Coroutine[Any, Any, T]) -> "asyncio.Task[T]":
    """Call the engine as if not from within a workflow, so that the call is no step."""
    return contextvars.Context().run(asyncio.ensure_future, call)


def _json_serializer() -> "Serializer":
    from dbos._serialization import Serializer  # noqa: PLC0415

    class Json(Serializer):
        """JSON; an exception becomes its name and its words."""

        def serialize(self, data: Any) -> str:
            return json.dumps(data, default=_describe)

        def deserialize(self, serialized_data: str) -> Any:
            found = json.loads(serialized_data)
            if isinstance(found, dict) and set(found) == {"exception", "message"}:
                return RuntimeError(f"{found['exception']}: {found['message']}")
            return found

        def name(self) -> str:
            return SERIALIZER

    return Json()


def _describe(value: object) -> Any:
    if isinstance(value, BaseException):
        return {"exception": type(value).__name__, "message": str(value)}
    raise TypeError(f"`{type(value).__name__}` is no JSON")
