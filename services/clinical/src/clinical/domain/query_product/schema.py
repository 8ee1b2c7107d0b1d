"""JSON Schema (2020-12) of what a product takes and answers, for clients that are generated or check."""

from collections.abc import Mapping
from typing import Any, Final

from clinical.domain.query_product.forms import FORMS, portable
from clinical.domain.query_product.model import NUMERIC, Column, Kind, Parameter, Plain, Product, Value
from clinical.domain.query_product.values import LARGEST, LONGEST_TEXT, MOST_VALUES

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_TYPES: Final[Mapping[Kind, str]] = {
    Kind.INTEGER: "integer",
    Kind.NUMBER: "number",
    Kind.BOOLEAN: "boolean",
    Kind.OBJECT: "object",
}
#: Those that mean what values are here.
_FORMATS: Final[Mapping[Kind, str]] = {
    Kind.DATE: "date",
    Kind.DATE_TIME: "date-time",
    Kind.UUID: "uuid",
}


def schema(product: Product, url: str) -> dict[str, Any]:
    """`parameters` and `row` of this version; `url` is its `$id`."""
    definition = product.definition
    return {
        "$schema": DIALECT,
        "$id": url,
        "title": definition.title,
        "description": definition.description,
        "type": "object",
        "properties": {"parameters": {"$ref": "#/$defs/parameters"}, "row": {"$ref": "#/$defs/row"}},
        "$defs": {"parameters": parameters_schema(product), "row": row_schema(product)},
    }


def parameters_schema(product: Product) -> dict[str, Any]:
    parameters = product.definition.parameters
    return {
        "type": "object",
        "properties": {each.name: parameter_schema(each) for each in parameters},
        "required": [each.name for each in parameters if each.default is None],
        "additionalProperties": False,
    }


def row_schema(product: Product) -> dict[str, Any]:
    """Values may be absent (null): openEHR data is sparse, and no path has to lead anywhere."""
    columns = product.definition.columns
    return {
        "type": "object",
        "properties": {each.name: _column(each) for each in columns},
        "required": [each.name for each in columns],
        "additionalProperties": False,
    }


def parameter_schema(parameter: Parameter) -> dict[str, Any]:
    one = {"type": _type(parameter.kind)} | _rules(parameter)
    if parameter.many:
        one = {"type": "array", "items": one, "minItems": 1, "maxItems": MOST_VALUES}
    said: dict[str, Any] = {"default": _plain(parameter.default), "x-unit": parameter.unit}
    if parameter.example is not None:
        said["examples"] = [_plain(parameter.example)]
    return one | {"description": parameter.description} | _told(said)


def _rules(parameter: Parameter) -> dict[str, Any]:
    """All that a value is refused for; the bounds of dates and times have no keyword in JSON Schema."""
    numeric = parameter.kind in NUMERIC
    low, high = (-LARGEST, LARGEST) if numeric else (None, None)
    rules = {
        "format": _FORMATS.get(parameter.kind),
        "minimum" if numeric else "x-minimum": low if parameter.minimum is None else parameter.minimum,
        "maximum" if numeric else "x-maximum": high if parameter.maximum is None else parameter.maximum,
        "pattern": _pattern(parameter),
        "enum": list(parameter.enum) or None,
        "maxLength": LONGEST_TEXT if parameter.kind is Kind.STRING else None,
    }
    return _told(rules)


def _pattern(parameter: Parameter) -> str | None:
    """Of the whole text: also where formats are but remarks, as they are by default (2020-12, 7.2.1)."""
    if parameter.pattern is not None:
        return f"^(?:{portable(parameter.pattern)})$"
    form = FORMS.get(parameter.kind)
    return f"^(?:{form})$" if form else None


def _type(kind: Kind) -> str:
    return _TYPES.get(kind, "string")


def _column(column: Column) -> dict[str, Any]:
    """Without a form: partial dates and times are told as they were recorded."""
    said = {"type": [_type(column.kind), "null"], "description": column.description}
    return said | _told({"x-unit": column.unit})


def _plain(value: Value | None) -> list[Plain] | Plain | None:
    return list(value) if isinstance(value, tuple) else value


def _told(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
