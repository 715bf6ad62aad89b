"""Stored: the runs that a service has kept in its database, as episodes."""

from collections.abc import Iterator

from app.engine import LOCAL
from app.engines import MEMORY, file_url, is_durable
from app.failures import ServiceError
from app.flywheel.episodes import Episode, read_episode
from app.settings import Settings

EVERYBODY = "*"
"""Stands for all tenants."""


def read_store(settings: Settings, tenant: str | None) -> Iterator[Episode]:
    """Read the runs that are over, newest first. A service may go on meanwhile.

    Args:
        settings: Name the database; by default the file of `modulo serve`.
        tenant: Whose runs; by default those of a service without keys, `*` for everybody's.

    Raises:
        ServiceError: `settings-invalid`: runs are not kept in a database, or it cannot be read.
    """
    own = settings.database_url.get_secret_value() if settings.database_url else file_url()
    if own == MEMORY or not is_durable():
        raise ServiceError(
            "settings-invalid",
            "no database keeps runs: without the extra `durable`, and with "
            "`database_url=memory:`, they end with their service",
            help=["install `llm-modulo[durable]`, or export journals (`modulo solve --journal`)"],
        )
    from app.durable.location import locate  # noqa: PLC0415  # slow, and an extra
    from app.durable.reading import read_runs  # noqa: PLC0415  # likewise

    wanted = None if tenant == EVERYBODY else tenant or LOCAL
    for record, events in read_runs(locate(own), wanted):
        episode = read_episode(
            events, name=record.spec.id, source="store", at=record.spec.created_at
        )
        if episode is not None:
            yield episode
