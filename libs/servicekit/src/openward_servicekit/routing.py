"""Routes of a service: each says what it asks of its caller, and asks before it reads what the caller sent.

FastAPI reads and parses the body before it runs dependencies. `GuardedRoute` authenticates in front of that:
nobody without a token makes the service read, let alone parse (the lesson of CVE-2023-43208).
"""

from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from enum import Enum
from inspect import isasyncgenfunction, iscoroutinefunction
from math import inf
from typing import Any, Protocol

from fastapi import APIRouter, FastAPI, params
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from openward_contracts.actor import Actor
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from openward_servicekit.body import GuardedRequest, check_content
from openward_servicekit.context import act_for
from openward_servicekit.exact import check, declared


class Caller(Protocol):
    """Whom authentication finds (`auth.principal.Principal`)."""

    def actor(self) -> Actor: ...


Authenticate = Callable[[str | None], Awaitable[Caller]]
"""From the value of `Authorization` (None: absent, or sent twice) to the caller; raises the refusal."""


class UndeclaredRouteError(Exception):
    """A route says neither what it asks of its caller nor that it is public: the service does not start."""


async def public() -> None:
    """The dependency of a route that needs no caller: `dependencies=[Depends(public)]`."""


public.openward_public = True  # type: ignore[attr-defined]  # how the guard knows it


async def streamed() -> None:
    """The dependency of a route that reads its body block by block: there is no limit to its size.

    `dependencies=[Depends(streamed)]`. Such a route takes no parsed body and keeps its own bounds.
    """


streamed.openward_streamed = True  # type: ignore[attr-defined]  # how the guard knows it


class GuardedRoute(APIRoute):
    """Authenticates (`request.state.principal`), then limits and checks the body, then does as any route."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        open_to_all = is_public(self.dependant)
        takes_json = self.body_field is not None
        unlimited = _is_streamed(self.dependant)
        names = declared(self.dependant) if _is_exact(self.dependant) else None

        async def guarded(request: Request) -> Response:
            if not open_to_all:
                await authenticated(request)
            check_content(request, takes_json=takes_json)
            if names is not None:
                check(names, request.query_params)
            limit = inf if unlimited else request.app.state.max_body_bytes
            sent = GuardedRequest(request, limit, request.app.state.large_bodies)
            try:
                return await handle(sent)
            finally:
                sent.leave()

        return guarded


async def authenticated(request: Request) -> None:
    """The caller is in `request.state.principal` when this returns. Raises the refusal."""
    values = request.headers.getlist("authorization")
    principal = await request.app.state.authenticate(values[0] if len(values) == 1 else None)
    request.state.principal = principal
    act_for(principal.actor())


def api_router(
    prefix: str, *, tags: Sequence[str | Enum] = (), dependencies: Sequence[params.Depends] = ()
) -> APIRouter:
    """A router whose routes are guarded; `prefix` is the full path, since routers are not nested.

    `dependencies` of all of them.
    """
    # A "4XX" keeps FastAPI from documenting its own shape of a 422; `openapi.py` says what it is.
    return APIRouter(
        prefix=prefix,
        tags=list(tags),
        dependencies=dependencies,
        route_class=GuardedRoute,
        responses={"4XX": {}},
    )


def check_declared(app: FastAPI, known: Sequence[BaseRoute]) -> None:
    """Raises UndeclaredRouteError for the first route, other than those `known`, that anybody could call.

    And for one that FastAPI would give to a thread, which takes longer than most of what is done there.
    """
    for route in app.routes:
        if route in known:
            continue
        if not isinstance(route, GuardedRoute):
            raise UndeclaredRouteError(f"{route}: make its router with api_router and do not nest it")
        if permission_name(route.dependant) is None and not is_public(route.dependant):
            raise UndeclaredRouteError(f"{route.name} ({route.path}): needs a permission, or public")
        if not all(map(_is_async, (route.endpoint, *_calls(route.dependant)))):
            raise UndeclaredRouteError(f"{route.name} ({route.path}): all of it must be async")


def _is_async(call: object) -> bool:
    calls = (call, getattr(call, "__call__", None))  # noqa: B004  a function, or an object that is called
    return any(iscoroutinefunction(each) or isasyncgenfunction(each) for each in calls)


def is_public(dependant: Dependant) -> bool:
    return any(getattr(call, "openward_public", False) for call in _calls(dependant))


def _is_streamed(dependant: Dependant) -> bool:
    return any(getattr(call, "openward_streamed", False) for call in _calls(dependant))


def _is_exact(dependant: Dependant) -> bool:
    return any(getattr(call, "openward_exact", False) for call in _calls(dependant))


def permission_name(dependant: Dependant) -> str | None:
    """The permission that a dependency of the route, or one of theirs, asks for; the first if several."""
    permissions = (getattr(call, "openward_permission", None) for call in _calls(dependant))
    return next((str(permission.name) for permission in permissions if permission is not None), None)


def _calls(dependant: Dependant) -> Iterator[object]:
    for dependency in dependant.dependencies:
        yield dependency.call
        yield from _calls(dependency)
