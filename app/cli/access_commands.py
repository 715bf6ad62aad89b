"""`modulo access …`: the commands; their work is in `app.cli.access`, imported when used."""

from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]

access_app = typer.Typer(help="API keys: who may ask the service.", no_args_is_help=True)


@access_app.command()
def new(
    name: Annotated[str, typer.Option(help="What to call it.")],
    *,
    scope: Annotated[
        str, typer.Option(help="What it may do: solve, check, metrics, admin; by commas.")
    ] = "solve,check",
    tenant: Annotated[
        str | None, typer.Option(help="Whose runs it sees; by default those of its name.")
    ] = None,
    usd_per_day: Annotated[float | None, typer.Option(help="Dollars a day (UTC).")] = None,
    tokens_per_day: Annotated[int | None, typer.Option(help="Tokens a day.")] = None,
    runs_per_day: Annotated[int | None, typer.Option(help="Runs a day.")] = None,
    rate: Annotated[int | None, typer.Option(help="Requests a minute.")] = None,
    model: Annotated[list[str] | None, typer.Option(help="Only this model; repeatable.")] = None,
    profile: Annotated[
        list[str] | None, typer.Option(help="Only this profile; repeatable.")
    ] = None,
    upstream: Annotated[
        list[str] | None, typer.Option(help="Only this endpoint (base URL); repeatable.")
    ] = None,
    priority: Annotated[int, typer.Option(help="Highest priority of its runs.")] = 0,
    days: Annotated[float | None, typer.Option(help="Days until it expires.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a key and print it, once."""
    from app.cli.access import Wishes, make_access  # noqa: PLC0415  # only where needed

    wishes = Wishes(
        name=name,
        scopes=scope,
        tenant=tenant,
        usd=usd_per_day,
        tokens=tokens_per_day,
        runs=runs_per_day,
        per_minute=rate,
        models=model,
        profiles=profile,
        upstreams=upstream,
        priority=priority,
        days=days,
    )
    make_access(wishes, as_json=as_json)


@access_app.command("list")
def list_(*, as_json: AsJson = False) -> None:
    """List the keys, and what each has spent today."""
    from app.cli.access import list_access  # noqa: PLC0415  # as above

    list_access(as_json=as_json)


@access_app.command()
def revoke(
    key: Annotated[str, typer.Argument(metavar="KEY", help="Its beginning, `mdl_…`.")],
) -> None:
    """Make a key useless, within seconds and for ever."""
    from app.cli.access import revoke_access  # noqa: PLC0415  # as above

    revoke_access(key)
