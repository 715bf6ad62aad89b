import json

import pytest

from critics.certificate import Order, certify
from critics.code.extract import find_programs
from critics.code.probe import probe
from critics.code.problem import CodeProblem, load_problem
from critics.domain import find_domain
from critics.judge import Demand, judge, weigh
from critics.selftest import check_domain
from critics.statement import NotCertifiable, read_statement, write_statement
from critics.types import Assurance, Opinion, ProblemError, Verdict
from critics.verification import Outcome, judge_failure, prove

SQUARE = "def f(x): return x * x"


def codes(tests: str, **more) -> list[str]:
    with pytest.raises(ProblemError) as caught:
        load_problem(CodeProblem(task="Write it.", tests=tests, **more))
    return [found.code for found in caught.value.diagnostics]


@pytest.mark.slow
@pytest.mark.usefixtures("on")
def test_the_self_test_passes_in_every_sandbox() -> None:
    report = check_domain(find_domain("python-tests"))
    assert report.failures == ()
    assert (report.good, report.bad) == (1, 6)


@pytest.mark.parametrize(
    ("tests", "code"),
    [
        ("def test_(:", "code-tests-syntax"),
        ("assert f(1) == 1\n" + "(" * 300, "code-tests-syntax"),
        ("\0", "code-tests-syntax"),
        ("f(1)", "code-tests-nothing"),
        ("assert 1 + 1 == 2", "code-tests-nothing"),
        ("import os\nassert f(1)", "code-tests-name"),
        ("from subprocess import run\nassert f(1)", "code-tests-name"),
        ("from solution import *\nassert f(1)", "code-tests-name"),
        ("assert eval(f(1)) == 2", "code-tests-name"),
        ("import pickle\nassert pickle.loads(f(1)) == 2", "code-tests-name"),
    ],
)
def test_tests_that_would_let_the_answer_in_or_test_nothing_are_refused(tests, code) -> None:
    assert code in codes(tests)


@pytest.mark.parametrize(
    ("tests", "names"),
    [
        ("assert f(1) == g(2)", ("f", "g")),
        ("from solution import f\nassert f(1)", ("f",)),
        ("import solution as s\nassert s.f(1) == s.g(2)", ("f", "g")),
        ("def helper(x): return f(x)\nassert all(helper(x) for x in [1])", ("f",)),
        ("from math import pi\nassert f(pi) == len([1])", ("f",)),
        ("def test_f():\n  try: f(1)\n  except ValueError as e: assert str(e)", ("f",)),
    ],
)
def test_names_come_from_the_tests_alone(tests, names) -> None:
    loaded = load_problem(CodeProblem(task="Write it.", tests=tests))
    assert sorted(loaded.names) == sorted(names)


def test_an_answer_cannot_replace_what_tests_are_written_with(on_one) -> None:
    answer = "def all(x): return True\ndef len(x): return 2\ndef f(x): return 0"
    judgement = on_one(answer, "assert all(f(x) == x for x in [1, 2])\nassert len([1]) == 1")
    assert judgement.codes == ("code-test-failed",)


@pytest.mark.parametrize(
    ("answer", "tests"),
    [
        (
            (
                "class S:\n def __init__(s): s.a = []\n def push(s, x): s.a.append(x); return s\n"
                " def __len__(s): return len(s.a)"
            ),
            "s = S()\ns.push(1)\ns.push(2)\nassert s.a == [1, 2]\nassert len(s) == 2",
        ),
        (
            "class Bad(ValueError): pass\ndef f(x): raise Bad('no', x)",
            (
                "import pytest\ndef test():\n with pytest.raises(Bad) as e: f(1)\n"
                " assert e.value.args == ('no', 1)\n with pytest.raises(ValueError): f(2)"
            ),
        ),
        ("def f(a): a.sort()", "a = [2, 1]\nf(a)\nassert a == [1, 2]"),
        ("def f(n): yield from range(n)", "assert list(f(3)) == [0, 1, 2]"),
        (
            "from collections import Counter\ndef f(t): return Counter(t)",
            "assert f('aab') == {'a': 2, 'b': 1}",
        ),
        ("def f(x): return x / 3", "import pytest\nassert f(1.0) == pytest.approx(0.3333333333)"),
        (
            "from decimal import Decimal\ndef f(x): return x + Decimal('0.1')",
            "from decimal import Decimal\nassert f(Decimal('0.2')) == Decimal('0.3')",
        ),
        ("def f(*a, **k): return [a, k]", "assert f(1, b=(None,)) == [(1,), {'b': (None,)}]"),
        (
            "def f(x): return x",
            "big = 7 ** 5000\nassert f([big, 'é']) == [big, 'é']",
        ),
        (
            SQUARE,
            (
                "import unittest\nclass T(unittest.TestCase):\n def setUp(self): self.x = 3\n"
                " def test_it(self): self.assertEqual(f(self.x), 9)"
            ),
        ),
    ],
)
def test_what_tests_can_express(on_one, answer, tests) -> None:
    judgement = on_one(answer, tests)
    assert judgement.verdict is Verdict.ACCEPTED, judgement.diagnostics


