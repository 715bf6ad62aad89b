"""Exchange: one verified request and its reply, the same behind every dialect.

Invariants:
    * `release` is the one door through which text of an answer leaves: certified text, or the best
      candidate for a client that asked for it (`on_fail: best_effort`). No dialect has another.
    * A reply without a certificate says so in every place where a client may look.
    * A run that ends without a reply is a `ServiceError`; nothing in it quotes a candidate.
"""

import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue

from app.engine import RunRecord
from app.failures import ServiceError
from app.protocol import SolveResult
from app.proxy.chat_request import ChatRequest, Verification
from app.proxy.progress import narrate
from app.proxy.visitors import Caller, Visitors
from app.security.principal import caller
from app.service import Service
from backprompt.budget import Usage
from backprompt.events import CallFailed, CallFinished, Event, ToolsCalled

SHORT = 12
"""Hex digits of a hash in `system_fingerprint`."""
CODES = {"exhausted": "budget-exhausted", "infeasible": "infeasible"}
"""How a run without a certificate ended, and what its client is told."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a client gets.

    Attributes:
        run: The run's id; a chat's is `chatcmpl-` and this.
        created: Unix seconds.
        model: The model that answered, or the one that was asked for.
        certified: Whether `text` is certified; `None` where nobody was asked to verify it.
        text: The certified text, or the best candidate's for who asked for it; `None` with tools.
        tool_calls: Calls of the caller's tools, unverified.
        usage: The sum over all calls of the run.
        fingerprint: `modulo:<certified|uncertified>:<short hash>`.
        report: The object `llm_modulo`.
        finish_reason: The upstream's, of a chat that nobody was asked to verify.
    """

    run: str
    created: int
    model: str
    certified: bool | None
    text: str | None
    tool_calls: tuple[dict[str, JsonValue], ...]
    usage: Usage
    fingerprint: str
    report: dict[str, JsonValue]
    finish_reason: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        """The headers `x-llm-modulo-*`."""
        named = self.report.get("origin")
        origin = {"x-llm-modulo-origin": str(named)} if named else {}
        return {
            "x-llm-modulo-certified": "true" if self.certified else "false",
            "x-llm-modulo-run-id": self.run,
            "x-llm-modulo-rounds": str(self.usage.rounds),
            "x-llm-modulo-tokens": str(self.usage.tokens),
            "x-llm-modulo-cost-usd": f"{self.usage.cost_usd:.6f}",
            "x-llm-modulo-upstream-model": header_safe(self.model),
            **origin,
        }


class Exchange:
    """A run that a client waits for.

    Attributes:
        run: The run's id.
        created: When it was asked for, in Unix seconds.
        model: What to call the model until one has answered.
    """

    def __init__(
        self, service: Service, chat: ChatRequest, wanted: Verification, record: RunRecord
    ) -> None:
        """Wait for a run that was started."""
        self.run = record.spec.id
        self.created = int(record.spec.created_at.timestamp())
        self.model = chat.model or ""
        self.progress = wanted.progress
        self._service = service
        self._wanted = wanted

    def hold_stream(self) -> AbstractContextManager[None]:
        """Count a stream that follows the run; raises `ServiceError` where there are too many."""
        return self._service.access.streams.take(caller().name)

    async def lines(self) -> AsyncIterator[str]:
        """Yield a line per round until the run is over; nothing if that is switched off."""
        if self.progress:
            async for line in narrate(self._service.engine.events(self.run)):
                yield line

    async def reply(self) -> Reply:
        """Wait for the end of the run.

        Raises:
            ServiceError: There is no certificate and no best effort, or the upstream failed.
        """
        try:
            result = await self._service.finish(self.run)
        except ServiceError as error:
            raise await self._explain(error) from error
        events = [event async for event in self._service.engine.events(self.run)]
        calls = [event.tool_calls for event in events if isinstance(event, ToolsCalled)]
        text = None if calls else release(result, self._wanted.request.on_fail)
        report = _report(result, self._wanted.request.domain, events)
        if text is None and not calls:
            raise _refusal(result, report)
        certified = result.certified and not calls
        return Reply(
            run=self.run,
            created=self.created,
            model=result.model or self.model,
            certified=certified,
            text=text,
            tool_calls=calls[0] if calls else (),
            usage=result.usage,
            fingerprint=_fingerprint(result if certified else None, self.run),
            report=report,
        )

    async def _explain(self, error: ServiceError) -> ServiceError:
        """Add what the dialects need to know about an upstream that failed."""
        extra = dict(error.extra)
        spent: dict[str, JsonValue] = {"certified": False}
        spent |= {key: extra.pop(key) for key in ("run", "usage", "budget") if key in extra}
        extra["llm_modulo"] = spent
        if error.code.startswith("upstream-"):
            async for event in self._service.engine.events(self.run):
                if isinstance(event, CallFailed) and event.status is not None:
                    extra["upstream_status"] = event.status
        return ServiceError(
            error.code, error.detail, headers=error.headers, faults=error.faults, extra=extra
        )


