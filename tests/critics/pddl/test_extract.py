import json

import pytest

from critics.pddl.extract import EMPTY_PLAN, MAX_CANDIDATES, extract_plans
from critics.pddl.lines import Names

BLOCKS = Names(
    {"pick-up": 1, "put-down": 1, "stack": 2, "unstack": 2},
    frozenset("abcd"),
    frozenset({"on", "ontable", "clear", "handempty", "holding"}),
)
PLAN = "(unstack b a)\n(put-down b)\n(pick-up a)\n(stack a b)"
STEPS = PLAN.split("\n")
WORDS = [step[1:-1] for step in STEPS]


def plans(response: str, names: Names = BLOCKS) -> list[str]:
    return list(extract_plans(names, response))


@pytest.mark.parametrize(
    "response",
    [
        PLAN,
        PLAN.upper(),
        PLAN.replace("\n", "\r\n"),
        PLAN.replace("\n", " "),
        PLAN.replace("\n", ", "),
        PLAN.replace("\n", "; "),
        PLAN.replace("\n", " -> "),
        PLAN.replace("\n", " → "),
        PLAN.replace("\n", "\n\n"),
        PLAN.replace("\n", "  \n\t"),
        f"```\n{PLAN}\n```",
        f"```pddl\n{PLAN}\n```",
        f"~~~\n{PLAN}\n~~~",
        f"```{STEPS[0]}\n" + "\n".join(STEPS[1:]) + "```",
        f"[PLAN]\n{PLAN}\n[PLAN END]",
        f"[PLAN]\n{PLAN}\n[PLAN_END]",
        f"[QUERY_PLAN]\n{PLAN}\n[QUERY_PLAN_END]",
        f"[PLAN]{PLAN}[PLAN END]",
        f"<plan>\n{PLAN}\n</plan>",
        f"(plan)\n{PLAN}\n(plan_end)",
        f"(define (plan p)\n (:steps\n{PLAN}\n )\n)",
        f"({PLAN})",
        f"Here is the plan:\n\n{PLAN}\n\nIt puts a on b.",
        f"{PLAN}\n; cost = 4 (unit cost)",
        "".join(f"{n}. {step}\n" for n, step in enumerate(STEPS, 1)),
        "".join(f"{n}) {step}\n" for n, step in enumerate(STEPS, 1)),
        "".join(f"{n}- {step}\n" for n, step in enumerate(STEPS, 1)),
        "".join(f"{n}: {step}\n" for n, step in enumerate(STEPS)),
        "".join(f"{n}.000: {step} [1.000]\n" for n, step in enumerate(STEPS)),
        "".join(f"1. {step}\n" for step in STEPS),
        "".join(f"- {step}\n" for step in STEPS),
        "".join(f"* `{step}`\n" for step in STEPS),
        "".join(f"• {step}\n" for step in STEPS),
        "".join(f"| {n} | {step} |\n" for n, step in enumerate(STEPS, 1)),
        "".join(f"> {step}\n" for step in STEPS),
        "".join(f"**{n}.** **{step}**\n" for n, step in enumerate(STEPS, 1)),
        "".join(f"Step {n}: {step}\n" for n, step in enumerate(STEPS, 1)),
        "".join(f"{n}. {step} - moves it (as needed)\n" for n, step in enumerate(STEPS, 1)),
        "".join(f"{n}. {step} ; see (on a b)\n" for n, step in enumerate(STEPS, 1)),
        "".join(f"{n}. {step}: it is (clear b) now\n" for n, step in enumerate(STEPS, 1)),
        "".join(f"{n}. Do it well: {step}\n" for n, step in enumerate(STEPS, 1)),
        "".join(f"{n}. **Do it**: `{step}`.\n" for n, step in enumerate(STEPS, 1)),
        "".join(f"{n}. Do it\n   - {step}\n" for n, step in enumerate(STEPS, 1)),
        "".join(
            f"{n}. {step}\n   - This makes (clear a) true\n" for n, step in enumerate(STEPS, 1)
        ),
        "".join(f"{n}. {step}\n   - (holding b)\n" for n, step in enumerate(STEPS, 1)),
        "".join(f"Next, go on:\n{step}\n" for step in STEPS),
        "".join(f"{n}. Go on:\n```\n{step}\n```\n" for n, step in enumerate(STEPS, 1)),
        f"First clear a:\n{STEPS[0]}\n{STEPS[1]}\n\nThen build the tower:\n{STEPS[2]}\n{STEPS[3]}",
        "".join(f"{step}\n" for step in WORDS),
        "".join(f"{n}. {step}\n" for n, step in enumerate(WORDS, 1)),
        "".join(f"- {step.upper()}: go on\n" for step in WORDS),
        "".join(f"(action: {step})\n" for step in WORDS),
        "".join(f"(:action {s.replace(' ', ' :parameters (', 1)}))\n" for s in WORDS),
        "unstack(b, a)\nput-down(b)\npick-up(a)\nstack(a, b)",
        "unstack(b, a), put-down(b), pick-up(a), stack(a, b)",
        "1. Unstack b from a\n2. Put down b\n3. Pick up a\n4. Stack a on b",
        "Plan: " + ", ".join(STEPS),
        "The plan is " + ", ".join(STEPS[:-1]) + ", and " + STEPS[-1] + ".",
        "Plan: unstack(b, a), put-down(b), pick-up(a), stack(a, b)",
        " ".join(f"{n}. {step}" for n, step in enumerate(STEPS, 1)),
        "\\n".join(STEPS),
        "".join(f"<step>{step}</step>\n" for step in STEPS),
        "".join(f"{n}\ufe0f\u20e3 {step}\n" for n, step in enumerate(STEPS, 1)),
        "".join(f"\u2705 {step}\n" for step in STEPS),
        "".join(f"{n} -> {step}\n" for n, step in enumerate(STEPS, 1)),
        "".join(f"### Step {n}\n{step}\n" for n, step in enumerate(STEPS, 1)),
        "plan = [\n" + "".join(f"    {tuple(s.split())!r},\n" for s in WORDS) + "]",
        "(and " + "\n".join(STEPS) + ")",
        "".join(f"{n}. {s}\n   Do it: {s.split()[0]} now.\n" for n, s in enumerate(STEPS, 1)),
        f"The actions:\n- (pick-up ?x)\n- (stack ?x ?y)\n\nI begin:\n{PLAN}",
        "".join(
            f"{n}. {step}\n   - Requires: (clear b), (handempty)\n   - Effect: (holding b)\n"
            for n, step in enumerate(STEPS, 1)
        ),
        "".join(
            f"{n}. {step}\n   {told}.\n"
            for n, step, told in zip(
                (1, 2, 3, 4),
                STEPS,
                ("Unstack b from a", "Put down b", "Pick up a", "Stack a on b"),
                strict=True,
            )
        ),
        json.dumps(STEPS),
        json.dumps({"plan": STEPS}, indent=1),
        "Sure:\n```json\n" + json.dumps(WORDS, indent=1) + "\n```",
        json.dumps([step.split() for step in WORDS]),
        json.dumps([{"action": name, "args": objects} for name, *objects in map(str.split, WORDS)]),
        json.dumps(
            {
                "why": "it works",
                "plan": [
                    {"name": name, "parameters": dict(zip("xy", objects, strict=False))}
                    for name, *objects in map(str.split, WORDS)
                ],
            }
        ),
        f"<think>\n(pick-up c)\n(stack c d)\n</think>\n{PLAN}",
        f"(pick-up c)\n</think>\n{PLAN}",
    ],
)
def test_finds_the_plan_however_it_is_written(response):
    assert plans(response) == [PLAN]


