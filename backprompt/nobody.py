"""nobody: the upstream of a run that has no model to ask, and may need none."""

from backprompt.budget import Usage
from backprompt.upstream import Completion, Request, UpstreamError


class Nobody:
    """Answers nothing, at no cost."""

    name = "none"

    async def generate(self, request: Request) -> Completion:  # noqa: ARG002  # the protocol's
        """Say that there is nobody.

        Raises:
            UpstreamError: `upstream-none`, always.
        """
        raise UpstreamError("upstream-none", "there is no model to ask", usage=Usage())

    async def aclose(self) -> None:
        """Hold nothing."""