@pytest.mark.parametrize(
    ("answer", "tests", "code"),
    [
        (SQUARE, "assert f(lambda: 1) == 1", "code-unsupported"),
        ("class f: pass", "assert f() == f()", "code-unsupported"),
        ("def f(): return object()", "assert f()", "code-unsupported"),
        (SQUARE, "async def test_it(): assert f(2) == 5", "code-unsupported"),
        (SQUARE, "def test_it(): yield f(2) == 5", "code-unsupported"),
        (SQUARE, "def test_it(fixture): assert f(fixture) == 4", "code-unsupported"),
        (
            SQUARE,
            (
                "import unittest\nclass T(unittest.TestCase):\n @unittest.skip('later')\n"
                " def test_it(self): assert f(2) == 5"
            ),
            "code-unsupported",
        ),
        (SQUARE, "def test_it(): f", "code-not-called"),
        (SQUARE, "def unused(): assert f(2) == 5", "code-not-called"),
        (SQUARE, "f(1)\nwhile True: assert True", "code-tests-ended"),
        ("def f(x):\n  while True: pass", "assert f(2) == 4", "code-limit"),
        ("def f(x): return bytearray(1 << 40)", "assert f(2) == 4", "code-limit"),
    ],
)
def test_what_cannot_be_decided_is_unknown(on_one, answer, tests, code) -> None:
    judgement = on_one(answer, tests, limits={"seconds": 0.3})
    assert (judgement.verdict, judgement.codes) == (Verdict.UNKNOWN, (code,))


def test_hidden_tests_are_not_quoted(on_one) -> None:
    judgement = on_one(SQUARE, "def test_it(): assert f(2) == 5", show_tests=False)
    assert judgement.verdict is Verdict.REJECTED
    assert "== 5" not in json.dumps(judgement.model_dump(mode="json")["diagnostics"])


def test_without_a_sandbox_nothing_runs(monkeypatch) -> None:
    monkeypatch.setattr("critics.code.guests.wasi_engine.is_installed", lambda: False)
    monkeypatch.setattr("critics.code.guests.bubblewrap.find_bubblewrap", lambda: None)
    problem = {"task": "Write it.", "tests": "assert f(2) == 4"}
    judgement = judge(find_domain("python-tests"), problem, SQUARE)
    assert (judgement.verdict, judgement.codes) == (Verdict.UNKNOWN, ("code-no-sandbox",))
    assert [one.works for one in probe()] == [False, False]


def test_tested_is_never_more_than_tested(on_one) -> None:
    judgement = on_one(SQUARE, "assert f(2) == 4")
    agrees = Opinion(engine="another", verdict=Verdict.ACCEPTED)
    assert weigh(judgement, agrees, Demand.AUTO).assurance is Assurance.TESTED
    for demand in (Demand.CROSS, Demand.PROOF):
        assert weigh(judgement, None, demand).verdict is Verdict.UNKNOWN
    assert weigh(judgement, agrees, Demand.PROOF).verdict is Verdict.UNKNOWN


@pytest.mark.usefixtures("on_one")
def test_a_certificate_says_tested_and_cannot_be_made_to_say_more() -> None:
    problem = {"task": "Write it.", "tests": "assert f(2) == 4"}
    order = Order(id="cert-1", issued_at="2026-11-22T00:00:00Z")
    certificate = certify("python-tests", problem, SQUARE, order)
    assert certificate.assurance is Assurance.TESTED
    assert "tested, not proved" in certificate.scope
    assert prove(certificate).outcome is Outcome.VERIFIED
    document = json.loads(write_statement(certificate))
    scopes = ["tested", certificate.scope], ["single", "The answer satisfies every part"]
    document["predicate"]["assurance"] = scopes[1][0]
    forged = read_statement(json.dumps(document).encode())
    with pytest.raises(NotCertifiable) as caught:
        prove(forged)
    assert judge_failure(caught.value).outcome is Outcome.REFUTED
    with pytest.raises(NotCertifiable):
        certify("python-tests", problem, SQUARE, order, demand=Demand.CROSS)


@pytest.mark.parametrize(
    ("response", "found"),
    [
        ("```python\nx = 1\n```", ["x = 1"]),
        ("~~~\nx = 1\n~~~\nand\n```py\ny = 2\n```", ["x = 1", "y = 2", "x = 1\n\ny = 2"]),
        ("```bash\npip install x\n```\n```python\nx = 1\n```", ["x = 1"]),
        ("def f(): pass", ["def f(): pass"]),
        ("I cannot do that.", []),
        ("sorry", []),
        ("", []),
        ("```python\nx = 1", []),
    ],
)
def test_programs_are_found_in_responses(response, found) -> None:
    assert find_programs(response) == found
