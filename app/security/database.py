"""DatabaseBooks: keys and accounts in the database of the runs, for any number of replicas.

Invariant: a key's account is read and charged within one transaction that no other one of the
same key can be beside.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from app.durable.location import Location, open_database
from app.ids import new_id
from app.security.books import Account, Amount, BooksAwayError, Claim, Grant, grant
from app.security.file_books import FileBooks
from app.security.keys import Key

KEPT_DAYS = 400
"""Days for which what was spent is remembered."""

metadata = sa.MetaData()

keys = sa.Table(
    "modulo_api_keys",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("revision", sa.BigInteger, nullable=False),  # grows with every change of any key
    sa.Column("body", sa.Text, nullable=False),
)

charges = sa.Table(
    "modulo_charges",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),  # the run's
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("day", sa.Text, nullable=False),
    sa.Column("runs", sa.Integer, nullable=False),
    sa.Column("tokens", sa.BigInteger, nullable=False),
    sa.Column("usd", sa.Float, nullable=False),
    sa.Column("may_tokens", sa.BigInteger),  # what was granted
    sa.Column("may_usd", sa.Float),
    sa.Column("held", sa.Boolean, nullable=False),  # the run is not over
    sa.Index("modulo_charges_by_key", "key", "day"),
)


class DatabaseBooks:
    """Keys and accounts in a database."""

    def __init__(self, location: Location, file: FileBooks | None = None) -> None:
        """Open nothing yet.

        Args:
            location: The database.
            file: Keeps the keys instead; accounts are in the database all the same.
        """
        self._location, self._file = location, file
        self._database = open_database(location)
        self._shared = location.shared
        self._prepared = False

    def prepare(self) -> None:
        """Make the tables, unless they are there."""
        if self._prepared:
            return
        self._make_file()
        with self._transaction() as connection:
            self._lock(connection, "tables")
            metadata.create_all(connection)
        self._prepared = True

    def _make_file(self) -> None:
        """Make the file readable by its owner only, if it is not there.

        One that is there is not even opened: closing it again would take away the locks that this
        process holds on it (POSIX), and another process would then spoil it.
        """
        path = self._location.path
        if path is None:
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with suppress(FileExistsError):
                os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        except OSError as error:
            raise BooksAwayError(f"`{path}` cannot be opened: {error.strerror}") from error

    def read_keys(self, known: object) -> tuple[object, Sequence[Key]] | None:
        """Read all keys, unless none has changed."""
        if self._file is not None:
            return self._file.read_keys(known)
        self.prepare()
        with self._transaction(writes=False) as connection:
            mark = connection.execute(sa.select(sa.func.max(keys.c.revision))).scalar() or 0
            if mark == known:
                return None
            rows = connection.execute(sa.select(keys.c.body).order_by(keys.c.id)).scalars()
            return mark, [Key.model_validate_json(row) for row in rows]

    def put_key(self, key: Key) -> None:
        """Add a key, or change it."""
        if self._file is not None:
            self._file.put_key(key)
            return
        self.prepare()
        newest = sa.select(sa.func.coalesce(sa.func.max(keys.c.revision), 0) + 1)
        with self._transaction() as connection:
            self._lock(connection, "keys")
            revision = connection.execute(newest).scalar_one()
            row = {"revision": revision, "body": key.model_dump_json()}
            changed = sa.update(keys).where(keys.c.id == key.id).values(**row)
            if not connection.execute(changed.returning(keys.c.id)).all():
                connection.execute(sa.insert(keys).values(id=key.id, **row))

    def account(self, key: str, day: str) -> Account:
        """Say what a key has spent on a day."""
        self.prepare()
        with self._transaction(writes=False) as connection:
            return self._account(connection, key, day)

    def reserve(self, key: Key, day: str, charge: str, claim: Claim) -> Grant:
        """Reserve what a run may spend."""
        self.prepare()
        mine = charges.c.id == charge
        with self._transaction() as connection:
            self._lock(connection, key.id)
            known = connection.execute(sa.select(charges).where(mine)).one_or_none()
            if known is not None and known.held:
                amount = Amount(known.runs, known.tokens, known.usd)
                return Grant(known.may_tokens, known.may_usd, amount, fresh=False)
            if known is not None and claim.goes_on:  # its charge stands open again
                connection.execute(sa.delete(charges).where(mine))
            elif known is not None:  # of a run that was deleted since, which was paid all the same
                connection.execute(sa.update(charges).where(mine).values(id=new_id("spend")))
            account = self._account(connection, key.id, day)
            if not account.spent.runs + account.held.runs:  # the first of a day tidies up
                self._forget(connection, key.id, day)
            granted = grant(key.per_day, account, claim)
            row = {"id": charge, "key": key.id, "day": day, "held": True}
            may = {"may_tokens": granted.tokens, "may_usd": granted.usd}
            connection.execute(sa.insert(charges).values(**row, **may, **_columns(granted.held)))
            return granted

    def settle(self, charge: str, amount: Amount) -> None:
        """Put what was spent in the place of what was reserved."""
        self.prepare()
        with self._transaction() as connection:
            connection.execute(
                sa.update(charges)
                .where(charges.c.id == charge, charges.c.held)
                .values(held=False, **_columns(amount))
            )

    def release(self, charge: str) -> None:
        """Take back what was reserved."""
        with self._transaction() as connection:
            connection.execute(sa.delete(charges).where(charges.c.id == charge, charges.c.held))

    def held_by(self, key: str, most: int) -> list[str]:
        """List reservations that are not settled."""
        self.prepare()
        select = sa.select(charges.c.id).where(charges.c.key == key, charges.c.held)
        with self._transaction(writes=False) as connection:
            return list(connection.execute(select.order_by(charges.c.id).limit(most)).scalars())

    def close(self) -> None:
        """Close the connections."""
        self._database.dispose()

    def _account(self, connection: sa.Connection, key: str, day: str) -> Account:
        sums = (sa.func.sum(charges.c[name]).label(name) for name in ("runs", "tokens", "usd"))
        select = (
            sa.select(charges.c.held, *sums)
            .where(charges.c.key == key, charges.c.day == day)
            .group_by(charges.c.held)
        )
        rows = connection.execute(select).mappings()
        found = {
            bool(row["held"]): Amount(int(row["runs"]), int(row["tokens"]), float(row["usd"]))
            for row in rows
        }
        return Account(found.get(False, Amount()), found.get(True, Amount()))

    def _forget(self, connection: sa.Connection, key: str, day: str) -> None:
        """Forget what a key has spent long ago."""
        oldest = (date.fromisoformat(day) - timedelta(days=KEPT_DAYS)).isoformat()
        connection.execute(sa.delete(charges).where(charges.c.key == key, charges.c.day < oldest))

    def _lock(self, connection: sa.Connection, name: str) -> None:
        """Let nobody else do the same at once; a file has one writer at a time anyway."""
        if self._shared:
            hashed = sa.func.hashtext(f"modulo-access-{name}")
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(hashed)))

    @contextmanager
    def _transaction(self, *, writes: bool = True) -> Iterator[sa.Connection]:
        try:
            with self._database.begin() if writes else self._database.connect() as connection:
                if writes and not self._shared:  # the driver would do so with the first write only
                    connection.exec_driver_sql("BEGIN IMMEDIATE")
                yield connection
        except SQLAlchemyError as error:
            said = str(getattr(error, "orig", None) or type(error).__name__).splitlines()[0]
            raise BooksAwayError(f"the database of the keys cannot be used: {said}") from error


def _columns(amount: Amount) -> dict[str, Any]:
    return {"runs": amount.runs, "tokens": amount.tokens, "usd": amount.usd}
