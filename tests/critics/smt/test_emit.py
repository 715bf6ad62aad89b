"""Nothing that a user or a model wrote reaches an engine's text."""

import json
import re

from hypothesis import given
from hypothesis import strategies as st

from critics.smt.answer import read_answer
from critics.smt.emit import Emitter
from critics.smt.evaluate import evaluate
from critics.smt.fixed import decide
from critics.smt.reading import read_instance
from critics.smt.schema import SmtProblem
from critics.smt.z3_engine import Z3

TOKENS = re.compile(r'"(?:[ !#-\[\]-~]|\\u\{[0-9a-f]+\}|"")*"|[()]|[^\s()"]+')


def test_hostile_names_are_renamed():
    script = (
        "(declare-datatypes ((|)(exit)| 0)) (((|(push)|) (b))))(declare-const |)(reset)| |)(exit)|)"
        "(declare-fun |;evil| (Int) Int)"
        "(assert (! (= |)(reset)| |(push)|) :named |(echo x)|))"
        "(assert (forall ((|(pop)| Int)) (> (|;evil| |(pop)|) 0)))"
    )
    instance = read_instance(SmtProblem(smtlib=script))
    emitter = Emitter(instance)
    emitter.declare(instance.variables.values())
    text = "\n".join([*emitter.lines, *(emitter.formula(c.term) for c in instance.constraints)])
    for word in ("exit", "reset", "push", "pop", "echo", "evil"):
        assert word not in text


@given(st.text(max_size=40))
def test_a_string_is_escaped_code_point_by_code_point(text):
    instance = read_instance(SmtProblem(smtlib="(declare-const s String)(assert (= s s))"))
    emitter = Emitter(instance)
    written = emitter.value(next(iter(instance.variables.values())).sort, text)
    assert TOKENS.fullmatch(written)


def test_an_engine_reads_strings_as_we_do():
    text = 'a"b\\u{41}é\t日'
    script = "(declare-const s String)(declare-const n Int)(assert (= n (str.len s)))"
    instance = read_instance(SmtProblem(smtlib=script))
    values = read_answer(instance, json.dumps({"s": text, "n": len(text)}))
    terms = [c.term for c in instance.constraints]
    assert decide(Z3(), instance, terms, values, timeout_ms=5_000) == (True, None)


def test_shared_terms_are_written_once():
    squares = "".join(f"(let ((a{n} (+ a{n - 1} a{n - 1})))" for n in range(1, 300))
    script = f"(declare-const a0 Int)(assert {squares}(> a299 0){')' * 299})"
    instance = read_instance(SmtProblem(smtlib=script))
    emitter = Emitter(instance)
    emitter.declare(instance.variables.values())
    text = emitter.formula(instance.constraints[0].term)
    assert len(text) + sum(map(len, emitter.lines)) < 20_000
    values = read_answer(instance, '{"a0": 1}')
    assert evaluate(instance.constraints[0].term, values) is True
    assert (
        decide(Z3(), instance, [instance.constraints[0].term], values, timeout_ms=5_000)[0] is True
    )
