"""A service to start and stop: `python slow_service.py <port> <notice> <drain> [fail]`."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from fastapi import APIRouter, Depends, FastAPI
from openward_servicekit import serve
from openward_servicekit.app import Running, create_service_app
from openward_servicekit.auth.authorizer import Authorizer, Denial
from openward_servicekit.routing import api_router, public
from openward_testkit.service import admit_bearers, service_settings

log = structlog.get_logger()


def router() -> APIRouter:
    things = api_router("/api/things/v1", tags=["things"])

    @things.get("/slow", dependencies=[Depends(public)])
    async def slow(seconds: float) -> str:
        log.info("begun")
        await asyncio.sleep(seconds)
        return "done"

    return things


async def forget(_denial: Denial) -> None:
    pass


@asynccontextmanager
async def bootstrap() -> AsyncIterator[Running]:
    if sys.argv[4:] == ["fail"]:
        raise ConnectionError("postgresql://things:canary@db")
    yield Running(admit_bearers, Authorizer(forget))
    log.info("closed")


def main() -> None:
    port, notice, drain = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
    settings = service_settings(port=port, drain_notice_seconds=notice, drain_seconds=drain)

    def app() -> FastAPI:
        return create_service_app(settings, title="Things", routers=[router()], bootstrap=bootstrap)

    serve.run(app, settings)


if __name__ == "__main__":
    main()
