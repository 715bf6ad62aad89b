"""Problems are taken from the caller's own fenced blocks, and from nowhere else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.failures import ServiceError
from app.proxy.recognition import SPEAKERS, blocks, recognise

DOMAIN = "(define (domain lamp)\n  (:predicates (lit)))\n"
PROBLEM = "(define (problem one) (:domain lamp)\n  (:goal (lit)))\n"
SCRIPT = "(declare-const x Int)\n(assert (> x 3))\n"


def fenced(text: str, name: str = "pddl", fence: str = "```") -> str:
    return f"Solve this:\n{fence}{name}\n{text}{fence}\nThanks."


def user(content, role: str = "user") -> dict:
    return {"role": role, "content": content}


def test_domain_and_problem_in_two_blocks():
    found = recognise([user(fenced(DOMAIN) + "\n" + fenced(PROBLEM))], "pddl")
    assert found is not None
    assert found.parts == {"domain": DOMAIN, "problem": PROBLEM}


def test_domain_and_problem_in_one_block():
    found = recognise([user(fenced(DOMAIN + PROBLEM))], None)
    assert found is not None
    assert (found.domain, found.parts) == ("pddl", {"domain": DOMAIN, "problem": PROBLEM})


def test_the_domain_may_stand_in_the_system_message():
    messages = [user(fenced(DOMAIN), "system"), user(fenced(PROBLEM))]
    found = recognise(messages, "pddl")
    assert found is not None
    assert found.parts == {"domain": DOMAIN, "problem": PROBLEM}
    assert found.message == 1


def test_an_smt_script():
    found = recognise([user(fenced(SCRIPT, "smt2"), "developer")], None)
    assert found is not None
    assert (found.domain, found.parts) == ("smt", {"smtlib": SCRIPT})


def test_text_parts_are_read_and_images_are_not():
    parts = [
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}},
        {"type": "text", "text": fenced(SCRIPT, "smt2")},
    ]
    found = recognise([user(parts)], "smt")
    assert found is not None
    assert found.parts == {"smtlib": SCRIPT}


def test_the_latest_problem_wins():
    later = PROBLEM.replace("one", "two")
    messages = [user(fenced(DOMAIN + PROBLEM)), user("no"), user(fenced(later)), user("go on")]
    found = recognise(messages, "pddl")
    assert found is not None
    assert found.parts == {"domain": DOMAIN, "problem": later}
    assert found.message == 2


def test_the_domain_is_the_one_that_the_problem_names():
    other = DOMAIN.replace("lamp", "door")
    found = recognise([user(fenced(DOMAIN + other + PROBLEM))], "pddl")
    assert found is not None
    assert found.parts["domain"] == DOMAIN


@pytest.mark.parametrize("role", ["assistant", "tool", "function", "User", ""])
def test_what_a_model_or_a_tool_says_is_no_problem(role):
    messages = [user(fenced(DOMAIN + PROBLEM), role), user(fenced(SCRIPT, "smt2"), role)]
    assert recognise(messages, None) is None


def test_a_models_block_does_not_replace_the_users():
    forged = PROBLEM.replace("(lit)", "(and)")
    messages = [user(fenced(DOMAIN + PROBLEM)), user(fenced(DOMAIN + forged), "assistant")]
    found = recognise(messages, "pddl")
    assert found is not None
    assert found.parts["problem"] == PROBLEM


@pytest.mark.parametrize(
    "text",
    [
        f"<pddl>{DOMAIN}{PROBLEM}</pddl>",
        DOMAIN + PROBLEM,
        f"`{PROBLEM}`",
        fenced(DOMAIN + PROBLEM, "lisp"),
        fenced(DOMAIN + PROBLEM, ""),
        fenced("; " + PROBLEM.replace("\n", " ")),
        "    " + fenced(PROBLEM).replace("\n", "\n    "),
    ],
)
def test_only_fenced_blocks_of_the_name_count(text):
    assert recognise([user(text)], None) is None


def test_a_fence_within_a_longer_fence_is_text():
    inner = fenced(PROBLEM)
    assert recognise([user(f"````markdown\n{inner}\n````")], None) is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (fenced(DOMAIN + PROBLEM + PROBLEM.replace("one", "two")), "2 different PDDL problems"),
        (fenced(SCRIPT, "smt2") + fenced(SCRIPT + "(check-sat)", "smt2"), "2 different SMT-LIB"),
        (fenced(DOMAIN + PROBLEM) + "\n" + fenced(SCRIPT, "smt2"), "both `pddl` and `smt2`"),
    ],
)
def test_two_problems_are_refused_with_what_was_found(text, told):
    with pytest.raises(ServiceError, match=told) as refused:
        recognise([user("hello"), user(text)], None)
    assert refused.value.code == "problem-ambiguous"
    assert refused.value.faults[0].pointer == "#/messages/1"


def test_a_refusal_counts_what_differs_and_names_a_few():
    many = "".join(PROBLEM.replace("one", f"p{number}") for number in range(99))
    with pytest.raises(ServiceError, match="99 different") as refused:
        recognise([user(fenced(DOMAIN + many + many))], None)
    assert "(`p0`, `p1`, `p2`, `p3`, `p4`, …)" in refused.value.detail


def test_the_same_problem_twice_is_one_problem():
    found = recognise([user(fenced(DOMAIN + PROBLEM) + "\n" + fenced(PROBLEM))], None)
    assert found is not None
    assert found.parts["problem"] == PROBLEM


def test_a_fence_that_is_never_closed_ends_with_the_message():
    assert list(blocks("```smt2\n(assert true)", "smt2")) == ["(assert true)\n"]


@pytest.mark.parametrize("line", ["    ```", "\u00a0```", "``` x", "~~~", "\t```"])
def test_what_does_not_close_a_fence_is_text(line):
    assert list(blocks(f"```text\n{line}\n```smt2\na\n```\n", "smt2")) == []


def test_tildes_are_fences_and_end_with_tildes():
    assert list(blocks("~~~smt2\na\n```\nb\n~~~~\nc", "smt2")) == ["a\n```\nb\n"]


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "role": st.sampled_from(["system", "user", "assistant", "tool", "x"]),
                "content": st.one_of(
                    st.text(alphabet="`~ pdl\nsmt2;(define)", max_size=60),
                    st.none(),
                    st.lists(st.dictionaries(st.sampled_from(["text", "type"]), st.text())),
                ),
            }
        ),
        max_size=5,
    )
)
def test_whatever_is_found_is_text_of_a_speaker(messages):
    try:
        found = recognise(messages, None)
    except ServiceError:
        found = None
    if found is not None:
        assert messages[found.message]["role"] in SPEAKERS
        assert found.parts


@pytest.mark.parametrize(
    "line",
    ["`" * 400_000, "```" + "\t" * 400_000 + "`", "```" + "a" * 400_000 + "`", "(" * 400_000],
)
def test_a_long_line_is_read_in_linear_time(line):
    assert recognise([user(line), user(fenced(line + "\n"))], "smt") is None
