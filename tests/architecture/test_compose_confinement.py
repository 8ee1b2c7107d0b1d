"""What a container of docker-compose.yml may do, and whom it reaches."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from openward_cli import catalogue
from openward_cli.environment import service_environment
from openward_cli.stack import Service, Stack
from openward_testkit import composed

ROOT = Path(__file__).parents[2]
LOCAL = Stack(stack="dev", replicas=1, port_offset=0)
CONTAINERS: dict[str, dict[str, Any]] = composed.resolved()["services"]
SERVERS = {name: c for name, c in CONTAINERS.items() if c["restart"] != "no"}
INTERNAL = {"ehrbase", "postgres", "nats"}


def reaches(name: str) -> set[str]:
    """Who shares a network with it."""
    networks = set(CONTAINERS[name].get("networks", []))
    return {other for other, c in CONTAINERS.items() if networks & set(c.get("networks", []))} - {name}


def test_only_the_gateway_publishes_a_port_and_on_this_machine_alone_unless_told_otherwise() -> None:
    published = {name: c["ports"] for name, c in CONTAINERS.items() if "ports" in c}

    assert published == {"gateway": ["127.0.0.1:8080:8080"]}


def test_only_the_gateway_is_on_a_network_that_leads_out() -> None:
    outside = {name for name, how in composed.resolved()["networks"].items() if not how.get("internal")}

    assert {name for name, c in CONTAINERS.items() if outside & set(c.get("networks", []))} == {"gateway"}
    assert all(c.get("networks") or c.get("network_mode") == "none" for c in CONTAINERS.values())


def test_the_gateway_reaches_the_services_and_the_identity_provider_and_nobody_else() -> None:
    assert reaches("gateway") == {"identity", *Service}


def test_ehrbase_is_reached_by_clinical_and_templates_alone() -> None:
    assert reaches("ehrbase") == {"clinical", "templates", "postgres"}


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_container_reaches_whom_its_variables_name(name: str) -> None:
    environment = json.dumps(CONTAINERS[name].get("environment", {}))
    named = set(re.findall(r"//(?:\w+@)?(\w+):\d+", environment)) & set(CONTAINERS)
    if CONTAINERS[name].get("network_mode") != "none":
        assert named <= reaches(name)


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_container_has_no_more_rights_than_it_needs(name: str) -> None:
    container = CONTAINERS[name]

    assert container["read_only"] is True
    assert container["cap_drop"] == ["ALL"]
    assert container["security_opt"] == ["no-new-privileges:true"]
    assert re.fullmatch(r"[1-9]\d*:\d+", container["user"]), "root, or nobody in particular"
    forbidden = {"privileged", "cap_add", "devices", "pid", "ipc", "userns_mode", "container_name"}
    assert forbidden & set(container) == set()


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_container_has_limits(name: str) -> None:
    assert set(CONTAINERS[name]["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}


def test_one_folder_of_this_machine_is_mounted_and_for_the_secrets_alone() -> None:
    bound = {n for n, c in CONTAINERS.items() for v in c.get("volumes", []) if isinstance(v, dict)}

    assert bound == {"secrets"}
    assert CONTAINERS["secrets"]["profiles"] == ["setup"], "it is no part of `up`"


@pytest.mark.parametrize("name", SERVERS)
def test_a_server_says_whether_it_is_healthy(name: str) -> None:
    container = SERVERS[name]
    checks = [container["healthcheck"]["test"]] if "healthcheck" in container else []
    if "build" in container:
        file = ROOT / container["build"]["context"] / container["build"]["dockerfile"]
        checks += re.findall(r"^HEALTHCHECK .*\\\n +CMD (\[.*\])$", file.read_text(), re.MULTILINE)

    assert len(checks) == 1


@pytest.mark.parametrize("name", SERVERS)
def test_a_server_is_started_again_and_has_at_least_as_long_to_stop_as_locally(name: str) -> None:
    local = {process.name: process.stop_seconds for process in catalogue.everything(LOCAL)}

    assert SERVERS[name]["restart"] == "unless-stopped"
    assert int(SERVERS[name]["stop_grace_period"].removesuffix("s")) >= local[name]


@pytest.mark.parametrize("service", Service)
def test_a_service_has_longer_to_stop_than_it_drains(service: Service) -> None:
    drain = int(CONTAINERS[service]["environment"]["OPENWARD_DRAIN_SECONDS"])

    assert int(CONTAINERS[service]["stop_grace_period"].removesuffix("s")) >= drain + 5


@pytest.mark.parametrize("service", Service)
def test_a_service_gets_the_secrets_that_its_variables_name_and_no_other(service: Service) -> None:
    local = service_environment(LOCAL, service).items()

    assert CONTAINERS[service]["secrets"] == sorted(Path(v).name for n, v in local if n.endswith("_FILE"))


@pytest.mark.parametrize("name", CONTAINERS)
def test_no_secret_is_in_a_variable_or_a_command(name: str) -> None:
    environment = CONTAINERS[name].get("environment", {})
    secret = {n for n in environment if re.search("PASSWORD|SECRET|SEED|KEY|TOKEN", n)}

    assert {n for n in secret if not n.endswith(("_FILE", "_DIR"))} == set()
