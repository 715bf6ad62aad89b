"""The proposer learns, and what it is fed is what it will be asked."""

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

torch = pytest.importorskip("torch")

from examples.proposer.batches import Repair, batch_rows, collate, make_row  # noqa: E402
from examples.proposer.corpus import (  # noqa: E402
    choose_vocabulary,
    encode,
    load_rows,
    make_rows,
    save_rows,
)
from examples.proposer.evaluate import solve  # noqa: E402
from examples.proposer.iterate import draw_problems, learn_from  # noqa: E402
from examples.proposer.model import PRESETS, adopt, load_checkpoint, make_model  # noqa: E402
from examples.proposer.sampling import sample, write_conversation  # noqa: E402
from examples.proposer.train import Run, compute_loss, rate_at, start  # noqa: E402
from examples.proposer.vocabulary import ASSISTANT, END, USER, Vocabulary  # noqa: E402

SMOKE = PRESETS["smoke"]


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Threads that wait for each other in every operation are slow on a busy machine."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    rows = list(make_rows(7, 300))
    vocabulary = choose_vocabulary(rows)
    vocabulary.save(folder)
    save_rows([encode(vocabulary, row) for row in rows], folder / "part-0000.npz")
    return folder


@pytest.fixture(scope="module")
def small() -> Vocabulary:
    return Vocabulary([" a", " b", "(on", "wrong", "right"])


def test_a_branch_is_read_as_if_it_stood_alone(small):
    model = make_model(SMOKE, small).eval()
    repairs = [Repair("wrong a", "told a", "right b"), Repair("wrong b", "told b", "right a")]
    row = make_row(small, "(on a b)", "right", repairs)
    batch = collate([row])
    whole = model(
        input_ids=batch.tokens, attention_mask=batch.mask, position_ids=batch.place
    ).logits[0]
    for number, repair in enumerate(repairs, 2):
        turns = ["(on a b)", repair.wrong, repair.told]
        alone = [*write_conversation(small, turns), *small.encode(repair.right), END]
        trunk = len(write_conversation(small, turns[:1]))
        expected = model(input_ids=torch.tensor([alone])).logits[0, trunk:]
        torch.testing.assert_close(whole[row.branch == number], expected, atol=1e-4, rtol=1e-3)


def test_only_right_answers_and_what_was_told_are_learnt(small):
    row = make_row(small, "(on a b)", "right", [Repair("wrong a", "told", "right b")])
    batch = collate([row])
    learnt = batch.target[0][batch.weight[0] == 1].tolist()
    right, corrected = small.encode("right"), small.encode("right b")
    assert learnt == [*right, END, *corrected, END]
    foreseen = batch.target[0][(batch.weight[0] > 0) & (batch.weight[0] < 1)].tolist()
    assert foreseen == [*small.encode("told"), ASSISTANT]


def test_an_answer_without_its_thought_is_learnt_after_its_first_token(small):
    row = make_row(small, "(on a b)", "wrong right a", [], direct="right a b")
    learnt = [target for target in row.target.tolist() if target >= 0]
    thought, direct = (small.encode(text) for text in ("wrong right a", "right a b"))
    assert learnt == [*thought, END, *direct[1:], END]


def test_a_model_that_goes_on_with_another_vocabulary_knows_the_tokens_of_both(small):
    model = make_model(SMOKE, small).eval()
    other = Vocabulary(["new", "(on", " b", " a"])
    asked = [[USER, *vocabulary.encode("(on a b)")] for vocabulary in (small, other)]
    with torch.inference_mode():
        before = model(input_ids=torch.tensor(asked[:1])).logits[0, :, asked[0]]
        adopt(model, small, other)
        after = model(input_ids=torch.tensor(asked[1:])).logits[0, :, asked[1]]
    assert model.config.vocab_size == len(other)
    torch.testing.assert_close(after, before)


def test_batches_hold_every_row_once_and_keep_to_their_size(corpus):
    rows = load_rows(corpus / "part-0000.npz")
    groups = list(batch_rows(rows, 1000, Random(1)))  # noqa: S311  # no secret
    assert sorted(id(row) for group in groups for row in group) == sorted(map(id, rows))
    sizes = [len(group) * max(len(row.tokens) for row in group) for group in groups]
    assert all(size <= 1000 or len(group) == 1 for size, group in zip(sizes, groups, strict=True))


def test_the_rate_rises_stays_and_falls():
    rates = [rate_at(done) for done in (0, 0.01, 0.5, 0.9, 1)]
    assert rates[0] == rates[-1] == 0
    assert 0 < rates[1] < rates[2] == 1 > rates[3] > 0


@pytest.fixture(scope="module")
def trained(corpus, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("out")
    return start(Run(corpus, out, replace(SMOKE, tokens=1024), 1, None, 0, 1, steps=60))


def test_training_lowers_the_loss(corpus, trained):
    model, vocabulary = load_checkpoint(trained)
    batch = collate(load_rows(corpus / "part-0000.npz")[:20])
    fresh = make_model(SMOKE, vocabulary)
    with torch.inference_mode():
        before, after = (compute_loss(m.eval(), batch)[0].item() for m in (fresh, model))
    assert after < 0.9 * before


def test_workers_that_share_a_training_train_every_weight(corpus, tmp_path):
    run = Run(corpus, tmp_path, replace(SMOKE, tokens=1024), 1, None, 0, 2, steps=3)
    torch.manual_seed(run.seed)
    before = make_model(SMOKE, Vocabulary.load(corpus)).state_dict()
    after = load_checkpoint(start(run))[0].state_dict()
    assert not [name for name in before if torch.equal(before[name], after[name])]


def test_answers_are_judged_and_wrong_ones_become_turns_to_learn_from(trained):
    model, vocabulary = load_checkpoint(trained)
    problems = draw_problems(Random(1), 6)  # noqa: S311  # no secret
    torch.manual_seed(1)
    attempts = solve(model, vocabulary, problems, feedback=True, rounds=2)
    told = [attempt for attempt in attempts if attempt.wrong]
    assert all("not correct" in words for attempt in told for _, words in attempt.wrong)
    rows = [learn_from(attempt, Random(1)) for attempt in attempts]  # noqa: S311  # no secret
    assert all(row["answer"] for row in rows)
    assert [len(row["repairs"]) for row in rows] == [len(attempt.wrong) for attempt in attempts]


def test_the_same_seed_samples_the_same_answers(trained):
    model, vocabulary = load_checkpoint(trained)
    asked = [[problem.prompt] for problem in draw_problems(Random(2), 3)]  # noqa: S311  # no secret
    texts = []
    for _ in range(2):
        torch.manual_seed(5)
        texts.append(sample(model, vocabulary, asked, longest=20))
    assert texts[0] == texts[1]