def test_finds_every_plan_and_makes_none_up():
    first, second = "(pick-up c)\n(stack c d)", "(pick-up d)\n(stack d c)"
    found = plans(
        f"Plan A:\n{first}\n\nAlternatively:\n{second}\n\nThe final plan:\n```\n{PLAN}\n```"
    )
    assert found[0] == PLAN
    assert sorted(found) == sorted([first, second, PLAN])


@pytest.mark.parametrize(
    "said",
    [
        "Alternatively:",
        "However, this is wrong. The corrected plan is:",
        "Wait, that fails because b is not clear. Let me try another approach:",
        "In PDDL syntax:",
        "Here is the final plan:",
        "Plan B:",
        "**Revised plan:**",
        "Attempt 2:",
        "Here's a shorter version:",
        "Let me redo this.",
        "Putting it all together:",
    ],
)
@pytest.mark.parametrize("fence", ["", "```\n"])
def test_an_announced_plan_is_another_plan(said, fence):
    draft = "(unstack b a)\n(stack b c)"
    response = f"Here it is:\n\n{fence}{draft}\n{fence}\n{said}\n\n{fence}{PLAN}\n{fence}"
    assert sorted(plans(response)) == sorted([draft, PLAN])


@pytest.mark.parametrize(
    "said",
    [
        "Next, we build the tower:",
        "Now that the hand is empty, we take a:",
        "After that, b is on the table.",
        "This frees the hand.",
        "Finally, complete the stack:",
        "Stack the final block to complete the goal:",
        "### Step 2",
        "**Phase 2: build the tower**",
        "At this point (clear a) holds, but more is needed.",
        "(the hand is empty now)",
        "Continue with the rest of the plan:",
        "Now we correct the order of the tower:",
    ],
)
def test_a_sentence_that_goes_on_ends_no_plan(said):
    half, rest = "\n".join(STEPS[:2]), "\n".join(STEPS[2:])
    assert plans(f"We start:\n{half}\n{said}\n{rest}") == [PLAN]
    assert PLAN in plans(f"We start:\n```\n{half}\n```\n{said}\n```\n{rest}\n```")


