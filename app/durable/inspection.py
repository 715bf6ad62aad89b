"""inspection: looks at a database: whether it can be used at all, and how it stands."""

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from app.durable.location import Location, lock_file, open_database
from app.durable.store import Store
from app.durable.tables import runs
from app.engine import State
from app.failures import ServiceError

STATE = sa.select(runs.c.state).where(runs.c.id == sa.bindparam("run"))


def require_usable(location: Location) -> None:
    """Check that a database can be read and written, that its tables are ours, and a file free.

    Raises:
        ServiceError: `database-in-use`; `settings-invalid`: it cannot be used.
    """
    unlock = lock_file(location.path) if location.path is not None else lambda: None
    database = open_database(location)
    try:
        Store(database).prepare()
    except SQLAlchemyError as error:
        why = str(getattr(error, "orig", error)).strip().splitlines()
        reason = f": {why[0]}" if why else ""
        raise ServiceError(
            "settings-invalid",
            f"the database {_name(location)} cannot be used{reason}",
            help=["set `MODULO_DATABASE_URL` to a database that only llm-modulo writes to"],
        ) from error
    finally:
        database.dispose()
        unlock()


def count_queued(database: sa.Engine) -> int:
    """Count the runs that wait for their turn."""
    query = sa.select(sa.func.count()).where(runs.c.state == "queued")
    with database.begin() as connection:
        return connection.execute(query).scalar_one()


def read_state(database: sa.Engine, run_id: str) -> State | None:
    """Read how a run stands, which is much cheaper than the run; `None` if there is none."""
    with database.connect() as connection:
        state: State | None = connection.execute(STATE, {"run": run_id}).scalar()
        return state


def _name(location: Location) -> str:
    if location.path is not None:
        return f"`{location.path}`"
    return f"at `{location.url.host or 'this machine'}/{location.url.database}`"
