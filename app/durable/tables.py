"""tables: what is kept of runs beside the workflow engine's own tables, in the same database.

Invariants:
    * An event is written once: `(run, seq)` is its key, and what is written never changes.
    * A row of `intents` is written before the call that it announces is paid.
    * A row of `news` is written with the end of its run, and removed once it was told.
"""

from typing import Any

import sqlalchemy as sa

VERSION = 1
"""Of these tables; raised with every change that an older program could not read."""

metadata = sa.MetaData()


class Words(sa.TypeDecorator[str]):
    """Text of clients and upstreams; a NUL, which PostgreSQL takes in no text, is replaced."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:
        """Replace what no text may hold."""
        del dialect
        return None if value is None else value.replace("\0", "\ufffd")


schema = sa.Table("modulo_schema", metadata, sa.Column("version", sa.Integer, primary_key=True))

runs = sa.Table(
    "modulo_runs",
    metadata,
    sa.Column("id", Words, primary_key=True),
    sa.Column("tenant", Words, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("domain", Words, nullable=False),
    sa.Column("model", Words),
    sa.Column("executor", sa.Text),  # who executes it, or did last
    sa.Column("attempts", sa.Integer, nullable=False),  # executions that did not end by themselves
    sa.Column("cancel", sa.Boolean, nullable=False),  # somebody wants it to end
    sa.Column("created_at", sa.Float, nullable=False),  # seconds since the epoch
    sa.Column("started_at", sa.Float),
    sa.Column("ended_at", sa.Float),
    sa.Column("spec", sa.Text, nullable=False),
    sa.Column("usage", sa.Text),
    sa.Column("result", sa.Text),
    sa.Column("failure", Words),
    sa.Index("modulo_runs_by_time", "created_at", "id"),
    sa.Index("modulo_runs_by_state", "state", "executor"),
)

events = sa.Table(
    "modulo_events",
    metadata,
    sa.Column("run", Words, primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
)

artifacts = sa.Table(
    "modulo_artifacts",
    metadata,
    sa.Column("run", Words, primary_key=True),
    sa.Column("sha256", sa.Text, primary_key=True),
    sa.Column("body", sa.Text, nullable=False),
)

intents = sa.Table(
    "modulo_intents",
    metadata,
    sa.Column("run", Words, primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),  # the step that pays the call
    sa.Column("attempt", sa.Integer, primary_key=True),
    sa.Column("executor", sa.Text, nullable=False),
    sa.Column("usage", sa.Text),  # of a call that was broken off on purpose
)

progress = sa.Table(
    "modulo_progress",
    metadata,
    sa.Column("run", Words, primary_key=True),
    sa.Column("steps", sa.Integer, nullable=False),  # stored when it was last taken up
)

news = sa.Table(
    "modulo_news",
    metadata,
    sa.Column("run", Words, primary_key=True),
    sa.Column("executor", sa.Text, nullable=False),  # who tells that the run is over
)

members = sa.Table(
    "modulo_members",
    metadata,
    sa.Column("executor", sa.Text, primary_key=True),
    sa.Column("seen", sa.Float, nullable=False),  # seconds since the epoch, the database's clock
)

slots = sa.Table(
    "modulo_slots",
    metadata,
    sa.Column("upstream", Words, primary_key=True),
    sa.Column("token", sa.Text, primary_key=True),
    sa.Column("executor", sa.Text, nullable=False),
)
