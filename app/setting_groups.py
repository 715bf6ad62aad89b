"""The groups of settings: one class each, one field for every key.

Invariant: the docstring under a field is its documentation; nothing else describes it.
"""

import os
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, IPvAnyNetwork, SecretStr, model_validator


class Group(BaseModel):
    """A group of settings; its fields are documented where they are declared."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False
    )


class Price(Group):
    """What a model costs."""

    input: float = Field(ge=0)
    """US dollars per million prompt tokens."""
    output: float = Field(ge=0)
    """US dollars per million completion tokens, reasoning tokens included."""


class UpstreamSettings(Group):
    """Where guesses come from. Without `base_url` and `replay` a local model is looked for."""

    base_url: str | None = Field(default=None, pattern=r"^https?://[^\s/]+\S*$")
    """Base URL of an OpenAI-compatible endpoint, such as `http://127.0.0.1:11434/v1`."""
    model: str | None = None
    """Name of the model at the upstream; a request may name another one. `embedded:NAME` is an
    embedded model, such as the built-in `embedded:proposer`."""
    api_key: SecretStr | None = None
    """Bearer token for the upstream."""
    replay: Path | None = None
    """Play a recorded run instead of asking a model; everything is marked `upstream: replay`."""
    discover: bool = True
    """Look for a model server on the loopback addresses when no upstream is configured."""
    embedded: bool = True
    """Fall back to the embedded model when its runtime and weights are installed."""
    prices: dict[str, Price] = {}
    """Prices per model name; a model without a price costs 0."""
    temperature: float | None = Field(default=None, ge=0, le=2)
    """Sampling temperature of requests that name none; empty leaves it to the upstream."""
    max_tokens: int | None = Field(default=None, ge=1)
    """Completion tokens per call of requests that name none."""
    reasoning_effort: str | None = None
    """Reasoning effort of requests that name none, such as `low` or `high`."""
    timeout_s: float = Field(default=600.0, gt=0, le=86_400)
    """Seconds one call may take, retries included, within the run's own budget."""
    concurrent: int | None = Field(default=None, ge=1)
    """Calls under way at once, by all replicas of one PostgreSQL database; empty allows any
    number."""
    retries: int = Field(default=2, ge=0, le=10)
    """Retries of one call after 429, 5xx or a failed connection, within the run's budget."""


class WorkerSettings(Group):
    """The worker processes in which every problem and every answer is read and judged."""

    size: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1, le=256)
    """Worker processes; the default is one per processor core."""
    memory_mb: int = Field(default=1024, ge=128)
    """Address space of one worker, in MiB; a check that needs more ends as `unknown`."""
    deadline_s: float = Field(default=4.5, gt=0, le=3600)
    """Seconds one check may take before its worker is killed and the verdict is `unknown`."""
    opinion_deadline_s: float = Field(default=3.0, gt=0, le=3600)
    """Seconds a second opinion may take before it counts as unavailable."""
    feasibility_deadline_s: float = Field(default=30.0, gt=0, le=3600)
    """Seconds the test may take whether a problem has any answer; it runs beside the rounds."""
    solver_deadline_s: float = Field(default=30.0, gt=0, le=3600)
    """Seconds a domain's solver may look for an answer (`strategy.solver`), within the budget."""
    solvers: int | None = Field(default=None, ge=1, le=256)
    """Solvers that work at the same time, further ones wait; the default is `worker.size`, and at
    least 2. Each may take `worker.memory_mb`, at least 2 GiB."""
    recycle_after: int = Field(default=1000, ge=1)
    """Jobs after which a worker process is replaced by a fresh one."""


class KeySettings(Group):
    """Who signs certificates. Without a key each process makes one for itself (`ephemeral`)."""

    private_key_file: Path | None = None
    """PEM file with the Ed25519 key that signs; `modulo keys new FILE` makes one."""
    private_key: SecretStr | None = None
    """The same key itself, where there is no file; it wins over the file."""
    public_keys: tuple[Path, ...] = ()
    """PEM files of keys that signed before: `GET /keys` still shows them."""


class LogSettings(Group):
    """The log of issued certificates."""

    enabled: bool = True
    """Keep an append-only, hash-chained log of every certificate issued."""
    file: Path | None = None
    """Where; the default is `certificates.jsonl` in the user's data directory."""


class ClusterSettings(Group):
    """How runs survive a process, and how several replicas share them."""

    lease_s: float = Field(default=30.0, ge=1, le=3600)
    """Seconds without a sign of life after which a replica is dead; others then take over."""
    attempts: int = Field(default=4, ge=1, le=50)
    """Times in a row that the process may die while it executes one run at the same point, before
    the run is given up."""
    kept_days: float = Field(default=30.0, gt=0)
    """Days that a run is kept after its end."""
    synchronous: Literal["FULL", "NORMAL"] = "FULL"
    """When a commit to an SQLite file is on the disk. `NORMAL` is faster; a power cut, but no
    crash of the process, may then lose the latest answers."""


