"""The codes and the self-test examples of the domain `countdown`."""

from collections.abc import Mapping
from types import MappingProxyType

from critics.codes import Code
from critics.domain import Example

COUNTDOWN_CODES: Mapping[str, Code] = MappingProxyType(
    {
        "countdown-syntax": Code(
            "The answer is not an arithmetic expression",
            "An expression has numbers, + - * / and parentheses; it may be followed by `=` and "
            "what it equals. Powers, roots, factorials and functions are not read.",
            "Write one expression, such as (13 - 9) * (10 - 4).",
        ),
        "countdown-numbers": Code(
            "The wrong numbers are used",
            "A number is used that is not given, or more often than it is given; or one is left "
            "out where all must be used. Digits are not joined: 12 is not 1 and 2.",
            "Use the given numbers, each as often as it is given.",
        ),
        "countdown-operator": Code(
            "An operator is not allowed",
            "The problem lists the operators that may be used.",
            "Use only the operators of the problem.",
        ),
        "countdown-division-by-zero": Code(
            "The expression divides by zero",
            "A divisor is exactly 0, so the expression has no value.",
            "Change the divisor.",
        ),
        "countdown-equality": Code(
            "A stated equality is false",
            "What is written after `=` is judged too: it must be worth what the expression is.",
            "State the true value, or none.",
        ),
        "countdown-value": Code(
            "The value is not the target",
            "The expression was computed with exact fractions.",
            "Find an expression that is worth exactly the target.",
        ),
        "countdown-infeasible": Code(
            "No expression reaches the target",
            "All expressions over the numbers and operators were searched.",
            "Change a number, the target or the operators.",
        ),
        "countdown-undecided": Code(
            "The search was given up",
            "There are too many expressions to search them all; whether one reaches the target is "
            "not known.",
            "Use fewer numbers.",
        ),
        "countdown-hint": Code(
            "An expression that reaches the target, or a part of it",
            "A complete search found it, and it is exact.",
            "Build on it.",
        ),
    }
)

GAME_OF_24 = Example(
    name="game-of-24",
    problem={"numbers": [4, 9, 10, 13], "target": 24},
    good=("(13 - 9) * (10 - 4)", "(10 - 4) × (13 − 9) = 24"),  # noqa: RUF001  # as models write
    bad={
        "(13 - 9) * (10 - 4": "countdown-syntax",
        "(13 - 9)(10 - 4)": "countdown-syntax",
        "4! + 9 - 10 + 13": "countdown-syntax",
        "13 + 10 + 1": "countdown-numbers",
        "(13 - 9) * 6": "countdown-numbers",
        "4 * 6": "countdown-numbers",
        "13 - 9 + 10 - 4": "countdown-value",
        "10 / (13 - 9 - 4)": "countdown-division-by-zero",
        "13 + 9 + 10 - 4 = 24": "countdown-equality",
    },
    responses={
        "Let me see: 13 - 9 = 4 and 10 - 4 = 6, so (13 - 9) \\times (10 - 4) = 24.": [
            "(13 - 9) * (10 - 4) = 24"
        ],
        "13 - 9 = 4 (left: 4 4 10)\n10 - 4 = 6 (left: 4 6)\n4 * 6 = 24 (left: 24)": [
            "(13 - 9) * (10 - 4) = 24"
        ],
        "Impossible.": [],
    },
)

SOME = Example(
    name="some-numbers",
    problem={
        "numbers": [1, "1/3", 7, 25],
        "target": 21,
        "operators": ["-", "/"],
        "use_all": False,
    },
    good=("7 / [1/3]", "7 / [1/3] = 21"),
    bad={
        "7 * 3": "countdown-operator",
        "25 - 7 - 7": "countdown-numbers",
        "25 - 1": "countdown-value",
        "7 / (1 - 1)": "countdown-division-by-zero",
    },
)

COUNTDOWN_EXAMPLES = (GAME_OF_24, SOME)
