"""Metrics: what the service counts and measures, in the words of Prometheus.

Invariants:
    * The values of a label come from the configuration, the installed domains and our own code:
      never from a problem, a prompt, a run's id or what an upstream or a client writes.
    * One event costs less than 50 microseconds.
    * Each object has a registry of its own; nothing is global.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.metadata import version

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from app.telemetry.levels import Circuit, Levels, Workers
from backprompt.budget import Usage
from critics.types import Judgement

RUN_BUCKETS = (0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600)
"""Seconds of a run."""
CALL_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600)
"""Seconds of a call to a model."""
CRITIC_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
"""Seconds of a critic, of a request and of the store."""
ROUND_BUCKETS = (1, 2, 3, 4, 5, 7, 10, 15, 25, 50, 100)
TOKEN_BUCKETS = (1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576)
"""Tokens of a call, as the conventions of OpenTelemetry for generative AI advise."""
DISAGREEMENT = "opinions-disagree"
"""Code of a judgement whose two engines contradict each other."""


class LevelCollector(Collector):
    """Gives the levels of a service to whoever scrapes it."""

    def __init__(self, read: Callable[[], Levels]) -> None:
        """Read with this function."""
        self._read = read

    def describe(self) -> Iterable[Metric]:
        """Name the metrics without reading anything."""
        return self._families(Levels({}, 0, {}, {}, 0.0))

    def collect(self) -> Iterable[Metric]:
        """Read the levels."""
        return self._families(self._read())

    def _families(self, levels: Levels) -> Iterator[Metric]:
        inflight = GaugeMetricFamily(
            "llm_modulo_inflight",
            "Runs, checks and passed-through chats under way.",
            labels=["kind"],
        )
        for kind, count in levels.inflight.items():
            inflight.add_metric([kind], count)
        yield inflight
        yield GaugeMetricFamily(
            "llm_modulo_queue_length", "Runs that wait for their turn here.", value=levels.queued
        )
        yield GaugeMetricFamily(
            "llm_modulo_loop_lag_seconds", "How late the event loop is.", value=levels.lag_s
        )
        yield from _of_workers(levels.workers)
        yield from _of_circuits(levels.circuits)


def _of_workers(pools: Mapping[str, Workers]) -> Iterator[Metric]:
    workers = GaugeMetricFamily(
        "llm_modulo_workers", "Worker processes, by what they do.", labels=["pool", "state"]
    )
    kills = CounterMetricFamily(
        "llm_modulo_worker_kills",
        "Workers that ended before they had answered: killed at the deadline, or crashed.",
        labels=["pool", "reason"],
    )
    for pool, found in pools.items():
        workers.add_metric([pool, "busy"], found.busy)
        workers.add_metric([pool, "idle"], found.idle)
        for reason, count in found.lost.items():
            kills.add_metric([pool, reason], count)
    yield workers
    yield kills


def _of_circuits(circuits: Mapping[str, Circuit]) -> Iterator[Metric]:
    state = GaugeMetricFamily(
        "llm_modulo_breaker_state",
        "Breaker of an upstream: 0 closed, 1 half open, 2 open.",
        labels=["model"],
    )
    named = {
        "llm_modulo_breaker_opened": "How often the breaker of an upstream has opened.",
        "llm_modulo_suspended_calls": "Calls that were not made because a breaker was open.",
        "llm_modulo_upstream_retries": "Calls that were made again after a failure.",
    }
    opened, suspended, retries = (
        CounterMetricFamily(name, said, labels=["model"]) for name, said in named.items()
    )
    for model, circuit in circuits.items():
        state.add_metric([model], circuit.state)
        opened.add_metric([model], circuit.opened)
        suspended.add_metric([model], circuit.suspended)
        retries.add_metric([model], circuit.retries)
    yield from (state, opened, suspended, retries)


class Metrics:
    """All metrics of one service."""

    def __init__(self, read: Callable[[], Levels]) -> None:
        """Count from 0.

        Args:
            read: Reads how the service stands.
        """
        self.registry = CollectorRegistry(auto_describe=False)
        self._describe_runs()
        self._describe_calls()
        self._describe_service()
        self.registry.register(LevelCollector(read))
        ProcessCollector(registry=self.registry)

    def _describe_runs(self) -> None:
        self._runs = self._counter("runs", "Runs that are over.", "domain", "status")
        self._run_seconds = self._histogram(
            "run_seconds", "Seconds of a run from its start to its end.", RUN_BUCKETS, "domain"
        )
        self._rounds = self._histogram("rounds", "Rounds of a run.", ROUND_BUCKETS, "domain")
        self._verdicts = self._counter(
            "verdicts", "Judgements, by who made the candidate.", "domain", "origin", "verdict"
        )
        self._disagreements = self._counter(
            "disagreements", "Judgements whose two engines contradict each other.", "domain"
        )
        self._certificates = self._counter(
            "certificates", "Certificates that were made.", "domain", "claim"
        )
        self._critic_seconds = self._histogram(
            "critic_seconds", "Seconds of one critic.", CRITIC_BUCKETS, "critic", "verdict"
        )

    def _describe_calls(self) -> None:
        self._call_seconds = self._histogram(
            "upstream_seconds",
            "Seconds of a call, retries included.",
            CALL_BUCKETS,
            "model",
            "outcome",
        )
        self._tokens = self._counter("tokens", "Tokens of all calls.", "model", "kind")
        self._cost = self._counter("cost_usd", "US dollars of all calls.", "model")
        self._genai_seconds = Histogram(
            "gen_ai_client_operation_duration_seconds",
            "Duration of a call, in the words of OpenTelemetry.",
            ["gen_ai_request_model", "gen_ai_operation_name", "error_type"],
            registry=self.registry,
            buckets=CALL_BUCKETS,
        )
        self._genai_tokens = Histogram(
            "gen_ai_client_token_usage",
            "Tokens of a call, in the words of OpenTelemetry.",
            ["gen_ai_request_model", "gen_ai_operation_name", "gen_ai_token_type"],
            registry=self.registry,
            buckets=TOKEN_BUCKETS,
        )

    def _describe_service(self) -> None:
        self._requests = self._counter(
            "http_requests", "Requests that were answered.", "route", "method", "status"
        )
        self._request_seconds = self._histogram(
            "http_request_seconds", "Seconds until the head of an answer.", CALL_BUCKETS, "route"
        )
        self._store_seconds = self._histogram(
            "store_seconds", "Seconds of a call to the database.", CRITIC_BUCKETS, "operation"
        )
        self._store_failures = self._counter(
            "store_failures", "Calls to the database that failed.", "operation"
        )
        self._shed = self._counter("shed", "Requests refused to keep the service up.", "reason")
        info = Gauge("llm_modulo_info", "The version.", ["version"], registry=self.registry)
        info.labels(version("llm-modulo")).set(1)

    def _counter(self, name: str, said: str, *labels: str) -> Counter:
        return Counter(f"llm_modulo_{name}", said, labels, registry=self.registry)

    def _histogram(
        self, name: str, said: str, buckets: tuple[float, ...], *labels: str
    ) -> Histogram:
        full = f"llm_modulo_{name}"
        return Histogram(full, said, labels, registry=self.registry, buckets=buckets)

    def run_ended(self, domain: str, status: str, rounds: int, seconds: float) -> None:
        """Count a run that is over."""
        self._runs.labels(domain, status).inc()
        self._run_seconds.labels(domain).observe(seconds)
        self._rounds.labels(domain).observe(rounds)

    def judged(self, origin: str, judgement: Judgement) -> None:
        """Count a judgement; critics and domains are installed, so their names are few."""
        domain = judgement.domain
        self._verdicts.labels(domain, origin, judgement.verdict.value).inc()
        for critic in judgement.critics:
            seconds = self._critic_seconds.labels(critic.critic, critic.verdict.value)
            seconds.observe(critic.ms / 1000)
        if DISAGREEMENT in judgement.codes:
            self._disagreements.labels(domain).inc()

    def certified(self, domain: str, claim: str) -> None:
        """Count a certificate."""
        self._certificates.labels(domain, claim).inc()

    def called(self, model: str, outcome: str, seconds: float, usage: Usage) -> None:
        """Count a call to a model.

        Args:
            model: A model that the configuration knows.
            outcome: `ok`, or the code of what failed.
            seconds: How long it took.
            usage: What it has cost.
        """
        self._call_seconds.labels(model, outcome).observe(seconds)
        error = "" if outcome == "ok" else outcome
        self._genai_seconds.labels(model, "chat", error).observe(seconds)
        for kind, own, count in (
            ("prompt", "input", usage.prompt_tokens),
            ("completion", "output", usage.completion_tokens),
        ):
            self._tokens.labels(model, kind).inc(count)
            self._genai_tokens.labels(model, "chat", own).observe(count)
        self._tokens.labels(model, "reasoning").inc(usage.reasoning_tokens)
        self._tokens.labels(model, "estimated").inc(usage.estimated_tokens)
        self._cost.labels(model).inc(usage.cost_usd)

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count a request; `route` is the template of its path."""
        self._requests.labels(route, method, str(status)).inc()
        self._request_seconds.labels(route).observe(seconds)

    def stored(self, operation: str, seconds: float, *, failed: bool) -> None:
        """Count a call to the database."""
        self._store_seconds.labels(operation).observe(seconds)
        if failed:
            self._store_failures.labels(operation).inc()

    def shed(self, reason: str) -> None:
        """Count a request that was refused to keep the service up."""
        self._shed.labels(reason).inc()

    def render(self, accept: str) -> tuple[bytes, str]:
        """Write all metrics; returns the text and its media type."""
        encode, kind = choose_encoder(accept)
        return encode(self.registry), kind
