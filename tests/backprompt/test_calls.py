from hypothesis import given
from hypothesis import strategies as st

from backprompt.budget import Left, Usage
from backprompt.calls import Meter, allow, write_requests
from backprompt.rung import Rung
from backprompt.upstream import Message, Request, Role, Sampling
from tests.backprompt.toy import TASK

PROMPT = (Message(role="user", content="x" * 100),)


def learned(prompt_tokens: int) -> Meter:
    meter = Meter()
    request = Request(messages=PROMPT, timeout_s=1, call=0)
    meter.learn(request, Usage(prompt_tokens=prompt_tokens))
    return meter


def fit(meter: Meter, left: int | None, chars: int, width: int) -> tuple[int, int | None]:
    found = allow(Left(tokens=left), Rung(), meter.measure(chars), width, None)
    return found.width, found.room


def test_without_a_token_budget_everything_fits() -> None:
    assert fit(Meter(), None, 10**9, 5) == (5, None)


def test_a_first_prompt_that_does_not_fit_is_not_sent_either() -> None:
    assert fit(Meter(), 10, 10_000, 3) == (0, None)


def test_once_learned_a_prompt_that_does_not_fit_is_not_sent() -> None:
    assert fit(learned(50), 40, 100, 1) == (0, None)
    assert fit(learned(50), 60, 100, 1) == (1, 9)


def test_unreported_tokens_teach_nothing() -> None:
    assert learned(0).measure(100) == Meter().measure(100)


def test_each_model_is_learned_by_itself_and_an_unknown_one_at_its_worst() -> None:
    meter = learned(50)
    meter.learn(Request(messages=PROMPT, timeout_s=1, call=1, rung=1), Usage(prompt_tokens=10))
    assert [meter.measure(100, rung) for rung in range(3)] == [51, 11, 51]
    assert meter.measure(100, 1, Role.SUMMARISER) == 51


@given(st.integers(1, 500), st.integers(0, 5000), st.integers(1, 2000), st.integers(1, 9))
def test_calls_that_fit_cannot_pass_what_is_left(
    prompt_tokens: int, left: int, chars: int, width: int
) -> None:
    meter = learned(prompt_tokens)
    calls, room = fit(meter, left, chars, width)
    assert calls <= width
    if calls:
        assert room is not None
        assert room >= 1
        assert calls * (meter.measure(chars) + room) <= left


def test_what_is_left_is_shared_by_the_calls_of_a_round() -> None:
    sampling = Sampling(max_tokens=50, seed=1)
    grant = allow(Left(seconds=6, tokens=92, cost_usd=0.5), Rung(), 26, 2, 50)
    written = write_requests(
        TASK, PROMPT, sampling, (3, 4), grant=grant, seconds=6, number=1, rung=2
    )
    assert {request.rung for request in written} == {2}
    assert [request.max_tokens_left for request in written] == [20, 20]
    assert [request.sampling.max_tokens for request in written] == [50, 50]
    assert [request.sampling.seed for request in written] == [4, 5]
    assert [request.timeout_s for request in written] == [6, 6]
    assert [request.max_cost_usd for request in written] == [0.25, 0.25]
