"""Settings and a small app, for tests of what all services have in common."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI
from openward_servicekit.app import Running, create_service_app
from openward_servicekit.auth.authorizer import Authorizer, Denial
from openward_servicekit.auth.principal import Principal, Role
from openward_servicekit.auth.refusals import TokenMissing
from openward_servicekit.auth.scopes import parse_scopes
from openward_servicekit.health import Dependency
from openward_servicekit.problems import Rendering
from openward_servicekit.settings import ServiceSettings
from pydantic import SecretStr

from openward_testkit.tokens import ISSUER


def service_settings(**overrides: Any) -> ServiceSettings:
    """Of a service called `things`; its neighbours' addresses lead nowhere."""
    values: dict[str, Any] = {
        "service": "things",
        "environment": "local",
        "port": 0,
        "public_url": "https://openward.test",
        "database_url": "postgresql://things@127.0.0.1:1/things",
        "database_password": SecretStr("made up"),
        "nats_url": "nats://127.0.0.1:1",
        "nats_seed": SecretStr("made up"),
        "oidc_issuer": ISSUER,
        "oidc_jwks_url": f"{ISSUER}/jwks",
    }
    return ServiceSettings(**{**values, **overrides})


async def admit_bearers(authorization: str | None) -> Principal:
    """Whoever says `Bearer <sub>` is that clinician."""
    scheme, _, sub = (authorization or "").partition(" ")
    if scheme != "Bearer" or not sub:
        raise TokenMissing
    return Principal(
        sub, "web", frozenset({Role.CLINICIAN}), parse_scopes("user/Patient.crus user/composition-*.crud")
    )


async def _forget(_denial: Denial) -> None:
    pass


def service_app(
    *routers: APIRouter,
    dependencies: Sequence[Dependency] = (),
    state: dict[str, Any] | None = None,
    renderings: Sequence[Rendering] = (),
    **settings: Any,
) -> FastAPI:
    """An app of these routers that admits bearers."""

    @asynccontextmanager
    async def bootstrap() -> AsyncIterator[Running]:
        yield Running(admit_bearers, Authorizer(_forget), dependencies, state or {})

    return create_service_app(
        service_settings(**settings),
        title="Things",
        routers=routers,
        bootstrap=bootstrap,
        renderings=renderings,
    )
