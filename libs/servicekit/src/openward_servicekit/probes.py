"""Routes for the platform, the same in every service: alive, ready, measured. The gateway routes none."""

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from openward_servicekit.health import Readiness

RETRY_AFTER = {"Retry-After": "1"}


def probe_routes(readiness: Readiness, registry: CollectorRegistry) -> list[Route]:
    async def healthz(_request: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def readyz(_request: Request) -> Response:
        ready, body = await readiness.report()
        return JSONResponse(body) if ready else JSONResponse(body, 503, RETRY_AFTER)

    async def metrics(_request: Request) -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]
