"""What travels: the requests and results of the service's own routes.

Invariant: a result without a certificate carries no answer content. `PublicJudgement` is what
may be said of a candidate that is not certified; the full judgement, whose diagnostics quote
the candidate, is shown only for certified answers, for the caller's own answers (`/check`) and
after an explicit `on_fail: best_effort`.
"""

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, computed_field, model_validator

from app.samples import ACCEPTED, CODE, SWITCH
from backprompt.budget import Budget, Usage
from backprompt.disclosure import public_judgement
from backprompt.events import Origin
from backprompt.evolve.report import Evolution
from backprompt.formalize import Formalization
from backprompt.strategy import Strategy
from backprompt.task import Shot
from backprompt.translation import TranslationReport
from backprompt.tree.report import Growth
from backprompt.upstream import Sampling
from critics.judge import Demand
from critics.types import (
    Assurance,
    Coverage,
    CriticResult,
    Feasibility,
    Judgement,
    Verdict,
)

Status = Literal["certified", "infeasible", "exhausted", "cancelled", "failed", "needs_input"]
OnFail = Literal["error", "best_effort"]
Confirm = Literal["always", "if_doubtful", "never"]


class Wire(BaseModel):
    """A record on the wire; its fields are documented where they are declared."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False
    )


class SolveRequest(Wire):
    """A problem, and how much may be spent on it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "domain": "pddl",
                    "problem": SWITCH,
                    "budget": {"rounds": 5, "seconds": 60},
                    "strategy": {"feedback": "explain"},
                }
            ]
        }
    )

    domain: str = Field(min_length=1, max_length=80)
    """Name of an installed domain, such as `pddl`; see `GET /domains`."""
    problem: dict[str, JsonValue] = Field(default_factory=dict)
    """The domain's problem payload; its schema is at `GET /domains/{name}`."""
    text: str | None = Field(default=None, max_length=50_000)
    """The problem in plain language, instead of `problem`: it is formalised first."""
    confirm: Confirm = "if_doubtful"
    """With `text`: when the run waits (`needs_input`) for your word on the formal problem."""
    budget: Budget | None = None
    """What the run may spend; fields left out take the server's defaults."""
    strategy: Strategy | None = None
    """How the loop reacts; fields left out take the server's defaults."""
    sampling: Sampling | None = None
    """How the model is to sample; fields left out take the server's defaults."""
    instructions: str | None = Field(default=None, max_length=100_000)
    """Your own instructions to the model, beside the domain's task text."""
    examples: tuple[Shot, ...] = Field(default=(), max_length=32)
    """Worked examples to put before the task."""
    start_from: str | None = Field(default=None, max_length=4_000_000)
    """A candidate to begin with: it is judged first, at no cost, and repaired if it is rejected."""
    on_fail: OnFail = "error"
    """`error`: without a certificate there is no answer content. `best_effort`: the best
    candidate is returned all the same, marked `certified: false`."""
    assurance: Demand = Demand.AUTO
    """How many independent opinions a certificate needs."""
    cache: bool = True
    """Whether what earlier runs found out may be used, as far as the server remembers anything."""
    trace: bool = False
    """Show prompts, responses and rejected candidates in the events, each marked
    `certified: false`."""
    webhook: str | None = Field(default=None, max_length=2000, pattern=r"^https?://[^\s/]+\S*$")
    """Address that is told, signed, of the run's end; the operator must allow it."""
    model: str | None = Field(default=None, min_length=1, max_length=200)
    """Model to ask at the upstream instead of the configured one."""
    priority: int = Field(default=0, ge=-100, le=100)
    """Runs of a higher one are taken from the queue first; an API key may cap it."""

    @model_validator(mode="after")
    def _has_one_problem(self) -> Self:
        if self.text is None and "problem" not in self.model_fields_set:
            raise ValueError("a request has a `problem`, or its `text` in plain language")
        if self.text is not None and self.problem:
            raise ValueError("a request has either a `problem` or a `text`, not both")
        return self


