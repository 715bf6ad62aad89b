"""Extraction on real responses: the verdicts and the round curves that were recorded with them."""

from critics.judge import judge
from critics.pddl import domain
from critics.pddl.extract import extract
from critics.types import Verdict


class Recorded:
    """Recorded responses and how they are judged, each problem read once."""

    def __init__(self, planbench):
        self.planbench = planbench
        self.problem_id = None

    def load(self, problem_id):
        if problem_id != self.problem_id:
            self.payload = domain.problem(**self.planbench.payload(problem_id))
            self.task = domain.load(self.payload)
            self.problem_id = problem_id

    def candidates(self, problem_id, response):
        self.load(problem_id)
        return list(extract(self.task, response))

    def accepts(self, problem_id, text):
        self.load(problem_id)
        return judge(domain, self.payload, text).verdict is Verdict.ACCEPTED

    def answers(self, problem_id, response):
        found = self.candidates(problem_id, response)
        return any(self.accepts(problem_id, text) for text in found)


def is_said_more_than_once(plan, candidate):
    """Say whether a recorded plan is the candidate several times over.

    The authors' extraction strings together all steps of a response, so a plan that is listed
    and then repeated "in PDDL syntax" is recorded as the plan executed twice.
    """
    steps, once = plan.split(), candidate.split()
    times = len(steps) // len(once) if once else 0
    return times > 1 and steps == once * times


def test_recorded_responses_get_the_recorded_verdict(planbench):
    recorded, wrong, repeated = Recorded(planbench), [], 0
    for row in sorted(planbench.rows("answers"), key=lambda row: row["problem_id"]):
        accepted = recorded.answers(row["problem_id"], row["response"])
        if accepted is (row["expected_response"] == "accepted"):
            continue
        first = recorded.candidates(row["problem_id"], row["response"])[0]
        if accepted and is_said_more_than_once(row["extracted_plan"], first):
            repeated += 1
        else:
            wrong.append(row["id"])
    assert wrong == []
    assert repeated <= 5


def test_replayed_conversations_give_the_recorded_curves(planbench):
    recorded = Recorded(planbench)
    solved = {}
    for row in planbench.rows("conversations"):
        rounds = [
            number
            for number, turn in enumerate(row["rounds"], 1)
            if recorded.answers(row["problem_id"], turn["response"])
        ]
        assert (rounds[0] if rounds else None) == row["accepted_at"], row["id"]
        family = planbench.problems[row["problem_id"]]["family"]
        solved.setdefault(f"{family} / {row['model']}", []).append(rounds[:1])
    for name, curve in planbench.meta["curves"].items():
        assert len(solved[name]) == curve["n"]
        rounds = range(1, len(curve["solved_after_round"]) + 1)
        after = [sum(bool(r) and r[0] <= last for r in solved[name]) for last in rounds]
        assert after == curve["solved_after_round"], name
