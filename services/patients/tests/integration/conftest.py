"""The registry in this process, on a real database, Prisma engine and NATS server."""

import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from string import ascii_lowercase
from typing import Any
from uuid import uuid4

import fhirkit
import httpx
import pytest
from fastapi import FastAPI
from fhir.resources.R4B import get_fhir_model_class
from openward_cli.stack import REPOSITORY
from openward_testkit.asgi import asgi_client
from openward_testkit.nats import NatsServer
from openward_testkit.plugin import DatabaseFactory
from openward_testkit.tokens import ISSUER, TokenFactory
from patients.app import create_app
from patients.settings import Settings
from pydantic import SecretStr

BASE = "/api/patients/v1/patients"

#: No two of those whom `person` makes share a birthday: with one given name in common it would be suspicious.
_DAYS = count()
MERGES = "/api/patients/v1/merges"


@dataclass(frozen=True)
class Registry:
    """The app, and callers of every kind."""

    app: FastAPI
    client: httpx.AsyncClient
    tokens: TokenFactory

    def headers(
        self, role: str = "clerk", scope: str = "user/Patient.cruds", **claims: Any
    ) -> dict[str, str]:
        token = self.tokens.token(sub=f"{role}-1", roles=(role,), scope=scope, **claims)
        return {"Authorization": f"Bearer {token}"}

    async def post(self, body: Any, **headers: str) -> httpx.Response:
        return await self.client.post(BASE, json=body, headers=self.headers() | headers)

    async def insist(self, body: Any, **headers: str) -> httpx.Response:
        """Register whoever is not one of those who look alike."""
        reason = self.headers() | {"Change-Reason": "somebody else"}
        return await self.client.post(f"{BASE}?confirm=duplicates", json=body, headers=reason | headers)

    async def register(self, body: Any) -> dict[str, Any]:
        """The patient, whoever is like them."""
        headers = self.headers() | {"Change-Reason": "somebody else"}
        made = await self.client.post(f"{BASE}?confirm=duplicates", json=body, headers=headers)
        assert made.status_code == 201, made.text
        patient: dict[str, Any] = made.json()
        return patient

    async def search(self, body: Any, **headers: str) -> httpx.Response:
        return await self.client.post(f"{BASE}/_search", json=body, headers=self.headers() | headers)

    async def pages(self, body: Any, **headers: str) -> AsyncIterator[list[dict[str, Any]]]:
        """The items of each page of a search."""
        cursor = None
        while True:
            answer = await self.search(body | {"cursor": cursor}, **headers)
            assert answer.status_code == 200, answer.text
            yield answer.json()["items"]
            cursor = answer.json()["next_cursor"]
            if cursor is None:
                return

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self.client.get(path, headers=self.headers() | headers)

    async def merge(self, source: Any, target: Any, **headers: str) -> httpx.Response:
        """Of two patients as they were last answered, with their versions then."""
        body = {"source_id": source["id"], "target_id": target["id"], "reason": "one person"}
        versions = {"source_version": source["version"], "target_version": target["version"]}
        return await self.client.post(MERGES, json=body | versions, headers=self.headers() | headers)

    async def unmerge(self, merge_id: str, **headers: str) -> httpx.Response:
        body = {"reason": "two persons"}
        return await self.client.post(
            f"{MERGES}/{merge_id}/unmerge", json=body, headers=self.headers() | headers
        )


@dataclass(frozen=True)
class Fhir:
    """The FHIR facade, asked as a clerk unless other headers are given."""

    registry: Registry

    async def ask(self, method: str, path: str, kind: str, status: int = 200, **options: Any) -> Any:
        """The resource of the answer, in which two independent validators find nothing wrong."""
        answer = await self.send(method, path, **options)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/fhir+json"
        resource = answer.json()
        assert resource["resourceType"] == kind
        assert fhirkit.validate(resource) == []
        get_fhir_model_class(kind).model_validate(resource)
        return resource

    async def send(
        self, method: str, path: str, headers: dict[str, str] | None = None, **options: Any
    ) -> httpx.Response:
        sent = self.registry.headers() | (headers or {})
        return await self.registry.client.request(method, f"/fhir/r4{path}", headers=sent, **options)

    async def register(self, person: dict[str, Any], **more: Any) -> Any:
        """`person` as FHIR, with `more` elements, created."""
        return await self.ask("POST", "/Patient", "Patient", 201, json=self.of(person) | more)

    @staticmethod
    def of(person: dict[str, Any]) -> dict[str, Any]:
        return {
            "resourceType": "Patient",
            "identifier": person["identifiers"],
            "name": person["names"],
            "gender": person["gender"],
            "birthDate": person["birth_date"],
        }


@pytest.fixture
def fhir(registry: Registry) -> Fhir:
    return Fhir(registry)


@pytest.fixture(scope="module")
async def settings(database: DatabaseFactory, nats_server: NatsServer) -> Settings:
    service = REPOSITORY / "services" / "patients"
    own = await database("patients")
    return Settings(
        environment="local",
        port=0,
        public_url="http://openward.test",
        **own.settings,
        nats_url=nats_server.url,
        nats_seed=SecretStr(nats_server.seed("patients")),
        oidc_issuer=ISSUER,
        oidc_jwks_url=f"{ISSUER}/jwks",
        prisma_engine=REPOSITORY / "libs" / "prisma-engine" / "src" / "prisma-engine.mjs",
        prisma_client=service / "prisma" / "client",
        cursor_key=SecretStr("k" * 32),
    )


@pytest.fixture(scope="module")
async def registry(settings: Settings) -> AsyncIterator[Registry]:
    tokens = TokenFactory()
    async with tokens.serving() as jwks_url:
        app = create_app(settings.model_copy(update={"oidc_jwks_url": jwks_url}))
        async with asgi_client(app) as client:
            yield Registry(app, client, tokens)


@pytest.fixture
def people() -> Callable[[], dict[str, Any]]:
    """One person after the other."""
    return somebody


@pytest.fixture
def person() -> dict[str, Any]:
    return somebody()


def somebody() -> dict[str, Any]:
    """A patient that nobody has registered yet, and like nobody else."""
    family = "".join(secrets.choice(ascii_lowercase) for _ in range(10))
    born = date(1930, 1, 2) + timedelta(days=next(_DAYS) * 37 % 30_000)
    return {
        "names": [{"family": f"O'{family.title()}", "given": ["Zoë", family[::-1]]}],
        "birth_date": born.isoformat(),
        "gender": "female",
        "identifiers": [{"system": "urn:example:mrn", "value": uuid4().hex}],
    }
