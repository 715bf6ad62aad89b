"""`strategy: auto`: chosen from what was seen, repeatable from the journal, in bounds."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.portfolio import ARMS, choose_arm, choose_strategy, weigh_run
from backprompt.strategy import Feedback, Search, SolverMode, Strategy
from backprompt.task import Tally
from backprompt.tree.options import Prior
from backprompt.upstream import Sampling
from critics.domain import find_domain
from tests.app.test_memory import record

PRIORS = {arm.name: arm.prior for arm in ARMS}
DOMAIN = replace(find_domain("countdown"), prefix=None)
MOVES = find_domain("countdown")
WARM = Sampling(temperature=0.8)


def choose(runs=(), strategy=None, fixed=frozenset(), sampling=WARM, domain=DOMAIN, **more):
    wanted = strategy or Strategy(auto=True)
    return choose_strategy(wanted, fixed=fixed, domain=domain, sampling=sampling, runs=runs, **more)


def gone(name, certified, first=0, count=20):
    """Runs that went one way."""
    fields = next(arm.fields for arm in ARMS if arm.name == name)
    strategy = Strategy(**fields)
    state = "certified" if certified else "exhausted"
    answer = "it" if certified else None
    return [
        record(first + n, f"{name} {n}", strategy=strategy, state=state, answer=answer)
        for n in range(count)
    ]


def test_a_cold_start_takes_the_first_of_the_list():
    strategy, chosen = choose()
    assert chosen.arm == "explain"
    assert strategy.feedback is Feedback.EXPLAIN
    assert strategy.auto
    assert {tally.runs for tally in chosen.tallies.values()} == {0}


def test_where_moves_can_be_searched_that_comes_first():
    strategy, chosen = choose(domain=MOVES)
    assert chosen.arm == "search-first"
    assert (strategy.search, strategy.tree.prior) == (Search.TREE, Prior.UNIFORM)
    assert strategy.solver is SolverMode.OFF


def test_a_run_may_begin_at_any_rung():
    failed = [
        run for n, arm in enumerate(ARMS) for run in gone(arm.name, certified=False, first=100 * n)
    ]
    strategy, chosen = choose(failed, rungs=2)
    assert chosen.arm.endswith("@1")
    assert strategy.first_rung == 1
    assert choose(rungs=2)[1].arm == "explain"
    assert len(choose(rungs=8)[1].tallies) == 3 * len(choose()[1].tallies)


def test_what_works_here_is_chosen():
    failed = [
        run for n, arm in enumerate(ARMS) for run in gone(arm.name, certified=False, first=100 * n)
    ]
    won = gone("wide", certified=True, first=900)
    strategy, chosen = choose([*failed, *won])
    assert chosen.arm == "wide"
    assert (strategy.search, strategy.n) == (Search.PARALLEL, 4)


def test_what_was_never_tried_gets_its_chance():
    failed = gone("explain", certified=False, count=3)
    assert choose(failed)[1].arm != "explain"


@given(
    st.fixed_dictionaries(
        {
            name: st.builds(
                lambda runs, share: Tally(runs=runs, worth=runs * share),
                st.integers(0, 500),
                st.floats(0, 1),
            )
            for name in PRIORS
        }
    )
)
def test_a_choice_can_be_repeated_from_its_tallies(tallies):
    name = choose_arm(PRIORS, tallies)
    assert name == choose_arm(dict(PRIORS), {key: tallies[key] for key in reversed(tallies)})
    assert name in PRIORS


def test_a_choice_is_repeated_from_what_the_task_says():
    _, chosen = choose(
        [*gone("explain", certified=False), *gone("first", certified=True, first=50)]
    )
    open_priors = {name: PRIORS[name] for name in PRIORS if name in chosen.tallies}
    assert choose_arm(open_priors, chosen.tallies) == chosen.arm


def test_what_the_caller_has_set_stays():
    wanted = Strategy(auto=True, feedback=Feedback.NONE)
    strategy, chosen = choose(strategy=wanted, fixed={"feedback", "auto"})
    assert strategy.feedback is Feedback.NONE
    assert set(chosen.tallies) == {"resample", "wide"}


def test_without_variety_nothing_is_sampled_twice():
    _, chosen = choose(sampling=Sampling(temperature=0))
    assert not {"resample", "wide"} & set(chosen.tallies)


def test_no_way_is_wider_than_the_cap():
    assert "wide" not in choose(widest=2)[1].tallies


def test_a_way_that_needs_a_hook_is_open_only_with_it():
    assert "constructive" not in choose(domain=replace(DOMAIN, hint=None))[1].tallies
    hinting = replace(DOMAIN, hint=lambda *_: ())
    assert "constructive" in choose(domain=hinting)[1].tallies


def test_where_nothing_is_open_nothing_is_changed():
    wanted = Strategy(auto=True, feedback=Feedback.BINARY)
    assert choose(strategy=wanted, fixed={"feedback"}) == (wanted, None)


@pytest.mark.parametrize(
    ("run", "worth"),
    [
        (record(1, "a"), 1.0),
        (record(1, "a", usage={"completion_tokens": 4_000}), 0.875),
        (record(1, "a", origin="solver"), 0.0),
        (record(1, "a", origin="search"), 1.0),
        (record(1, "a", usage={"cost_usd": 0.05}), 0.875),
        (record(1, "a", answer=None, state="exhausted"), 0.0),
        (record(1, "a", origin="cache"), None),
        (record(1, "a", origin="user"), None),
        (record(1, "a", answer=None, state="infeasible"), None),
        (record(1, "a", answer=None, state="failed"), None),
        (record(1, "a", answer=None, state="cancelled"), None),
    ],
)
def test_a_run_is_worth_what_its_search_has_found(run, worth):
    assert weigh_run(run) == worth


def test_auto_is_a_word_or_a_field():
    assert Strategy.model_validate("auto") == Strategy(auto=True)
    with pytest.raises(ValueError, match="dictionary"):
        Strategy.model_validate("automatic")
