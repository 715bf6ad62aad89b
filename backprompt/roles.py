"""roles: another model for each kind of call (arXiv 2402.01817, section 3).

A cheap model may put answers into form, and a different one may judge style, while a strong one
generates. No role can grant or block a certificate: that is for the hard critics alone.

Invariant: whom a call goes to depends on its role alone, so a replay asks the same way.
"""

from collections.abc import Mapping

from backprompt.upstream import Completion, Request, Role, Upstream


class Roles:
    """An upstream that asks a model of its own for each role that has one."""

    def __init__(self, generator: Upstream, others: Mapping[Role, Upstream]) -> None:
        """Ask `generator` for whatever is not among the others."""
        self._generator = generator
        self._others = dict(others)

    @property
    def name(self) -> str:
        """The generator's name."""
        return self._generator.name

    async def generate(self, request: Request) -> Completion:
        """Ask the model of the request's role."""
        return await self._others.get(request.role, self._generator).generate(request)

    async def aclose(self) -> None:
        """Close every model."""
        for upstream in (self._generator, *self._others.values()):
            await upstream.aclose()