@asynccontextmanager
async def open_exchange(
    service: Service,
    visitors: Visitors,
    chat: ChatRequest,
    wanted: Verification,
    caller: Caller,
) -> AsyncIterator[Exchange]:
    """Start the run of a request, or join the one that it has started before.

    Leaving ends the run and what it pays for, if nobody else waits for it.

    Raises:
        ServiceError: Whatever is wrong with the request; nothing has been spent.
    """
    try:
        async with visitors.visit(service, wanted, caller) as record:
            yield Exchange(service, chat, wanted, record)
    except ServiceError as error:
        raise wanted.locate(error) from error


def release(result: SolveResult, on_fail: str) -> str | None:
    """Give the text that a client may have: the only way out for a word of an answer."""
    if result.certified and result.certificate is not None:
        return result.answer
    if on_fail == "best_effort" and result.best is not None:
        return result.best.answer
    return None


def header_safe(text: str) -> str:
    """Make a header's value of what an upstream or a client wrote."""
    return "".join(char if " " <= char <= "~" else "?" for char in text).strip()


def _report(result: SolveResult, domain: str, events: list[Event]) -> dict[str, JsonValue]:
    """Write the object `llm_modulo`."""
    judged = result.judgement
    last = [
        event.usage
        for event in events
        if isinstance(event, CallFinished | CallFailed) and event.round == result.rounds
    ]
    report: dict[str, Any] = {
        "certified": result.certified,
        "run": result.id,
        "status": result.status,
        "domain": domain,
        "rounds": result.rounds,
        "usage": result.usage.model_dump(mode="json"),
        "usage_last": sum(last, Usage()).model_dump(mode="json"),
        "budget": result.budget.model_dump(mode="json"),
        "upstream": result.upstream,
        "model": result.model,
        "elapsed_s": result.elapsed_s,
    }
    optional = {
        "origin": result.origin,
        "reason": result.reason,
        "optimal": result.optimal,
        "objective": result.objective,
        "evolution": result.evolution and result.evolution.model_dump(mode="json"),
        "certificate": result.certificate,
        "feasibility": result.feasibility and result.feasibility.model_dump(mode="json"),
    }
    report |= {name: value for name, value in optional.items() if value is not None}
    if judged is not None:
        report |= {
            "verdict": judged.verdict.value,
            "score": judged.score,
            "codes": list(judged.codes),
            "assurance": judged.assurance.value,
        }
    return report


def _refusal(result: SolveResult, report: dict[str, JsonValue]) -> ServiceError:
    code = CODES.get(result.status, "not-certified")
    count = f"{result.rounds} round" + "s" * (result.rounds != 1)
    spent = f"{count} and {result.usage.tokens} tokens"
    detail = {
        "budget-exhausted": f"no answer was certified within {spent}",
        "infeasible": "the problem is proved to have no answer",
    }.get(code, f"no answer can be certified: {result.reason}")
    headers = {
        "x-should-retry": "false",
        "x-llm-modulo-certified": "false",
        "x-llm-modulo-run-id": result.id,
        "x-llm-modulo-rounds": str(result.rounds),
    }
    return ServiceError(code, detail, headers=headers, extra={"llm_modulo": report})


def _fingerprint(certified: SolveResult | None, run: str) -> str:
    """Name what stands behind an answer: the certificate's hash, or the run's."""
    if certified is None:
        return f"modulo:uncertified:{hashlib.sha256(run.encode()).hexdigest()[:SHORT]}"
    text = json.dumps(certified.certificate, sort_keys=True, separators=(",", ":"))
    return f"modulo:certified:{hashlib.sha256(text.encode()).hexdigest()[:SHORT]}"
