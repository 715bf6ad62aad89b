"""The command line: `modulo`. Every command's work is in a module of its own, imported when used.

Exit codes are in `app.cli.exits`, in decades.
"""

import os
import sys
from pathlib import Path
from types import TracebackType
from typing import Annotated

import typer

from app.cli.access_commands import access_app
from app.cli.bench_command import bench
from app.cli.export_command import export
from app.cli.options import Assurance, Solver
from app.cli.runs_commands import runs_app
from app.cli.synth_command import synth

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]

app = typer.Typer(
    name="modulo",
    help="Certified answers from any reasoning model. Exit codes: 0 certified or accepted, "
    "10 exhausted, 11 infeasible, 12 unknown, 13 rejected, 20 resources, 30 bad input, "
    "31 unsupported, 32 upstream failed, 33 no upstream.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
domains_app = typer.Typer(help="The installed domains.", invoke_without_command=True)
models_app = typer.Typer(help="Weights of the embedded model.", no_args_is_help=True)
app.add_typer(domains_app, name="domains")
app.add_typer(models_app, name="models")
keys_app = typer.Typer(help="The key that signs certificates.", no_args_is_help=True)
app.add_typer(keys_app, name="keys")
log_app = typer.Typer(help="The log of issued certificates.", no_args_is_help=True)
app.add_typer(log_app, name="log")
app.add_typer(runs_app, name="runs")
app.command()(bench)
app.command()(synth)
app.command()(export)
app.add_typer(access_app, name="access")


def main() -> None:
    """Run the command line."""
    sys.excepthook = _tell_bug
    if sys.stderr is None:  # Python's own way to say that it came closed
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  # open to the end
    # Calling `app` itself would put typer's own hook, which prints tracebacks, in our place.
    typer.main.get_command(app)()


def _tell_bug(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Let an error of ours end as one message instead of a traceback."""
    from app.cli.terminal import tell_bug  # noqa: PLC0415  # `--help` stays quick

    tell_bug(kind, error, trace)


def _version(wanted: bool) -> None:  # noqa: FBT001  # typer's callback protocol
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415  # only here

        typer.echo(f"llm-modulo {version('llm-modulo')}")
        raise typer.Exit


@app.callback()
def root(
    *,
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Certified answers from any reasoning model."""


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port; 0 picks a free one.")] = None,
) -> None:
    """Run the HTTP service."""
    from app.cli.serve import run_server  # noqa: PLC0415  # fastapi only where needed

    run_server(host, port)


@app.command()
def view(
    place: Annotated[
        Path, typer.Argument(metavar="DIR|FILE", help="Journals, as `solve --journal` writes them.")
    ],
    port: Annotated[int, typer.Option(min=0, max=65_535, help="0 picks a free port.")] = 0,
) -> None:
    """Show recorded runs in the browser, read-only."""
    from app.cli.view import run_view  # noqa: PLC0415  # fastapi only where needed

    run_view(place, port)


@app.command()
def solve(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="REQUEST.json | DOMAIN PROBLEM.json | pddl DOMAIN.pddl PROBLEM.pddl",
            help="A request as for POST /solve, or a domain and its problem.",
        ),
    ],
    *,
    watch: Annotated[bool, typer.Option("--watch", help="One line a round.")] = False,
    as_json: AsJson = False,
    upstream_url: Annotated[str | None, typer.Option(help="OpenAI-compatible base URL.")] = None,
    model: Annotated[str | None, typer.Option(help="Model to ask.")] = None,
    replay: Annotated[Path | None, typer.Option(help="Play a recording; no model.")] = None,
    rounds: Annotated[int | None, typer.Option(help="Most rounds.")] = None,
    seconds: Annotated[float | None, typer.Option(help="Most wall seconds.")] = None,
    feedback: Annotated[str | None, typer.Option(help="What the model is told.")] = None,
    solver: Annotated[Solver | None, typer.Option(help="What an exact solver does.")] = None,
    temperature: Annotated[float | None, typer.Option(help="Sampling temperature.")] = None,
    start_from: Annotated[Path | None, typer.Option(help="An answer to begin with.")] = None,
    assurance: Annotated[Assurance | None, typer.Option(help="Opinions needed.")] = None,
    best_effort: Annotated[
        bool, typer.Option("--best-effort", help="Print the best answer, uncertified.")
    ] = False,
    certificate: Annotated[Path | None, typer.Option(help="Write the certificate here.")] = None,
    journal: Annotated[Path | None, typer.Option(help="Write the run's record here.")] = None,
) -> None:
    """Ask a model until an answer is certified."""
    from app.cli.solve import SolveOptions, run_solve  # noqa: PLC0415  # as above

    run_solve(
        SolveOptions(
            files=files,
            watch=watch,
            as_json=as_json,
            upstream_url=upstream_url,
            model=model,
            replay=replay,
            rounds=rounds,
            seconds=seconds,
            feedback=feedback,
            solver=solver,
            temperature=temperature,
            start_from=start_from,
            assurance=assurance,
            best_effort=best_effort,
            certificate=certificate,
            journal=journal,
        )
    )


@app.command()
def check(
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[DOMAIN PROBLEM ANSWER]",
            help="A domain, its problem (JSON, or two .pddl files) and the answer; `-` is stdin.",
        ),
    ] = None,
    *,
    exact: Annotated[
        bool, typer.Option("--exact", help="Judge the text as it stands; extract nothing.")
    ] = False,
    as_json: AsJson = False,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="JSON lines in, JSON lines out.")] = False,
    assurance: Annotated[
        Assurance | None, typer.Option(help="Opinions needed; `single` with --jsonl, else `auto`.")
    ] = None,
    translate: Annotated[
        int | None,
        typer.Option(min=2, max=9, help="The answer is prose: let a model translate it K times."),
    ] = None,
) -> None:
    """Judge an answer; a model is asked only to translate prose."""
    from app.cli.check import run_check, run_jsonl  # noqa: PLC0415  # as above

    if jsonl:
        run_jsonl(files or [], assurance or "single", translated=translate is not None)
    else:
        run_check(
            files or [],
            exact=exact,
            as_json=as_json,
            assurance=assurance or "auto",
            translate=translate,
        )


