import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from critics.line import MAX_CANDIDATES, MAX_LINE_BYTES, check_line

pytestmark = pytest.mark.usefixtures("toys")
FIELDS = {"id", "verdict", "score", "codes", "diagnostics", "candidate"}


def refuse(name: str) -> None:
    raise AssertionError(f"{name} in the output")


def ask(line: bytes) -> dict[str, Any]:
    answer = check_line(line)
    assert b"\n" not in answer
    return json.loads(answer, parse_constant=refuse)


def check(answer: Any, **fields: Any) -> dict[str, Any]:
    asked = {"id": 1, "domain": "toy", "problem": {"numbers": [3, 1, 2]}, "answer": answer}
    return ask(json.dumps(asked | fields).encode())


@pytest.mark.parametrize(
    ("answer", "verdict", "codes"),
    [
        ("1,2,3", "accepted", []),
        ("3,2,1", "rejected", ["sort-order"]),
        ("Sure:\n1,2,3", "rejected", ["sort-format"]),
        ("", "rejected", ["sort-format"]),
        ("\ud800", "rejected", ["candidate-not-unicode"]),
    ],
)
def test_an_exact_answer_is_judged_as_it_stands(answer: str, verdict: str, codes: list) -> None:
    told = check(answer, exact=True)
    assert told.keys() == FIELDS
    assert (told["id"], told["verdict"], told["codes"]) == (1, verdict, codes)
    assert (told["score"] == 1) == (verdict == "accepted")
    assert answer == "\ud800" or told["candidate"] == answer
    assert sorted({d["code"] for d in told["diagnostics"]}) == codes


@pytest.mark.parametrize(
    ("answer", "verdict", "candidate"),
    [
        ("Sure:\n1,2,3\nDone.", "accepted", "1,2,3"),
        ("3,2,1\nno:\n1,2,3\n9,9", "accepted", "1,2,3"),
        ("9,8,7\n3,1,2\n9,1", "rejected", "3,1,2"),
        ("I cannot.", "rejected", ""),
    ],
)
def test_otherwise_the_best_candidate_is_judged(answer: str, verdict: str, candidate: str) -> None:
    told = check(answer)
    assert (told["verdict"], told["candidate"]) == (verdict, candidate)
    assert (told["codes"] == ["no-candidate"]) == (not candidate)


def test_few_of_very_many_candidates_are_judged() -> None:
    wrong = "\n".join(f"{number},0" for number in range(MAX_CANDIDATES))
    assert check(wrong + "\n1,2,3")["verdict"] == "rejected"


@pytest.mark.parametrize("identity", [None, 0, -1.5, "x", "é\ud800", True, [1, {"a": None}], {}])
def test_the_id_is_given_back(identity: Any) -> None:
    assert check("1,2,3", id=identity)["id"] == identity
    assert check("1,2,3", id=identity, domain="none")["id"] == identity
    assert check("1,2,3", id=identity, more=1)["id"] == identity


def test_a_line_without_an_id_gets_null() -> None:
    line = {"domain": "toy", "problem": {"numbers": [1]}, "answer": "1", "exact": True}
    assert ask(json.dumps(line).encode())["id"] is None


@pytest.mark.parametrize(
    ("fields", "code", "message"),
    [
        ({"domain": "toi"}, "domain-unknown", "`toi`"),
        ({"domain": None}, "line-invalid", "`domain`"),
        ({"problem": {}}, "problem-invalid", "numbers"),
        ({"problem": []}, "line-invalid", "`problem`"),
        ({"answer": 1}, "line-invalid", "`answer`"),
        ({"exact": "yes"}, "line-invalid", "`exact`"),
        ({"exact": 1}, "line-invalid", "`exact`"),
        ({"extract": True}, "line-invalid", "`extract` is no field of a check"),
        ({"problem": {"numbers": ["\ud800"]}}, "problem-invalid", "JSON"),
    ],
)
def test_a_wrong_line_or_problem_is_an_error(fields: dict, code: str, message: str) -> None:
    told = check(**{"answer": "1,2,3"} | fields)
    assert told.keys() == {"id", "error"}
    assert told["error"].keys() == {"code", "message"}
    assert (told["id"], told["error"]["code"]) == (1, code)
    assert message in told["error"]["message"]


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b" ",
        b"null",
        b"[]",
        b"{",
        b"\xff",
        b'{"id": NaN}',
        b'{"id": Infinity}',
        b'{"id": 1e999}',
        b'{"id": 1} {}',
        b"[" * 100_000,
        b'{"id":' * 100_000,
        b"9" * 100_000,
        b" " * (MAX_LINE_BYTES + 1),
        '{"id": "\u2028'.encode("utf-16"),
    ],
)
def test_what_is_no_check_is_an_error_without_an_id(line: bytes) -> None:
    told = ask(line)
    assert told["id"] is None
    assert told["error"]["code"].startswith("line-")


@settings(max_examples=50)
@given(st.binary() | st.text().map(str.encode))
def test_any_bytes_get_an_answer(line: bytes) -> None:
    assert "error" in ask(line)


@pytest.mark.parametrize(
    ("answer", "verdict", "code", "score"),
    [
        ("fail", "unknown", "critic-crashed", 0),
        ("memory", "unknown", "critic-memory", 0),
        ("nan", "unknown", "critic-crashed", 0),
        ("wrong", "rejected", "hostile-wrong", 0.5),
        ("fail wrong", "rejected", "hostile-wrong", 0.5),
    ],
)
def test_a_failing_critic_makes_the_verdict_unknown(
    answer: str, verdict: str, code: str, score: float
) -> None:
    told = check(answer, domain="hostile", problem={})
    assert (told["verdict"], told["codes"], told["score"]) == (verdict, [code], score)


@pytest.mark.parametrize("part", ["load", "extract"])
def test_a_failing_domain_makes_the_verdict_unknown_at_best(part: str) -> None:
    told = check("two words", domain="hostile", problem={part: "fail"})
    assert (told["verdict"], told["candidate"]) == ("unknown", "two words")
