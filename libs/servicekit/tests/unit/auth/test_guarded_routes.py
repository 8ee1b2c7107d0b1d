"""Authentication and permissions over HTTP, as a client sees them."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Annotated, Any

import httpx
import pytest
from fastapi import Depends, FastAPI
from openward_contracts.identifiers import EhrId, PatientId
from openward_servicekit import problems
from openward_servicekit.auth import Authorizer, Denial, Permission, Principal, Reason, Role, require
from openward_servicekit.auth.authentication import Authenticator
from openward_servicekit.auth.jwks import JwksCache
from openward_servicekit.auth.tokens import TokenVerifier
from openward_servicekit.body import LargeBodies
from openward_servicekit.errors import NotFound
from openward_servicekit.routing import api_router, check_declared, public
from openward_testkit.tokens import AUDIENCE, ISSUER, TokenFactory

OWN = "7d44b88c-4199-4bad-97dc-d78268e01398"
OTHER = "0b4c9a5e-2f55-4c0e-8a0d-0c2f7c3d9e11"
SECRET = "content of a composition"

READ_PATIENT = Permission("patient.read", frozenset({Role.CLERK, Role.PATIENT}), "fhir", "r", "Patient")
READ = Permission("composition.read", frozenset({Role.CLINICIAN, Role.PATIENT}), "composition", "r")
WRITE = Permission("composition.create", frozenset({Role.CLINICIAN}), "composition", "c")

Clerk = Annotated[Principal, Depends(require(READ_PATIENT))]
Reader = Annotated[Principal, Depends(require(READ))]
Writer = Annotated[Principal, Depends(require(WRITE))]

router = api_router("/api")


class CompositionNotFound(NotFound):
    slug = "composition-not-found"


@router.get("/patients/{patient_id}")
async def read_patient(caller: Clerk, patient_id: PatientId) -> dict[str, str]:
    return {"id": str(patient_id), "for": caller.sub}


@router.get("/patients/{patient_id}/compositions/{template}")
async def read_composition(caller: Reader, patient_id: PatientId, template: str) -> dict[str, str]:
    if template == "absent":
        raise CompositionNotFound
    authorizer: Authorizer = app_of_test.state.authorizer
    await authorizer.authorize(
        caller, READ, target=template, patient_id=patient_id, instead=CompositionNotFound()
    )
    return {"content": SECRET}


@router.get("/patients/{patient_id}/compositions")
async def list_compositions(caller: Reader, patient_id: PatientId, held: str = "") -> list[str]:
    authorizer: Authorizer = app_of_test.state.authorizer
    return sorted(authorizer.permitted(caller, READ, filter(None, held.split()), patient_id=patient_id))


@router.get("/ehrs/{ehr_id}/forgetful")
async def forget_to_ask(caller: Reader, ehr_id: EhrId, wait: float = 0.0) -> dict[str, str]:
    await asyncio.sleep(wait)
    return {"content": SECRET, "for": caller.sub, "of": str(ehr_id)}


@router.get("/ehrs/{ehr_id}/wrong-question")
async def ask_about_something_else(caller: Reader, ehr_id: EhrId) -> dict[str, str]:
    app_of_test.state.authorizer.permitted(caller, WRITE, ["T.v1"])
    return {"content": SECRET, "of": str(ehr_id)}


@router.post("/compositions")
async def create(caller: Writer, body: dict[str, Any]) -> dict[str, str]:
    await app_of_test.state.authorizer.authorize(caller, WRITE, target=body["template"])
    return {"by": caller.sub}


@router.get("/about", dependencies=[Depends(public)])
async def about() -> dict[str, str]:
    return {"service": "test"}


app_of_test = FastAPI()
app_of_test.router.routes.extend(router.routes)
problems.install(app_of_test)


@dataclass
class World:
    """The app, its provider, and where its denials go."""

    http: httpx.AsyncClient
    factory: TokenFactory = field(default_factory=TokenFactory)
    denials: list[Denial] = field(default_factory=list)
    record_broken: bool = False

    async def on_denied(self, denial: Denial) -> None:
        if self.record_broken:
            raise ConnectionRefusedError
        self.denials.append(denial)

    async def get(self, path: str, **token: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.factory.token(**token)}"}
        return await self.http.get(f"/api{path}", headers=headers)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    transport = httpx.ASGITransport(app_of_test, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://service.test") as http:
        world = World(http)
        keys = JwksCache(world.factory.fetch)
        app_of_test.state.authenticate = Authenticator(
            TokenVerifier(keys=keys, issuer=ISSUER, audience=AUDIENCE)
        )
        app_of_test.state.authorizer = Authorizer(world.on_denied)
        app_of_test.state.max_body_bytes = 1000
        app_of_test.state.large_bodies = LargeBodies(1000)
        yield world


CLERK: dict[str, Any] = {"sub": "clara", "roles": ["clerk"], "scope": "user/Patient.rs"}
CLINICIAN: dict[str, Any] = {"sub": "ada", "roles": ["clinician"], "scope": "user/composition-A::*.crs"}
PATIENT: dict[str, Any] = {
    "sub": "pat",
    "roles": ["patient"],
    "scope": "patient/Patient.r patient/composition-*.rs",
    "patient": OWN,
}


async def test_with_the_permission_the_caller_is_known(world: World) -> None:
    answer = await world.get(f"/patients/{OTHER}", **CLERK)

    assert (answer.status_code, answer.json()) == (200, {"id": OTHER, "for": "clara"})


async def test_without_a_token_there_is_a_challenge(world: World) -> None:
    answer = await world.http.get(f"/api/patients/{OWN}")

    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="openward"')
    assert answer.json()["code"] == "token-missing"


async def test_a_bad_token_is_called_invalid_and_no_more(world: World) -> None:
    answer = await world.get(f"/patients/{OWN}", **CLERK, aud="urn:other")

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="openward", error="invalid_token"'
    assert "audience" not in answer.text


@pytest.mark.parametrize("roles", [["clerk"], ["admin"]])
async def test_nothing_but_the_authorization_header_says_who_calls(world: World, roles: list[str]) -> None:
    token = world.factory.token(**{**CLERK, "roles": roles})
    identity = {
        "X-User-Id": "root",
        "X-User-Roles": "clerk",
        "X-Access-Token": token,
        "Cookie": f"token={token}",
    }
    sources = {"access_token": token, "authorization": token}

    answer = await world.http.get(f"/api/patients/{OWN}", params=sources, headers=identity)

    assert answer.status_code == 401


async def test_headers_do_not_add_to_a_token(world: World) -> None:
    token = world.factory.token(sub="norbert", roles=[], scope="user/Patient.r")
    headers = {"Authorization": f"Bearer {token}", "X-User-Id": "root", "X-User-Roles": "clerk"}

    assert (await world.http.get(f"/api/patients/{OWN}", headers=headers)).status_code == 403


async def test_two_authorization_headers_are_refused(world: World) -> None:
    good = ("Authorization", f"Bearer {world.factory.token(**CLERK)}")
    for headers in (
        [good, good],
        [good, ("authorization", "Bearer x")],
        [("AUTHORIZATION", "Basic x"), good],
    ):
        assert (await world.http.get(f"/api/patients/{OWN}", headers=headers)).status_code == 401


async def test_without_a_token_the_body_stays_unread(world: World) -> None:
    read = []

    async def body() -> AsyncIterator[bytes]:
        read.append(True)
        yield b'{"template": "A::T"}'

    answer = await world.http.post(
        "/api/compositions", content=body(), headers={"Content-Type": "application/json"}
    )

    assert (answer.status_code, read) == (401, [])


async def test_a_missing_role_is_recorded_with_the_patient_of_the_path(world: World) -> None:
    answer = await world.get(f"/patients/{OTHER}", sub="norbert", roles=[], scope="user/Patient.r")

    [denial] = world.denials
    assert answer.status_code == 403
    assert (denial.principal.sub, denial.permission, denial.reason) == ("norbert", READ_PATIENT, Reason.ROLE)
    assert (denial.patient_id, denial.ehr_id) == (PatientId(OTHER), None)


async def test_the_ehr_of_the_path_is_recorded(world: World) -> None:
    await world.get(f"/ehrs/{OTHER}/forgetful", **CLERK)

    assert [denial.ehr_id for denial in world.denials] == [EhrId(OTHER)]


async def test_a_refusal_names_the_permission_and_nobody(world: World) -> None:
    answer = await world.get(f"/patients/{OTHER}", **CLINICIAN)

    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "permission-denied"
    assert "patient.read" in answer.json()["detail"]
    assert not any(part in answer.text for part in (OTHER, "ada", "clerk"))


async def test_an_empty_scope_opens_nothing(world: World) -> None:
    paths = [f"/patients/{OWN}", f"/patients/{OWN}/compositions", f"/patients/{OWN}/compositions/A::T"]

    for path in paths:
        answer = await world.get(path, roles=["clerk", "clinician", "patient"], patient=OWN, scope="openid")
        assert answer.status_code == 403
    assert {denial.reason for denial in world.denials} == {Reason.SCOPE}


async def test_a_denial_that_cannot_be_recorded_is_503(world: World) -> None:
    world.record_broken = True

    answer = await world.get(f"/patients/{OTHER}", **CLINICIAN)

    assert (answer.status_code, answer.json()["code"]) == (503, "denial-not-recorded")
    assert answer.headers["Retry-After"] == "1"


async def test_a_patient_sees_the_own_record_only(world: World) -> None:
    own, other = [await world.get(f"/patients/{patient}", **PATIENT) for patient in (OWN, OTHER)]

    assert (own.status_code, other.status_code) == (200, 403)
    assert [denial.reason for denial in world.denials] == [Reason.OTHER_PATIENT]


async def test_another_patients_path_is_closed_before_the_route_runs(world: World) -> None:
    existing, absent = [
        await world.get(f"/patients/{OTHER}/compositions/{template}", **PATIENT)
        for template in ("A::T", "absent")
    ]

    assert (existing.status_code, absent.status_code) == (403, 403)
    assert existing.content == absent.content


async def test_an_object_is_shown_to_whom_may_see_it(world: World) -> None:
    for caller, template in ((CLINICIAN, "A::T"), (PATIENT, "A::T"), (PATIENT, "B::T")):
        answer = await world.get(f"/patients/{OWN}/compositions/{template}", **caller)
        assert (answer.status_code, answer.json()) == (200, {"content": SECRET})


async def test_an_object_that_may_not_be_known_looks_like_none(world: World) -> None:
    hidden, absent = [
        await world.get(f"/patients/{OWN}/compositions/{template}", **CLINICIAN)
        for template in ("B::T", "absent")
    ]

    assert (hidden.status_code, absent.status_code) == (404, 404)
    assert hidden.content == absent.content
    assert hidden.headers == absent.headers
    assert [(denial.permission, denial.reason) for denial in world.denials] == [(READ, Reason.SCOPE)]


@pytest.mark.parametrize(("held", "shown"), [("", []), ("B::T", []), ("A::T B::T A::U", ["A::T", "A::U"])])
async def test_a_list_holds_what_may_be_seen(world: World, held: str, shown: list[str]) -> None:
    answer = await world.get(f"/patients/{OWN}/compositions?held={held}", **CLINICIAN)

    assert (answer.status_code, answer.json()) == (200, shown)
    assert world.denials == []


@pytest.mark.parametrize("route", ["forgetful", "wrong-question"])
async def test_a_route_that_forgets_to_ask_about_the_object_shows_nothing(world: World, route: str) -> None:
    answer = await world.get(f"/ehrs/{OWN}/{route}", **CLINICIAN)

    assert answer.status_code == 500
    assert SECRET not in answer.text


async def test_one_requests_question_is_not_answered_by_anothers(world: World) -> None:
    forgetful = world.get(f"/ehrs/{OWN}/forgetful?wait=0.05", **CLINICIAN)
    asking = world.get(f"/patients/{OWN}/compositions/A::T", **CLINICIAN)

    statuses = [answer.status_code for answer in await asyncio.gather(forgetful, asking)]

    assert statuses == [500, 200]


async def test_a_malformed_path_id_is_the_routes_to_refuse(world: World) -> None:
    answer = await world.get(f"/patients/urn:uuid:{OWN}", **CLERK)

    assert answer.status_code == 422


async def test_a_services_token_does_not_open_what_is_for_users(world: World) -> None:
    token = world.factory.service_token(scope="system/Patient.r system/composition-*.r")

    answer = await world.http.get(f"/api/patients/{OWN}", headers={"Authorization": f"Bearer {token}"})

    assert answer.status_code == 403


async def test_a_public_route_needs_nothing(world: World) -> None:
    assert (await world.http.get("/api/about", headers={"Authorization": "Bearer x"})).status_code == 200
    assert (await world.http.get("/api/about")).status_code == 200


async def test_every_route_here_declares_what_it_asks() -> None:
    system = [route for route in app_of_test.routes if route not in router.routes]

    check_declared(app_of_test, system)
