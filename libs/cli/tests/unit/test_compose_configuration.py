import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from openward_cli.compose.configuration import Choices, configure, edge
from openward_cli.discovery import smart_configuration
from openward_cli.gateway import render_for
from openward_cli.provision import nkey
from openward_cli.provision.secret_files import NATS_USERS, ensure_in, read
from openward_cli.stack import REPOSITORY, Service
from openward_cli.token import DEFAULT_SCOPES
from openward_servicekit.auth.principal import Role
from pydantic import ValidationError

REALM: dict[str, Any] = json.loads((REPOSITORY / "infra/identity/keycloak/realm.json").read_text())
PEOPLE = {"ada", "clara", "ines", "norbert", "olaf", "pat", "tomas", "vera"}


@pytest.fixture
def secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OPENWARD_PROVISION_SECRETS_DIR", str(tmp_path / "secrets"))
    monkeypatch.setenv("OPENWARD_PROVISION_NATS_LISTEN", "0.0.0.0:4222")
    monkeypatch.setenv("OPENWARD_PROVISION_NATS_STORE_DIR", "/data")
    ensure_in(tmp_path / "secrets", for_containers=True)
    return tmp_path / "secrets"


@pytest.fixture
def state(secrets: Path) -> Path:
    folder = secrets.with_name("state")
    for volume in ("gateway", "nats-configuration", "keycloak"):
        (folder / volume).mkdir(parents=True)
    configure(folder)
    return folder


def gateway(**choices: Any) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(render_for(edge(Choices(**choices))))
    return document


def http(document: dict[str, Any]) -> dict[str, Any]:
    listener = document["static_resources"]["listeners"][0]
    found: dict[str, Any] = listener["filter_chains"][0]["filters"][0]["typed_config"]
    return found


