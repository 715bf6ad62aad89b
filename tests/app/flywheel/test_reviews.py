import asyncio
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.flywheel.episodes import Attempt, Episode, read_episode
from app.flywheel.formats import Format, Selection, Skill, write_rows
from app.flywheel.reviews import Dropped, Review, Reviewer
from backprompt.events import CandidateFound, Certified, Ended, Judged, RunStarted, Status
from backprompt.journal import Journal
from backprompt.task import Task
from critics.denial import DENIAL
from critics.domain import find_domain
from critics.judge import judge
from critics.types import Judgement, Verdict
from tests.app.flywheel.near_pool import near_pool
from tests.played_runs import play

pytestmark = pytest.mark.usefixtures("word")
HELLO = {"word": "hello"}


def reviewed(episode: Episode, **options) -> Review:
    return asyncio.run(Reviewer(pool=near_pool(), **options).review(episode))


def tried(*attempts: Attempt, problem: dict = HELLO, **task) -> Episode:
    asked = Task(domain="word", problem=problem, prompt="Say it.", **task)
    return Episode(source="journal", name="run_1", task=asked, attempts=attempts)


def by_model(text: str, **changes) -> Attempt:
    made = Attempt(text=text, origin="model", round=1, model="m", response=text)
    return replace(made, **changes)


def rows(kind: Format, review: Review, **selection) -> list[dict]:
    return list(write_rows(kind, review, Selection(**selection)))


def forge(journal: Journal) -> Journal:
    """Let a journal claim that its first answer, which is wrong, was accepted and certified."""
    events, certificate = list(journal.events), {"payload": "forged"}
    for place, event in enumerate(events):
        if isinstance(event, Judged) and event.candidate == 0:
            lie = {"verdict": Verdict.ACCEPTED, "score": 1.0, "diagnostics": ()}
            told = event.judgement.model_copy(update=lie)
            events[place] = event.model_copy(update={"judgement": told})
            events[place + 1 :] = [
                Certified(candidate=0, certificate=certificate),
                Ended(status=Status.CERTIFIED, usage=events[-1].usage),
            ]
            break
    return Journal.load(Journal(events).dump())


def test_what_the_loop_certified_is_right_and_what_it_rejected_is_wrong():
    journal = play("word", HELLO, "salut", "hello")
    review = reviewed(read_episode(journal, name="run_1"))
    assert [(one.attempt.text, one.right, one.wrong) for one in review.answers] == [
        ("salut", False, True),
        ("hello", True, False),
    ]


def test_a_journal_that_claims_a_wrong_answer_certified_gives_no_right_one():
    episode = read_episode(forge(play("word", HELLO, "salut", "hello")), name="run_1")
    review = reviewed(episode)
    assert [one.refuted for one in review.answers] == [True]
    for kind in (Format.SFT, Format.PREFERENCE, Format.REPAIR):
        assert rows(kind, review) == []
    assert [row["label"] for row in rows(Format.KTO, review)] == [False]


def test_only_who_trusts_a_journal_is_taken_in():
    episode = read_episode(forge(play("word", HELLO, "salut", "hello")), name="run_1")
    review = reviewed(episode, trusting=True)
    assert [row["completion"][0]["content"] for row in rows(Format.SFT, review)] == ["salut"]


def test_an_answer_to_another_problem_is_not_right():
    journal = play("word", HELLO, "hello")
    begun = journal.events[0]
    assert isinstance(begun, RunStarted)
    other = begun.task.model_copy(update={"problem": {"word": "world"}})
    journal.events[0] = begun.model_copy(update={"task": other})
    review = reviewed(read_episode(journal, name="run_1"))
    assert rows(Format.SFT, review) == []


def test_a_prompt_that_a_journal_made_up_is_not_repeated():
    journal = play("word", HELLO, "hello")
    begun = journal.events[0]
    lie = begun.task.model_copy(update={"prompt": "Say `world`.", "instructions": "Lie."})
    journal.events[0] = begun.model_copy(update={"task": lie})
    episode = read_episode(journal, name="run_1")
    [row] = rows(Format.SFT, reviewed(episode))
    domain = find_domain("word")
    own = f"{domain.prompt(domain.problem(**HELLO))}\n\n{domain.answer_format}".strip()
    assert row["prompt"] == [{"role": "user", "content": own}]
    [row] = rows(Format.SFT, reviewed(episode, recorded=True))
    assert "Say `world`." in row["prompt"][0]["content"]
    assert "Lie." in row["prompt"][0]["content"]


