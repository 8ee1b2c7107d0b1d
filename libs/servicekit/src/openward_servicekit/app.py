"""A service's HTTP application: its own routes, and around them what all services have."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager

import structlog
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from prometheus_client import CollectorRegistry

from openward_servicekit import problems
from openward_servicekit.health import Dependency, Readiness
from openward_servicekit.middleware import Observe
from openward_servicekit.openapi import describe
from openward_servicekit.probes import probe_routes
from openward_servicekit.routing import Authenticate, check_declared
from openward_servicekit.settings import ServiceSettings
from openward_servicekit.telemetry import HttpMetrics, process_metrics

log = structlog.get_logger(__name__)

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


class ServiceBrokenError(Exception):
    """The service could not start or stop cleanly; what and where is in the log, without its message."""


def create_service_app(  # noqa: PLR0913  the table of contents of a service
    settings: ServiceSettings,
    *,
    title: str,
    routers: Sequence[APIRouter],
    lifespan: Lifespan,
    dependencies: Callable[[], Sequence[Dependency]],
    authenticate: Authenticate,
    description: str = "",
    version: str = "1",
    registry: CollectorRegistry | None = None,
) -> FastAPI:
    """The app of one service.

    `lifespan` opens and closes what the service needs; `dependencies` is asked at each readiness check, after
    the start. `routers` come from `routing.api_router`: each route declares a permission or `public`, or the
    service does not start (UndeclaredRouteError). `authenticate` judges the Authorization header before a
    body is read; the caller is `request.state.principal`. `registry` takes the service's own metrics too.
    """
    registry = registry or process_metrics()
    readiness = Readiness(dependencies)
    app = FastAPI(
        title=title,
        description=description,
        version=version,
        openapi_url=f"/api/{settings.service}/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_checked(lifespan),
        # FastAPI's own spans carry url.path and url.query, its logs carry error messages: ours do not.
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    app.state.authenticate = authenticate
    app.state.max_body_bytes = settings.max_body_bytes
    app.state.readiness = readiness
    app.add_middleware(Observe, metrics=HttpMetrics(registry), readiness=readiness)
    problems.install(app)
    app.router.routes.extend(probe_routes(readiness, registry))
    app.state.system_routes = tuple(app.routes)
    _add(app, routers, settings.service)
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


def _checked(lifespan: Lifespan) -> Lifespan:
    @asynccontextmanager
    async def checked(app: FastAPI) -> AsyncIterator[None]:
        check_declared(app, app.state.system_routes)
        resources = AsyncExitStack()
        with _reported("start failed"):
            await resources.enter_async_context(lifespan(app))
        try:
            yield
        finally:
            with _reported("stop failed"):
                await resources.aclose()

    return checked


@contextmanager
def _reported(step: str) -> Iterator[None]:
    """The server would print the error with its message, which may hold an address or a secret."""
    try:
        yield
    except Exception as error:
        log.critical(step, exc_info=error)
        raise ServiceBrokenError(step) from None
