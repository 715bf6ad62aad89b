"""OpenAIUpstream: any endpoint that speaks the chat-completions dialect of OpenAI's API.

Invariants:
    * A call takes no longer than `Request.timeout_s`, retries and waits included.
    * Only what cannot have been paid for is retried: 429, 5xx and connections never made.
    * The key is in no message, name or representation.
    * Cancelling the call closes its connection, so the upstream may stop generating.
"""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx
from pydantic import BaseModel, ConfigDict, Field

from backprompt.budget import Usage
from backprompt.dialect import CapField, Dialect, read_first_token, read_tool_calls
from backprompt.upstream import (
    Completion,
    Request,
    UpstreamError,
    estimate_tokens,
    estimate_usage,
    hide_key,
)

MAX_RESPONSE_BYTES = 32_000_000
"""Longest response body that is read."""
ENCODINGS = frozenset({"identity", "gzip", "deflate"})
"""Codings that grow by a bounded factor when they are read, unlike two of them or others."""
MESSAGE_CHARS = 300
"""Most characters of an upstream's own error message that are passed on."""
LONGEST_WAIT_S = 20.0
"""Cap of the exponential back-off; a `Retry-After` may ask for more."""
MOST_TOKENS = 10**9
MOST_SECONDS = 86_400.0

LOOPBACK = ("all://127.0.0.1", "all://localhost", "all://[::1]")

TEMPLATE_FAULTS = frozenset({400, 500})
"""Statuses with which servers refuse what a model's chat template does not take."""
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
"""Failures before a request was sent: nothing can have been paid for."""