def test_blocks_that_may_go_on_are_read_both_ways():
    half, rest = "\n".join(STEPS[:2]), "\n".join(STEPS[2:])
    found = plans(f"```\n{half}\n```\nMove a:\n```\n{rest}\n```\n")
    assert sorted(found) == sorted([half, rest, PLAN])


def test_a_plan_said_twice_is_one_plan():
    listed = "".join(f"{n}. {step}\n" for n, step in enumerate(STEPS, 1))
    assert plans(f"The plan:\n{listed}\nIn PDDL syntax:\n{PLAN}\n") == [PLAN]


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("(putdown b)", "(putdown b)"),
        ("(put-down b c)", "(put-down b c)"),
        ("(put-down)", "(put-down)"),
        ("(put-down z)", "(put-down z)"),
        ("(put-down b", "(put-down b)"),
        ("put-down b)", "(put-down b)"),
        ("put-down b", "(put-down b)"),
        ("(teleport b to d)", "(teleport b to d)"),
        ("(teleport b d)", "(teleport b d)"),
        ("(put_down b)", "(put_down b)"),
        ("put_down(b)", "(put_down b)"),
        ("(stack a(b c)", "(stack a b c)"),
        ("...", "(...)"),
        ("Put b on the table", "(put b on the table)"),
        ("Put down b", "(put-down b)"),
    ],
)
def test_a_wrong_step_stays_in_its_place(line, kept):
    response = f"1. {STEPS[0]}\n2. {line}\n3. {STEPS[2]}\n4. {STEPS[3]}"
    assert plans(response) == ["\n".join([STEPS[0], kept, STEPS[2], STEPS[3]])]


def test_a_plan_that_breaks_off_keeps_its_last_words():
    assert plans("(unstack b a)\n(put-down b)\n(pick-u") == [
        "(unstack b a)\n(put-down b)\n(pick-u)"
    ]


@pytest.mark.parametrize(
    "response",
    [
        "",
        "(no-op)",
        "(none)",
        "No plan exists.",
        "(No plan exists)",
        "The goal needs:\n(on a b)\n(on b c)",
        "The goal `(on a b)` cannot be reached, since (pick-up a) needs (clear a).",
        "(:action pick-up\n :parameters (?x)\n :precondition (and (clear ?x) (handempty)))",
        "<think>\n(pick-up a)\n</think>",
        "<think>\n(pick-up a)\n",
        "()",
        "((((",
    ],
)
def test_finds_nothing_where_no_plan_is_stated(response):
    assert plans(response) == []