class CheckRequest(Wire):
    """A problem and an answer of yours to judge; a model is asked only to translate prose."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"domain": "pddl", "problem": SWITCH, "answer": "(turn-on lamp)"}]
        }
    )

    domain: str = Field(min_length=1, max_length=80)
    """Name of an installed domain."""
    problem: dict[str, JsonValue]
    """The domain's problem payload."""
    answer: str
    """The answer: canonical text, or a whole response when `exact` is false."""
    exact: bool = True
    """Judge the text as it stands. When false, every answer found in it is judged, and the first
    accepted or else the best one is reported."""
    assurance: Demand = Demand.AUTO
    """How many independent opinions an `accepted` needs."""
    translate: int | None = Field(default=None, ge=2, le=9)
    """The answer is prose: a model translates it so many times, and the translations are compared
    and judged. Only for domains that can; the verdict is about the translation."""
    budget: Budget | None = None
    """What translating may spend; fields left out take the server's defaults."""

    @model_validator(mode="after")
    def _spends_on_translation_only(self) -> Self:
        if self.budget is not None and self.translate is None:
            raise ValueError("`budget` is for translating; without `translate` a check is free")
        return self


class PublicJudgement(Wire):
    """What may be said of a candidate that is not certified: nothing that quotes it."""

    domain: str
    """The domain that judged."""
    domain_version: str
    """Its version."""
    verdict: Verdict
    """What the critics said."""
    score: float
    """Progress in [0, 1], for ranking only."""
    codes: tuple[str, ...]
    """Why, as stable codes explained at `/errors/{code}`."""
    critics: tuple[CriticResult, ...]
    """What each critic said."""
    coverage: Coverage
    """Which parts of the problem the critics decide."""
    assurance: Assurance
    """How many independent opinions stand behind the verdict."""

    @classmethod
    def of(cls, judgement: Judgement) -> "PublicJudgement":
        """Leave out everything that quotes the candidate."""
        kept = {name: getattr(judgement, name) for name in cls.model_fields}
        return cls(**{**kept, "codes": public_judgement(judgement)["codes"]})


class Best(Wire):
    """The best candidate of a run that certified nothing; it is not certified."""

    certified: Literal[False] = False
    """Always false."""
    answer: str
    """The canonical text that was judged and not accepted."""
    judgement: Judgement
    """What is wrong with it."""


class SolveResult(Wire):
    """How a run ended. Without a certificate it carries no answer."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "run_01KANW8V8S4Q0Y5J1T3Z9X7C2B",
                    "status": "certified",
                    "certified": True,
                    "answer": "(turn-on lamp)",
                    "certificate": {
                        "payloadType": "application/vnd.in-toto+json",
                        "payload": "eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEifQ==",
                        "signatures": [{"keyid": "9f0c1d", "sig": "c2lnbmF0dXJl"}],
                    },
                    "origin": "model",
                    "rounds": 2,
                    "usage": Usage(rounds=2, calls=2, candidates=2).model_dump(),
                    "budget": Budget(rounds=5).model_dump(),
                    "judgement": ACCEPTED,
                    "upstream": "configured",
                    "model": "some-model",
                    "elapsed_s": 12.5,
                }
            ]
        }
    )

    id: str
    """The run's id."""
    status: Status
    """How it ended."""
    certified: bool
    """Whether `answer` is there, certified."""
    answer: str | None = None
    """The certified canonical answer."""
    certificate: dict[str, JsonValue] | None = None
    """What was proved, with everything needed to check it again offline: a DSSE envelope. Of an
    `infeasible` run, that there is no answer."""
    optimal: bool | None = None
    """Whether no answer is better by the problem's objective, as an engine proved; false if a
    better one exists, null if nobody knows or the problem has no objective."""
    objective: str | None = None
    """The answer's objective value, exact."""
    origin: Origin | None = None
    """Who found the certified answer, such as `model`, `solver` or `search`."""
    search: Growth | None = None
    """How much a search over moves took, and what a model has contributed to it."""
    evolution: Evolution | None = None
    """With `search: evolve`: what answers were compared by, and how the best one was reached."""
    rounds: int
    """Rounds begun."""
    usage: Usage
    """What was spent: the sum over all calls."""
    budget: Budget
    """What was allowed."""
    reason: str | None = None
    """Which dimension of the budget ended the run, or the error code."""
    judgement: Judgement | PublicJudgement | None = None
    """Of the certified answer in full; of the best candidate without anything that quotes it."""
    feasibility: Feasibility | None = None
    """With `infeasible` only: which parts of the problem contradict each other, and who says so."""
    best: Best | None = None
    """With `on_fail: best_effort` only."""
    cached: tuple[str, ...] = ()
    """What was remembered from earlier runs: `answer`, `feasibility`, `judgement`, `response`."""
    upstream: str
    """Where guesses came from: `openai`, `local`, `replay` ..."""
    model: str | None = None
    """The model, as the upstream reported it."""
    elapsed_s: float
    """Wall seconds."""
    formalization: Formalization | None = None
    """With `text` only: the formal problem, who made it, and what you are asked about it."""
    trace: tuple[dict[str, Any], ...] | None = None
    """With `trace: true` only: the run's events."""


