import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.admission import Slots, settle_budget, settle_sampling, settle_strategy
from app.failures import ServiceError
from app.setting_groups import Caps
from app.settings import Settings
from backprompt.budget import Budget
from backprompt.strategy import Feedback, Search, Strategy
from backprompt.upstream import Sampling

NUMBERS = {
    "rounds": st.integers(1, 1000),
    "candidates": st.none() | st.integers(1, 100),
    "seconds": st.floats(0.1, 7200),
    "tokens": st.none() | st.integers(1, 10**6),
    "cost_usd": st.none() | st.floats(0.01, 100),
}
CLOSED = {**NUMBERS, "rounds": st.integers(1, 1000), "seconds": st.floats(0.1, 7200)}
BUDGETS = st.fixed_dictionaries({}, optional=NUMBERS).map(lambda given: Budget(**given))
CAPS = st.fixed_dictionaries(CLOSED).map(lambda given: Caps(**given))


@given(asked=st.none() | BUDGETS, default=BUDGETS, caps=CAPS)
def test_no_budget_that_is_admitted_passes_a_cap(asked, default, caps):
    settings = Settings(budget=default, caps=caps)
    wanted = asked.model_dump(include=asked.model_fields_set) if asked else {}
    above = {
        name
        for name, value in wanted.items()
        if value is not None and getattr(caps, name) is not None and value > getattr(caps, name)
    }
    if above:
        with pytest.raises(ServiceError) as caught:
            settle_budget(asked, settings)
        assert {fault.pointer for fault in caught.value.faults} == {f"#/budget/{n}" for n in above}
        return
    budget = settle_budget(asked, settings)
    for name in NUMBERS:
        cap, got = getattr(caps, name), getattr(budget, name)
        assert cap is None or (got is not None and got <= cap)
        if wanted.get(name) is not None:
            assert got == wanted[name]


def test_asking_for_no_limit_gets_the_cap():
    settings = Settings(caps=Caps(tokens=1000))
    assert settle_budget(Budget(tokens=None), settings).tokens == 1000
    assert settle_budget(None, settings).tokens == 1000


def test_a_request_overrides_only_what_it_names():
    settings = Settings(strategy=Strategy(search=Search.PARALLEL, n=4))
    assert settle_strategy(Strategy(feedback=Feedback.FIRST), settings).n == 4
    assert settle_strategy(Strategy(search=Search.SEQUENTIAL), settings).n == 1


def test_too_wide_a_search_is_above_a_cap():
    with pytest.raises(ServiceError) as caught:
        settle_strategy(Strategy(search=Search.PARALLEL, n=17), Settings())
    assert (caught.value.code, caught.value.faults[0].pointer) == (
        "budget-above-cap",
        "#/strategy/n",
    )


def test_sampling_takes_the_servers_defaults_and_must_vary_where_the_strategy_needs_it():
    settings = Settings(upstream={"temperature": 0.0, "max_tokens": 77})
    assert settle_sampling(None, settings, Strategy()) == Sampling(temperature=0.0, max_tokens=77)
    assert settle_sampling(Sampling(seed=1), settings, Strategy()).seed == 1
    with pytest.raises(ServiceError, match="temperature"):
        settle_sampling(None, settings, Strategy(feedback=Feedback.NONE))


def test_slots_are_given_back_whatever_happens():
    slots = Slots(1, "runs")

    def fail_inside():
        with slots.take():
            assert slots.taken == 1
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_inside()
    assert slots.taken == 0


def test_nobody_waits_in_line():
    slots = Slots(1, "runs")
    with slots.take(), pytest.raises(ServiceError, match="1 runs") as caught:
        slots.take().__enter__()
    assert int(caught.value.headers["Retry-After"]) > 0
    assert slots.taken == 0
