"""Caches: what need not be found out twice. Each has its switch, and its use is marked.

Invariants:
    * Nothing here is believed: an answer from the cache is judged again like any candidate, and a
      certificate re-computes what it claims.
    * Only decided verdicts are kept; `unknown` may be a matter of time.
    * A key names everything that decides a result: domain, version, problem, answer, demand.
    * A model's response is kept only where the operator asks for it.
    * Tenants share nothing: what one has found out, no other one is told.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, Literal, TypeVar

from pydantic import JsonValue

from app.protocol import SolveRequest
from app.setting_groups import CacheSettings
from backprompt.effects import Certificate, Kernel
from backprompt.upstream import Completion, Request, Upstream
from critics.certificate import Provenance
from critics.domain import find_domain
from critics.judge import Demand
from critics.statement import canonical
from critics.types import Feasibility, Feasible, Judgement, Verdict

V = TypeVar("V")
Hit = Literal["answer", "feasibility", "judgement", "response"]
LONGEST = 100_000
"""Characters of a text that is kept; entries are counted, so each must be small."""


class Shelf(Generic[V]):
    """A bounded map that forgets what was used least recently."""

    def __init__(self, size: int) -> None:
        """Keep at most `size` entries; 0 keeps nothing."""
        self._size = size
        self._kept: OrderedDict[str, V] = OrderedDict()

    def get(self, key: str) -> V | None:
        """Find an entry."""
        if key not in self._kept:
            return None
        self._kept.move_to_end(key)
        return self._kept[key]

    def put(self, key: str, value: V) -> None:
        """Keep an entry."""
        self._kept[key] = value
        self._kept.move_to_end(key)
        while len(self._kept) > self._size:
            self._kept.popitem(last=False)


class Caches:
    """All caches of one service."""

    def __init__(self, settings: CacheSettings) -> None:
        """Start empty; a cache that is switched off keeps nothing."""
        size = settings.entries
        self.answers: Shelf[str] = Shelf(size if settings.answers else 0)
        self.feasibility: Shelf[Feasibility] = Shelf(size if settings.feasibility else 0)
        self.judgements: Shelf[Judgement] = Shelf(size if settings.judgements else 0)
        self.responses: Shelf[Completion] = Shelf(size if settings.responses else 0)


class ProblemCache:
    """The caches as one run sees them: about one problem, with a record of what was used.

    Attributes:
        hits: Which caches have answered.
    """

    def __init__(
        self,
        caches: Caches,
        domain: str,
        problem: dict[str, JsonValue],
        demand: Demand,
        *,
        tenant: str = "",
        enabled: bool = True,
    ) -> None:
        """Look up and keep what concerns this problem; nothing at all if not `enabled`."""
        version = find_domain(domain).version
        self._caches = caches if enabled else Caches(OFF)
        self._tenant = tenant
        self._problem = digest(tenant, domain, version, canonical(problem).decode(), demand.value)
        self.hits: set[Hit] = set()

    @property
    def answer(self) -> str | None:
        """An answer that was certified before."""
        return self._caches.answers.get(self._problem)

    def keep_answer(self, text: str) -> None:
        """Keep a certified answer."""
        if len(text) <= LONGEST:
            self._caches.answers.put(self._problem, text)

    async def feasibility(self, test: Callable[[], Awaitable[Feasibility]]) -> Feasibility:
        """Say whether the problem has any answer; test it if nobody knows."""
        known = self._hit("feasibility", self._caches.feasibility.get(self._problem))
        if known is not None:
            return known
        found = await test()
        if found.status is not Feasible.UNKNOWN:
            self._caches.feasibility.put(self._problem, found)
        return found

    def judgement(self, text: str) -> Judgement | None:
        """Find the judgement of an answer."""
        return self._hit("judgement", self._caches.judgements.get(digest(self._problem, text)))

    def keep_judgement(self, text: str, judgement: Judgement) -> None:
        """Keep a decided verdict."""
        if judgement.verdict is not Verdict.UNKNOWN and len(text) <= LONGEST:
            self._caches.judgements.put(digest(self._problem, text), judgement)

    def over(self, upstream: Upstream) -> Upstream:
        """Put the cache of responses before an upstream, where there is one."""
        return CachedUpstream(upstream, self._caches.responses, self.hits, self._tenant)

    def _hit(self, name: Hit, found: V | None) -> V | None:
        if found is not None:
            self.hits.add(name)
        return found


def open_cache(caches: Caches, request: SolveRequest, tenant: str) -> ProblemCache:
    """Open what a tenant's runs have found out about a problem; nothing of one not known yet."""
    enabled = request.cache and bool(request.problem)
    return ProblemCache(
        caches,
        request.domain,
        request.problem,
        request.assurance,
        tenant=tenant,
        enabled=enabled,
    )


class CachedKernel:
    """A kernel that is not asked twice for the same judgement."""

    def __init__(self, kernel: Kernel, cache: ProblemCache) -> None:
        """Ask `kernel` for what the cache does not know."""
        self._kernel = kernel
        self._cache = cache

    async def extract(self, response: str) -> Sequence[str]:
        """Find the canonical candidate texts in a response."""
        return await self._kernel.extract(response)

    async def judge(self, text: str) -> Judgement:
        """Recall a judgement, or judge."""
        known = self._cache.judgement(text)
        if known is not None:
            return known
        found = await self._kernel.judge(text)
        self._cache.keep_judgement(text, found)
        return found

    async def certify(self, judgement: Judgement, provenance: Provenance) -> Certificate | None:
        """Make a certificate, which judges once more whatever was recalled."""
        made = await self._kernel.certify(judgement, provenance)
        if made is not None:
            self._cache.keep_answer(judgement.candidate)
        return made


class CachedUpstream:
    """An upstream that is not asked twice for the same call of the same conversation."""

    def __init__(
        self, upstream: Upstream, shelf: Shelf[Completion], hits: set[Hit], tenant: str = ""
    ) -> None:
        """Ask `upstream` for what is not on the shelf."""
        self._upstream = upstream
        self._tenant = tenant
        self._shelf = shelf
        self._hits = hits

    @property
    def name(self) -> str:
        """The upstream's name."""
        return self._upstream.name

    async def generate(self, request: Request) -> Completion:
        """Give the kept answer, which costs nothing and is marked as recorded, or ask."""
        asked = request.model_dump_json(exclude={"timeout_s", "max_tokens_left", "max_cost_usd"})
        key = digest(self._tenant, self._upstream.name, asked)
        kept = self._shelf.get(key)
        if kept is not None:
            self._hits.add("response")
            return kept.model_copy(update={"recorded": True})
        answer = await self._upstream.generate(request)
        if len(answer.text) <= LONGEST:
            self._shelf.put(key, answer)
        return answer

    async def aclose(self) -> None:
        """Close the upstream."""
        await self._upstream.aclose()


OFF = CacheSettings(answers=False, feasibility=False, judgements=False, responses=False)


def digest(*parts: str) -> str:
    """Hash texts so that no two lists of texts look the same."""
    hashed = hashlib.sha256()
    for part in parts:
        encoded = part.encode("utf-8", "surrogatepass")
        hashed.update(len(encoded).to_bytes(8) + encoded)
    return hashed.hexdigest()
