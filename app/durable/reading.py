"""reading: what is kept of runs, read beside whoever keeps them.

Invariants:
    * Nothing is written: not a row, not a table, not a lock. A service may run meanwhile.
    * A database of another version is refused, not guessed at.
"""

from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from app.durable.location import Location
from app.durable.store import PAGE, Store
from app.durable.tables import VERSION, schema
from app.engine import RunQuery, RunRecord
from app.failures import ServiceError
from backprompt.events import Event

RUNS = 200
"""Runs that are read at once."""


def read_runs(
    location: Location, tenant: str | None = None
) -> Iterator[tuple[RunRecord, list[Event]]]:
    """Read every run that is over with its record, newest first.

    Args:
        location: Where they are kept.
        tenant: Only this tenant's; `None` for all.

    Raises:
        ServiceError: `settings-invalid`: there is no database of ours.
    """
    database = _open(location)
    try:
        _require_ours(database)
        store = Store(database)
        query = RunQuery(tenant=tenant, limit=RUNS)
        while True:
            page = store.list_runs(query)
            for record in page.runs:
                if record.over:
                    yield record, _read_events(store, record.spec.id)
            if page.next is None:
                return
            query = query.model_copy(update={"before": page.next})
    except SQLAlchemyError as error:
        why = str(getattr(error, "orig", error)).strip().splitlines()
        raise _unusable(": ".join(["cannot be read", *why[:1]])) from error
    finally:
        database.dispose()


def _read_events(store: Store, run_id: str) -> list[Event]:
    found = list[Event]()
    while True:
        page = store.read_events(run_id, found[-1].seq if found else -1)
        found += page
        if len(page) < PAGE:
            return found


def _open(location: Location) -> sa.Engine:
    if location.path is None:
        return sa.create_engine(location.url, execution_options={"postgresql_readonly": True})
    if not location.path.is_file():
        raise _unusable("names a file that does not exist")
    read_only = {"mode": "ro", "uri": "true"}
    url = sa.URL.create("sqlite", database=location.path.as_uri(), query=read_only)
    return sa.create_engine(url)


def _require_ours(database: sa.Engine) -> None:
    with database.connect() as connection:
        found = connection.execute(sa.select(schema.c.version)).scalar()
    if found != VERSION:
        raise _unusable(f"has tables of version {found}; this program reads {VERSION}")


def _unusable(why: str) -> ServiceError:
    return ServiceError(
        "settings-invalid",
        f"the database of `database_url` {why}",
        help=["set `MODULO_DATABASE_URL` to the database in which a service keeps its runs"],
    )
