"""Ladders: which models a run may climb, what each may spend and what it costs.

In this order: the models of the request's profile; the server's `ladder`, for requests that name
no model or one of its own; else the one upstream. A model that the request names is where the
ladder begins, if it is one of its rungs. Before an embedded model that knows a little of everything
stands the built-in one where it knows the domain: its calls take milliseconds.

Invariants:
    * What is recorded of a rung names no address and no key.
    * An embedded model is not asked about a domain it knows nothing of, if there is another rung.
"""

from app.embedded import PREFIX, knows, read_name
from app.models import PROPOSER, installed_path
from app.profiles import Rung
from app.protocol import SolveRequest
from app.settings import Settings
from app.upstreams import Choice
from backprompt.rung import Rung as PricedRung
from backprompt.strategy import SolverMode, Strategy
from backprompt.upstream import Role

BUILT_IN_ROUNDS = 5
"""Rounds that the built-in model has before a larger one of this machine."""


def find_ladder(
    model: str | None,
    profile: str | None,
    settings: Settings,
    *,
    choice: Choice | None = None,
    domain: str | None = None,
) -> tuple[Rung, ...]:
    """Find the models that are asked one after the other; none if only the upstream is.

    Args:
        model: The model that the request names.
        profile: The profile that the request names.
        settings: Where ladders are.
        choice: The upstream.
        domain: What the models are asked about.
    """
    found = settings.profiles.get(profile) if profile else None
    rungs = found.models if found else ()
    own = not rungs and (model is None or model in [rung.model for rung in settings.ladder])
    rungs = settings.ladder if own else rungs
    names = [rung.model for rung in rungs]
    rungs = rungs[names.index(model) :] if model in names else rungs
    if not rungs and model is None and choice is not None:
        rungs = _ladder_of_this_machine(choice, settings)
    return tuple(rung for rung in rungs if knows(read_name(rung.model), domain)) or rungs


def _ladder_of_this_machine(choice: Choice, settings: Settings) -> tuple[Rung, ...]:
    """Put the built-in model before the embedded one, unless the latter is asked for by name."""
    alone = choice.kind != "embedded" or settings.upstream.model is not None
    if alone or choice.embedded is None or choice.model == PROPOSER.name:
        return ()
    if installed_path(PROPOSER) is None or choice.model is None:
        return ()
    first = Rung(model=f"{PREFIX}{PROPOSER.name}", rounds=BUILT_IN_ROUNDS)
    return (first, Rung(model=choice.model))


def price_ladder(
    choice: Choice,
    model: str | None,
    profile: str | None,
    settings: Settings,
    *,
    domain: str | None = None,
) -> tuple[PricedRung, ...]:
    """Describe the models of a run for the loop: what each may spend and what it costs."""
    rungs = find_ladder(model, profile, settings, choice=choice, domain=domain)
    rungs = rungs or (Rung(model=model or choice.model or "upstream"),)
    return tuple(_price(rung, settings) for rung in rungs)


def price_roles(settings: Settings) -> dict[Role, PricedRung]:
    """Describe the models that are asked for anything but guesses: what they cost."""
    named = ((role, getattr(settings.roles, role.value, None)) for role in Role)
    return {role: _price(Rung(model=at.model), settings) for role, at in named if at is not None}


def price_call(choice: Choice, role: Role, settings: Settings) -> PricedRung:
    """Describe the model that a call of a role goes to where there is no run."""
    own = Rung(model=choice.model or "upstream")
    return price_roles(settings).get(role) or _price(own, settings)


def _price(rung: Rung, settings: Settings) -> PricedRung:
    price = settings.upstream.prices.get(rung.model)
    caps = rung.model_dump(exclude={"base_url", "api_key"})
    if price is None:
        return PricedRung(**caps)
    return PricedRung(**caps, price_input=price.input, price_output=price.output)


def name_source(choice: Choice, request: SolveRequest, strategy: Strategy) -> str:
    """Say where guesses come from: from nowhere, where nobody is asked for any."""
    unasked = strategy.solver is SolverMode.ONLY and request.text is None
    return "none" if unasked else choice.kind
