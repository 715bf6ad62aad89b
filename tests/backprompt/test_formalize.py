"""The small loop in which a model formalises a text, with everything around it scripted."""

import pytest

from backprompt.budget import Budget, Usage
from backprompt.effects import DirectKernel, LiveEffects
from backprompt.formalize import MOST_CALLS, Brief, Drafting
from backprompt.upstream import Completion, Sampling, ScriptedUpstream, UpstreamError
from critics.formalization import Doubt, Made, Missing
from critics.types import Diagnostic, Feasibility, Feasible

SCHEMA = {
    "$defs": {"Thing": {"type": "object"}},
    "type": "object",
    "properties": {"things": {"items": {"$ref": "#/$defs/Thing"}}},
}
FAULT = Diagnostic(code="problem-invalid", headline="`things` is empty", notes=("got []",))
DOUBT = Doubt(kind="not-in-text", what="7", headline="`7` is in the problem and not in the text")
WHOLE = Made(problem={"things": [1]}, paraphrase="One thing.")
DOUBTED = WHOLE.model_copy(update={"doubts": (DOUBT,)})
FAULTY = Made(faults=(FAULT,))
ASKING = Made(missing=(Missing(field="things", question="Which?"),))
KERNEL = DirectKernel(extract=lambda _: [], judge=lambda _: None, certify=lambda *_: None)


class Scene:
    """A model that says the number of the call, and critics that know what each number means."""

    def __init__(self, *made, budget=None, feasible=None, text="seven things", **more):
        self.made, self.prompts, self.ends = made, [], []
        upstream = ScriptedUpstream(self.respond)
        self.drafting = Drafting(
            Brief(text, SCHEMA, "Mind the things.", more.pop("answers", {})),
            LiveEffects(KERNEL, upstream, clock=lambda: 0.0),
            budget or Budget(),
            Sampling(),
            examine=self.examine,
            test=self.test,
            listener=lambda call, end, spent: self.ends.append((call.call, end, spent)),
            **more,
        )
        self.feasible = feasible

    async def respond(self, request):
        self.prompts.append(request)
        return str(len(self.prompts) - 1)

    async def examine(self, response):
        found = self.made[min(int(response), len(self.made) - 1)]
        if isinstance(found, Exception):
            raise found
        return found

    async def test(self, _problem):
        return self.feasible

    def told(self, call):
        return self.prompts[call].messages[-1].content


async def test_a_whole_problem_takes_one_call():
    scene = Scene(WHOLE)
    assert await scene.drafting.run() == WHOLE
    assert scene.drafting.usage.calls == 1
    assert "seven things" in scene.told(0)
    assert "Mind the things." in scene.told(0)
    assert '"$ref": "#/$defs/Thing"' in scene.told(0)
    assert scene.prompts[0].answer_schema["$defs"] == SCHEMA["$defs"]


async def test_what_is_wrong_is_told_with_the_answer_that_was_wrong():
    scene = Scene(FAULTY, WHOLE)
    assert await scene.drafting.run() == WHOLE
    assert "- `things` is empty (got [])" in scene.told(1)
    assert [message.role for message in scene.prompts[1].messages] == ["user", "assistant", "user"]


async def test_doubts_are_told_once_and_the_better_problem_is_kept():
    worse = WHOLE.model_copy(update={"doubts": (DOUBT, DOUBT.model_copy(update={"what": "8"}))})
    scene = Scene(DOUBTED, worse)
    assert await scene.drafting.run() == DOUBTED
    assert "`7` is in the problem and not in the text" in scene.told(1)
    assert len(scene.prompts) == 2
    assert await Scene(DOUBTED, WHOLE).drafting.run() == WHOLE


async def test_a_question_ends_the_loop():
    scene = Scene(ASKING)
    assert await scene.drafting.run() == ASKING
    assert len(scene.prompts) == 1


