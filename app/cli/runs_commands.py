"""`modulo runs …`: the commands; their work is in `app.cli.runs`, imported when used."""

from typing import Annotated, Any

import typer

Url = Annotated[
    str | None, typer.Option(help="Where the service is; by default where `modulo serve` listens.")
]
RunId = Annotated[str, typer.Argument(metavar="RUN", help="The run's id.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Model = Annotated[str | None, typer.Option(help="Model to ask from there on.")]
Rounds = Annotated[int | None, typer.Option(help="Most rounds, the taken over ones included.")]
Feedback = Annotated[str | None, typer.Option(help="What the model is told.")]

runs_app = typer.Typer(help="The runs of a service.", no_args_is_help=True)


@runs_app.command("list")
def list_(
    *,
    url: Url = None,
    state: Annotated[str | None, typer.Option(help="Only runs in this state.")] = None,
    domain: Annotated[str | None, typer.Option(help="Only runs of this domain.")] = None,
    model: Annotated[str | None, typer.Option(help="Only runs of this model.")] = None,
    before: Annotated[str | None, typer.Option(help="Only runs older than this one.")] = None,
    limit: Annotated[int, typer.Option(help="How many.", min=1, max=200)] = 50,
    as_json: AsJson = False,
) -> None:
    """List runs, newest first."""
    from app.cli.runs import list_runs  # noqa: PLC0415  # httpx only where needed

    wanted = {"state": state, "domain": domain, "model": model, "before": before, "limit": limit}
    list_runs(url, wanted, as_json=as_json)


@runs_app.command()
def show(run: RunId, *, url: Url = None, as_json: AsJson = False) -> None:
    """Show one run, with its answer if that is certified."""
    from app.cli.runs import show_run  # noqa: PLC0415  # as above

    show_run(url, run, as_json=as_json)


@runs_app.command()
def watch(
    run: RunId,
    *,
    url: Url = None,
    after: Annotated[int, typer.Option(help="Only events after this number.", min=-1)] = -1,
) -> None:
    """Follow a run to its end; leaving does not cancel it."""
    from app.cli.runs import watch_run  # noqa: PLC0415  # as above

    watch_run(url, run, after)


@runs_app.command()
def cancel(run: RunId, *, url: Url = None) -> None:
    """End a run and the call it pays for."""
    from app.cli.runs import cancel_run  # noqa: PLC0415  # as above

    cancel_run(url, run)


@runs_app.command()
def resume(run: RunId, *, url: Url = None, rounds: Rounds = None) -> None:
    """Go on where a run ended, without paying again for what it had bought."""
    from app.cli.runs import fork_run  # noqa: PLC0415  # as above

    fork_run(url, run, {"budget": {"rounds": rounds} if rounds else None})


@runs_app.command()
def fork(
    run: RunId,
    *,
    from_round: Annotated[int, typer.Option(help="First round asked anew.", min=1)],
    model: Model = None,
    rounds: Rounds = None,
    feedback: Feedback = None,
    url: Url = None,
) -> None:
    """Go on from a round with another model or strategy."""
    from app.cli.runs import fork_run  # noqa: PLC0415  # as above

    wishes: dict[str, Any] = {
        "from_round": from_round,
        "model": model,
        "budget": {"rounds": rounds} if rounds else None,
        "strategy": {"feedback": feedback} if feedback else None,
    }
    fork_run(url, run, wishes)