class CheckResult(Judgement):
    """The judgement of your answer, with the codes behind it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{**ACCEPTED, "codes": []}]}, use_attribute_docstrings=True
    )

    translation: TranslationReport | None = None
    """With `translate` only: what the verdict is relative to."""

    @computed_field  # type: ignore[prop-decorator]  # pydantic's own recommendation
    @property
    def codes(self) -> tuple[str, ...]:
        """The distinct codes behind the verdict."""
        return super().codes


class Health(Wire):
    """The process is up."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"status": "ok", "version": "0.1.0"}]}
    )

    status: Literal["ok"]
    """Always `ok`."""
    version: str
    """Version of llm-modulo."""


class Readiness(Wire):
    """Whether `/solve` can work, and what with."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"ready": True, "upstream": "local", "model": "qwen3", "help": None, "runs": 0}
            ]
        }
    )

    ready: bool
    """Whether every part is there that solving needs."""
    upstream: Literal["configured", "local", "embedded", "replay", "none"]
    """Where guesses come from: a configured endpoint, a model server found on the loopback
    addresses, the embedded model, a recording, or nowhere."""
    model: str | None
    """The model that is asked where a request names none."""
    help: str | None = None
    """What to do when there is nobody to ask."""
    runs: int
    """Runs under way."""
    breaker: Literal["closed", "half-open", "open"] = "closed"
    """Whether calls to the model are suspended (`open`) because it kept failing."""
    store: Literal["ok", "away"] = "ok"
    """Whether the database answers in which runs are kept."""
    workers: Literal["ok", "failed"] = "ok"
    """Whether processes can be started that judge."""


class DomainSummary(Wire):
    """One line about a domain."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "pddl", "version": "1", "summary": "Classical planning"}]
        }
    )

    name: str
    """What a request names."""
    version: str
    """Changes whenever a verdict could change."""
    summary: str
    """What it is for."""


class CodeInfo(Wire):
    """One stable code."""

    model_config = ConfigDict(json_schema_extra={"examples": [CODE]})

    code: str
    """The code."""
    title: str
    """What happened."""
    explanation: str
    """Why, and what it means."""
    action: str
    """What to do next."""
    status: int | None = None
    """HTTP status, for codes of the service itself."""


class DomainDetails(DomainSummary):
    """Everything about a domain that its users need."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "pddl",
                    "version": "1",
                    "summary": "Classical planning",
                    "problem_schema": {"type": "object"},
                    "answer_format": "One action per line.",
                    "critics": [{"name": "executes-to-goal", "hard": True, "sound": True}],
                    "second_opinion": True,
                    "translation": False,
                    "formalization": False,
                    "examples": [
                        {"name": "one-lamp", "problem": SWITCH, "good": ["(turn-on lamp)"]}
                    ],
                    "codes": [CODE],
                }
            ]
        }
    )

    problem_schema: dict[str, JsonValue]
    """JSON Schema of the problem payload."""
    answer_format: str
    """How an answer must look, as the model is told."""
    critics: list[dict[str, JsonValue]]
    """The critics, what each decides and what it guarantees."""
    second_opinion: bool
    """Whether an independent engine can be asked."""
    translation: bool
    """Whether `/check` can have prose translated by a model."""
    formalization: bool
    """Whether `/formalize` and `/solve` read problems in plain language."""
    examples: list[dict[str, JsonValue]]
    """Problems with good answers, and bad ones with the code they are rejected with."""
    codes: list[CodeInfo]
    """The domain's diagnostic codes."""
