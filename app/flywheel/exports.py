"""Exports: from episodes to files of rows, and the count of everything that was left out.

Invariants:
    * Nothing is left out silently: each episode, answer and row that is dropped has its reason in
      the tally, which the card shows.
    * No file has its name before it is complete, and none is written over.
    * A problem, renamed or not, is in one part of the data only, and in none if it is excluded.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from itertools import islice
from typing import Any

from app.flywheel.dedupe import Sieve
from app.flywheel.episodes import Episode
from app.flywheel.formats import Format, Row, Selection, write_rows
from app.flywheel.reviews import Dropped, Review, Reviewer
from app.flywheel.row_files import RowFiles
from app.flywheel.splits import choose_split

BATCH = 64
"""Episodes that are judged at the same time, as far as there are workers."""
WHOLE = "train"
"""The only part of data that is not divided."""
COUNTED = ("domain", "origin", "model", "source", "claim", "assurance")
"""Columns whose values the card counts."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is to be exported.

    Attributes:
        kind: What the rows are for.
        selection: Which answers are wanted.
        domains: Only these; empty for all.
        since: Only runs that are not older.
        excluded: Identities of problems that must not be in the data.
        shares: Parts of the data and how large they are, together 1; if empty, a source that has
            divided its rows has settled it, and all else is one part.
    """

    kind: Format
    selection: Selection
    domains: frozenset[str] = frozenset()
    since: datetime | None = None
    excluded: frozenset[str] = frozenset()
    shares: Mapping[str, float] = field(default_factory=dict)

    def refuse(self, episode: Episode) -> str | None:
        """Say why an episode is not wanted."""
        if self.domains and episode.domain not in self.domains:
            return "other-domain"
        old = self.since is not None and episode.at is not None and episode.at < self.since
        return "too-old" if old else None

    def part(self, review: Review) -> str:
        """Give the part of the data that a problem belongs to."""
        if self.shares:
            return choose_split(review.identity, self.shares)
        return review.episode.split or WHOLE


@dataclass(slots=True)
class Tally:
    """What was read, written and left out.

    Attributes:
        episodes: Runs and made rows that were read, by source.
        rows: Rows that were written, by part of the data.
        values: How often each value stands in a column of `COUNTED`.
        dropped: What was left out, by reason.
        refuted: Answers that their source calls certified and the critics do not accept.
    """

    episodes: Counter[str] = field(default_factory=Counter)
    rows: Counter[str] = field(default_factory=Counter)
    values: dict[str, Counter[str]] = field(default_factory=dict)
    dropped: Counter[str] = field(default_factory=Counter)
    refuted: int = 0
    _problems: set[bytes] = field(default_factory=set)

    @property
    def problems(self) -> int:
        """Problems in the rows that were written, renamed ones counted once."""
        return len(self._problems)

    def take(self, split: str, row: Row) -> None:
        """Count a row."""
        self.rows[split] += 1
        for column in COUNTED:
            if column in row:
                self.values.setdefault(column, Counter())[row[column]] += 1
        self._problems.add(blake2b(row["identity"].encode(), digest_size=16).digest())

    def review(self, review: Review) -> None:
        """Count what became of an episode's answers."""
        self.dropped.update(review.dropped)
        for one in review.answers:
            if one.refuted:
                self.refuted += 1
                self.dropped["certificate-not-confirmed"] += 1
            elif not one.right and not one.wrong:
                self.dropped["answer-not-certified"] += 1


async def export(
    order: Order, reviewer: Reviewer, episodes: Iterable[Episode], sieve: Sieve, files: RowFiles
) -> Tally:
    """Judge episodes and write their rows, in order.

    Args:
        order: What is wanted.
        reviewer: Judges.
        episodes: What was tried; read as it is needed.
        sieve: Leaves out what is there already.
        files: Where rows go.
    """
    tally = Tally()
    wanted = _choose(order, episodes, tally)
    while batch := list(islice(wanted, BATCH)):
        reviews = await asyncio.gather(*(_review(reviewer, episode) for episode in batch))
        for found in reviews:
            if isinstance(found, str):
                tally.dropped[found] += 1
            else:
                _write(order, found, sieve, files, tally)
    return tally


async def identify_all(
    reviewer: Reviewer, problems: Iterable[tuple[str, Any]]
) -> tuple[frozenset[str], int]:
    """Give the identities of problems, and how many could not be read and have none.

    Args:
        reviewer: Asks the workers.
        problems: Domain and payload of each.
    """
    found, unread = set[str](), 0
    waiting = iter(problems)
    while batch := list(islice(waiting, BATCH)):
        for name in await asyncio.gather(*(_identify(reviewer, *problem) for problem in batch)):
            if name is None:
                unread += 1
            else:
                found.add(name)
    return frozenset(found), unread


def _choose(order: Order, episodes: Iterable[Episode], tally: Tally) -> Iterator[Episode]:
    for episode in episodes:
        tally.episodes[episode.source] += 1
        why = order.refuse(episode)
        if why is None:
            yield episode
        else:
            tally.dropped[why] += 1


async def _review(reviewer: Reviewer, episode: Episode) -> Review | str:
    try:
        return await reviewer.review(episode)
    except Dropped as dropped:
        return str(dropped)


async def _identify(reviewer: Reviewer, domain: str, problem: Any) -> str | None:
    try:
        return await reviewer.identify(domain, problem)
    except Dropped:
        return None


def _write(order: Order, review: Review, sieve: Sieve, files: RowFiles, tally: Tally) -> None:
    if review.identity in order.excluded:
        tally.dropped["excluded-problem"] += 1
        return
    tally.review(review)
    split = order.part(review)
    empty = True
    for row in write_rows(order.kind, review, order.selection):
        empty = False
        why = sieve.refuse(row)
        if why is None:
            files.add(split, row)
            tally.take(split, row)
        else:
            tally.dropped[why] += 1
    if empty:
        tally.dropped[f"no-{order.kind}-row"] += 1
