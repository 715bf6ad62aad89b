"""`modulo export`: reads runs and made problems, judges every answer, writes rows and a card."""

import shlex
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

from app.cli.check import with_service
from app.cli.options import Assurance
from app.cli.terminal import note, reported, show_json, show_table
from app.failures import ServiceError
from app.flywheel.card import Provenance, write_card
from app.flywheel.dedupe import Dedupe, Sieve
from app.flywheel.episodes import SYNTHETIC, Episode
from app.flywheel.exclusion import read_payloads
from app.flywheel.exports import Order, Tally, export, identify_all
from app.flywheel.formats import Format, Selection, Skill
from app.flywheel.reviews import Reviewer
from app.flywheel.row_files import RowFiles
from app.flywheel.sources import read_sources
from app.flywheel.splits import read_shares
from app.service import Service
from app.settings import Settings, load_settings
from backprompt.strategy import Feedback
from critics.judge import Demand

CARD = "README.md"
PRIVATE = "the rows hold what users and models wrote; read them before you give them away"


@dataclass(frozen=True, kw_only=True)
class ExportOptions:
    """What was typed, by the names of `modulo export`'s parameters; see `--help`."""

    sources: Sequence[Path]
    kind: str
    out: Path
    from_store: bool
    tenant: str | None
    domain: Sequence[str]
    model: str | None
    origin: str
    since: datetime | None
    max_rounds: int | None
    turns: int
    feedback: str
    exclude: Sequence[Path]
    split: str | None
    parquet: bool
    dedupe: str
    per_problem: int | None
    recorded_prompts: bool
    trust_journal: bool
    assurance: Assurance
    license: str | None
    as_json: bool


def run_export(options: ExportOptions) -> None:
    """Write the data, and say what is in it and what is not."""
    with reported(as_json=options.as_json):
        if not options.sources and not options.from_store:
            raise ServiceError("usage", "there is nothing to export: name a SOURCE or --from-store")
        files = RowFiles(options.out, parquet=options.parquet)
        _require_room(files)
        settings = load_settings()
        with files:
            tally = with_service(settings, lambda service: _export(service, options, files))
            if not tally.rows:
                raise _nothing(options, tally)
        _tell(options, files, tally)


async def _export(service: Service, options: ExportOptions, files: RowFiles) -> Tally:
    reviewer = Reviewer(
        pool=service.pool,
        trusting=options.trust_journal,
        recorded=options.recorded_prompts,
        demand=Demand(options.assurance),
        deadline_s=service.settings.worker.deadline_s,
    )
    passed_over = Counter[str]()
    excluded = await _exclude(reviewer, options.exclude)
    order = Order(
        kind=Format(options.kind),
        selection=Selection(
            skill=Skill(options.origin),
            model=options.model,
            max_rounds=options.max_rounds,
            feedback=Feedback(options.feedback),
            turns=options.turns,
        ),
        domains=frozenset(options.domain),
        since=options.since.replace(tzinfo=UTC) if options.since else None,
        excluded=excluded,
        shares=read_shares(options.split) if options.split else {},
    )
    sieve = Sieve(Dedupe(options.dedupe), options.per_problem)
    episodes = chain(read_sources(options.sources, passed_over), _stored(service.settings, options))
    tally = await export(order, reviewer, episodes, sieve, files)
    tally.dropped.update(passed_over)
    return tally


async def _exclude(reviewer: Reviewer, places: Sequence[Path]) -> frozenset[str]:
    """Find what must not be in the data, and say what of it could not be found out."""
    found, unread = set[str](), 0
    for place in places:
        known, lost = await identify_all(reviewer, read_payloads(place))
        if not known:
            raise ServiceError(
                "usage",
                f"`{place}` holds no problem that could be excluded",
                help=["name JSON lines with a `domain` and a `problem`, or folders of PDDL files"],
            )
        found |= known
        unread += lost
    if unread:
        note(f"warning: {unread:,} problems of `--exclude` cannot be read, and exclude nothing")
    return frozenset(found)


def _stored(settings: Settings, options: ExportOptions) -> Iterator[Episode]:
    if options.from_store:
        from app.flywheel.stored import read_store  # noqa: PLC0415  # needs an extra

        yield from read_store(settings, options.tenant)


def _require_room(files: RowFiles) -> None:
    """Find before anything is judged that there is a data set already.

    Raises:
        ServiceError: `usage`.
    """
    taken = files.place if files.single else files.place / CARD
    if taken.exists():
        raise ServiceError("usage", f"`{taken}` is there already", help=["name another `--out`"])


def _tell(options: ExportOptions, files: RowFiles, tally: Tally) -> None:
    about = Provenance(
        kind=Format(options.kind),
        command=shlex.join(["modulo", *sys.argv[1:]]),
        license=options.license,
        trusted=options.trust_journal,
        recorded=options.recorded_prompts,
        made={split: _measure(files.file(split)) for split in tally.rows},
    )
    if not files.single:
        (options.out / CARD).write_text(write_card(about, tally), "utf-8")
    if options.as_json:
        show_json(_document(options, files, tally))
    else:
        rows = [(str(files.file(split)), f"{count:,}") for split, count in tally.rows.items()]
        show_table([("file", "rows"), *rows])
        for why, count in tally.dropped.most_common():
            note(f"left out: {count:,} {why}")
    if tally.refuted:
        note(f"warning: {tally.refuted:,} answers that a source calls certified are not accepted")
    if options.trust_journal:
        note("warning: verdicts are those of the sources; nothing was judged again")
    if set(tally.episodes) != {SYNTHETIC}:
        note(PRIVATE)


def _measure(file: Path) -> tuple[str, int]:
    return file.name, file.stat().st_size


def _document(options: ExportOptions, files: RowFiles, tally: Tally) -> dict[str, object]:
    return {
        "format": options.kind,
        "files": {split: str(files.file(split)) for split in tally.rows},
        "rows": dict(tally.rows),
        "problems": tally.problems,
        "episodes": dict(tally.episodes),
        "values": {column: dict(values) for column, values in tally.values.items()},
        "dropped": dict(tally.dropped),
        "not_confirmed": tally.refuted,
    }


def _nothing(options: ExportOptions, tally: Tally) -> ServiceError:
    left = ", ".join(f"{count:,} {why}" for why, count in tally.dropped.most_common())
    return ServiceError(
        "export-empty",
        f"no `{options.kind}` row came of what was read ({tally.episodes.total():,})"
        + (f"; left out: {left}" if left else ""),
    )
