"""Endpoints that find their arguments themselves, for the few requests that are made most.

FastAPI takes longer to resolve the arguments of an endpoint than a read of what is known takes as a whole.
"""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from openward_servicekit.auth.authorizer import Requirement
from openward_servicekit.auth.principal import Principal
from openward_servicekit.auth.undecided import deciding
from openward_servicekit.body import GuardedRequest, check_content
from openward_servicekit.routing import authenticated

DirectEndpoint = Callable[[Request, Principal], Awaitable[Response]]


async def answered_directly(request: Request, requirement: Requirement, endpoint: DirectEndpoint) -> Response:
    """What `endpoint` answers to a caller who is known and may do this at all, as `GuardedRoute` has it.

    The endpoint judges the body's media type.
    """
    await authenticated(request)
    check_content(request, takes_json=False)
    sent = GuardedRequest(request, request.app.state.max_body_bytes, request.app.state.large_bodies)
    try:
        with deciding() as undecided:
            return await endpoint(sent, await requirement(sent, undecided))
    finally:
        sent.leave()
