"""Problems and answers from files and standard input, for the command line."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from app.failures import ServiceError
from app.setting_groups import Limits
from app.strict_json import read_json
from critics.domain import find_domain

STDIN = "-"
_PDDL = ("domain", "problem")


def read_text(name: str) -> str:
    """Read a file, or standard input for `-`; bytes that are not UTF-8 become replacement marks.

    An answer with such bytes is then judged (and rejected) rather than refused.

    Raises:
        ServiceError: It cannot be read.
    """
    return _read_bytes(name).decode("utf-8", "replace")


def read_object(name: str) -> dict[str, Any]:
    """Read a JSON object from a file or standard input.

    Raises:
        ServiceError: It cannot be read or is no JSON object.
    """
    content = _read_bytes(name)
    try:
        value = read_json(content, Limits().json_depth)
    except ServiceError as error:
        raise ServiceError(error.code, f"`{name}`: {error.detail}") from error
    if not isinstance(value, dict):
        raise ServiceError("invalid-json", f"`{name}` holds no JSON object")
    return value


def read_problem(domain: str, names: Sequence[str]) -> dict[str, Any]:
    """Read a problem's payload: one JSON file, or for `pddl` a domain and a problem file.

    Raises:
        ServiceError: The files cannot be read or are not the ones needed.
        DomainError: There is no such domain.
    """
    if len(names) == 1 and not names[0].endswith(".pddl"):
        return read_object(names[0])
    if domain == "pddl" and len(names) == len(_PDDL):
        return {field: read_text(name) for field, name in zip(_PDDL, names, strict=True)}
    find_domain(domain)
    wanted = "one JSON file"
    if domain == "pddl":
        wanted += ", or a domain and a problem file ending in `.pddl`"
    raise ServiceError(
        "usage", f"a `{domain}` problem is {wanted}; got {' '.join(names) or 'none'}"
    )


def _read_bytes(name: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if name == STDIN else Path(name).read_bytes()
    except OSError as error:
        raise ServiceError("usage", f"`{name}` cannot be read: {error.strerror}") from error