async def test_a_field_left_out_is_told_once_before_its_author_is_asked():
    both = ASKING.model_copy(update={"faults": (FAULT,)})
    scene = Scene(both)
    assert (await scene.drafting.run()).missing == ASKING.missing
    assert len(scene.prompts) == 2
    assert await Scene(both, WHOLE).drafting.run() == WHOLE


async def test_a_model_that_never_understands_is_not_asked_for_ever():
    scene = Scene(FAULTY)
    assert await scene.drafting.run() == FAULTY
    assert len(scene.prompts) == MOST_CALLS


async def test_a_problem_without_any_answer_is_doubted():
    why = Diagnostic(code="x", headline="nobody has time")
    none = Feasibility(status=Feasible.INFEASIBLE, diagnostics=(why,))
    made = await (scene := Scene(WHOLE, feasible=none)).drafting.run()
    assert [doubt.kind for doubt in made.doubts] == ["infeasible"]
    assert "nobody has time" in scene.told(1)
    unknown = Feasibility(status=Feasible.UNKNOWN)
    assert await Scene(WHOLE, feasible=unknown).drafting.run() == WHOLE


async def test_answers_of_the_author_belong_to_the_text():
    scene = Scene(WHOLE, answers={"things": "two", "when": [1, 2]})
    await scene.drafting.run()
    assert "things: two\nwhen: [1, 2]" in scene.told(0)
    assert scene.drafting.brief.full_text == "seven things\nthings: two\nwhen: [1, 2]"


async def test_the_budget_is_asked_before_every_call():
    scene = Scene(FAULTY, budget=Budget(tokens=300))
    await scene.drafting.run()
    assert scene.drafting.short == "tokens"
    assert len(scene.prompts) == 1


async def test_what_was_spent_before_counts():
    spent = Usage(calls=3, prompt_tokens=500)
    scene = Scene(WHOLE, budget=Budget(tokens=500), usage=spent, calls=3)
    made = await scene.drafting.run()
    assert (made, scene.prompts, scene.drafting.short) == (Made(), [], "tokens")
    scene = Scene(WHOLE, usage=spent, calls=3)
    await scene.drafting.run()
    assert (scene.prompts[0].call, scene.drafting.usage.calls) == (3, 4)


async def test_every_call_is_told_with_the_sum_of_all():
    scene = Scene(FAULTY, WHOLE)
    await scene.drafting.run()
    assert [call for call, _, _ in scene.ends] == [0, 1]
    assert all(isinstance(end, Completion) for _, end, _ in scene.ends)
    assert [spent.calls for _, _, spent in scene.ends] == [1, 2]


def failing(scene, error, after):
    answer = scene.respond

    async def respond(request):
        if len(scene.prompts) >= after:
            raise error
        return await answer(request)

    scene.drafting.effects = LiveEffects(KERNEL, ScriptedUpstream(respond), clock=lambda: 0.0)
    return scene.drafting


async def test_an_upstream_that_fails_at_once_is_an_error_with_its_costs():
    error = UpstreamError("upstream-failed", "it broke", status=500, usage=Usage(calls=2))
    drafting = failing(Scene(WHOLE), error, 0)
    with pytest.raises(UpstreamError, match="it broke") as caught:
        await drafting.run()
    assert (caught.value.usage.calls, drafting.usage.calls) == (2, 2)


async def test_an_upstream_that_fails_later_leaves_what_there_is():
    error = UpstreamError("upstream-busy", "later", status=429)
    drafting = failing(Scene(DOUBTED), error, 1)
    assert await drafting.run() == DOUBTED
    assert drafting.short == "upstream-busy"


async def test_a_recording_may_end():
    error = UpstreamError("recording-ended", "no more", usage=Usage())
    drafting = failing(Scene(FAULTY), error, 1)
    assert await drafting.run() == FAULTY
    assert (drafting.short, drafting.usage.calls) == ("recording", 1)
