"""The API reference is what the code says, and the gateway leads each of its paths to the right service."""

import json
import re
from typing import Any

import pytest
import yaml
from openapi_spec_validator import validate
from openward_cli import openapi
from openward_cli.gateway import render
from openward_cli.stack import REPOSITORY, Stack


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    made: dict[str, Any] = json.loads(openapi.DOCUMENT.read_text(encoding="utf-8"))
    return made


@pytest.fixture(scope="module")
def routes() -> list[dict[str, Any]]:
    settings = yaml.safe_load(render(Stack(stack="dev", port_offset=0)))["static_resources"]["listeners"][0]
    http = settings["filter_chains"][0]["filters"][0]["typed_config"]
    found: list[dict[str, Any]] = http["route_config"]["virtual_hosts"][0]["routes"]
    return [route for route in found if "route" in route]


def cluster(routes: list[dict[str, Any]], path: str) -> str | None:
    for route in routes:
        prefix = route["match"].get("path_separated_prefix")
        if path == route["match"].get("path") or path == prefix or (prefix and path.startswith(f"{prefix}/")):
            name: str = route["route"]["cluster"]
            return name
    return None


def test_the_committed_document_is_what_the_services_say() -> None:
    openapi.openapi(check=True)


def test_the_document_is_valid(document: dict[str, Any]) -> None:
    validate(document)


def test_every_path_is_led_to_its_service(document: dict[str, Any], routes: list[dict[str, Any]]) -> None:
    astray = {
        path: service
        for path, item in document["paths"].items()
        for operation in item.values()
        if isinstance(operation, dict) and "operationId" in operation
        if (cluster(routes, path) or "").partition("-")[0]
        != (service := operation["operationId"].partition("_")[0])
    }

    assert document["paths"]
    assert astray == {}


def test_frontends_are_told_of_each_operation_of_the_clinical_api(document: dict[str, Any]) -> None:
    told = "".join(
        (REPOSITORY / page).read_text(encoding="utf-8")
        for page in ("docs/guides/frontend.md", "services/clinical/README.md")
    )
    paths = [path for path in document["paths"] if path.startswith("/api/clinical/v1/")]
    names = {part for path in paths for part in path.split("/")[4:] if part[0] != "{"}

    assert len(paths) > 30
    assert {name for name in names if not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", told)} == set()
