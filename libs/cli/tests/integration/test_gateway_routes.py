"""Which service answers for which path, and what the gateway answers itself."""

import re
from collections.abc import AsyncIterator

import pytest
from openward_testkit.edge import GatewayRig, gateway_before_echoes

ROUTES = {
    "/api/patients/v1": "patients",
    "/api/patients/v1/patients/1": "patients",
    "/api/patients/v1/imports/1": "patients",
    "/api/patients/v1/imports/1/content": "patients",
    "/api/patients/v1/imports/1/events": "patients",
    "/fhir/r4/Patient": "patients",
    "/fhir/r4/Patient/1": "patients",
    "/fhir/r4/Patient/$match": "patients",
    "/fhir/r4/metadata": "patients",
    "/openehr/v1/demographic/person/1": "patients",
    "/ehrbase/rest/openehr/v1/demographic/person/1": "patients",
    "/api/clinical/v1/patients/1/ehr": "clinical",
    "/api/clinical/v1/events": "clinical",
    "/fhir/r4/Observation/1": "clinical",
    "/fhir/r4/Encounter": "clinical",
    "/openehr/v1": "clinical",
    "/openehr/v1/ehr/1/composition": "clinical",
    "/openehr/v1/query/aql": "clinical",
    "/openehr/v1/definition/query/org::name": "clinical",
    "/openehr/v1/definition/templates": "clinical",
    "/openehr/v1/demographic/agent/1": "clinical",
    "/ehrbase/rest/openehr/v1/ehr": "clinical",
    "/api/templates/v1/templates": "templates",
    "/openehr/v1/definition/template/adl1.4": "templates",
    "/openehr/v1/definition/template/adl1.4/a%20template": "templates",
    "/ehrbase/rest/openehr/v1/definition/template/adl1.4": "templates",
    "/api/audit/v1/entries": "audit",
    "/api/audit/v1/export": "audit",
}
NOWHERE = (
    "/",
    "/api",
    "/api/patients",
    "/api/patients/v2/patients",
    "/api/patients/v1x",
    "/API/PATIENTS/V1",
    "/fhir/r4",
    "/fhir/r4/Patients",
    "/fhir/r4/metadata/x",
    "/openehr",
    "/ehrbase/rest/admin/ehr",
    "/ehrbase/rest/admin/template/openward_vital_signs.v1",
    "/ehrbase/rest/status",
    "/ehrbase/management/env",
    "/readyz",
    "/metrics",
    "/docs/x",
    "/control/seen",
    "/jwks",
)


@pytest.fixture(scope="module")
async def rig(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[GatewayRig]:
    async with gateway_before_echoes(tmp_path_factory.mktemp("gateway")) as rig:
        yield rig


@pytest.mark.parametrize(("path", "service"), ROUTES.items())
async def test_a_path_reaches_its_service_unchanged(rig: GatewayRig, path: str, service: str) -> None:
    async with rig.client() as client:
        answer = (await client.get(path)).json()

    assert (answer["name"], answer["path"]) == (f"{service}-0", path)


@pytest.mark.parametrize("path", NOWHERE)
@pytest.mark.parametrize("with_token", [True, False])
async def test_everything_else_is_not_found(rig: GatewayRig, path: str, with_token: bool) -> None:  # noqa: FBT001
    async with rig.client(None if with_token else {}) as client:
        answer = await client.get(path)

    assert answer.status_code == 404
    if path.startswith("/fhir/r4"):
        assert answer.headers["content-type"] == "application/fhir+json"
        assert [issue["code"] for issue in answer.json()["issue"]] == ["not-found"]
    else:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["code"] == "not-found"


@pytest.mark.parametrize("path", sorted(ROUTES.keys() - {"/fhir/r4/metadata"}))
async def test_a_service_is_not_reached_without_a_token(rig: GatewayRig, path: str) -> None:
    async with rig.client({}) as client:
        answers = [await client.request(method, path) for method in ("GET", "POST", "OPTIONS")]

    assert [answer.status_code for answer in answers] == [401, 401, 401]


async def test_the_capability_statement_needs_no_token(rig: GatewayRig) -> None:
    async with rig.client({}) as client:
        assert (await client.get("/fhir/r4/metadata")).json()["name"] == "patients-0"


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/docs", "text/html; charset=utf-8"),
        ("/docs/start.js", "application/javascript; charset=utf-8"),
        ("/docs/swagger-ui-bundle.js", "application/javascript; charset=utf-8"),
        ("/docs/swagger-ui.css", "text/css; charset=utf-8"),
        ("/docs/favicon-32x32.png", "image/png"),
        ("/healthz", "application/json"),
        ("/.well-known/smart-configuration", "application/json"),
    ],
)
async def test_the_gateways_own_pages_are_public(rig: GatewayRig, path: str, content_type: str) -> None:
    async with rig.client({}) as client:
        answer = await client.get(path)

    assert (answer.status_code, answer.headers["content-type"]) == (200, content_type)
    assert answer.headers["content-security-policy"].startswith("default-src 'self';")
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_the_reference_has_no_inline_script_and_names_no_other_origin(rig: GatewayRig) -> None:
    async with rig.client({}) as client:
        page = (await client.get("/docs")).text
        scripts = re.findall(r"<script([^>]*)>(.*?)</script>", page, re.DOTALL)
        assert scripts
        assert [body for _, body in scripts if body.strip()] == []
        addresses = re.findall(r'(?:src|href)="([^"]+)"', page)

    assert [address for address in addresses if not address.startswith("/")] == []
    assert not re.search(r"\son\w+=|style=", page)


async def test_discovery_points_at_this_gateway_and_its_provider(rig: GatewayRig) -> None:
    async with rig.client({}) as client:
        document = (await client.get("/.well-known/smart-configuration")).json()

    assert document["issuer"] == rig.tokens.issuer
    assert document["services"]["org.openehr.rest"]["baseUrl"] == f"http://{rig.host}/openehr/v1"
    assert document["code_challenge_methods_supported"] == ["S256"]


async def test_answers_are_not_cached_unless_a_service_says_so(rig: GatewayRig) -> None:
    async with rig.client() as client:
        answer = await client.get("/api/patients/v1/x")

    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert not {"server", "x-envoy-upstream-service-time"} & answer.headers.keys()
