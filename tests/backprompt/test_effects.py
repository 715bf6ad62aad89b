import asyncio
from datetime import UTC, datetime

import pytest

from backprompt.budget import Usage
from backprompt.effects import DirectKernel, LiveEffects
from backprompt.upstream import Message, Request, ScriptedUpstream, UpstreamError
from critics.certificate import Provenance
from critics.domain import find_domain
from critics.statement import read_envelope
from critics.types import ProblemError, Verdict
from tests.backprompt.toy import KERNEL, live

EXAMPLE = find_domain("pddl").examples[0]
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def request(timeout_s: float = 5.0) -> Request:
    return Request(messages=(Message(role="user", content="?"),), timeout_s=timeout_s, call=0)


class Clock:
    """Advances by a second whenever it is read."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


async def test_the_clock_is_read_once_per_effect_and_stands_still_between() -> None:
    effects = live(ScriptedUpstream(lambda _: "41 42"), Clock())
    assert effects.elapsed() == 0.0
    completion = await effects.generate(request())
    assert [effects.elapsed(), effects.elapsed()] == [1.0, 1.0]
    texts = await effects.extract(completion.text)
    found = await effects.judge(texts[1])
    assert effects.elapsed() == 3.0
    assert await effects.certify(found, Provenance()) == {"answer": "42", "origin": "model"}
    assert effects.elapsed() == 4.0
    assert effects.upstream_name == "scripted"


async def test_a_call_is_cut_off_at_its_deadline_and_charged_as_far_as_known() -> None:
    async def respond(_: Request) -> str:
        await asyncio.Event().wait()
        return "never"

    effects = LiveEffects(KERNEL, ScriptedUpstream(respond))
    with pytest.raises(UpstreamError) as caught:
        await effects.generate(request(timeout_s=0.01))
    assert caught.value.code == "upstream-timeout"
    assert caught.value.usage == Usage(calls=1, prompt_tokens=1, estimated_tokens=1)
    assert effects.elapsed() >= 0.01


async def test_a_failed_effect_is_stamped_too() -> None:
    def respond(_: Request) -> str:
        raise UpstreamError("upstream-failed", "told to")

    effects = live(ScriptedUpstream(respond), Clock())
    with pytest.raises(UpstreamError):
        await effects.generate(request())
    assert effects.elapsed() == 1.0


async def test_an_installed_domain_is_judged_and_certified_in_this_process() -> None:
    kernel = DirectKernel.of_domain(
        find_domain("pddl"), EXAMPLE.problem, certificate_id="cert_test", issued_at=NOW
    )
    good = EXAMPLE.good[0]
    assert list(await kernel.extract(good)) == [good]
    found = await kernel.judge(good)
    assert found.verdict is Verdict.ACCEPTED
    made = await kernel.certify(found, Provenance(origin="user"))
    assert made is not None
    certificate = read_envelope(made)
    assert certificate.candidate is not None
    assert (certificate.id, certificate.candidate.text) == ("cert_test", good)
    assert certificate.signer is None
    assert certificate.provenance.origin == "user"


async def test_a_judgement_is_not_believed_but_repeated() -> None:
    kernel = DirectKernel.of_domain(
        find_domain("pddl"), EXAMPLE.problem, certificate_id="cert_test", issued_at=NOW
    )
    found = await kernel.judge(EXAMPLE.good[0])
    forged = found.model_copy(update={"candidate": next(iter(EXAMPLE.bad))})
    assert await kernel.certify(forged, Provenance()) is None


def test_a_wrong_problem_is_refused_before_anything_is_asked() -> None:
    with pytest.raises(ProblemError):
        DirectKernel.of_domain(
            find_domain("pddl"), {"domain": "(", "problem": ""}, certificate_id="c", issued_at=NOW
        )