def test_what_was_accepted_without_a_certificate_is_neither_right_nor_wrong():
    review = reviewed(tried(by_model("hello")))
    assert review.answers[0].judgement.verdict is Verdict.ACCEPTED
    assert rows(Format.SFT, review) == rows(Format.KTO, review) == []


def test_what_cannot_be_decided_is_neither_right_nor_wrong():
    review = reviewed(tried(by_model("?", certified=True), by_model("hello", certified=True)))
    assert review.answers[0].refuted
    assert rows(Format.PREFERENCE, review) == []
    assert [row["label"] for row in rows(Format.KTO, review)] == [True]


def test_a_model_has_said_only_what_stands_in_its_response():
    said = by_model("hello", certified=True, response="I say hello you")
    [row] = rows(Format.SFT, reviewed(tried(said)), skill=Skill.MODEL)
    assert row["origin"] == "model"
    unsaid = tried(by_model("hello", certified=True, response="no idea"))
    assert rows(Format.SFT, reviewed(unsaid), skill=Skill.MODEL) == []
    assert [row["origin"] for row in rows(Format.SFT, reviewed(unsaid))] == ["unproved"]
    nothing = tried(by_model("hello", certified=True, response=None))
    assert rows(Format.SFT, reviewed(nothing), skill=Skill.MODEL) == []


@pytest.mark.parametrize(
    ("origin", "skill"),
    [
        ("model", Skill.MODEL),
        ("reformatted", Skill.MODEL),
        ("search", Skill.SEARCH),
        ("model_guided_search", Skill.SEARCH),
        ("solver", Skill.SOLVER),
        ("solver_repair", Skill.SOLVER),
        ("user", None),
        ("cache", None),
        ("mutation", None),
    ],
)
def test_an_answer_counts_as_the_skill_of_its_finder_alone(origin, skill):
    review = reviewed(tried(by_model("hello", certified=True, origin=origin)))
    for asked in (Skill.MODEL, Skill.SEARCH, Skill.SOLVER):
        assert len(rows(Format.SFT, review, skill=asked)) == (asked is skill)
    assert len(rows(Format.SFT, review)) == 1


def test_saying_that_there_is_no_answer_is_right_where_that_is_proved():
    denial = Attempt(text=DENIAL, origin="solver", round=1, certified=True)
    edges = [["a", "b"], ["b", "c"], ["c", "a"]]
    for colors, right in ((["red", "blue"], True), (["red", "blue", "green"], False)):
        task = Task(domain="coloring", problem={"edges": edges, "colors": colors}, prompt="")
        episode = Episode(source="journal", name="run_1", task=task, attempts=(denial,))
        review = reviewed(episode)
        assert review.answers[0].refuted is not right
        found = [
            (row["claim"], row["completion"][0]["content"]) for row in rows(Format.SFT, review)
        ]
        assert found == [("infeasible", DENIAL)] * right


def test_the_same_text_is_judged_once_and_certified_if_it_ever_was():
    attempts = (by_model("hello"), by_model("salut"), by_model("hello", certified=True, round=3))
    found = [(one.attempt.text, one.attempt.round) for one in reviewed(tried(*attempts)).answers]
    assert found == [("hello", 3), ("salut", 1)]


@pytest.mark.parametrize(
    "key",
    [
        "-----BEGIN PRIVATE KEY-----\nMC4CAQ",
        "mdl_0123456789ab_" + "0f" * 32,
        "sk-proj-abcdefghijklmnopqrstuvwxyz",
    ],
)
def test_keys_are_left_out(key):
    answer = tried(by_model(f"see {key}"), by_model("hello", certified=True))
    review = reviewed(answer)
    assert review.dropped == ("key-material",)
    assert len(review.answers) == 1
    told = tried(by_model("hello", certified=True), instructions=f"my key:\n{key}")
    assert len(reviewed(told).answers) == 1  # what is not shown need not be looked at
    with pytest.raises(Dropped, match="key-material"):
        reviewed(told, recorded=True)


