"""Whatever the formatting, extraction finds the plan that is stated, whole and unchanged."""

import string

from hypothesis import given
from hypothesis import strategies as st

from critics.pddl.extract import extract_plans
from critics.pddl.lines import Names
from tests.critics.pddl.test_extract import BLOCKS, STEPS

NAME = st.text(string.ascii_lowercase + string.digits + "-_", min_size=1, max_size=12).filter(
    lambda name: name[0].isalpha() and name not in ("action", "step", "time", "t")
)


@st.composite
def stated_plans(draw):
    actions = draw(st.dictionaries(NAME, st.integers(0, 4), min_size=1, max_size=5))
    objects = draw(st.lists(NAME, min_size=1, max_size=6, unique=True))
    name = st.sampled_from(sorted(actions))
    chosen = draw(st.lists(name, min_size=1, max_size=8))
    steps = [
        (action, *(draw(st.sampled_from(objects)) for _ in range(actions[action])))
        for action in chosen
    ]
    return Names(actions, frozenset(objects)), [" ".join(step) for step in steps]


@st.composite
def styles(draw):
    opening, closing = draw(
        st.sampled_from([("", ""), ("```\n", "\n```"), ("[PLAN]\n", "\n[PLAN END]")])
    )
    before = draw(st.sampled_from(["", "Here is the plan:\n\n", "I thought about it.\n"]))
    mark = draw(st.sampled_from(["", "- ", "* ", "{n}. ", "{n}) ", "Step {n}: ", "{n}: "]))
    step = draw(st.sampled_from(["({s})", "`({s})`", "**({s})**", "( {s} )", "({s}) ; done"]))
    upper = draw(st.booleans())
    between = draw(st.sampled_from(["\n", "\n\n", "  \n"]))

    def render(steps):
        lines = (mark.format(n=n) + step.format(s=s) for n, s in enumerate(steps, 1))
        body = between.join(lines)
        return before + opening + (body.upper() if upper else body) + closing

    return render


@given(stated_plans(), styles())
def test_formatting_never_changes_the_plan(stated, render):
    names, steps = stated
    assert list(extract_plans(names, render(steps))) == ["\n".join(f"({step})" for step in steps)]


@given(stated_plans(), styles(), st.data())
def test_a_mutated_step_is_never_dropped(stated, render, data):
    names, steps = stated
    place = data.draw(st.integers(0, len(steps) - 1))
    extra = data.draw(st.sampled_from([" zz9", " zz9 zz9"]))
    changed = [*steps[:place], steps[place] + extra, *steps[place + 1 :]]
    assert list(extract_plans(names, render(changed))) == [
        "\n".join(f"({step})" for step in changed)
    ]


@given(
    st.text()
    | st.lists(st.sampled_from([*STEPS, "[PLAN]", "```", "1.", "(", "?x", "\n", "- "])).map(
        " ".join
    )
)
def test_arbitrary_text_never_raises_and_gives_canonical_lines(text):
    for plan in extract_plans(BLOCKS, text):
        assert all(line[0] == "(" and line[-1] == ")" for line in plan.split("\n"))
