import pytest

SCRIPT = """
(declare-datatypes ((Colour 0) (List 0)) (((red) (green)) ((nil) (cons (head Int) (tail List)))))
(declare-sort Person 0)
(declare-const value SORT)
(assert (= value value))
"""


@pytest.mark.parametrize(
    ("sort", "text"),
    [
        ("Int", "3"),
        ("Int", "-0"),
        ("Int", "9" * 1_000),
        ("Real", "0.1"),
        ("Real", "3"),
        ("Real", "1e-3"),
        ("Real", '"1/3"'),
        ("Real", '"-0.25"'),
        ("Bool", "false"),
        ("(_ BitVec 4)", "15"),
        ("(_ BitVec 4)", '"#b0101"'),
        ("(_ BitVec 8)", '"#xfE"'),
        ("String", '""'),
        ("String", '"日本\\u0000"'),
        ("Colour", '"green"'),
        ("List", '{"cons": [1, {"cons": [2, "nil"]}]}'),
        ("Person", '"alice"'),
        ("(Array Int Bool)", '{"default": false, "entries": [[1, true]]}'),
    ],
)
def test_a_value_of_the_sort_is_read(check, sort, text):
    judgement = check(SCRIPT.replace("SORT", sort), f'{{"value": {text}}}')
    assert judgement.verdict == "accepted", judgement.diagnostics


@pytest.mark.parametrize(
    ("sort", "text"),
    [
        ("Int", "3.0"),
        ("Int", "1e2"),
        ("Int", "true"),
        ("Int", '"3"'),
        ("Int", "null"),
        ("Int", "[3]"),
        ("Int", "9" * 1_001),
        ("Real", "true"),
        ("Real", '"1/0"'),
        ("Real", '"1e10000000"'),
        ("Real", '"1/3/4"'),
        ("Real", '" 1"'),
        ("Real", '"٣"'),
        ("Real", '"inf"'),
        ("Real", '"0x10"'),
        ("Bool", "1"),
        ("Bool", '"true"'),
        ("(_ BitVec 4)", "16"),
        ("(_ BitVec 4)", "-1"),
        ("(_ BitVec 4)", '"#b01010"'),
        ("(_ BitVec 4)", '"0101"'),
        ("String", "3"),
        ("String", '"\\ud800"'),
        ("String", '"\\udbff\\udfff"'),
        ("Colour", '"blue"'),
        ("Colour", "0"),
        ("List", '{"cons": [1]}'),
        ("List", '"cons"'),
        ("Person", "1"),
        ("(Array Int Bool)", '{"default": false}'),
        ("(Array Int Bool)", '{"default": false, "entries": [[1, true], [1, false]]}'),
        ("(Array Int Bool)", '{"default": false, "entries": [[true, true]]}'),
    ],
)
def test_a_value_of_another_sort_is_rejected(check, sort, text):
    judgement = check(SCRIPT.replace("SORT", sort), f'{{"value": {text}}}')
    assert judgement.codes == ("smt-answer-value",)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "smt-answer-json"),
        ("[1]", "smt-answer-json"),
        ('{"x": 1', "smt-answer-json"),
        ('{"x": 1} {"x": 1}', "smt-answer-json"),
        ('x = {"x": 1}', "smt-answer-json"),
        ('{"x": NaN}', "smt-answer-json"),
        ('{"x": Infinity}', "smt-answer-json"),
        ("[" * 100_000, "smt-answer-json"),
        ('{"x":' * 100_000, "smt-answer-json"),
        ('{"x": 1, "\\ud800": 1}', "smt-answer-json"),
        ("{}", "smt-answer-missing"),
        ('{"y": 1}', "smt-answer-missing"),
        ('{"x": 1, "y": 1}', "smt-answer-extra"),
        ('{"X": 1, "x": 1}', "smt-answer-extra"),
        ('{"x": 1, "x": 1}', "smt-answer-duplicate"),
        ('{"x": 0, "x": 1}', "smt-answer-duplicate"),
    ],
)
def test_an_answer_has_every_variable_once_and_nothing_else(check, text, code):
    judgement = check("(declare-const x Int)(assert (> x 0))", text)
    assert judgement.verdict == "rejected"
    assert judgement.codes[0] == code


def test_decimals_are_exact(check):
    script = "(declare-const a Real)(declare-const b Real)(assert (= (+ a b) 0.3))"
    assert check(script, '{"a": 0.1, "b": 0.2}').verdict == "accepted"
    assert check(script, '{"a": 0.1, "b": 0.20000000000000001}').verdict == "rejected"


def test_a_string_is_taken_literally(check):
    script = "(declare-const s String)(assert (= (str.len s) 7))"
    assert check(script, {"s": r"a\u{41}"}).verdict == "accepted"


def test_every_fault_of_an_answer_is_told(check):
    script = "(declare-const x Int)(declare-const y Int)(declare-const z Int)(assert (< x y z))"
    judgement = check(script, '{"x": true, "w": 1, "z": 1}')
    assert judgement.codes == ("smt-answer-missing", "smt-answer-extra", "smt-answer-value")


def test_a_table_stands_for_a_function(check):
    script = "(declare-fun f (Int Int) Int)(assert (= (f 1 2) 3))(assert (= (f 2 1) 0))"
    good = {"f": {"default": 0, "entries": [[[1, 2], 3]]}}
    assert check(script, good).verdict == "accepted"
    assert check(script, {"f": {"default": 3, "entries": []}}).verdict == "rejected"
    assert check(script, {"f": {"default": 0, "entries": [[[1], 3]]}}).codes == (
        "smt-answer-value",
    )
