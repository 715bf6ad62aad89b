"""`modulo formalize`: plain language to a typed problem, and what is to be said about it.

The problem goes to standard output, so that it can be kept and solved; what it means, and what is
doubtful or missing, goes to standard error.
"""

from collections.abc import Iterator, Sequence

from pydantic import JsonValue, ValidationError

from app.cli.check import with_service
from app.cli.exits import Exit
from app.cli.payloads import read_text
from app.cli.terminal import note, quit_with, reported, show_json
from app.failures import ServiceError
from app.formalize import FormalizeRequest, formalize
from app.schema_faults import schema_failure
from app.settings import load_settings
from backprompt.formalize import Formalization
from backprompt.render import printable


def run_formalize(domain: str, file: str, answers: Sequence[str], *, as_json: bool) -> None:
    """Formalise a text and print the problem."""
    with reported(as_json=as_json):
        try:
            request = FormalizeRequest(
                domain=domain, text=read_text(file), answers=dict(map(_pair, answers))
            )
        except ValidationError as error:
            raise schema_failure(error.errors(), FormalizeRequest) from error
        made = with_service(load_settings(), lambda service: formalize(service, request))
        if as_json:
            show_json(made.model_dump(mode="json"))
        else:
            if made.problem is not None:
                show_json(made.problem)
            tell_formalization(made)
        quit_with(Exit.OK if made.complete and not made.doubts else Exit.NEEDS_INPUT)


def tell_formalization(made: Formalization) -> None:
    """Say beside the result what a formal problem means, and what is to be asked about it."""
    for line in _lines(made):
        note(printable(line))


def _lines(made: Formalization) -> Iterator[str]:
    if made.problem is None:
        yield f"{made.made_by}: no formal problem"
    else:
        word = "confirmed" if made.confirmed else "not confirmed"
        yield f"{made.made_by}, {word}; the problem in words:"
        yield from (f"  {line}" for line in made.paraphrase.splitlines())
    yield from (f"missing: `{missing.field}`: {missing.question}" for missing in made.missing)
    yield from (f"doubt: {doubt.headline}" for doubt in made.doubts)
    yield from (f"unread: {stop.headline}" for stop in made.unread)
    if made.short is not None:
        yield f"the budget's `{made.short}` ended before there was more"


def _pair(typed: str) -> tuple[str, JsonValue]:
    name, equals, value = typed.partition("=")
    if not equals or not name.strip():
        raise ServiceError("usage", f"`--answer` takes FIELD=TEXT, got `{typed[:80]}`")
    return name.strip(), value
