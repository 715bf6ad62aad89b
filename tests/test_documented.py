"""Every command, option, setting and error code says what it is, or the build fails.

`/errors/{code}` and `modulo --help` are the reference, made of the texts that are tested here;
settings are tested in `test_docs.py`, metrics in `tests/app/test_metrics.py`.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from app.cli.main import app
from app.codes import explain, list_codes

ROOT = Path(__file__).parent.parent
CODE = re.compile(r'\bcode\s*=\s*"([a-z0-9]+(?:-[a-z0-9]+)+)"')


def every_option() -> Iterator[tuple[str, str | None]]:
    """Give every command and option with its explanation."""
    waiting = [("modulo", typer.main.get_command(app))]
    while waiting:
        name, command = waiting.pop()
        yield name, command.help
        for option in command.params:
            if option.param_type_name == "option" and option.name != "help":
                yield f"{name} --{option.name}", getattr(option, "help", None)
        inner = getattr(command, "commands", {})
        waiting += [(f"{name} {own}", each) for own, each in inner.items()]


def test_every_command_and_option_explains_itself() -> None:
    found = dict(every_option())
    assert [name for name, explained in found.items() if not explained] == []
    assert {"modulo sandbox", "modulo serve --port"} <= set(found)


def test_every_code_says_what_happened_why_and_what_to_do() -> None:
    codes = list_codes()
    thin = [
        name
        for name, told in codes.items()
        if not (told.title.strip() and told.explanation.strip() and told.action.strip())
    ]
    assert thin == []
    assert {"code-no-sandbox", "critic-crashed", "invalid-json"} <= set(codes)


@pytest.mark.parametrize("package", ["critics", "backprompt", "app"])
def test_every_code_in_the_source_is_explained(package: str) -> None:
    used = {
        code: file.name
        for file in (ROOT / package).rglob("*.py")
        for code in CODE.findall(file.read_text(encoding="utf-8"))
    }
    assert used
    assert {code: file for code, file in used.items() if explain(code) is None} == {}
