"""A critic that is an HTTP service, in whatever language: the contract, and the adapter.

The request is a POST of `{"contract": 1, "domain", "problem", "candidate"}`; the answer is status
200 with an `Answer` as JSON (docs/domains.md shows both).

Invariants:
    * Nothing but the contract is believed. Another status or type, a redirect, a version that is
      not the pinned one, too many bytes, an unknown field, a verdict that its own findings
      contradict: each is `Undecided`, never accepted.
    * Only the given URL is asked: no proxy, no redirect, nothing that a model or user wrote.
    * A certificate names the service and its pinned version, not its address. What it says is
      relative to that service: it is sound if its author says so, and only then decides.
"""

import http.client
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NoReturn
from urllib.parse import urlsplit

from pydantic import Field, JsonValue, StrictInt, ValidationError

from critics.codes import Code
from critics.critic import Critic
from critics.domain import Domain, Example, whole_text
from critics.types import Diagnostic, Frozen, Location, Problem, Severity, Undecided

CONTRACT = 1
MAX_BYTES = 1_000_000
MAX_FINDINGS = 200
CHUNK = 65_536


class Finding(Frozen):
    """One objection, as the service reports it."""

    code: str
    """One of the codes that the domain declares."""
    headline: str = Field(min_length=1, max_length=1_000)
    pointer: str | None = None
    """JSON pointer in the answer."""
    line: StrictInt | None = Field(default=None, ge=1)
    """1-based line of the answer."""
    notes: list[str] = Field(default_factory=list, max_length=20)
    help: list[str] = Field(default_factory=list, max_length=20)


