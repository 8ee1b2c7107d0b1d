"""The whole description, in the order in which it is read: from the edge inwards."""

from collections.abc import Iterable
from typing import Any

from openward_cli.compose import jobs, servers, services
from openward_cli.compose.containers import Container
from openward_cli.stack import Service


def document() -> dict[str, Any]:
    containers = _containers()
    return {
        "name": "openward",
        "services": containers,
        "networks": {
            # Only the gateway is on it.
            "edge": {},
            # From these nothing leads out.
            **{name: {"internal": True} for name in ("api", "data", "records")},
        },
        "volumes": {name: {} for name in ("postgres", "nats", "nats-configuration", "keycloak", "gateway")},
        "configs": {"ehrbase": {"file": "./infra/ehrbase/src/main/resources/application-openward.yml"}},
        "secrets": {name: {"file": f"{jobs.SECRETS}/{name}"} for name in _secrets(containers.values())},
    }


def _containers() -> dict[str, Container]:
    return {
        "gateway": servers.gateway(),
        **{str(name): services.service(name) for name in Service},
        "identity": servers.identity(),
        "ehrbase": servers.ehrbase(),
        "nats": servers.nats(),
        "postgres": servers.postgres(),
        "configure": jobs.configure(),
        "provision": jobs.provision(),
        "provision-identity": jobs.provision_identity(),
        "capture": jobs.capture(),
        "secrets": jobs.secrets(),
    }


def _secrets(containers: Iterable[Container]) -> list[str]:
    return sorted({name for container in containers for name in container.get("secrets", [])})