def routes(document: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = http(document)["route_config"]["virtual_hosts"][0]["routes"]
    return found


def addresses(document: dict[str, Any]) -> dict[str, tuple[str, int]]:
    found = {}
    for cluster in document["static_resources"]["clusters"]:
        (endpoint,) = cluster["load_assignment"]["endpoints"][0]["lb_endpoints"]
        socket = endpoint["endpoint"]["address"]["socket_address"]
        found[cluster["name"]] = (socket["address"], socket["port_value"])
    return found


def test_containers_are_found_by_their_names() -> None:
    services = {str(s): (str(s), 8101 + i) for i, s in enumerate(Service)}

    listeners = {"clinical-events": services["clinical"]}
    assert addresses(gateway()) == services | listeners | {"identity": ("identity", 8080)}


def test_keys_are_read_inside_and_shown_to_clients_as_they_reach_them() -> None:
    document = gateway(public_url="https://openward.example.test")

    jwt = next(f for f in http(document)["http_filters"] if f["name"] == "envoy.filters.http.jwt_authn")
    provider = jwt["typed_config"]["providers"]["identity"]
    certificates = "/realms/openward/protocol/openid-connect/certs"
    assert provider["issuer"] == "https://openward.example.test/realms/openward"
    assert provider["remote_jwks"]["http_uri"]["uri"] == f"http://identity:8080{certificates}"
    page = next(r for r in routes(document) if r["name"] == "discovery")["direct_response"]["body"]
    assert json.loads(page["inline_string"])["jwks_uri"] == f"https://openward.example.test{certificates}"


def test_of_the_identity_provider_only_what_signing_in_takes_is_public() -> None:
    prefixes = [r["match"]["path_separated_prefix"] for r in routes(gateway()) if r["name"] == "identity"]

    assert prefixes == [
        "/realms/openward/.well-known",
        "/realms/openward/login-actions",
        "/realms/openward/protocol/openid-connect",
        "/resources",
    ]


@pytest.mark.parametrize("address", ["openward.example.test", "https://a.test/path", "https://a.test/"])
def test_a_public_address_is_scheme_and_host(address: str) -> None:
    with pytest.raises(ValidationError):
        Choices(public_url=address)


def test_nats_knows_the_public_keys_of_the_secrets(state: Path, secrets: Path) -> None:
    text = (state / "nats-configuration" / "nats.conf").read_text()

    keys = [nkey.public_key(read(secrets, f"{user}.nk")) for user in NATS_USERS]
    assert all(key in text for key in keys)
    assert 'NATS_STORE_DIR = "/data"' in text


def test_every_file_that_the_gateway_names_is_laid_out(state: Path) -> None:
    text = (state / "gateway" / "envoy.yaml").read_text()
    bodies = [
        r["direct_response"].get("body", {}) for r in routes(yaml.safe_load(text)) if "direct_response" in r
    ]
    named = [body["filename"].removeprefix("/etc/openward/") for body in bodies if "filename" in body]

    assert len(named) == 7
    assert [name for name in named if not (state / "gateway" / name).is_file()] == []


def test_whoever_has_a_volume_reads_it_and_nobody_writes(state: Path) -> None:
    files = [state / "gateway/envoy.yaml", state / "keycloak/keycloak.conf"]

    assert {file.stat().st_mode & 0o777 for file in files} == {0o444}


def test_it_can_be_done_again(state: Path) -> None:
    before = {path: path.read_bytes() for path in state.rglob("*") if path.is_file()}
    configure(state)

    assert {path: path.read_bytes() for path in state.rglob("*") if path.is_file()} == before


def test_the_realm_gets_its_people_with_roles_and_passwords(state: Path, secrets: Path) -> None:
    realm = json.loads((state / "keycloak" / "openward-realm.json").read_text())
    passwords = json.loads(read(secrets, "identity.users.json"))
    users = {user["username"]: user for user in realm["users"] if "credentials" in user}

    assert set(users) == PEOPLE
    assert {n: u["credentials"] for n, u in users.items()} == {
        name: [{"type": "password", "value": passwords[name]}] for name in PEOPLE
    }
    assert users["ada"]["realmRoles"] == ["clinician"]
    assert users["ada"]["attributes"] == {"practitioner_id": ["prac-ada"]}


def test_a_service_gets_its_secret_and_the_public_client_none(state: Path, secrets: Path) -> None:
    realm = json.loads((state / "keycloak" / "openward-realm.json").read_text())

    assert {c["clientId"]: c.get("secret") for c in realm["clients"]} == {
        "web": None,
        **json.loads(read(secrets, "identity.clients.json")),
    }


def test_the_committed_realm_holds_no_person_and_no_secret() -> None:
    programs = [user["username"] for user in REALM["users"]]
    assert programs == ["service-account-svc-demo", "service-account-svc-integration"]
    assert not [client for client in REALM["clients"] if "secret" in client]
    assert "credentials" not in json.dumps(REALM)


def test_the_realm_knows_every_role() -> None:
    assert {role["name"] for role in REALM["roles"]["realm"]} == set(Role)


def test_the_realm_grants_every_scope_that_is_announced_or_asked_for() -> None:
    provider = edge(Choices()).provider
    announced = set(smart_configuration("http://localhost:8080", provider)["scopes_supported"])
    asked = {scope for scopes in DEFAULT_SCOPES.values() for scope in scopes.split()}
    granted = {client["clientId"]: set(client["optionalClientScopes"]) for client in REALM["clients"]}

    assert announced | asked - {"openid"} <= granted["web"] | granted["svc-demo"] | {"openid"}
    assert not [scope for scope in granted["web"] if scope.startswith("system/")]
    assert all(scope.startswith("system/") for scope in granted["svc-demo"])
    assert granted["web"] | granted["svc-demo"] <= {scope["name"] for scope in REALM["clientScopes"]}


def test_the_realm_issues_what_the_services_accept() -> None:
    web, *programs = REALM["clients"]

    assert (web["publicClient"], web["attributes"]["pkce.code.challenge.method"]) == (True, "S256")
    for client in (web, *programs):
        assert client["attributes"]["access.token.header.type.rfc9068"] == "true"
        assert client["attributes"]["access.token.signed.response.alg"] == "ES256"
        assert not client["implicitFlowEnabled"]
        assert not client["directAccessGrantsEnabled"]


def test_who_a_patient_is_only_an_administrator_says() -> None:
    (profile,) = REALM["components"]["org.keycloak.userprofile.UserProfileProvider"]
    attributes = json.loads(profile["config"]["kc.user.profile.config"][0])["attributes"]

    assert {a["name"]: a["permissions"]["edit"] for a in attributes} == {
        a["name"]: ["admin"] for a in attributes
    }
    assert {"patient", "practitioner_id"} <= {a["name"] for a in attributes}
