"""Recorder: effects that are stored before the loop sees them, and played after a crash.

Invariants:
    * Whatever the loop is told is stored, or is stored together with the next result: candidates
      found in a response are, since finding them costs nothing and a transaction does.
    * An answer that was paid for is stored at once, on its own.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from pydantic import JsonValue, TypeAdapter

from app.durable.sequencer import Sequencer, Steps, Stored
from backprompt.budget import Usage
from backprompt.effects import Certificate, Effects
from backprompt.upstream import Completion, Request, UpstreamError
from critics.certificate import Provenance
from critics.objective import read_exact
from critics.rollout import REPLIES, Question, Reply
from critics.types import Diagnostic, Feasibility, HintLevel, Judgement, Solved

HINTS = TypeAdapter(tuple[Diagnostic, ...])
Pay = Callable[[int, Request], Awaitable[Completion]]
"""Makes a call for the step at a position."""


class Recorder:
    """Stores what effects return, and plays it."""

    def __init__(
        self,
        live: Effects,
        steps: Steps,
        past: Mapping[int, Stored],
        *,
        clock: Callable[[], float],
        pay: Pay,
        upstream_name: str | None = None,
        saved: Callable[[], None] = lambda: None,
    ) -> None:
        """Start where the past ends.

        Args:
            live: The effects themselves.
            steps: Stores results.
            past: What is stored already, by position.
            clock: Reads seconds.
            pay: Makes a call, and notes that it will be paid.
            upstream_name: The upstream's name when the run began, if it did before.
            saved: Is told when everything that the loop was told is stored.
        """
        self._live, self._pay, self._on_saved = live, pay, saved
        self._name = upstream_name or live.upstream_name
        self._sequencer = Sequencer(steps, past, clock, note=self._note, saved=self._saved)
        self._known: dict[str, list[str]] = {}
        for stored in past.values():
            self._known |= stored.get("extracted", {})
        self._extracts = 0
        self._unsaved: dict[str, list[str]] = {}

    async def aclose(self) -> None:
        """End, and wait for what is still being stored."""
        await self._sequencer.aclose()

    @property
    def unsaved(self) -> bool:
        """Say whether the loop was told something that is not stored yet."""
        return bool(self._unsaved)

    @property
    def upstream_name(self) -> str:
        """The model endpoint's name when the run began."""
        return self._name

    def elapsed(self) -> float:
        """Give seconds since the start of the run, as of the latest result."""
        return self._sequencer.at

    async def generate(self, request: Request) -> Completion:
        """Ask the model, or play its answer or its failure."""

        async def work(position: int) -> JsonValue:
            try:
                completion = await self._pay(position, request)
            except UpstreamError as error:
                return {"failed": _dump_error(error)}
            return {"completion": completion.model_dump(mode="json")}

        stored = await self._sequencer.perform("generate", work, keep=True)
        value = stored["value"]
        if "failed" in value:
            raise _load_error(value["failed"])
        return Completion.model_validate(value["completion"])

    async def extract(self, response: str) -> Sequence[str]:
        """Find the candidates in a response."""
        number, self._extracts = str(self._extracts), self._extracts + 1
        known = self._known.get(number)
        if known is not None:
            return known
        async with self._sequencer.hold():
            found = list(await self._live.extract(response))
        self._unsaved[number] = found
        return found

    async def judge(self, text: str) -> Judgement:
        """Judge a candidate."""

        async def work(_position: int) -> JsonValue:
            return (await self._live.judge(text)).model_dump(mode="json")

        return Judgement.model_validate(await self._take("judge", work))

    async def certify(self, judgement: Judgement, provenance: Provenance) -> Certificate | None:
        """Make a certificate."""

        async def work(_position: int) -> JsonValue:
            return await self._live.certify(judgement, provenance)

        made: Certificate | None = await self._take("certify", work)
        return made

    async def certify_infeasible(self, provenance: Provenance) -> Certificate | None:
        """Certify that there is no answer."""

        async def work(_position: int) -> JsonValue:
            return await self._live.certify_infeasible(provenance)

        made: Certificate | None = await self._take("certify-infeasible", work)
        return made

    async def feasibility(self) -> Feasibility | None:
        """Test whether the problem has any answer."""

        async def work(_position: int) -> JsonValue:
            found = await self._live.feasibility()
            return None if found is None else found.model_dump(mode="json")

        stored = await self._take("feasibility", work)
        return None if stored is None else Feasibility.model_validate(stored)

    async def hints(self, text: str, level: HintLevel) -> Sequence[Diagnostic]:
        """Find hints for a rejected candidate."""

        async def work(_position: int) -> JsonValue:
            found = tuple(await self._live.hints(text, level))
            dumped: JsonValue = HINTS.dump_python(found, mode="json")
            return dumped

        return HINTS.validate_python(await self._take("hints", work))

    async def rollout(self, question: Question) -> Reply:
        """Try moves."""

        async def work(_position: int) -> JsonValue:
            return (await self._live.rollout(question)).model_dump(mode="json")

        return REPLIES.validate_python(await self._take("rollout", work))

    async def measure(self, text: str) -> Fraction | None:
        """Measure an accepted answer."""

        async def work(_position: int) -> JsonValue:
            value = await self._live.measure(text)
            return None if value is None else str(value)

        stored = await self._take("measure", work)
        return None if stored is None else read_exact(stored)

    async def present(self, seed: int) -> str | None:
        """Write the task down with its parts in another order."""

        async def work(_position: int) -> JsonValue:
            return await self._live.present(seed)

        written: str | None = await self._take("present", work)
        return written

    async def solver(self, timeout_s: float) -> Solved | None:
        """Have an engine look for an answer, or play what came of it."""

        async def work(_position: int) -> JsonValue:
            found = await self._live.solver(timeout_s)
            return None if found is None else found.model_dump(mode="json")

        stored = await self._take("solver", work)
        return None if stored is None else Solved.model_validate(stored)

    async def _take(self, kind: str, work: Callable[[int], Awaitable[JsonValue]]) -> Any:
        return (await self._sequencer.perform(kind, work))["value"]

    def _note(self) -> Stored:
        return {"extracted": dict(self._unsaved)} if self._unsaved else {}

    def _saved(self, stored: Stored) -> None:
        if not self._unsaved:
            return
        for number in stored.get("extracted", {}):
            self._unsaved.pop(number, None)
        if not self._unsaved:
            self._on_saved()


def _dump_error(error: UpstreamError) -> JsonValue:
    return {
        "code": error.code,
        "message": str(error),
        "status": error.status,
        "usage": error.usage.model_dump(mode="json"),
    }


def _load_error(stored: Mapping[str, Any]) -> UpstreamError:
    usage = Usage.model_validate(stored["usage"])
    return UpstreamError(stored["code"], stored["message"], status=stored["status"], usage=usage)
