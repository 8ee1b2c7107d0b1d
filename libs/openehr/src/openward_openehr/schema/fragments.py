"""Pieces of JSON Schema that both formats are made of."""

from collections.abc import Iterable
from typing import Any, Final

from openward_openehr.schema.model import About, Limits, Model, Scalar, UnitLimits
from openward_openehr.simplified import Kind

Json = dict[str, Any]
DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_TYPES: Final = {Kind.INTEGER: "integer", Kind.DECIMAL: "number", Kind.BOOLEAN: "boolean"}
_LIMITS: Final = {
    "minimum": "minimum",
    "maximum": "maximum",
    "above": "exclusiveMinimum",
    "below": "exclusiveMaximum",
}


def head(model: Model, form: str) -> Json:
    return {
        "$schema": DIALECT,
        "title": model.title,
        "$comment": f"{form} compositions; labels in {model.language}",
        "x-openehr-template-id": model.template_id,
    }


def told(about: About | None) -> Json:
    """Title, description, and where it is in a composition."""
    if about is None:
        return {}
    said = {
        "title": about.title,
        "description": about.description,
        "x-openehr-aql-path": about.aql_path,
        "x-openehr-node-id": about.node_id,
    }
    return {key: value for key, value in said.items() if value}


def scalar(value: Scalar) -> Json:
    if value.code_set is not None:
        return {"$ref": f"#/$defs/{_code_set_name(value.code_set)}"}
    return _scalar(value)


def code_sets(values: Iterable[Scalar]) -> Json:
    """Definitions of the sets that these take their codes from, in the order of their names."""
    named = {_code_set_name(each.code_set): _scalar(each) for each in values if each.code_set}
    return dict(sorted(named.items()))


def _code_set_name(name: str) -> str:
    return f"codes-{name.replace(' ', '-')}"


def _scalar(value: Scalar) -> Json:
    made: Json = {"type": _TYPES.get(value.kind, "string")}
    if value.codes and value.closed:
        return made | _choice(value)
    if value.pattern:
        made["pattern"] = f"^(?:{value.pattern})$"
    return made | limits(value.limits)


def _choice(value: Scalar) -> Json:
    if len(value.codes) == 1 and not value.codes[0].title:
        return {"const": value.codes[0].value}
    if all(code.title in ("", code.value) for code in value.codes):
        return {"enum": [code.value for code in value.codes]}
    distinct = {code.value: code.title for code in value.codes}
    return {"oneOf": [{"const": each, "title": title} for each, title in distinct.items()]}


def limits(bounds: Limits) -> Json:
    given = {keyword: getattr(bounds, name) for name, keyword in _LIMITS.items()}
    return {keyword: bound for keyword, bound in given.items() if bound is not None}


def unit_rules(
    units: tuple[UnitLimits, ...], magnitude: str = "|magnitude", unit: str = "|unit"
) -> list[Json]:
    """For each unit with limits of its own: if it is this unit, then within them."""
    return [
        {
            "if": {"properties": {unit: {"const": each.unit}}, "required": [unit]},
            "then": {"properties": {magnitude: limits(each.magnitude)}},
        }
        for each in units
        if each.magnitude
    ]
