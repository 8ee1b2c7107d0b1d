"""A service's HTTP application: its own routes, and around them what all services have."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import structlog
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from prometheus_client import CollectorRegistry
from starlette.routing import Route

from openward_servicekit import problems
from openward_servicekit.auth.authorizer import Authorizer
from openward_servicekit.body import LargeBodies
from openward_servicekit.health import Dependency, Readiness
from openward_servicekit.middleware import Observe
from openward_servicekit.openapi import describe
from openward_servicekit.origin import Origin
from openward_servicekit.probes import probe_routes
from openward_servicekit.route_index import RouteIndex
from openward_servicekit.routing import Authenticate, check_declared
from openward_servicekit.settings import ServiceSettings
from openward_servicekit.telemetry import HttpMetrics, process_metrics

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Running:
    """What a service has while it runs; its composition root yields one.

    `authenticate` judges the Authorization header before a body is read. `state` becomes `app.state`, where
    the routes' dependencies find their use cases.
    """

    authenticate: Authenticate
    authorizer: Authorizer
    dependencies: Sequence[Dependency] = ()
    state: Mapping[str, Any] = field(default_factory=dict)


Bootstrap = Callable[[], AbstractAsyncContextManager[Running]]


class ServiceBrokenError(Exception):
    """The service could not start or stop cleanly; what and where is in the log, without its message."""


def create_service_app(  # noqa: PLR0913  keywords: what a service is made of
    settings: ServiceSettings,
    *,
    title: str,
    description: str = "",
    routers: Sequence[APIRouter],
    bootstrap: Bootstrap,
    registry: CollectorRegistry | None = None,
    renderings: Sequence[problems.Rendering] = (),
) -> FastAPI:
    """The app of one service.

    `routers` come from `routing.api_router`: each route declares a permission or `public`, or the service
    does not start (UndeclaredRouteError). `bootstrap` is entered at the start and left at the end; nothing of
    it is needed for the OpenAPI document. `registry` takes the service's own metrics too. `renderings` say
    where errors have another shape than problem details.
    """
    registry = registry or process_metrics()
    app = FastAPI(
        title=title,
        description=description,
        version="1",
        openapi_url=f"/api/{settings.service}/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_lifespan(bootstrap),
        # FastAPI's own spans carry url.path and url.query, its logs error messages: ours carry neither.
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    readiness = Readiness(lambda: app.state.dependencies)
    app.state.dependencies = ()
    app.state.readiness = readiness
    app.state.origin = Origin(settings.public_url)
    app.state.max_body_bytes = settings.max_body_bytes
    app.state.large_bodies = LargeBodies(2 * settings.max_body_bytes)
    problems.install(app, renderings)
    app.router.routes.extend(probe_routes(readiness, registry))
    probes = tuple(route for route in app.routes if isinstance(route, Route))
    app.add_middleware(
        Observe,
        metrics=HttpMetrics(registry),
        readiness=readiness,
        probes=frozenset(route.path for route in probes),
    )
    _add(app, routers, settings.service)
    index = RouteIndex(app.routes)
    app.state.system_routes = (*probes, index)
    app.router.routes.insert(0, index)
    describe(app, settings)
    return app


def _add(app: FastAPI, routers: Sequence[APIRouter], service: str) -> None:
    """Add the routes as they are.

    FastAPI's `include_router` would match each request twice, and leave `route.path`, which logs and metrics
    need whole, without the prefix.
    """
    for router in routers:
        for route in router.routes:
            if isinstance(route, APIRoute):
                route.operation_id = f"{service}_{route.name}"
            app.router.routes.append(route)


def _lifespan(bootstrap: Bootstrap) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        check_declared(app, app.state.system_routes)
        resources = AsyncExitStack()
        with _reported("start failed"):
            running = await resources.enter_async_context(bootstrap())
        app.state.authenticate = running.authenticate
        app.state.authorizer = running.authorizer
        app.state.dependencies = running.dependencies
        for name, value in running.state.items():
            setattr(app.state, name, value)
        try:
            yield
        finally:
            with _reported("stop failed"):
                await resources.aclose()

    return lifespan


@contextmanager
def _reported(step: str) -> Iterator[None]:
    """The server would print the error with its message, which may hold an address or a secret."""
    try:
        yield
    except Exception as error:
        log.critical(step, exc_info=error)
        raise ServiceBrokenError(step) from None
