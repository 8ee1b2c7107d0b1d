"""Definitions as JSON, as they are kept."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from openward_servicekit.auth import Role

from clinical.domain.query_product.model import (
    Column,
    Concurrency,
    Definition,
    Finding,
    Kind,
    Limits,
    Parameter,
    Reach,
    Value,
)


def written(definition: Definition) -> dict[str, Any]:
    return asdict(definition) | {"roles": sorted(definition.roles)}


def read(kept: Mapping[str, Any]) -> Definition:
    return Definition(
        title=kept["title"],
        description=kept["description"],
        owner=kept["owner"],
        aql=kept["aql"],
        reach=Reach(kept["reach"]),
        parameters=tuple(_parameter(each) for each in kept["parameters"]),
        columns=tuple(Column(**{**each, "kind": Kind(each["kind"])}) for each in kept["columns"]),
        roles=frozenset(map(Role, kept["roles"])),
        limits=Limits(**kept["limits"]),
        concurrency=Concurrency(kept["concurrency"]),
        templates=tuple(kept["templates"]),
    )


def read_finding(kept: Mapping[str, Any]) -> Finding:
    return Finding(**kept)


def _parameter(kept: Mapping[str, Any]) -> Parameter:
    lists = {
        "enum": tuple(kept["enum"]),
        "default": _value(kept["default"]),
        "example": _value(kept["example"]),
    }
    return Parameter(**{**kept, **lists, "kind": Kind(kept["kind"])})


def _value(kept: Any) -> Value | None:
    value: Value | None = tuple(kept) if isinstance(kept, list) else kept
    return value
