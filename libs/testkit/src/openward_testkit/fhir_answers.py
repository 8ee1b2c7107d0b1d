"""What a running stack answers under its FHIR base, kept as it was sent, to be checked by a validator."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from openward_cli.demo.client import Client

Json = dict[str, Any]

BASE: Final = "/fhir/r4"
FHIR_JSON: Final = "application/fhir+json"
_VITAL_SIGNS: Final = "http://hl7.org/fhir/StructureDefinition/vitalsigns"


@dataclass(frozen=True)
class Answer:
    """`name`: what was asked; `profiles`: what it has to be of beside what it claims itself."""

    name: str
    resource: Json
    profiles: Sequence[str] = ()

    @property
    def line(self) -> str:
        told = {"name": self.name, "text": json.dumps(self.resource), "profiles": list(self.profiles)}
        return json.dumps(told) + "\n"


@dataclass
class Answers:
    """Asks as users of the stack, and keeps what comes. `base`: the absolute URL of the FHIR base."""

    client: Client
    base: str
    found: list[Answer] = field(default_factory=list)

    async def ask(
        self, user: str, path: str, status: int = 200, *, method: str = "GET", **request: Any
    ) -> Json:
        """The resource that comes with that status; AssertionError for another one, or no FHIR."""
        body = request.pop("resource", None)
        headers = dict(request.pop("headers", {}))
        if body is not None:
            request["content"] = json.dumps(body)
            headers.setdefault("Content-Type", FHIR_JSON)
        answer = await self.client.send(user, method, BASE + path, headers=headers, **request)
        name = f"{method} {path} {dict(request.get('params') or {})} -> {answer.status}"
        assert answer.status == status, f"{name}: {answer.body}"
        assert answer.headers["content-type"].partition(";")[0] == FHIR_JSON, name
        resource: Json = answer.body
        self.found.append(Answer(name, resource, profiles_of(resource)))
        return resource

    async def pages(self, user: str, path: str, **params: str) -> Sequence[Json]:
        """All pages of a search, by their links."""
        found = [await self.ask(user, path, params=params)]
        while following := link(found[-1], "next"):
            found.append(await self.ask(user, following))
        return found


def profiles_of(resource: Mapping[str, Any]) -> Sequence[str]:
    """Every Observation is a vital sign, whether it claims the profile of its kind or not."""
    return [_VITAL_SIGNS] if resource.get("resourceType") == "Observation" else []


def link(bundle: Json, relation: str) -> str | None:
    """Path and query behind the base of a link."""
    urls = (each["url"] for each in bundle.get("link", ()) if each["relation"] == relation)
    url = next(urls, None)
    if url is None:
        return None
    parts = urlsplit(url)
    return f"{parts.path.partition(BASE)[2]}?{parts.query}"


def resources(bundle: Json) -> Sequence[Json]:
    return [entry["resource"] for entry in bundle.get("entry", ())]


def references(value: Any) -> Iterator[str]:
    """All literal references within a resource."""
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value["reference"]
        for each in value.values():
            yield from references(each)
    elif isinstance(value, list):
        for each in value:
            yield from references(each)