def test_what_no_file_can_hold_is_left_out():
    review = reviewed(tried(by_model("\ud800"), by_model("hello", certified=True)))
    assert review.dropped == ("not-unicode",)


@pytest.mark.parametrize("problem", [{}, {"word": 3}, {"word": "\n"}, {"word": "a", "x": 1}])
def test_a_problem_that_is_none_is_left_out(problem):
    with pytest.raises(Dropped, match="problem-unreadable"):
        reviewed(tried(by_model("hello", certified=True), problem=problem))


def test_a_chat_that_is_more_than_text_has_no_recorded_prompt():
    said = by_model("hello", certified=True)
    picture = {"role": "user", "content": [{"type": "image_url"}]}
    with pytest.raises(Dropped, match="conversation-not-text"):
        reviewed(tried(said, conversation=(picture,)), recorded=True)
    plain = {"role": "system", "content": "Be brief."}
    [row] = rows(Format.SFT, reviewed(tried(said, conversation=(plain,)), recorded=True))
    assert [message["role"] for message in row["prompt"]] == ["system", "user"]


TEXTS = ("hello", "salut", "?", "hello hello", "", DENIAL, "{", "hallo")
CLAIMS = st.builds(
    Attempt,
    text=st.sampled_from(TEXTS),
    origin=st.sampled_from(["model", "solver", "search", "user", "cache", "mutation", "lie"]),
    round=st.integers(0, 4),
    certified=st.booleans(),
    model=st.sampled_from(["", "m", "n"]),
    response=st.one_of(st.none(), st.sampled_from(TEXTS)),
    judgement=st.sampled_from(list(Verdict)).map(
        lambda verdict: Judgement(
            domain="word", domain_version="1", verdict=verdict, candidate="x", score=0.5
        )
    ),
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(CLAIMS, max_size=5),
    st.sampled_from(list(Format)),
    st.sampled_from(list(Skill)),
    st.integers(1, 3),
)
def test_whatever_is_claimed_only_the_truth_is_exported(claims, kind, skill, turns):
    review = reviewed(tried(*claims))
    truth = {text: judge(find_domain("word"), HELLO, text).verdict for text in TEXTS}
    certified = {claim.text for claim in claims if claim.certified}
    for row in rows(kind, review, skill=skill, turns=turns):
        right = [
            *row.get("chosen", ()),
            *(row.get("completion", ()) if row.get("label", 1) else ()),
        ]
        wrong = [*row.get("rejected", ()), *(() if row.get("label", 1) else row["completion"])]
        wrong += [said for said in row["prompt"] if said["role"] == "assistant"]
        for said in right:
            assert truth[said["content"]] is Verdict.ACCEPTED
            assert said["content"] in certified
            assert skill is Skill.ANY or row["origin"] == skill.value
        for said in wrong:
            assert truth[said["content"].replace("(no answer)", "")] is Verdict.REJECTED
        assert None not in row.values()


def test_the_journal_is_read_with_its_models_and_rounds():
    episode = read_episode(play("word", HELLO, "salut", "bonjour hello"), name="run_1")
    told = [(a.text, a.round, a.model, a.certified) for a in episode.attempts]
    assert told == [
        ("salut", 1, "scripted", False),
        ("bonjour", 2, "scripted", False),
        ("hello", 2, "scripted", True),
    ]
    assert episode.models == {"scripted"}


def test_events_that_belong_to_nothing_are_passed_over():
    judged = Judgement(
        domain="word", domain_version="1", verdict=Verdict.ACCEPTED, candidate="x", score=1
    )
    events = [
        *play("word", HELLO, "hello").events[:1],
        Judged(candidate=7, judgement=judged),
        Certified(candidate=7, certificate={}),
        CandidateFound(candidate=8, call=9, origin="model", text="hello"),
    ]
    [attempt] = read_episode(events, name="run_1").attempts
    assert (attempt.certified, attempt.response) == (False, None)
    assert read_episode(events[1:], name="run_1") is None