class Answer(Frozen):
    """What the service answers."""

    contract: StrictInt = Field(ge=CONTRACT, le=CONTRACT)
    service: str
    """Its name; must be the one that the domain names."""
    version: str
    """Its version; must be the pinned one."""
    verdict: Literal["accepted", "rejected", "unknown"]
    diagnostics: list[Finding] = Field(default_factory=list, max_length=MAX_FINDINGS)
    """At least one for `rejected`, none for `accepted`."""
    undecided: list[str] = Field(default_factory=list, max_length=MAX_FINDINGS)
    """Parts of the problem that it does not decide; none for `accepted`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """An HTTP service that judges.

    Attributes:
        name: Its name, as it reports it.
        version: The version it must report. Another one is another judge.
        url: Where it is; `http` or `https`, without credentials.
        codes: The codes that its findings may have.
        timeout_s: Seconds until it must have answered.
        max_bytes: The longest answer that is read.
    """

    name: str
    version: str
    url: str
    codes: Mapping[str, Code]
    timeout_s: float = 3.0
    max_bytes: int = MAX_BYTES

    def __post_init__(self) -> None:
        """Refuse an address that is none, or that holds a secret."""
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"service `{self.name}`: the URL must be http or https")
        if parts.username is not None or parts.fragment:
            raise ValueError(f"service `{self.name}`: the URL has credentials or a fragment")

    def ask(self, domain: str, payload: JsonValue, text: str) -> Iterator[Diagnostic]:
        """Ask for a verdict; yields its objections, and nothing if it accepts.

        Raises:
            Undecided: It does not decide, cannot be reached, or breaks the contract.
        """
        request = {
            "contract": CONTRACT,
            "domain": domain,
            "problem": payload,
            "candidate": text,
        }
        answer = self._read(self._post(json.dumps(request).encode()))
        if answer.verdict == "unknown":
            parts = ", ".join(answer.undecided)[:500]
            raise self._undecided(f"it does not decide {parts}" if parts else "it does not decide")
        yield from map(self._tell, answer.diagnostics)

    def _post(self, body: bytes) -> bytes:
        due = time.monotonic() + self.timeout_s
        parts = urlsplit(self.url)
        secure = parts.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=self.timeout_s)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        try:
            connection.request("POST", target, body, headers)
            return self._receive(connection, due)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise self._undecided(f"it cannot be asked ({type(error).__name__})") from error
        finally:
            connection.close()

    def _receive(self, connection: http.client.HTTPConnection, due: float) -> bytes:
        response = connection.getresponse()
        kind = (response.getheader("Content-Type") or "").partition(";")[0].strip().lower()
        if response.status != http.client.OK or kind != "application/json":
            raise self._undecided(f"it answers with status {response.status} and type `{kind}`")
        received = bytearray()
        while True:
            left = due - time.monotonic()
            if left <= 0:
                raise self._undecided(f"it took more than {self.timeout_s:g} s")
            if connection.sock is not None:
                connection.sock.settimeout(left)
            part = response.read1(CHUNK)
            if not part:
                return bytes(received)
            received += part
            if len(received) > self.max_bytes:
                raise self._undecided(f"its answer has more than {self.max_bytes:,} bytes")

    def _read(self, body: bytes) -> Answer:
        try:
            loaded = json.loads(
                body, object_pairs_hook=_read_object, parse_constant=_refuse_constant
            )
            answer = Answer.model_validate(loaded)
        except ValidationError as error:
            fault = error.errors(include_url=False, include_input=False, include_context=False)[0]
            where = ".".join(map(str, fault["loc"]))[:100]
            raise self._undecided(f"its answer breaks the contract: `{where}`") from error
        except (ValueError, RecursionError) as error:
            raise self._undecided("its answer is no strict JSON") from error
        broken = self._contradiction(answer)
        if broken is not None:
            raise self._undecided(broken)
        return answer

    def _contradiction(self, answer: Answer) -> str | None:
        """Find what an answer says against the domain, or against itself."""
        if (answer.service, answer.version) != (self.name, self.version):
            return f"it is `{answer.service[:60]}` {answer.version[:60]}, not {self.version}"
        unknown = [f.code for f in answer.diagnostics if f.code not in self.codes]
        if unknown:
            return f"its code `{unknown[0][:60]}` is not declared"
        if answer.verdict == "accepted" and (answer.diagnostics or answer.undecided):
            return "it accepts and objects at once"
        if answer.verdict == "rejected" and not answer.diagnostics:
            return "it rejects without a reason"
        return None

    def _tell(self, finding: Finding) -> Diagnostic:
        return Diagnostic(
            code=finding.code,
            headline=finding.headline,
            at=Location(source="answer", line=finding.line, pointer=finding.pointer),
            notes=tuple(finding.notes),
            help=tuple(finding.help),
        )

    def _undecided(self, why: str) -> Undecided:
        return Undecided(
            [
                Diagnostic(
                    code="critic-remote",
                    headline=f"the service `{self.name}` gave no verdict: {why}",
                    severity=Severity.UNKNOWN,
                )
            ]
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """A candidate for a service: the text as it stands, and the payload.

    Attributes:
        text: The canonical text.
    """

    text: str


def http_critic(service: Service, *, domain: str, decides: str, sound: bool) -> Critic:
    """Make a critic of a service.

    Args:
        service: The service.
        domain: What is asked of it.
        decides: The part of the problem it decides, in the user's words.
        sound: Whether its author vouches that its silence means that the part holds. Without
            that it only advises.
    """

    def check(problem: Problem, asked: Asked) -> Iterator[Diagnostic]:
        yield from service.ask(domain, problem.model_dump(mode="json", by_alias=True), asked.text)

    told = f"{decides} (as the service {service.name} {service.version} says)"
    return Critic(
        name=f"http-{service.name}",
        check=check,
        decides=told,
        hard=sound,
        sound=sound,
        complete=sound,
        version=service.version,
    )


def http_domain(
    *,
    name: str,
    summary: str,
    problem: type[Problem],
    service: Service,
    decides: str,
    sound: bool,
    prompt: Callable[[Any], str],
    answer_format: str,
    extract: Callable[[Any, str], Sequence[str]] = whole_text,
    examples: Sequence[Example] = (),
    critics: Sequence[Critic] = (),
    max_candidate_chars: int = 1_000_000,
) -> Domain:
    """Make a domain whose critic is an HTTP service.

    Args:
        name: What a request names.
        summary: One line for `modulo domains`.
        problem: The payload's schema.
        service: Who judges. Its version is the domain's.
        decides: What it decides, in the user's words.
        sound: Whether its author vouches for its verdicts; see `http_critic`.
        prompt: The task as it is put to a model.
        answer_format: How an answer must look.
        extract: Finds candidates in a response.
        examples: The self-test.
        critics: Local critics that are asked first, with the text as an `Asked`.
        max_candidate_chars: Longer answers are rejected unread.

    Raises:
        ValueError: Nobody would decide: the service is not sound, and no local critic is hard.
    """
    remote = http_critic(service, domain=name, decides=decides, sound=sound)
    return Domain(
        name=name,
        version=service.version,
        summary=summary,
        problem=problem,
        parse=lambda _problem, text: Asked(text),
        critics=(*critics, remote),
        prompt=prompt,
        answer_format=answer_format,
        extract=extract,
        examples=examples,
        codes=service.codes,
        max_candidate_chars=max_candidate_chars,
    )


def _read_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"`{name}` is no JSON number")
