"""Forks: runs that go on from another one, whose answers they take over unpaid."""

from collections.abc import Sequence

from app.admission import settle_budget, settle_strategy
from app.engine import Continuation, Engine, RunSpec
from app.failures import ServiceError
from app.ids import new_id
from app.ladders import price_ladder, price_roles
from app.memory_engine import utc_now
from app.run_views import ForkRequest
from app.security.principal import caller
from app.settings import Settings
from app.upstreams import Choice
from backprompt.continued import answers_before
from backprompt.upstream import Completion


async def specify_fork(
    engine: Engine, settings: Settings, choice: Choice, run_id: str, wishes: ForkRequest
) -> RunSpec:
    """Specify a run that goes on from one that is over.

    Raises:
        ServiceError: There is no such run, or it is not over.
    """
    known = await engine.get(run_id)
    if known is None or not caller().sees(known.spec.tenant):
        raise ServiceError("run-unknown", f"there is no run `{run_id[:80]}`")
    if not known.over:
        raise ServiceError("run-unfinished", f"`{run_id}` is not over")
    events = [event async for event in engine.events(run_id)]
    spec = _vary(known.spec, settings, wishes, answers_before(events, wishes.from_round))
    asked = spec.request
    rungs = price_ladder(choice, asked.model, spec.profile, settings, domain=asked.domain)
    priced = {"rungs": rungs, "roles": price_roles(settings)}
    return spec.model_copy(update={"task": spec.task.model_copy(update=priced)})


def _vary(
    spec: RunSpec, settings: Settings, wishes: ForkRequest, recorded: Sequence[Completion]
) -> RunSpec:
    """Specify a run that goes on from another one as its client wishes."""
    wanted = {name: getattr(wishes, name) for name in wishes.model_fields_set}
    from_round = wanted.pop("from_round", None)
    request = spec.request.model_copy(update=wanted)
    strategy = settle_strategy(request.strategy, settings, request.domain)
    new = new_id("run")
    return spec.model_copy(
        update={
            "id": new,
            "request": request,
            "task": spec.task.model_copy(update={"run_id": new}),
            "strategy": strategy,
            "budget": settle_budget(request.budget, settings),
            "created_at": utc_now(),
            "tenant": caller().tenant,
            "body_sha256": None,
            "continues": Continuation(run=spec.id, from_round=from_round, recorded=tuple(recorded)),
        }
    )
