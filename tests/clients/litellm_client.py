"""LiteLLM as a library, as its users use it; runs in an environment of its own.

LiteLLM needs an older `openai` than the newest, so it cannot live beside the other clients.
"""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from typing import Any

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
"""It would ask the Internet for prices, and wait."""

import litellm  # noqa: E402  # it reads its environment
import openai  # noqa: E402  # as above

BASE_URL, PROBLEMS = sys.argv[1], json.loads(sys.argv[2])
litellm.suppress_debug_info = True
QUESTION, HOLD = "Which word is it?", "Take your time."


async def ask(problem: dict[str, Any] | None, prompt: str = QUESTION, **options: Any) -> Any:
    """Ask through LiteLLM; `openai/` is its prefix for OpenAI-compatible endpoints."""
    named = {"extra_body": {"llm_modulo": problem}} if problem else {}
    return await litellm.acompletion(
        model="openai/served-model",
        api_base=BASE_URL,
        api_key="unused",
        messages=[{"role": "user", "content": prompt}],
        **named,
        **options,
    )


async def certified() -> dict[str, Any]:
    """Get a certified answer."""
    done = await ask(PROBLEMS["certifiable"])
    return {
        "text": done.choices[0].message.content,
        "id": done.id,
        "fingerprint": done.system_fingerprint,
        "tokens": done.usage.total_tokens,
    }


async def streamed(problem: dict[str, Any]) -> dict[str, Any]:
    """Get an answer as a stream."""
    seen = {"text": "", "reasoning": "", "finish": None}
    async for chunk in await ask(problem, stream=True):
        choice = chunk.choices[0]
        seen["text"] += choice.delta.content or ""
        seen["reasoning"] += getattr(choice.delta, "reasoning_content", None) or ""
        seen["finish"] = choice.finish_reason or seen["finish"]
    return seen


async def passed() -> dict[str, Any]:
    """Ask without anything to verify."""
    return {"text": (await ask(None)).choices[0].message.content}


async def cancelled() -> dict[str, Any]:
    """Ask what is never answered, and hang up once told to."""
    asking = asyncio.ensure_future(ask(PROBLEMS["certifiable"], HOLD))
    await asyncio.to_thread(sys.stdin.readline)
    asking.cancel()
    await asyncio.wait({asking})
    return {"cancelled": asking.cancelled()}


async def tell(case: str, work: Callable[[], Awaitable[dict[str, Any]]]) -> None:
    """Run a case and tell what came of it; an error of the client is an outcome, too."""
    try:
        outcome = await work()
    except openai.OpenAIError as error:  # all of LiteLLM's are
        outcome = {
            "error": type(error).__name__,
            "status": getattr(error, "status_code", None),
            "said": str(error),
        }
    print(json.dumps({"case": case, **outcome}), flush=True)  # noqa: T201  # what the test reads


async def main() -> None:
    """Do everything, then stay until the test has seen the connection close."""
    await tell("certified", certified)
    await tell("refused", lambda: ask(PROBLEMS["hopeless"]))
    await tell("streamed", lambda: streamed(PROBLEMS["certifiable"]))
    await tell("stream-refused", lambda: streamed(PROBLEMS["hopeless"]))
    await tell("passed", passed)
    await tell("cancelled", cancelled)
    await asyncio.to_thread(sys.stdin.read)


asyncio.run(main())
