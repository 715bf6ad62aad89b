"""`modulo access`: makes, lists and revokes API keys, where the service keeps them.

The commands write to the keys themselves and need no running service; one that runs sees a change
within seconds.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import SecretStr, ValidationError

from app.cli.terminal import note, reported, show, show_json, show_table
from app.engines import file_url, is_durable
from app.failures import ServiceError
from app.nearest import did_you_mean
from app.security.books import Account, Books, BooksAwayError
from app.security.keys import PREFIX, Key, Scope, make_key
from app.security.opening import open_books
from app.settings import load_settings

COLUMNS = ("key", "name", "tenant", "scopes", "state", "runs today", "tokens", "dollars")


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a new key is to be.

    Attributes:
        name: What to call it.
        scopes: By commas.
        tenant: Whose runs it sees.
        usd: Dollars a day.
        tokens: Tokens a day.
        runs: Runs a day.
        per_minute: Requests a minute.
        models: Models it may have asked.
        profiles: Profiles it may name.
        upstreams: Endpoints it may have asked.
        priority: Highest priority of its runs.
        days: Until it expires.
    """

    name: str
    scopes: str
    tenant: str | None
    usd: float | None
    tokens: int | None
    runs: int | None
    per_minute: int | None
    models: list[str] | None
    profiles: list[str] | None
    upstreams: list[str] | None
    priority: int
    days: float | None


def make_access(wishes: Wishes, *, as_json: bool) -> None:
    """Make a key and print it."""
    with _books(as_json=as_json) as books:
        scopes = tuple(_read_scope(one.strip()) for one in wishes.scopes.split(","))
        try:
            key, token = make_key(wishes.name, scopes, **_fields(wishes))
        except (ValueError, OverflowError) as error:  # `--days nan`, `--days 1e30`
            raise ServiceError("usage", f"the key cannot be made: {_why(error)}") from error
        books.put_key(key)
        if as_json:
            show_json({"key": token, **_describe(key, Account())})
            return
        show(token)
        note(f"key {key.shown} of tenant `{key.tenant}`, scopes {', '.join(key.scopes)}")
        note("it is shown this once; only its hash is kept")


def list_access(*, as_json: bool) -> None:
    """List the keys."""
    with _books(as_json=as_json) as books:
        day = datetime.now(UTC).date().isoformat()
        found = books.read_keys(None)
        keys = found[1] if found else ()
        rows = [(key, books.account(key.id, day)) for key in keys]
        if as_json:
            show_json([_describe(key, account) for key, account in rows])
            return
        show_table([COLUMNS, *(_row(key, account) for key, account in rows)])


def revoke_access(named: str) -> None:
    """Revoke a key."""
    with _books() as books:
        found = books.read_keys(None)
        keys = {key.id: key for key in (found[1] if found else ())}
        wanted = named.removeprefix(PREFIX).partition("_")[0]
        key = keys.get(wanted)
        if key is None:
            near = did_you_mean(wanted, keys)
            raise ServiceError("key-unknown", f"there is no key `{PREFIX}{wanted[:12]}`{near}")
        if key.revoked_at is None:
            books.put_key(key.model_copy(update={"revoked_at": datetime.now(UTC)}))
        show(f"{key.shown} is revoked")


@contextmanager
def _books(*, as_json: bool = False) -> Iterator[Books]:
    """Open the keys where `modulo serve` keeps them.

    Raises:
        ServiceError: `settings-invalid`.
    """
    with reported(as_json=as_json):
        settings = load_settings()
        if settings.database_url is None and is_durable():
            settings = settings.model_copy(update={"database_url": SecretStr(file_url())})
        books = open_books(settings)
        try:
            books.prepare()
            yield books
        except BooksAwayError as error:
            raise ServiceError("settings-invalid", str(error)) from error
        finally:
            books.close()


def _fields(wishes: Wishes) -> dict[str, Any]:
    lists = {
        name: tuple(values) if values else None
        for name in ("models", "profiles", "upstreams")
        for values in [getattr(wishes, name)]
    }
    expires = datetime.now(UTC) + timedelta(days=wishes.days) if wishes.days is not None else None
    spending = {"usd": wishes.usd, "tokens": wishes.tokens, "runs": wishes.runs}
    tenant = {"tenant": wishes.tenant} if wishes.tenant is not None else {}
    return {
        **lists,
        **tenant,
        "expires_at": expires,
        "per_day": spending,
        "per_minute": wishes.per_minute,
        "priority": wishes.priority,
    }


def _read_scope(name: str) -> Scope:
    try:
        return Scope(name)
    except ValueError as error:
        near = did_you_mean(name, [scope.value for scope in Scope])
        raise ServiceError("usage", f"there is no scope `{name[:40]}`{near}") from error


def _why(error: Exception) -> str:
    if isinstance(error, ValidationError):
        fault = error.errors(include_input=False)[0]
        return f"`{'.'.join(map(str, fault['loc']))}`: {fault['msg']}"
    return str(error)


def _describe(key: Key, account: Account) -> dict[str, Any]:
    told = key.model_dump(mode="json", exclude={"id", "sha256"})
    spent, held = account.spent, account.held
    today = {
        name: {"spent": getattr(spent, name), "held": getattr(held, name)}
        for name in ("runs", "tokens", "usd")
    }
    return {"id": key.shown, **told, "today": today}


def _row(key: Key, account: Account) -> list[str]:
    day, sums = key.per_day, account.spent + account.held
    limits = ((sums.runs, day.runs), (sums.tokens, day.tokens), (round(sums.usd, 4), day.usd))
    spent = [f"{used}" + (f" of {limit}" if limit is not None else "") for used, limit in limits]
    state = key.fault(datetime.now(UTC)) or "valid"
    return [key.shown, key.name, key.tenant, ",".join(key.scopes), state, *spent]
