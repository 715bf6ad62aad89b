"""opening: where keys and accounts are kept, by the settings."""

from collections.abc import Callable

from app.engine import Engine
from app.engines import MEMORY, is_durable
from app.failures import ServiceError
from app.security.access import Access
from app.security.books import Books, BooksAwayError
from app.security.file_books import FileBooks
from app.security.origins import is_loopback
from app.settings import Settings, data_directory

FILE = "keys.json"


def open_access(settings: Settings, engine: Callable[[], Engine]) -> Access:
    """Open the keys of a service; nothing is read yet.

    Args:
        settings: The configuration.
        engine: Callable[[], Engine]s a run.
    """
    books = open_books(settings)
    return Access(books, settings.security, engine=engine, prices=settings.upstream.prices)


def open_books(settings: Settings) -> Books:
    """Find where keys and accounts are kept; nothing is read yet.

    Raises:
        ServiceError: `settings-invalid`: `database_url` names no database.
    """
    url = settings.database_url.get_secret_value() if settings.database_url else MEMORY
    file = settings.security.keys_file
    if url == MEMORY or not is_durable():
        return FileBooks(file or data_directory() / FILE)
    from app.durable.location import locate  # noqa: PLC0415  # slow to import
    from app.security.database import DatabaseBooks  # noqa: PLC0415  # as above

    return DatabaseBooks(locate(url), FileBooks(file) if file else None)


def require_login(settings: Settings) -> None:
    """Refuse to open a service to the network that asks nobody for a key.

    Raises:
        ServiceError: `settings-invalid`; also where the keys cannot be read.
    """
    security = settings.security
    if security.auth == "keys" or is_loopback(settings.host) or security.allow_anonymous:
        return
    if _has_keys(settings):
        return
    raise ServiceError(
        "settings-invalid",
        f"`{settings.host}` can be reached by others, and requests need no API key",
        help=[
            "make a key with `modulo access new --name NAME`, or set `security.auth` to `keys`",
            "or listen on 127.0.0.1, or set `MODULO_SECURITY__ALLOW_ANONYMOUS=true`",
        ],
    )


def _has_keys(settings: Settings) -> bool:
    if settings.security.auth == "none":
        return False
    books = open_books(settings)
    try:
        books.prepare()
        found = books.read_keys(None)
    except BooksAwayError as error:
        raise ServiceError("settings-invalid", str(error)) from error
    finally:
        books.close()
    return found is not None and bool(found[1])
