"""Text and tokens of the proposer."""

from random import Random

import pytest

from examples.proposer.corpus import choose_vocabulary, make_rows
from examples.proposer.problems import KINDS, draw
from examples.proposer.sampling import write_conversation
from examples.proposer.vocabulary import ASSISTANT, END, SPECIAL, USER, Vocabulary


@pytest.fixture(scope="module")
def vocabulary():
    return choose_vocabulary(list(make_rows(3, 250)))


ALPHABETS = [
    "(on a1)2\n",
    "ab \t\r\n0123",
    "aé€😀\u0000\u2581 <end>",
    "".join(map(chr, range(1, 400))),
]


def draw_texts(alphabet: str) -> list[str]:
    random = Random(len(alphabet))  # noqa: S311  # no secret
    return ["".join(random.choices(alphabet, k=random.randrange(60))) for _ in range(300)]


@pytest.mark.parametrize("alphabet", ALPHABETS)
def test_every_text_comes_back(alphabet):
    small = Vocabulary(["(on", " a", "aa", "1", "12", "é"])
    for text in draw_texts(alphabet):
        assert small.decode(small.encode(text)) == text


def test_longer_tokens_are_cut_out_first():
    small = Vocabulary(["(on a)", "(on", " a"])
    for text in (*draw_texts(ALPHABETS[0]), "(on a)(on a) a (on", "(on(on a)"):
        tokens = small.encode(text)
        assert sum(small.decode([token]) == "(on a)" for token in tokens) == text.count("(on a)")


def test_special_tokens_cannot_be_written():
    small = Vocabulary([])
    for text in SPECIAL:
        assert min(small.encode(text)) > END


def test_what_is_saved_is_read_again(vocabulary, tmp_path):
    vocabulary.save(tmp_path)
    assert Vocabulary.load(tmp_path).texts == vocabulary.texts


def test_problems_of_four_blocks_are_short(vocabulary):
    kind = KINDS[0]
    problem = draw(Random(5), kind, 2, held_out=True)  # noqa: S311  # no secret
    asked = write_conversation(vocabulary, [problem.prompt])
    assert asked[0] == USER
    assert asked[-1] == ASSISTANT
    assert len(asked) + len(vocabulary.encode(problem.answer())) < 130


def test_an_object_is_one_token_wherever_it_stands(vocabulary):
    plan = "(unstack b a)\n(put-down b)\n(pick-up a)\n(stack a b)"
    fact = "note: before this step: `(ontable a)`, `(clear b)`, `(on a b)`"
    (name,) = vocabulary.encode(" b")
    assert vocabulary.encode(plan).count(name) == 3
    assert vocabulary.encode(fact.replace(" before", "")).count(name) == 2
