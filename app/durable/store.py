"""Store: reads and writes what is kept of runs. Every method is one transaction.

Its methods block, so the engine calls them in threads.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.dialects import postgresql, sqlite

from app.admission import RETRY_AFTER_S
from app.durable.folding import fold, hashes, unfold
from app.durable.tables import (
    VERSION,
    artifacts,
    events,
    intents,
    members,
    metadata,
    news,
    progress,
    runs,
    schema,
    slots,
)
from app.engine import UNFINISHED, RunPage, RunQuery, RunRecord, RunSpec, State, model_of
from app.failures import ServiceError
from app.protocol import SolveResult
from backprompt.budget import Usage
from backprompt.events import Event

EVENT: TypeAdapter[Event] = TypeAdapter(Event)
PAGE = 200
"""Events that are read at once."""
OPEN = tuple(sorted(UNFINISHED))
PAID = ("call-finished", "call-failed", "ended")
"""Events that say what a run has spent."""
ANNOUNCE = sa.insert(intents)
ANNOUNCED = (
    sa.select(intents.c.usage)
    .where(intents.c.run == sa.bindparam("run"), intents.c.position == sa.bindparam("position"))
    .order_by(intents.c.attempt)
)


class Store:
    """What is kept of runs."""

    def __init__(self, database: sa.Engine) -> None:
        """Keep it in a database."""
        self.database = database
        self._insert = postgresql.insert if database.dialect.name == "postgresql" else sqlite.insert
        self._insert_events = self._insert(events).on_conflict_do_nothing()

    def prepare(self) -> None:
        """Make the tables, unless they are there; read and write them once.

        Raises:
            ServiceError: `settings-invalid`: a newer program made them.
            SQLAlchemyError: The database cannot be used, or has other tables of these names.
        """
        with self.database.begin() as connection:
            if self.database.dialect.name == "postgresql":  # several replicas start at once
                connection.execute(sa.text("SELECT pg_advisory_xact_lock(7261031)"))
            metadata.create_all(connection)
            found = connection.execute(sa.select(schema.c.version)).scalar()
            if found is None:
                connection.execute(sa.insert(schema).values(version=VERSION))
            connection.execute(sa.update(schema).values(version=schema.c.version))
            for table in metadata.sorted_tables:
                connection.execute(sa.select(table).limit(0))
        if found is not None and found != VERSION:
            raise ServiceError(
                "settings-invalid",
                f"the database has tables of version {found}; this program reads {VERSION}",
            )

    # Runs.

    def add_run(self, spec: RunSpec, room: int) -> RunRecord | None:
        """Add a run, unless it is there.

        Returns:
            The run that was there.

        Raises:
            ServiceError: `too-many-runs`: so many are not over already.
        """
        with self.database.begin() as connection:
            added = connection.execute(
                self._insert(runs)
                .values(
                    id=spec.id,
                    tenant=spec.tenant,
                    state="queued",
                    domain=spec.task.domain,
                    model=spec.request.model,
                    attempts=0,
                    cancel=False,
                    created_at=spec.created_at.timestamp(),
                    spec=spec.model_dump_json(),
                )
                .on_conflict_do_nothing()
                .returning(runs.c.id)
            ).all()
            if added:
                unfinished = connection.execute(
                    sa.select(sa.func.count()).where(runs.c.state.in_(OPEN))
                ).scalar_one()
                if unfinished > room:
                    raise too_many(unfinished - 1)
                return None
        return self.get_run(spec.id)

    def get_run(self, run_id: str) -> RunRecord | None:
        """Find a run."""
        with self.database.connect() as connection:
            row = connection.execute(sa.select(runs).where(runs.c.id == run_id)).one_or_none()
            return None if row is None else self._read_run(connection, row)

    def list_runs(self, query: RunQuery) -> RunPage:
        """List runs, newest first."""
        asked = {
            runs.c.tenant: query.tenant,
            runs.c.state: query.state,
            runs.c.domain: query.domain,
            runs.c.model: query.model,
        }
        wanted = [column == value for column, value in asked.items() if value is not None]
        if query.before is not None:
            cursor = sa.select(runs.c.created_at, runs.c.id).where(runs.c.id == query.before)
            wanted.append(sa.tuple_(runs.c.created_at, runs.c.id) < cursor.scalar_subquery())
        newest = runs.c.created_at.desc(), runs.c.id.desc()
        select = sa.select(runs).where(*wanted).order_by(*newest).limit(query.limit + 1)
        with self.database.connect() as connection:
            rows = connection.execute(select).all()
            found = tuple(self._read_run(connection, row) for row in rows[: query.limit])
        more = len(rows) > query.limit
        return RunPage(runs=found, next=found[-1].spec.id if more else None)

    def begin_run(self, run_id: str, executor: str, at: float) -> tuple[RunRecord, bool] | None:
        """Note that a run is executed here from now on.

        Returns:
            The run and whether it is to be cancelled; `None` if it is over or gone.
        """
        with self.database.begin() as connection:
            row = connection.execute(
                sa.update(runs)
                .where(runs.c.id == run_id, runs.c.state.in_(OPEN))
                .values(
                    state="running",
                    executor=executor,
                    attempts=runs.c.attempts + 1,
                    started_at=sa.func.coalesce(runs.c.started_at, at),
                )
                .returning(*runs.c)
            ).one_or_none()
            return None if row is None else (self._read_run(connection, row), bool(row.cancel))

    def attempts(self, run_id: str, steps: int) -> int:
        """Count the executions that got a run not beyond so many steps, the present one too."""
        mark, mine = self._insert(progress).values(run=run_id, steps=steps), runs.c.id == run_id
        moved = mark.on_conflict_do_update(
            index_elements=["run"], set_={"steps": steps}, where=progress.c.steps < steps
        ).returning(progress.c.run)
        with self.database.begin() as connection:
            if steps and connection.execute(moved).all():
                connection.execute(sa.update(runs).where(mine).values(attempts=1))
            return connection.execute(sa.select(runs.c.attempts).where(mine)).scalar() or 0

    def release_run(self, run_id: str) -> None:
        """Note that a run was handed over on purpose."""
        with self.database.begin() as connection:
            connection.execute(
                sa.update(runs)
                .where(runs.c.id == run_id, runs.c.attempts > 0)
                .values(attempts=runs.c.attempts - 1)
            )

    def end_run(
        self, record: RunRecord, rest: Sequence[Event] = (), teller: str | None = None
    ) -> bool:
        """Note how a run ended, its last events and who tells; says whether it was not over."""
        with self.database.begin() as connection:
            ended = connection.execute(
                sa.update(runs)
                .where(runs.c.id == record.spec.id, runs.c.state.in_(OPEN))
                .values(
                    state=record.state,
                    model=model_of(record),
                    ended_at=record.ended_at.timestamp() if record.ended_at else None,
                    usage=record.usage.model_dump_json(),
                    result=record.result.model_dump_json() if record.result else None,
                    failure=record.failure,
                )
                .returning(runs.c.id)
            ).all()
            if ended:
                self._add_events(connection, [(record.spec.id, event) for event in rest])
            if ended and teller is not None:
                connection.execute(sa.insert(news).values(run=record.spec.id, executor=teller))
            return bool(ended)

    def ask_cancel(self, run_id: str) -> None:
        """Note that a run is to be cancelled, for whoever executes it."""
        with self.database.begin() as connection:
            connection.execute(
                sa.update(runs)
                .where(runs.c.id == run_id, runs.c.state.in_(OPEN))
                .values(cancel=True)
            )

    def to_cancel(self, executor: str) -> list[str]:
        """List the runs executed here that are to be cancelled."""
        select = sa.select(runs.c.id).where(
            runs.c.state == "running", runs.c.executor == executor, runs.c.cancel
        )
        with self.database.connect() as connection:
            return list(connection.execute(select).scalars())

    def waiting(self, before: float) -> list[tuple[str, str, str]]:
        """List runs that have been waiting since before a time: id, tenant and specification."""
        select = sa.select(runs.c.id, runs.c.tenant, runs.c.spec).where(
            runs.c.state == "queued", runs.c.created_at < before
        )
        with self.database.connect() as connection:
            return [(row.id, row.tenant, row.spec) for row in connection.execute(select)]

    def delete_run(self, run_id: str) -> bool:
        """Forget a run that is over."""
        with self.database.begin() as connection:
            gone = connection.execute(
                sa.delete(runs)
                .where(runs.c.id == run_id, runs.c.state.not_in(OPEN))
                .returning(runs.c.id)
            ).all()
            for table in (events, artifacts, intents, news, progress) if gone else ():
                connection.execute(sa.delete(table).where(table.c.run == run_id))
            return bool(gone)

    def ended_before(self, at: float, limit: int) -> list[str]:
        """List runs that were over before a time."""
        select = sa.select(runs.c.id).where(runs.c.ended_at < at).limit(limit)
        with self.database.connect() as connection:
            return list(connection.execute(select).scalars())

    # Events.

    def add_events(self, batch: Iterable[tuple[str, Event]]) -> None:
        """Add events of runs; one that is there already stays as it is."""
        with self.database.begin() as connection:
            self._add_events(connection, batch)

    def read_events(self, run_id: str, after: int) -> list[Event]:
        """Read the events after a number, at most a page of them."""
        select = (
            sa.select(events.c.body)
            .where(events.c.run == run_id, events.c.seq > after)
            .order_by(events.c.seq)
            .limit(PAGE)
        )
        with self.database.connect() as connection:
            bodies = [json.loads(body) for body in connection.execute(select).scalars()]
            texts = self._texts(connection, run_id, bodies)
        return [EVENT.validate_python(unfold(body, texts)) for body in bodies]

    # Texts and paid calls.

    def add_texts(self, run_id: str, texts: Mapping[str, str]) -> None:
        """Keep long texts of a run by their hash."""
        with self.database.begin() as connection:
            self._add_texts(connection, run_id, texts)

    def read_texts(self, run_id: str, values: Sequence[Any]) -> dict[str, str]:
        """Read the long texts that folded values need."""
        with self.database.connect() as connection:
            return self._texts(connection, run_id, values)

    def add_intent(self, run_id: str, position: int, executor: str) -> list[str | None]:
        """Announce a call; gives what earlier announcements of it have cost, as far as known."""
        with self.database.begin() as connection:
            step = {"run": run_id, "position": position}
            usages = list(connection.execute(ANNOUNCED, step).scalars())
            connection.execute(ANNOUNCE, {**step, "attempt": len(usages), "executor": executor})
            return usages

    def settle_intent(self, run_id: str, position: int, executor: str, usage: str) -> None:
        """Note what a call has cost that was broken off on purpose."""
        with self.database.begin() as connection:
            connection.execute(
                sa.update(intents)
                .where(
                    intents.c.run == run_id,
                    intents.c.position == position,
                    intents.c.executor == executor,
                    intents.c.usage.is_(None),
                )
                .values(usage=usage)
            )

    def take_slot(self, upstream: str, token: str, limit: int, lease_s: float) -> bool:
        """Take one of the slots of an upstream, if the living leave one free (PostgreSQL)."""
        executor = token.partition("/")[0]
        now = sa.func.extract("epoch", sa.func.clock_timestamp())
        living = sa.select(members.c.executor).where(members.c.seen > now - lease_s)
        with self.database.begin() as connection:
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(upstream))))
            taken = connection.execute(
                sa.select(sa.func.count()).where(
                    slots.c.upstream == upstream, slots.c.executor.in_(living)
                )
            ).scalar_one()
            if taken >= limit:
                return False
            connection.execute(
                sa.insert(slots).values(upstream=upstream, token=token, executor=executor)
            )
            return True

    def give_slot(self, upstream: str, token: str) -> None:
        """Give a slot back."""
        with self.database.begin() as connection:
            connection.execute(
                sa.delete(slots).where(slots.c.upstream == upstream, slots.c.token == token)
            )

    def _read_run(self, connection: sa.Connection, row: Any) -> RunRecord:
        state: State = row.state
        usage = Usage.model_validate_json(row.usage) if row.usage else None
        return RunRecord(
            spec=RunSpec.model_validate_json(row.spec),
            state=state,
            started_at=_time(row.started_at),
            ended_at=_time(row.ended_at),
            usage=usage or self._spent(connection, row.id),
            result=SolveResult.model_validate_json(row.result) if row.result else None,
            failure=row.failure,
        )

    def _spent(self, connection: sa.Connection, run_id: str) -> Usage:
        select = (
            sa.select(events.c.body)
            .where(events.c.run == run_id, events.c.kind.in_(PAID))
            .order_by(events.c.seq.desc())
            .limit(1)
        )
        body = connection.execute(select).scalar()
        found = json.loads(body) if body else {}
        return Usage.model_validate(found.get("spent") or found.get("usage") or {})

    def _add_events(self, connection: sa.Connection, batch: Iterable[tuple[str, Event]]) -> None:
        rows = []
        for run_id, event in batch:
            texts: dict[str, str] = {}
            body = json.dumps(fold(event.model_dump(mode="json"), texts))
            self._add_texts(connection, run_id, texts)
            rows.append({"run": run_id, "seq": event.seq, "kind": event.event, "body": body})
        if rows:
            connection.execute(self._insert_events, rows)

    def _add_texts(self, connection: sa.Connection, run_id: str, texts: Mapping[str, str]) -> None:
        rows = [
            {"run": run_id, "sha256": digest, "body": json.dumps(text)}
            for digest, text in texts.items()
        ]
        if rows:
            connection.execute(self._insert(artifacts).on_conflict_do_nothing(), rows)

    def _texts(
        self, connection: sa.Connection, run_id: str, values: Sequence[Any]
    ) -> dict[str, str]:
        wanted = {digest for value in values for digest in hashes(value)}
        if not wanted:
            return {}
        select = sa.select(artifacts.c.sha256, artifacts.c.body).where(
            artifacts.c.run == run_id, artifacts.c.sha256.in_(wanted)
        )
        return {row.sha256: json.loads(row.body) for row in connection.execute(select)}


def too_many(unfinished: int) -> ServiceError:
    """Say that the queue is full."""
    return ServiceError(
        "too-many-runs",
        f"{unfinished} runs are not over, which is this server's limit",
        headers={"Retry-After": str(RETRY_AFTER_S)},
    )


def _time(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