@app.command()
def formalize(
    domain: Annotated[str, typer.Argument(metavar="DOMAIN")],
    file: Annotated[str, typer.Argument(metavar="FILE", help="The text; `-` is stdin.")],
    *,
    answer: Annotated[
        list[str] | None, typer.Option(metavar="FIELD=TEXT", help="Answer a question; repeatable.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Turn a problem in plain language into a typed one; nothing is solved."""
    from app.cli.formalize import run_formalize  # noqa: PLC0415  # as above

    run_formalize(domain, file, answer or [], as_json=as_json)


@app.command()
def verify(
    certificate: Annotated[str, typer.Argument(metavar="CERTIFICATE.json", help="`-` is stdin.")],
    *,
    key: Annotated[
        list[Path] | None, typer.Option(help="Public key (PEM) that must have signed.")
    ] = None,
    no_signature: Annotated[
        bool, typer.Option("--no-signature", help="Prove the claim only; ignore who signed.")
    ] = False,
    problem: Annotated[
        list[str] | None,
        typer.Option(help="Problem that it must be about; twice for two .pddl files."),
    ] = None,
    answer: Annotated[str | None, typer.Option(help="Answer that it must be about.")] = None,
    seconds: Annotated[float, typer.Option(min=0.1, help="Most wall seconds.")] = 300.0,
    as_json: AsJson = False,
) -> None:
    """Prove a certificate again, offline. Exits 0 verified, 1 refuted or altered, 2 undecided."""
    from app.cli.verify import VerifyOptions, run_verify  # noqa: PLC0415  # as above

    run_verify(
        VerifyOptions(
            certificate=certificate,
            keys=key or [],
            signature=not no_signature,
            problem=problem or [],
            answer=answer,
            as_json=as_json,
            seconds=seconds,
        )
    )


@keys_app.command("new")
def keys_new(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where; nothing is overwritten.")],
) -> None:
    """Make an Ed25519 key that signs certificates."""
    from app.cli.keys import make_key  # noqa: PLC0415  # as above

    make_key(file)


@keys_app.command("show")
def keys_show(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="A key; else the configured ones.")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Print public keys."""
    from app.cli.keys import show_keys  # noqa: PLC0415  # as above

    show_keys(file, as_json=as_json)


LogFile = Annotated[Path | None, typer.Option("--file", help="The log; else the configured one.")]


@log_app.command("verify")
def log_verify(
    *,
    file: LogFile = None,
    head: Annotated[
        str | None, typer.Option(help="A head from earlier, which must still be in the log.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check the chain of issued certificates. Exits 0 intact, 1 altered, 2 no log."""
    from app.cli.log import verify_log  # noqa: PLC0415  # as above

    verify_log(file, head, as_json=as_json)


@log_app.command("show")
def log_show(
    certificate: Annotated[
        str | None, typer.Argument(metavar="[CERTIFICATE-ID]", help="Print this certificate.")
    ] = None,
    *,
    file: LogFile = None,
    as_json: AsJson = False,
) -> None:
    """List issued certificates, or print one."""
    from app.cli.log import show_log  # noqa: PLC0415  # as above

    show_log(file, certificate, as_json=as_json)


@domains_app.callback()
def domains(context: typer.Context, *, as_json: AsJson = False) -> None:
    """List the installed domains."""
    if context.invoked_subcommand is None:
        from app.cli.domains import list_domains  # noqa: PLC0415  # as above

        list_domains(as_json=as_json)


@domains_app.command("check")
def domains_check(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Run the domains' self-tests: good answers, bad answers, mutants, junk."""
    from app.cli.domains import check_domains  # noqa: PLC0415  # as above

    check_domains(names or [], as_json=as_json)


@app.command()
def sandbox(*, as_json: AsJson = False) -> None:
    """Prepare and try what programs are run in (`python-tests`). Exits 31 if nothing works."""
    from app.cli.sandbox import try_sandboxes  # noqa: PLC0415  # as above

    try_sandboxes(as_json=as_json)


@models_app.command("pull")
def models_pull(
    name: str,
    gguf: Annotated[Path | None, typer.Option(help="Take this file instead of a download.")] = None,
) -> None:
    """Fetch the weights of an embedded model, and verify them."""
    from app.cli.models import pull_model  # noqa: PLC0415  # as above

    pull_model(name, gguf)


@models_app.command("list")
def models_list(*, as_json: AsJson = False) -> None:
    """List the embedded models that can be fetched, and which are here."""
    from app.cli.models import list_models  # noqa: PLC0415  # as above

    list_models(as_json=as_json)


@app.command()
def demo(
    *,
    offline: Annotated[bool, typer.Option("--offline", help="Play the recording only.")] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the service running.")] = False,
    model: Annotated[str | None, typer.Option(help="Embedded model to use.")] = None,
) -> None:
    """Watch a plan being rejected, corrected and certified."""
    from app.cli.demo import run_demo  # noqa: PLC0415  # as above

    raise typer.Exit(run_demo(offline=offline, keep=keep, model=model))


@app.command()
def config(*, as_json: AsJson = False) -> None:
    """Show every setting, its value and where it comes from; secrets are masked."""
    from app.cli.config import show_config  # noqa: PLC0415  # as above

    show_config(as_json=as_json)