class Price(BaseModel):
    """What a model costs, in US dollars per million tokens."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    input: float = Field(default=0.0, ge=0)
    output: float = Field(default=0.0, ge=0)

    def cost(self, prompt_tokens: int, completion_tokens: int) -> float:
        """Give the price of a call in US dollars."""
        return (prompt_tokens * self.input + completion_tokens * self.output) / 1_000_000

    def affords(self, usd: float, prompt_tokens: int) -> int | None:
        """Give the completion tokens that a sum buys after the prompt; `None` if they are free."""
        if not self.output:
            return None
        return max(int((usd * 1_000_000 - prompt_tokens * self.input) / self.output), 1)


FREE = Price()


def make_client() -> httpx.AsyncClient:
    """Make the client that all upstreams of a process share.

    Reading has no time-out of its own: each call is cut by its request's. Idle connections are
    given up early, since a request sent on one that the server just closed cannot be retried.
    A proxy of the environment is used, but never on the way to this machine itself. No cookie is
    kept: what one caller is given would be sent on behalf of the next.
    """
    return httpx.AsyncClient(
        timeout=httpx.Timeout(None, connect=10.0),
        limits=httpx.Limits(max_connections=256, keepalive_expiry=4.0),
        mounts=dict.fromkeys(LOOPBACK),
        follow_redirects=False,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
    )


class OpenAIUpstream:
    """A model behind `POST {base_url}/chat/completions`."""

    def __init__(
        self,
        base_url: str,
        model: str,
        *,
        api_key: str | None = None,
        client: httpx.AsyncClient | None = None,
        prices: Mapping[str, Price] | None = None,
        retries: int = 4,
        backoff_s: float = 0.5,
        max_tokens_field: CapField = "max_tokens",
        structured: bool = False,
        headers: Callable[[], Mapping[str, str]] = dict,
        may_retry: Callable[[], bool] = lambda: True,
    ) -> None:
        """Describe the endpoint; nothing is sent.

        Args:
            base_url: Such as `http://127.0.0.1:11434/v1`.
            model: The model's name there.
            api_key: Sent as bearer token if given.
            client: Shared client that stays open; without one, an own client is made.
            prices: By model name; a model without a price costs 0.
            retries: Most repetitions of one call.
            backoff_s: First wait; doubled each time.
            max_tokens_field: What the endpoint calls the cap on completion tokens; if it refuses
                that by naming the other, it is asked again.
            structured: Whether to constrain answers by the domain's JSON Schema.
            headers: Gives what else is sent with a call, such as the trace that it is in.
            may_retry: Asked before each repetition of a call; a refusal ends it.

        Raises:
            ValueError: The key cannot stand in a header, or the URL is none.
        """
        if not (api_key or "").isprintable() or not (api_key or "").isascii():
            raise ValueError("the upstream's API key holds characters that no key has")
        self.name = model
        self._url = f"{base_url.rstrip('/')}/chat/completions"
        try:
            self._where = httpx.URL(base_url).netloc.decode("ascii") or base_url
        except httpx.InvalidURL as error:
            raise ValueError(f"the upstream's base URL cannot be read: {error}") from error
        self._key = api_key or ""
        self._own = client is None
        self._client = client or make_client()
        self._prices = dict(prices or {})
        self._retries, self._backoff_s = retries, backoff_s
        self._dialect = Dialect(max_tokens_field)
        self._structured = structured
        self._headers, self._may_retry = headers, may_retry

    async def aclose(self) -> None:
        """Close the client if it is our own."""
        if self._own:
            await self._client.aclose()

    async def generate(self, request: Request) -> Completion:
        """Ask once, with retries.

        Raises:
            UpstreamError: See its codes.
        """
        if request.top_logprobs and not self._dialect.tells_probabilities:
            known = "does not tell probabilities, as it said before; it was not asked"
            raise UpstreamError(
                "upstream-refused", f"`{self.name}` {known}", status=400, usage=Usage()
            )
        started = time.monotonic()
        try:
            async with asyncio.timeout(request.timeout_s):
                body = await self._ask(request, started + request.timeout_s)
        except TimeoutError:
            raise self._lost(
                "upstream-timeout", f"did not answer within {request.timeout_s:.3g} s", request
            ) from None
        return self._read(request, body, round(time.monotonic() - started, 3))

    async def _ask(self, request: Request, deadline: float) -> bytes:
        """Post until an answer comes or another attempt is pointless."""
        attempt = 0
        while True:
            wait = min(self._backoff_s * 2**attempt, LONGEST_WAIT_S)
            try:
                response, body = await self._post(request)
            except NEVER_SENT as error:
                failure = self._fault("upstream-unreachable", f"cannot be reached: {_why(error)}")
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                text = f"broke the connection: {_why(error)}"
                raise self._lost("upstream-unreachable", text, request) from error
            else:
                if response.is_success:
                    return body
                failure = self._refusal(response.status_code, body)
                if request.top_logprobs and b"logprob" in body:
                    self._dialect.tells_probabilities = False
                wait = _retry_after(response.headers.get("retry-after"), wait)
                if failure.code == "upstream-refused":
                    raise failure
            late = time.monotonic() + wait >= deadline
            if attempt == self._retries or late or not self._may_retry():
                raise failure
            await asyncio.sleep(wait)
            attempt += 1

    async def _post(self, request: Request) -> tuple[httpx.Response, bytes]:
        """Post, and post again as long as a refusal teaches how to put it better."""
        while True:
            payload = self._payload(request)
            response, body = await self._send(request, payload)
            refused = response.status_code == httpx.codes.BAD_REQUEST
            learnt = refused and self._dialect.learn(payload, request.sampling.max_tokens, body)
            if response.status_code in TEMPLATE_FAULTS:
                learnt = learnt or self._dialect.learn_turns(payload, body)
            if not learnt:
                return response, body

    async def _send(
        self, request: Request, payload: dict[str, Any]
    ) -> tuple[httpx.Response, bytes]:
        """Post once and read the whole body, up to a cap."""
        headers = {"content-type": "application/json", "accept": "application/json"}
        headers |= {"accept-encoding": "identity", **self._headers()}
        if self._key:
            headers["authorization"] = f"Bearer {self._key}"
        content = json.dumps(payload, allow_nan=False).encode("ascii")
        body = bytearray()
        async with self._client.stream(
            "POST", self._url, content=content, headers=headers
        ) as response:
            coding = response.headers.get("content-encoding", "identity").strip().lower()
            if coding not in ENCODINGS:
                raise self._lost("upstream-invalid", "sent what was compressed unasked", request)
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > MAX_RESPONSE_BYTES:
                    text = f"sent more than {MAX_RESPONSE_BYTES:,} bytes"
                    raise self._lost("upstream-invalid", text, request, len(body))
        return response, bytes(body)

    def _payload(self, request: Request) -> dict[str, Any]:
        sampling = request.sampling
        given: dict[str, Any] = {
            "temperature": sampling.temperature,
            "reasoning_effort": sampling.reasoning_effort,
            "seed": sampling.seed,
            "stop": list(sampling.stop) or None,
            "logprobs": True if request.top_logprobs else None,
            "top_logprobs": request.top_logprobs,
        }
        if self._structured and request.answer_schema is not None:
            schema = {"name": "answer", "schema": request.answer_schema}
            given["response_format"] = {"type": "json_schema", "json_schema": schema}
        own = [message.model_dump() for message in request.messages]
        messages = self._dialect.turns([*request.conversation, *own])
        set_ones = {name: value for name, value in given.items() if value is not None}
        cap = self._dialect.cap(sampling.max_tokens, self._affordable(request))
        return {**set_ones, **request.extra, **cap, "model": self.name, "messages": messages}

    def _affordable(self, request: Request) -> int | None:
        """Give the completion tokens that the token and the cost budget leave for a call."""
        left, cost = request.max_tokens_left, request.max_cost_usd
        price = self._prices.get(self.name, FREE)
        bought = None if cost is None else price.affords(cost, estimate_tokens(request.chars))
        return min((cap for cap in (left, bought) if cap is not None), default=None)

    def _read(self, request: Request, body: bytes, latency_s: float) -> Completion:
        """Read a completion; a body of any other shape is an error of its own."""
        try:
            data = json.loads(hide_key(body, self._key))
        except (ValueError, RecursionError):
            raise self._lost("upstream-invalid", "sent no JSON", request, len(body)) from None
        choice = _first_choice(data)
        if choice is None:
            if isinstance(data, dict) and data.get("error"):
                raise self._fault("upstream-failed", f"reports: {self._quote(body)}")
            raise self._lost("upstream-invalid", "sent no completion", request, len(body))
        message = choice["message"]
        text = _text(message.get("content"))
        reasoning = _text(message.get("reasoning_content") or message.get("reasoning"))
        try:
            calls = read_tool_calls(message.get("tool_calls"))
        except ValueError as error:
            raise self._lost("upstream-invalid", str(error), request, len(body)) from error
        model = str(data.get("model") or self.name)[:200]
        reason = choice.get("finish_reason")
        return Completion(
            text=text,
            reasoning=reasoning or None,
            model=model,
            finish_reason=reason if isinstance(reason, str) else None,
            tool_calls=calls,
            usage=self._usage(request, data.get("usage"), len(text) + len(reasoning), model),
            latency_s=latency_s,
            first_token=read_first_token(choice) if request.top_logprobs else None,
        )

    def _usage(self, request: Request, reported: Any, chars: int, model: str) -> Usage:
        """Take the reported tokens; what is not reported is estimated, and marked so."""
        reported = reported if isinstance(reported, dict) else {}
        guess = estimate_usage(request, chars)
        prompt, completion = (
            _count(reported, "prompt_tokens"),
            _count(reported, "completion_tokens"),
        )
        details = reported.get("completion_tokens_details")
        reasoning = _count(details if isinstance(details, dict) else reported, "reasoning_tokens")
        usage = Usage(
            calls=1,
            prompt_tokens=guess.prompt_tokens if prompt is None else prompt,
            completion_tokens=guess.completion_tokens if completion is None else completion,
            reasoning_tokens=reasoning or 0,
            estimated_tokens=(guess.prompt_tokens if prompt is None else 0)
            + (guess.completion_tokens if completion is None else 0),
        )
        return self._priced(usage, model)

    def _priced(self, usage: Usage, model: str) -> Usage:
        price = self._prices.get(model) or self._prices.get(self.name, FREE)
        cost = price.cost(usage.prompt_tokens, usage.completion_tokens)
        return usage.model_copy(update={"cost_usd": cost})

    def _refusal(self, status: int, body: bytes) -> UpstreamError:
        code = (
            "upstream-failed" if status >= httpx.codes.INTERNAL_SERVER_ERROR else "upstream-refused"
        )
        if status == httpx.codes.TOO_MANY_REQUESTS:
            code = "upstream-busy"
        return self._fault(code, f"answered {status}: {self._quote(body)}", status)

    def _fault(self, code: str, text: str, status: int | None = None) -> UpstreamError:
        """Make an error of a call that cost nothing."""
        usage = Usage(calls=1)
        message = f"`{self.name}` at {self._where} {text}"
        return UpstreamError(code, message, status=status, usage=usage)

    def _lost(self, code: str, text: str, request: Request, size: int = 0) -> UpstreamError:
        """Make an error of a call that may well be billed: its cost is estimated."""
        usage = self._priced(estimate_usage(request, size), self.name)
        return UpstreamError(code, f"`{self.name}` at {self._where} {text}", usage=usage)

    def _quote(self, body: bytes) -> str:
        """Quote the upstream's own error message, without the key, and no answer of a model."""
        text = body[:10_000].decode("utf-8", "replace")
        try:
            data = json.loads(body[:100_000])
        except (ValueError, RecursionError):
            data = None
        if isinstance(data, dict):
            error = data.get("error", "a completion" if "choices" in data else data)
            error = error.get("message", error) if isinstance(error, dict) else error
            text = error if isinstance(error, str) else json.dumps(error)
        text = text.replace(self._key, "***") if self._key else text
        return " ".join(text.split())[:MESSAGE_CHARS] or "no message"


def _why(error: Exception) -> str:
    return str(error) or type(error).__name__


def _first_choice(data: Any) -> dict[str, Any] | None:
    choices = data.get("choices") if isinstance(data, dict) else None
    choice = choices[0] if isinstance(choices, list) and choices else None
    if not isinstance(choice, dict) or not isinstance(choice.get("message"), dict):
        return None
    return choice


def _text(content: Any) -> str:
    """Join a message's text; parts that are no text are left out."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    texts = (part.get("text") for part in parts if isinstance(part, dict))
    return "".join(text for text in texts if isinstance(text, str))


def _count(reported: dict[str, Any], name: str) -> int | None:
    """Read a count of tokens; anything but a plain number is not one."""
    value = reported.get(name)
    return value if type(value) is int and 0 <= value <= MOST_TOKENS else None


def _retry_after(header: str | None, default: float) -> float:
    """Read `Retry-After`: seconds or an HTTP date (RFC 9110, section 10.2.3)."""
    if header is None:
        return default
    try:
        return min(max(float(header), 0.0), MOST_SECONDS)
    except ValueError:
        pass
    try:
        at = parsedate_to_datetime(header)
    except ValueError:
        return default
    return max(at.timestamp() - time.time(), 0.0)
