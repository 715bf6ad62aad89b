"""The self-test of the domain `python-tests`."""

from critics.domain import Example

TASK = "Write `middle(values)`: the median of a list of numbers. An empty list is a ValueError."
TESTS = """\
import pytest

def test_odd():
    assert middle([3, 1, 2]) == 2

def test_even():
    assert middle([4, 1, 2, 3]) == 2.5

def test_argument_is_left_alone():
    given = [2, 1]
    middle(given)
    assert given == [2, 1]

def test_empty():
    with pytest.raises(ValueError):
        middle([])
"""
GOOD = """\
def middle(values):
    if not values:
        raise ValueError("no values")
    values = sorted(values)
    half = len(values) // 2
    return values[half] if len(values) % 2 else (values[half - 1] + values[half]) / 2
"""
EXAMPLES = (
    Example(
        "median",
        problem={"task": TASK, "tests": TESTS},
        good=[GOOD],
        bad={
            GOOD.replace("sorted(values)", "values"): "code-test-failed",
            GOOD.replace("values = sorted(values)", "values.sort()"): "code-test-failed",
            GOOD.replace("def middle", "def median_of"): "code-name",
            "def middle(values) return 2": "code-syntax",
            "import numpy\ndef middle(values): return numpy.median(values)": "code-import",
            "import os\ndef middle(values): os._exit(0)": "code-ended",
        },
        responses={
            f"Here it is:\n```python\n{GOOD}```\n": [GOOD.strip()],
            "I cannot do that.": [],
        },
    ),
)
