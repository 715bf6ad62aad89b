"""Islands: order, draws and resets, whatever the values are."""

from collections import Counter
from fractions import Fraction
from itertools import pairwise
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from backprompt.evolve.islands import Islands, Member, draw_parents, rank
from backprompt.evolve.options import EvolveOptions
from backprompt.evolve.shots import write_shots
from backprompt.strategy import Strategy
from backprompt.task import Task
from critics.objective import Aim

LESS, MORE = Aim(name="cost", sense="min"), Aim(name="gain", sense="max")
AIMS = st.sampled_from([LESS, MORE])
VALUES = st.lists(st.integers(-12, 12).map(lambda number: Fraction(number, 4)), max_size=12)
SEEDS = st.integers(0, 10_000)


def seeded(seed: int) -> Random:
    return Random(seed)  # noqa: S311  # no secrets


def members(values):
    return [Member(number, f"answer {number}", value) for number, value in enumerate(values)]


def make(aim: Aim = LESS, **options) -> Islands:
    task = Task(domain="toy", prompt="?", objective=aim)
    return Islands(task, Strategy(), aim, EvolveOptions(**options))


@settings(max_examples=30, deadline=None)
@given(VALUES, AIMS)
def test_the_best_comes_first_and_of_equals_the_newer(values, aim):
    ranked = rank(members(values), aim)
    assert sorted(one.number for one in ranked) == list(range(len(values)))
    for one, other in pairwise(ranked):
        assert not aim.prefers(other.value, one.value)
        assert one.value != other.value or one.number > other.number


@settings(max_examples=30, deadline=None)
@given(VALUES, AIMS, st.integers(0, 12), SEEDS)
def test_parents_are_different_and_stand_from_worse_to_better(values, aim, count, seed):
    ranked = rank(members(values), aim)
    drawn = draw_parents(ranked, count, seeded(seed))
    assert len({one.number for one in drawn}) == len(drawn) == min(count, len(ranked))
    places = [ranked.index(one) for one in drawn]
    assert places == sorted(places, reverse=True)
    assert drawn == draw_parents(ranked, count, seeded(seed))


def test_better_ones_are_drawn_more_often_and_every_one_at_times():
    ranked = rank(members(map(Fraction, range(4))), LESS)
    drawn = Counter(draw_parents(ranked, 1, seeded(seed))[0].number for seed in range(2_000))
    assert [drawn[number] for number in range(4)] == sorted(drawn.values(), reverse=True)
    assert min(drawn.values()) > 100  # 240 are expected
    assert 800 < drawn[0] < 1_120  # 960 are expected


@settings(max_examples=30, deadline=None)
@given(VALUES, AIMS, st.integers(1, 4))
def test_an_island_keeps_the_best_and_says_when_it_gains(values, aim, size):
    islands = make(aim, islands=1, population=size)
    best = None
    for member in members(values):
        gained = islands.settle(member, everywhere=False)
        assert gained is (best is None or aim.prefers(member.value, best))
        best = member.value if gained else best
    kept = [one.value for one in islands.here.members]
    order = sorted(values, reverse=aim.sense == "max")
    assert kept == order[:size]


@settings(max_examples=30, deadline=None)
@given(VALUES, AIMS, st.integers(1, 5), st.integers(1, 6), SEEDS)
def test_a_reset_spares_the_better_half_and_loses_no_best(values, aim, count, every, seed):
    islands, chance = make(aim, islands=count, reset_every=every), seeded(seed)
    for member in members(values):
        before = [list(island.members) for island in islands.islands]
        begun = islands.reset(chance)
        bests = [kept[0].value for kept in before if kept]
        if bests:
            best = (min if aim.sense == "min" else max)(bests)
            assert best in {island.best.value for island in islands.islands if island.best}
        for place, founder in begun.items():
            assert islands.islands[place].members == [founder]
            assert founder in [kept[0] for kept in before if kept]
        untouched = set(range(count)) - begun.keys()
        assert all(islands.islands[place].members == before[place] for place in untouched)
        assert len(begun) in {0, count // 2}
        islands.turn()
        islands.settle(member, everywhere=False)


def test_one_island_is_never_reset_and_empty_ones_found_nothing():
    alone = make(islands=1, reset_every=1)
    alone.turn()
    alone.settle(members([Fraction(1)])[0], everywhere=False)
    assert alone.reset(seeded(0)) == {}
    empty = make(islands=4, reset_every=1)
    empty.turn()
    assert empty.reset(seeded(0)) == {}


def test_a_prompt_leaves_out_what_is_too_long_and_the_worse_first():
    long = [Member(n, f"{n}" * 18_000, Fraction(9 - n)) for n in range(8)]
    said = write_shots(LESS, long, long[-1])
    assert [f"cost = {9 - n}:" in said for n in range(8)] == [False] * 3 + [True] * 5
    huge = Member(0, "0" * 30_000, Fraction(4))
    said = write_shots(MORE, [huge], huge)
    assert len(said) < 1_000
    assert said.endswith("Give a different correct answer, with gain more than 4.")
