import re
from pathlib import Path

import pytest

import critics.pddl
from critics.judge import judge
from critics.pddl import domain

FOLDER = Path(critics.pddl.__file__).parent


def good_answers():
    return [
        pytest.param(example, text, id=f"{example.name}-{number}")
        for example in domain.examples
        for number, text in enumerate(example.good)
    ]


@pytest.mark.parametrize("example", domain.examples, ids=lambda example: example.name)
def test_examples_get_their_verdicts(example):
    for text in example.good:
        assert judge(domain, example.problem, text).verdict.value == "accepted"
    for text, code in example.bad.items():
        judgement = judge(domain, example.problem, text)
        assert judgement.verdict.value == "rejected"
        assert code in judgement.codes


@pytest.mark.parametrize(("example", "text"), good_answers())
def test_mutants_that_must_be_rejected_are(example, text):
    instance = domain.load(domain.problem.model_validate(example.problem))
    mutants = list(domain.mutate(instance, text))
    assert sum(mutant.rejected for mutant in mutants) >= 5
    for mutant in mutants:
        verdict = judge(domain, example.problem, mutant.text).verdict.value
        assert verdict == "rejected" or (verdict == "accepted" and not mutant.rejected), mutant


def test_every_code_that_is_used_is_explained_and_every_explained_code_is_used():
    used = {
        code
        for path in FOLDER.glob("*.py")
        if path.name != "codes.py"
        for code in re.findall(r'"(pddl-[a-z-]+)"', path.read_text(encoding="utf-8"))
    }
    assert used == set(domain.codes)


def test_the_prompt_holds_both_texts_as_they_were_sent():
    example = domain.examples[0]
    instance = domain.load(domain.problem.model_validate(example.problem))
    prompt = domain.prompt(instance)
    assert example.problem["domain"].strip() in prompt
    assert example.problem["problem"].strip() in prompt


def test_placeholders_in_the_users_texts_are_left_alone():
    example = domain.examples[0]
    payload = {
        "domain": f"; {{problem}}\n{example.problem['domain']}",
        "problem": example.problem["problem"],
    }
    prompt = domain.prompt(domain.load(domain.problem.model_validate(payload)))
    assert prompt.count("(define (problem") == 1
    assert "; {problem}" in prompt


def test_equal_texts_are_read_once():
    example = domain.examples[0]
    first, second = (domain.load(domain.problem.model_validate(example.problem)) for _ in "ab")
    assert first is second
