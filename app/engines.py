"""Which engine keeps the runs: in memory, in a file, or in a database that replicas share."""

from importlib.util import find_spec
from pathlib import Path

from pydantic import SecretStr

from app.engine import Engine, MakeRun, Observer, OnEnd
from app.failures import ServiceError
from app.memory_engine import MemoryEngine
from app.settings import Settings, data_directory

MEMORY = "memory:"
FILE = "modulo.db"


def file_url(directory: Path | None = None) -> str:
    """Name the file in which a user's runs are kept unless told otherwise."""
    return f"sqlite:///{(directory or data_directory()) / FILE}"


def is_durable() -> bool:
    """Say whether runs can be kept in a database: whether the extra `durable` is installed."""
    return find_spec("dbos") is not None


def require_usable_database(settings: Settings) -> Settings:
    """Find at start-up that runs cannot be kept where they are to be; by default, in a file.

    Raises:
        ServiceError: `database-in-use`, or `settings-invalid`: there is no such database.
    """
    if settings.database_url is None:
        if not is_durable():
            return settings
        settings = settings.model_copy(update={"database_url": SecretStr(file_url())})
    url = settings.database_url.get_secret_value() if settings.database_url else MEMORY
    if url != MEMORY:
        if not is_durable():
            raise ServiceError(
                "settings-invalid",
                "setting `database_url` names a database, and what keeps runs there is missing",
                help=["install `llm-modulo[durable]`, or set `MODULO_DATABASE_URL=memory:`"],
            )
        from app.durable.inspection import require_usable  # noqa: PLC0415  # slow
        from app.durable.location import locate  # noqa: PLC0415  # slow

        require_usable(locate(url))
    return settings


def tell_where(settings: Settings) -> str:
    """Say in a line where runs are kept; a password is not in it."""
    url = settings.database_url.get_secret_value() if settings.database_url else MEMORY
    if url != MEMORY:
        from app.durable.location import locate  # noqa: PLC0415  # slow

        return f"runs are kept in {locate(url).url.render_as_string(hide_password=True)}"
    missing = "" if is_durable() else "; the extra `durable` keeps them in a database"
    return f"runs are kept in memory and end with this process{missing}"


def make_engine(
    settings: Settings, make_run: MakeRun, on_end: OnEnd, observer: Observer | None = None
) -> Engine:
    """Make the engine that the settings ask for; nothing is opened yet.

    Args:
        settings: The configuration.
        make_run: Builds what is executed.
        on_end: Is told of every run that is over.
        observer: Is told of runs and of calls to the database, for the record.

    Raises:
        ServiceError: `settings-invalid`: `database_url` names no database.
    """
    limits = settings.limits
    url = settings.database_url.get_secret_value() if settings.database_url else MEMORY
    if url == MEMORY:
        return MemoryEngine(
            make_run,
            concurrent=limits.concurrent_runs,
            queued=limits.queued_runs,
            kept=limits.kept_runs,
            on_end=on_end,
            observer=observer,
        )
    from app.durable.engine import DurableEngine, Room  # noqa: PLC0415  # slow to import
    from app.durable.location import locate  # noqa: PLC0415  # as above

    room = Room(
        concurrent=limits.concurrent_runs,
        queued=limits.queued_runs,
        per_tenant=limits.tenant_runs,
        per_upstream=settings.upstream.concurrent,
    )
    return DurableEngine(
        make_run, locate(url), room, settings.cluster, on_end=on_end, observer=observer
    )
