import pytest

X = "(declare-const x Int)"
HOLDS = "(assert (> x 0))"


@pytest.mark.parametrize(
    "command",
    [
        '(set-option :regular-output-channel "owned")',
        '(set-option :diagnostic-output-channel "owned")',
        '(echo "attacker text")',
        '(include "other.smt2")',
        "(set-option :memory_max_size 1)",
        "(set-option :timeout 5)",
        '(set-option :solver.proof.log "owned")',
        "(push)",
        "(push 1)",
        "(pop)",
        "(reset)",
        "(reset-assertions)",
        "(exit)",
        "(assert-soft (> x 0))",
        "(minimize x)",
        "(maximize x)",
        "(check-sat-assuming (x))",
        "(get-value (x))",
        "(define-fun-rec f ((y Int)) Int (f y))",
        "(|assert| true)",
        "(ASSERT true)",
        "(eval x)",
        "(simplify x)",
        "(apply simplify)",
    ],
)
def test_a_command_that_could_do_harm_is_refused_by_name(refuse, command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert refuse({"smtlib": f"{X}{HOLDS}{command}"}) == ["smt-problem-command"]
    assert refuse({"smtlib": f"{X}{command}{HOLDS}"}) == ["smt-problem-command"]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "command",
    [
        "(set-logic QF_LIA)",
        "(set-info :status sat)",
        "(set-option :produce-models true)",
        "(check-sat)",
        "(get-model)",
        "; a comment\n",
    ],
)
def test_an_inert_command_changes_nothing(check, command):
    assert check(f"{command}{X}{HOLDS}{command}", {"x": 1}).verdict == "accepted"
    assert check(f"{X}{command}(assert (< x 0))", {"x": 1}).verdict == "rejected"


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("", "smt-problem-empty"),
        (X, "smt-problem-empty"),
        ("(assert", "sexpr-unclosed"),
        (f"{X}{HOLDS})", "smt-problem-syntax"),
        (f"{X} x", "smt-problem-syntax"),
        (f"{X}()", "smt-problem-syntax"),
        (f"{X}(assert)", "smt-problem-syntax"),
        (f"{X}(assert true true)", "smt-problem-syntax"),
        (f"{X}(assert x)", "smt-problem-sort"),
        (f"{X}(assert (> y 0))", "smt-problem-name"),
        (f"{X}(assert (> x true))", "smt-problem-sort"),
        (f"{X}(assert (foo x))", "smt-problem-name"),
        (f"{X}(assert (> x 007))", "smt-problem-syntax"),
        (f"{X}{X}{HOLDS}", "smt-problem-name"),
        (f"{X}(assert (! (> x 0) :named a))(assert (! (> x 1) :named a))", "smt-problem-name"),
        (f"{X}(assert (! (> x 0) :named x))", "smt-problem-name"),
        (f"{X}(assert (! (> x 0) :evil a))", "smt-problem-syntax"),
        ("(declare-const + Int)(assert true)", "smt-problem-name"),
        ("(declare-const true Bool)(assert true)", "smt-problem-name"),
        ("(declare-const x Foo)(assert true)", "smt-problem-sort"),
        ("(declare-const r RegLan)(assert true)", "smt-problem-unsupported"),
        ("(declare-const b (_ BitVec 0))(assert true)", "smt-problem-sort"),
        ("(declare-const b (_ BitVec 1000000))(assert true)", "smt-problem-limit"),
        (f"{X}(assert (= ((_ repeat 100000000) #xaa) #xaa))", "smt-problem-limit"),
        (f"{X}(assert (> x {'9' * 2_000}))", "smt-problem-limit"),
        (f"{X}(assert (= #x0 #x00))", "smt-problem-sort"),
        (f"{X}(assert (= (_ bv16 4) #x0))", "smt-problem-sort"),
        (f"{X}(assert (let ((a 1) (a 2)) (> a x)))", "smt-problem-name"),
        (f"{X}(assert (forall () true))", "smt-problem-syntax"),
        ("(declare-datatypes ((L 1)) ((par (X) ((nil)))))(assert true)", "smt-problem-unsupported"),
        ("(" * 100_000, "sexpr-too-large"),
        (f"{X}(assert {'(not ' * 5_000}true{')' * 5_000})", "sexpr-too-large"),
        (f"{X}{HOLDS * 10_001}", "smt-problem-limit"),
        (" " * 1_000_001, "smt-problem-limit"),
    ],
)
def test_a_script_that_is_no_problem_is_refused(refuse, script, code):
    assert refuse({"smtlib": script})[0] == code


def test_every_fault_is_told_with_its_place(refuse):
    script = f"{X}\n(assert (> y 0))\n(push)\n(assert (and x))"
    assert refuse({"smtlib": script}) == [
        "smt-problem-name",
        "smt-problem-command",
        "smt-problem-sort",
    ]


def test_definitions_that_explode_are_refused(refuse):
    tower = "(define-fun f0 ((a Int)) Int (+ a a))" + "".join(
        f"(define-fun f{n} ((a Int)) Int (+ (f{n - 1} a) (f{n - 1} (+ a 1))))" for n in range(1, 40)
    )
    assert refuse({"smtlib": f"{X}{tower}(assert (> (f39 x) 0))"})[0] == "smt-problem-limit"


def test_constraints_keep_their_names_and_positions(check):
    script = f'{X}(assert (! (> x 5) :named big :why "x is a year"))(assert (< x 0))'
    first, second = check(script, {"x": 1}).diagnostics
    assert first.data["constraint"] == "big"
    assert "its purpose: x is a year" in first.notes
    assert second.data["constraint"] == "assert-2"
    assert second.at.column == script.index("(assert (< x 0))") + 1


def test_an_unnamed_assertion_never_takes_a_users_name(check):
    script = f"{X}(assert (! (> x 5) :named assert-2))(assert (< x 0))"
    names = [d.data["constraint"] for d in check(script, {"x": 1}).diagnostics]
    assert names == ["assert-2", "assert-2'"]


def test_quoted_and_plain_symbols_are_the_same(check):
    assert check("(declare-const |x| Int)(assert (= x |x|))", {"x": 1}).verdict == "accepted"
    assert check("(declare-const |a b| Int)(assert (> |a b| 0))", {"a b": 1}).verdict == "accepted"


def test_a_definition_is_no_variable(check):
    script = (
        f"{X}(define-const two Int 2)(define-fun f ((a Real)) Real (/ a 2))(assert (= (f x) two))"
    )
    assert check(script, {"x": 4}).verdict == "accepted"
    assert check(script, {"x": 4, "two": 2}).codes == ("smt-answer-extra",)


def test_a_named_term_can_be_used_again(check):
    script = f"{X}(assert (! (> x 5) :named big))(assert (=> big (< x 9)))"
    assert check(script, {"x": 7}).verdict == "accepted"
    assert check(script, {"x": 9}).codes == ("smt-violated",)


@pytest.mark.parametrize(
    "declaration",
    [
        "(declare-datatypes ((Colour 0)) (((red) (green))))",
        "(declare-datatype Colour ((red) (green)))",
        "(declare-datatypes () ((Colour red green)))",
    ],
)
def test_an_enumeration_may_be_declared_in_any_of_its_forms(check, declaration):
    script = f"{declaration}(declare-const c Colour)(assert (distinct c red))"
    assert check(script, {"c": "green"}).verdict == "accepted"
    assert check(script, {"c": "red"}).verdict == "rejected"
