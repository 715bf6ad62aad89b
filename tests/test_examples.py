"""The example problems are legal, solvable, and no easier than they look."""

from pathlib import Path

import pytest

from critics import Verdict, find_domain, judge

PROBLEMS = Path(__file__).parents[1] / "examples" / "pddl"
PLANS = {
    "blocks": "(unstack red blue) (put-down red) (pick-up blue) (stack blue red)",
    "cake": "(heat kitchen-oven) (mix lemon-batter) (grease round-tin)"
    " (fill round-tin lemon-batter) (bake round-tin kitchen-oven) (ice round-tin)",
    "door": "(take brass-key office) (unlock cellar brass-key) (go office hall) (go hall cellar)",
    "guest": "(wash linen) (dry linen) (make-bed guest-bed linen) (welcome anna guest-bed)",
    "letter": "(write grandma-letter) (insert grandma-letter blue-envelope) (seal blue-envelope)"
    " (stick red-stamp blue-envelope) (post grandma-letter blue-envelope)",
    "lights": "(switch-on ceiling-lamp kitchen) (walk kitchen hall) (walk hall bedroom)"
    " (switch-on desk-lamp bedroom)",
    "parcel": "(drive home shop) (load book shop) (drive shop school) (unload book school)",
    "tea": "(fill kettle1) (boil kettle1) (put-bag green-tea mug) (pour kettle1 mug green-tea)",
    "towers": "(unstack b1 b4) (put-down b1) (unstack b4 b2) (put-down b4) (unstack b2 b3)"
    " (put-down b2) (pick-up b1) (stack b1 b4) (pick-up b3) (stack b3 b1)",
}


def payload(name: str) -> dict[str, str]:
    folder = PROBLEMS / name
    return {part: (folder / f"{part}.pddl").read_text("utf-8") for part in ("domain", "problem")}


def steps(name: str) -> list[str]:
    return [f"({step}" for step in PLANS[name].replace(" (", "(").split("(")[1:]]


def test_every_example_has_a_plan() -> None:
    assert {path.name for path in PROBLEMS.iterdir()} == set(PLANS)


@pytest.mark.parametrize("name", PLANS)
def test_its_plan_is_accepted_without_a_warning(name: str) -> None:
    judged = judge(find_domain("pddl"), payload(name), "\n".join(steps(name)))
    assert judged.verdict is Verdict.ACCEPTED
    assert judged.diagnostics == ()


@pytest.mark.parametrize("name", PLANS)
def test_no_step_of_its_plan_can_be_left_out(name: str) -> None:
    plan = steps(name)
    for left_out in range(len(plan)):
        shorter = plan[:left_out] + plan[left_out + 1 :]
        judged = judge(find_domain("pddl"), payload(name), "\n".join(shorter))
        assert judged.verdict is Verdict.REJECTED
