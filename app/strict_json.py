"""Strict JSON: finite, unambiguous and shallow, so that nothing behind it needs to fear it.

What RFC 8259 leaves open is refused: a key given twice, numbers beyond a double, half a surrogate
pair; so is what Python alone takes for JSON (`NaN`, `Infinity`).
"""

import json
import re
from typing import Any, NoReturn

from app.failures import ServiceError

_MARKS = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[\[{]|[\]}]', re.DOTALL)


def read_json(body: bytes, depth: int) -> Any:
    """Read one JSON document.

    Args:
        body: The bytes, UTF-8.
        depth: How deep lists and objects may nest.

    Raises:
        ServiceError: `invalid-json`, with the place where there is one.
    """
    _check_depth(body, depth)
    try:
        text = body.decode("utf-8")
        value = json.loads(
            text,
            object_pairs_hook=_unambiguous,
            parse_constant=_refuse_constant,
            parse_float=_finite,
            parse_int=_whole,
        )
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeDecodeError as error:
        raise _invalid(f"the body is not UTF-8: byte {error.start} cannot be read") from error
    except UnicodeEncodeError as error:
        raise _invalid("a string holds half of a surrogate pair, which is no character") from error
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise _invalid(f"the body is not JSON: {error.msg} at {place}") from error
    except ValueError as error:
        raise _invalid(f"the body is not JSON: {str(error)[:200]}") from error
    return value


def _check_depth(body: bytes, depth: int) -> None:
    if body.count(b"[") + body.count(b"{") <= depth:
        return
    level = 0
    for mark in _MARKS.finditer(body):
        level += {b"[": 1, b"{": 1, b"]": -1, b"}": -1}.get(mark.group(), 0)
        if level > depth:
            raise _invalid(f"the body nests deeper than {depth} levels")


def _unambiguous(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"key `{name[:80]}` stands twice in one object")
        found[name] = value
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"`{name}` is not a JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"number `{text[:40]}` is too large")
    return number


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"a number has {len(text):,} digits") from None


def _invalid(detail: str) -> ServiceError:
    return ServiceError("invalid-json", detail)
