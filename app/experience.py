"""Experience: what earlier runs of a tenant teach, read from the runs that are kept anyway.

Nothing new is stored: how runs of a domain ended stands in their records, on every replica. What is
taken from there is written into the new run's task, so that its journal says why it went as it did.
"""

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from app.engine import Engine, RunQuery, RunRecord, RunSpec
from app.memory import recall_examples
from app.portfolio import choose_strategy
from app.settings import Settings
from critics.domain import find_domain

LOOKED_AT = 200
"""Runs of a domain that are looked at, the newest ones."""
FRESH_S = 5.0
"""Seconds for which what was read is used again."""


class _Read(NamedTuple):
    at: float
    runs: Sequence[RunRecord]


class Experience:
    """Reads the latest runs of a domain that are over."""

    def __init__(
        self, engine: Callable[[], Engine], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Read nothing yet."""
        self._engine = engine
        self._clock = clock
        self._read: dict[tuple[str, str], _Read] = {}

    async def teach(self, spec: RunSpec, settings: Settings) -> RunSpec:
        """Put what earlier runs teach into a run, as far as its strategy asks for it.

        Args:
            spec: The run.
            settings: What the operator has set in `strategy` is not chosen, and caps hold.
        """
        strategy, task = spec.strategy, spec.task
        if not strategy.auto and not strategy.memory:
            return spec
        runs = await self.runs(spec.tenant, task.domain)
        if strategy.memory and task.prompt and not any(shot.run for shot in task.examples):
            shots = recall_examples(runs, task, strategy.memory)
            task = task.model_copy(update={"examples": (*task.examples, *shots)})
        if strategy.auto:
            asked = spec.request.strategy
            own = asked.model_fields_set if asked else frozenset[str]()
            strategy, chosen = choose_strategy(
                strategy,
                fixed=own | settings.strategy.model_fields_set,
                rungs=max(len(task.rungs), 1),
                widest=settings.caps.n,
                domain=find_domain(task.domain),
                sampling=task.sampling,
                runs=(record for record in runs if _asks_alike(record.spec, spec)),
            )
            task = task.model_copy(update={"chosen": chosen})
        return spec.model_copy(update={"strategy": strategy, "task": task})

    async def runs(self, tenant: str, domain: str) -> Sequence[RunRecord]:
        """Give a tenant's latest runs of a domain that are over, newest first."""
        known = self._read.get((tenant, domain))
        now = self._clock()
        if known is None or now - known.at > FRESH_S:
            page = await self._engine().list(
                RunQuery(tenant=tenant, domain=domain, limit=LOOKED_AT)
            )
            known = _Read(now, [record for record in page.runs if record.over])
            self._forget(now)
            self._read[tenant, domain] = known
        return known.runs

    def _forget(self, now: float) -> None:
        for key in [key for key, read in self._read.items() if now - read.at > FRESH_S]:
            del self._read[key]


def _asks_alike(one: RunSpec, other: RunSpec) -> bool:
    """Say whether two runs ask the same models."""
    return (one.source, one.request.model, one.profile) == (
        other.source,
        other.request.model,
        other.profile,
    )
