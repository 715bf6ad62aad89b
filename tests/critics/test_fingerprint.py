"""Hashes of structures in which names do not matter."""

import random

from hypothesis import given
from hypothesis import strategies as st

from critics.generation import fingerprint

FACTS = st.lists(
    st.tuples(st.sampled_from("pq"), st.lists(st.integers(0, 5), min_size=0, max_size=3)),
    max_size=12,
)


@given(FACTS, st.permutations(range(6)), st.integers())
def test_names_and_order_do_not_matter(
    facts: list[tuple[str, list[int]]], names: list[int], seed: int
) -> None:
    renamed = [(label, [f"o{names[o]}" for o in objects]) for label, objects in facts]
    random.Random(seed).shuffle(renamed)  # noqa: S311  # no secret
    assert fingerprint(renamed) == fingerprint(facts)


def test_structures_differ() -> None:
    chain = [("on", "ab"), ("on", "bc"), ("table", "c")]
    assert fingerprint(chain) != fingerprint([("on", "ab"), ("table", "b"), ("table", "c")])
    assert fingerprint(chain) != fingerprint([*chain, ("goal", "ab")])
    assert fingerprint([*chain, ("goal", "ab")]) != fingerprint([*chain, ("goal", "bc")])
    assert fingerprint([("p", "aa")]) != fingerprint([("p", "ab")])