@pytest.mark.parametrize(
    "response",
    [
        "The goal holds already, so the plan is empty.",
        "The answer is an empty plan.",
        "No actions are needed.",
        "[PLAN]\n[PLAN END]",
    ],
)
def test_only_a_named_empty_plan_is_the_empty_plan(response):
    assert plans(response) == [EMPTY_PLAN]


def test_text_quoted_from_the_problem_is_no_plan():
    quoted = "(define (problem p)\n (:init (handempty)\n  (pick-up a)\n )\n (:goal (on a b)))"
    assert plans(f"The problem is\n{quoted}\nand the plan:\n{PLAN}") == [PLAN]


def test_facts_about_a_plan_are_no_part_of_it():
    response = f"Initially:\n(on b a)\n(clear b)\n\n{PLAN}\n\nNow the goal holds:\n(on a b)\n"
    assert plans(response) == [PLAN]


def test_a_plan_is_never_split_at_a_remark():
    half = "(unstack b a)\n(put-down b)"
    response = f"{half}\n\nAfter that b is on the table.\n\n(pick-up a)\n(stack a b)"
    assert plans(response) == [PLAN]


@pytest.mark.parametrize(
    "response",
    [
        "(unstack b a) (put-down b) ... (stack a b)",
        "(unstack b a)\n(put-down b)\n...\n(stack a b)",
        "(unstack b a)\n(put-down b)\n... (and so on)",
    ],
)
def test_a_plan_with_a_gap_is_not_the_plan_without_it(response):
    assert all("(...)" in plan for plan in plans(response))


def test_an_action_may_be_named_like_a_list_item():
    names = Names({"t1": 2, "step2": 1, "action": 1}, frozenset("ab"))
    for response in ("t1 a b\nstep2 a\naction b", "1. (t1 a b)\n2. (step2 a)\n3. (action b)"):
        assert plans(response, names) == ["(t1 a b)\n(step2 a)\n(action b)"]


def test_gives_at_most_so_many():
    pairs = [(x, y) for x in "abcd" for y in "abcd"]
    response = "\nAlternatively:\n".join(f"(pick-up {x})\n(stack {x} {y})" for x, y in pairs)
    assert len(plans(response)) == MAX_CANDIDATES


def test_a_response_that_is_too_large_is_not_cut_to_a_shorter_plan():
    long = "(unstack b a)\n(put-down b)\n" * 110_000
    assert plans(long) == []
    assert plans("(unstack b a) " * 150_000) == []
    assert plans("(pick-up a)\n" * 100_000)[0].count("\n") == 99_999


@pytest.mark.parametrize(
    "response",
    [
        "(" * 1_000_000,
        ")" * 1_000_000,
        "()" * 500_000,
        "( " * 500_000,
        "." * 1_000_000 + "x",
        ": " * 500_000,
        " " * 1_000_000 + "x",
        "(" + " " * 1_000_000,
        "1" * 1_000_000,
        "-" * 1_000_000 + "x",
        "[" * 1_000_000,
        "{" * 100_000 + "\n[" * 100_000,
        "<think>" * 100_000,
        "(:init\n\n" * 40_000,
        "```\n" * 80_000,
        "```\n(pick-up a)\n```\n```\n(stack a b)\n```\n" * 10_000,
        "(:action x " + " " * 1_000_000,
        "(pick-up a) " * 80_000,
        "(pick-up a)\n" * 80_000,
        "- Lift a: (pick-up a)\n" * 40_000,
        "pick-up a\nAlternatively:\n" * 20_000,
        "\x00\ud800" * 100_000,
    ],
)
def test_hostile_text_takes_no_more_than_its_length(response):
    assert len(plans(response)) <= MAX_CANDIDATES
