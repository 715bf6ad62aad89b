"""Problems: where a chat request states what is to be verified.

In this order: `llm_modulo.problem`, the conversation (`app.proxy.recognition`), the profile's own
problem, the JSON Schema of `response_format`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import JsonValue

from app.failures import Fault, ServiceError
from app.proxy.directions import FIELD, Directed
from app.proxy.recognition import DOMAINS, Found, recognise

SCHEMA_DOMAIN = "json-schema"
NEEDED: Mapping[str, tuple[str, ...]] = {"pddl": ("domain", "problem"), "smt": ("smtlib",)}
"""What a payload must hold that was found in a conversation."""
Told = Literal["task", "format", "nothing"]


@dataclass(frozen=True, slots=True)
class Stated:
    """A problem that a request states.

    Attributes:
        domain: Whose problem it is.
        payload: The problem.
        told: What the model must still be told, as in `app.dialogue.Dialogue`.
        source: Where in the request it stands, as a JSON pointer.
    """

    domain: str
    payload: dict[str, JsonValue]
    told: Told
    source: str


def find_problem(
    directed: Directed, body: Mapping[str, Any], messages: list[dict[str, Any]], *, schemas: bool
) -> Stated | None:
    """Find the problem that a request states; `None` where there is nothing to verify.

    Args:
        directed: What the request wants.
        body: The request.
        messages: Its messages; looked at only where that is allowed.
        schemas: Whether a JSON Schema is verified that nothing else asks for.

    Raises:
        ServiceError: It names a domain and no problem, half a problem, or several.
    """
    own, domain = directed.own, directed.domain
    if own.problem is not None:
        return Stated(
            _require_domain(domain), directed.fixed | own.problem, "task", f"#/{FIELD}/problem"
        )
    schema = find_schema(body)
    if schema is not None and domain == SCHEMA_DOMAIN:
        return _of_schema(schema)
    recognising = directed.profile.recognise
    if own.domain is not None or recognising:
        found = recognise(messages, domain)
        if found is not None:
            payload = _complete(found, directed.fixed)
            return Stated(found.domain, payload, "format", f"#/messages/{found.message}")
    if domain is not None and _is_stated(domain, directed.fixed, recognising=recognising):
        return Stated(domain, directed.fixed, "task", f"#/{FIELD}/problem")
    if domain is not None and (own.domain is not None or not recognising):
        raise _missing(domain)
    return _of_schema(schema) if schema is not None and schemas else None


def find_schema(body: Mapping[str, Any]) -> JsonValue | None:
    """Find the JSON Schema of `response_format`."""
    wanted = body.get("response_format")
    if not isinstance(wanted, dict) or wanted.get("type") != "json_schema":
        return None
    named = wanted.get("json_schema")
    schema: JsonValue = named.get("schema") if isinstance(named, dict) else None
    return schema


def _of_schema(schema: JsonValue) -> Stated:
    where = "#/response_format/json_schema"
    return Stated(SCHEMA_DOMAIN, {"schema": schema}, "nothing", where)


def _require_domain(domain: str | None) -> str:
    if domain is None:
        detail = "`problem` is given without a `domain`"
        fault = Fault(pointer=f"#/{FIELD}/domain", code="invalid-request", detail=detail)
        raise ServiceError("invalid-request", detail, faults=[fault])
    return domain


def _is_stated(domain: str, fixed: Mapping[str, JsonValue], *, recognising: bool) -> bool:
    """Say whether a profile states a problem itself, and not only the part that others share."""
    return bool(fixed) and (not recognising or set(NEEDED.get(domain, ())) <= fixed.keys())


def _complete(found: Found, fixed: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Lay what was found over the profile's parts; a half of a problem is refused."""
    payload = {**fixed, **found.parts}
    for field in NEEDED[found.domain]:
        if field not in payload:
            there = " and ".join(f"a PDDL {name}" for name in found.parts)
            detail = f"the conversation holds {there}, but no PDDL {field} that belongs to it"
            where = f"#/messages/{found.message}"
            fault = Fault(pointer=where, code="problem-missing", detail=detail)
            raise ServiceError("problem-missing", detail, faults=[fault])
    return payload


def _missing(domain: str) -> ServiceError:
    fences = [f"```{fence}``` block" for fence, name in DOMAINS.items() if name == domain]
    looked = f", and the conversation holds no {fences[0]}" if fences else ""
    if domain == SCHEMA_DOMAIN:
        looked = ", and `response_format` holds no JSON Schema"
    detail = f"domain `{domain[:80]}` is to judge, but `{FIELD}.problem` is not given{looked}"
    fault = Fault(pointer=f"#/{FIELD}/problem", code="problem-missing", detail=detail)
    return ServiceError("problem-missing", detail, faults=[fault])
