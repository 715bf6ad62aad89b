"""`modulo synth`: the command; its work is in `app.cli.synth`, imported when used."""

from pathlib import Path
from typing import Annotated

import typer

Name = Annotated[
    str | None, typer.Argument(metavar="[DOMAIN]", help="A domain that makes problems.")
]
Rows = Annotated[int, typer.Option("--n", min=1, help="Rows.")]
Difficulty = Annotated[
    str, typer.Option(metavar="1-3", help="Levels, as `2`, `1-3` or `1,4`; see --list.")
]
Seed = Annotated[int, typer.Option(min=0, help="The same seed makes the same rows.")]
Families = Annotated[
    list[str] | None, typer.Option("--family", help="Only this family; repeatable.")
]
Share = Annotated[float, typer.Option(min=0, max=1)]
Mystery = Annotated[
    float, typer.Option(min=0, max=1, help="Share of problems under names that mean nothing.")
]
Infeasible = Annotated[
    float, typer.Option(min=0, max=1, help="Share of problems that are proved to have no answer.")
]
NearMisses = Annotated[
    int, typer.Option(min=0, max=50, help="Wrong answers a row, with what a model is told of each.")
]
Split = Annotated[str, typer.Option(help="Parts of the data and how large they are.")]
Exclude = Annotated[
    list[Path] | None,
    typer.Option(help="Leave out these problems, under any names; repeatable."),
]
Distinct = Annotated[
    bool, typer.Option("--distinct", help="Write problems that differ in names and order once.")
]
Out = Annotated[
    Path | None,
    typer.Option(help="FILE.jsonl, FILE.parquet, or a folder for a file for each part."),
]
List = Annotated[bool, typer.Option("--list", help="Show families and levels; make nothing.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the summary as one JSON document.")]


def synth(
    domain: Name = None,
    *,
    n: Rows = 100,
    difficulty: Difficulty = "1-3",
    seed: Seed = 0,
    family: Families = None,
    mystery: Mystery = 0.0,
    infeasible: Infeasible = 0.0,
    near_misses: NearMisses = 0,
    split: Split = "train=.8,dev=.1,test=.1",
    exclude: Exclude = None,
    distinct: Distinct = False,
    out: Out = None,
    list_: List = False,
    as_json: AsJson = False,
) -> None:
    """Make problems with judged answers, to train models with."""
    from app.cli.synth import SynthOptions, list_families, run_synth  # noqa: PLC0415  # as in main

    if list_:
        list_families(domain, as_json=as_json)
        return
    run_synth(
        SynthOptions(
            domain=domain,
            rows=n,
            difficulty=difficulty,
            seed=seed,
            families=family or [],
            mystery=mystery,
            infeasible=infeasible,
            near_misses=near_misses,
            split=split,
            exclude=exclude or [],
            distinct=distinct,
            out=out,
            as_json=as_json,
        )
    )
