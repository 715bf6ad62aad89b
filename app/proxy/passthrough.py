"""Pass-through of requests that name nothing to verify."""

from starlette.responses import Response

from app.failures import ServiceError
from app.proxy.chat_request import ChatRequest
from app.proxy.serving import Incoming


async def pass_through(incoming: Incoming, chat: ChatRequest) -> Response:
    """Refuse, for now."""
    del incoming, chat
    raise ServiceError("nothing-to-verify", "the request names nothing to verify")