class Caps(Group):
    """The most a single request may ask for; a budget above a cap is refused."""

    rounds: int = Field(default=100, ge=1)
    """Generate-judge rounds."""
    candidates: int | None = Field(default=None, ge=1)
    """Candidate texts judged."""
    seconds: float = Field(default=3600.0, gt=0)
    """Wall seconds."""
    tokens: int | None = Field(default=None, ge=1)
    """Prompt and completion tokens together."""
    cost_usd: float | None = Field(default=None, gt=0)
    """US dollars."""
    n: int = Field(default=16, ge=1)
    """Answers that one round of a parallel search asks for."""


class WebhookSettings(Group):
    """Whom to tell that a run is over. Messages follow Standard Webhooks."""

    url: str | None = Field(default=None, pattern=r"^https?://[^\s/]+\S*$")
    """Address that is told of the end of every run."""
    allowed: tuple[Annotated[str, Field(pattern=r"^https?://[^\s/]+\S*$")], ...] = ()
    """Addresses that a request may name in `webhook`: these themselves and what lies below them.
    Without any, no request may name one."""
    networks: tuple[IPvAnyNetwork, ...] = ()
    """Networks, such as `10.0.0.0/8`, that a name among these addresses may lead to although they
    are not public. An IP address and `localhost` need not be in one."""
    secret: SecretStr | None = None
    """Key of the signature, such as `whsec_` and base64; needed where any address is set."""
    attempts: int = Field(default=6, ge=1, le=20)
    """Deliveries tried, with pauses of 1, 4, 16 ... seconds between them."""
    timeout_s: float = Field(default=10.0, gt=0, le=60)
    """Seconds one delivery may take."""

    @model_validator(mode="after")
    def _signed(self) -> Self:
        if (self.url or self.allowed) and self.secret is None:
            raise ValueError("webhooks are signed: set `webhooks.secret`")
        return self


class CacheSettings(Group):
    """What is remembered in memory between runs. Whatever comes from a cache is checked again."""

    answers: bool = False
    """Judge an answer that was certified before for the same problem, before a model is asked.
    Off by default, because it makes experiments depend on each other."""
    feasibility: bool = True
    """Remember whether a problem has any answer."""
    judgements: bool = True
    """Remember what the critics said of an answer."""
    responses: bool = False
    """Remember what a model answered to the same call of the same conversation."""
    entries: int = Field(default=1000, ge=0)
    """Entries per cache; the least recently used ones go first."""


class Limits(Group):
    """What one client can make the service hold and do."""

    body_bytes: int = Field(default=4_000_000, ge=1024)
    """Bytes of a request body; a longer one is refused unread."""
    json_depth: int = Field(default=64, ge=4, le=200)
    """Nesting of JSON in a request body."""
    concurrent_runs: int = Field(default=32, ge=1)
    """Runs under way at once; one more is refused with `Retry-After` before it costs anything."""
    tenant_runs: int | None = Field(default=None, ge=1)
    """Runs of one tenant taken from the queue at once, by all replicas; the default is
    `concurrent_runs`."""
    queued_runs: int = Field(default=1000, ge=0)
    """Runs that wait for their turn (`Prefer: respond-async`); one more is refused."""
    kept_runs: int = Field(default=1000, ge=1)
    """Runs that are remembered after their end, where they are kept in memory."""
    concurrent_checks: int = Field(default=64, ge=1)
    """Checks without a model under way at once."""
    reward_completions: int = Field(default=1024, ge=1, le=10_000)
    """Completions that one request may have rewarded (`POST /reward`)."""
    reward_seconds: float = Field(default=60.0, gt=0, le=3600)
    """Seconds for all completions of such a request; what is not judged by then is `unknown`."""
    concurrent_passthrough: int = Field(default=256, ge=1)
    """Chat requests passed through at once; one more is refused with `Retry-After`."""


class BreakerSettings(Group):
    """When an upstream that keeps failing is left alone."""

    failures: int = Field(default=5, ge=0, le=1000)
    """Failures in a row after which calls to a model are suspended; 0 never suspends them."""
    open_s: float = Field(default=15.0, gt=0, le=3600)
    """Seconds for which they are; then one call is let through, and its end decides."""
    patience_s: float = Field(default=30.0, gt=0)
    """Seconds that a call must have been given for its time-out to count as a failure."""
    retry_ratio: float = Field(default=0.2, ge=0, le=10)
    """Retries per call, over time, that an upstream's calls may add."""


class SheddingSettings(Group):
    """When new work is refused (429) to keep the service up."""

    lag_s: float | None = Field(default=2.0, gt=0)
    """Seconds that the event loop may be late, look after look; empty never refuses for it."""
    memory_mb: int | None = Field(default=None, ge=64)
    """Resident memory of the service process in MiB, its workers not included, from which on it
    takes no more; empty never refuses for it."""
    queued: int | None = Field(default=None, ge=1)
    """Runs waiting for their turn from which on it takes no more, below `limits.queued_runs`."""
