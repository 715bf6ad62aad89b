"""`modulo export`: the command; its work is in `app.cli.export`, imported when used."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from app.cli.options import Assurance

Sources = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="[SOURCE]...",
        help="Journals, rows of `modulo synth`, or folders of such files.",
    ),
]
Kind = Annotated[
    Literal["sft", "preference", "kto", "repair", "rl"],
    typer.Option("--format", help="What the rows are for."),
]
Out = Annotated[Path, typer.Option(help="A folder (with a card), or a .jsonl or .parquet file.")]
FromStore = Annotated[
    bool, typer.Option("--from-store", help="Also the runs in the service's database.")
]
Tenant = Annotated[
    str | None, typer.Option(help="Of the database, only this tenant's runs; `*` for all.")
]
Domains = Annotated[list[str] | None, typer.Option("--domain", help="Only these; repeatable.")]
Model = Annotated[str | None, typer.Option(help="Of models' answers, only this one's.")]
Origin = Annotated[
    Literal["any", "model", "search", "solver"],
    typer.Option(help="Whose right answers; what a search or solver found is no model's."),
]
Since = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="Only newer runs (UTC)."),
]
MaxRounds = Annotated[int | None, typer.Option(min=1, help="Only right answers of so many rounds.")]
Turns = Annotated[int, typer.Option(min=1, max=16, help="Most wrong answers of a repair row.")]
Feedback = Annotated[
    Literal["binary", "first", "all", "explain"],
    typer.Option(help="How much a repair row tells of what is wrong."),
]
Exclude = Annotated[
    list[Path] | None,
    typer.Option(help="Problems that must not be in the data, renamed or not; repeatable."),
]
Split = Annotated[
    str | None, typer.Option(metavar="train=.9,test=.1", help="Divide by problem, renamed or not.")
]
Parquet = Annotated[bool, typer.Option("--parquet", help="Files of a folder as Parquet.")]
Dedupe = Annotated[
    Literal["exact", "identity", "none"],
    typer.Option(help="`identity`: one row of each problem, renamed or not."),
]
PerProblem = Annotated[int | None, typer.Option(min=1, help="Most rows of one problem.")]
RecordedPrompts = Annotated[
    bool,
    typer.Option("--recorded-prompts", help="Keep examples, instructions and chat of the caller."),
]
TrustJournal = Annotated[
    bool, typer.Option("--trust-journal", help="Take the verdicts as claimed; judge nothing.")
]
AssuranceOf = Annotated[Assurance, typer.Option(help="Opinions that make an answer right.")]
License = Annotated[str | None, typer.Option(help="Licence that the card names.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def export(
    sources: Sources = None,
    *,
    kind: Kind,
    out: Out,
    from_store: FromStore = False,
    tenant: Tenant = None,
    domain: Domains = None,
    model: Model = None,
    origin: Origin = "any",
    since: Since = None,
    max_rounds: MaxRounds = None,
    turns: Turns = 1,
    feedback: Feedback = "explain",
    exclude: Exclude = None,
    split: Split = None,
    parquet: Parquet = False,
    dedupe: Dedupe = "exact",
    per_problem: PerProblem = None,
    recorded_prompts: RecordedPrompts = False,
    trust_journal: TrustJournal = False,
    assurance: AssuranceOf = "single",
    license: License = None,  # noqa: A002  # the name of the option
    as_json: AsJson = False,
) -> None:
    """Write data to train models with, from runs and made problems; answers are judged again."""
    given = {**locals(), "sources": sources or [], "domain": domain or [], "exclude": exclude or []}
    from app.cli.export import ExportOptions, run_export  # noqa: PLC0415  # `--help` stays quick

    run_export(ExportOptions(**given))
