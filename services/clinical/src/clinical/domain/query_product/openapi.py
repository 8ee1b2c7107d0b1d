"""OpenAPI 3.1 of query products: an operation for each version, so that clients can be generated."""

import re
from collections.abc import Iterable
from typing import Any, Final

from clinical.domain.query_product.model import Parameter, Product, Reach
from clinical.domain.query_product.schema import parameter_schema, parameters_schema, row_schema

_NOT_IN_IDS: Final = re.compile(r"[^A-Za-z0-9]+")
_PROBLEM: Final = {
    "description": "Problem details (RFC 9457)",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
_PROBLEM_SCHEMA: Final = {
    "type": "object",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {name: {"type": "string"} for name in ("pointer", "path", "code", "detail")},
                "required": ["code", "detail"],
            },
        },
    },
    "required": ["type", "title", "status", "code"],
}
_PATIENT: Final = {
    "name": "patient_id",
    "in": "path",
    "required": True,
    "description": "the patient's id in the registry",
    "schema": {"type": "string", "format": "uuid"},
}


def document(products: Iterable[Product], prefix: str, server: str) -> dict[str, Any]:
    """`prefix` of paths: where the service's API is; `server`: what comes before."""
    shown = list(products)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Query products",
            "version": "1",
            "description": "Each version of a query product that the caller may run, with values in the "
            "address or, so that no log of addresses has them, in the body.",
        },
        "servers": [{"url": server}],
        "security": [{"bearer": []}],
        "paths": {path(product, prefix): _operations(product) for product in shown},
        "components": {
            "schemas": {"Problem": _PROBLEM_SCHEMA} | {_id(p, "Row"): row_schema(p) for p in shown},
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def path(product: Product, prefix: str) -> str:
    """Where it is run."""
    named = f"query-products/{product.name}/{product.version}"
    if product.definition.reach is Reach.PATIENT:
        return f"{prefix}/patients/{{patient_id}}/{named}"
    return f"{prefix}/{named}/rows"


def _operations(product: Product) -> dict[str, Any]:
    definition = product.definition
    places = [_PATIENT] if definition.reach is Reach.PATIENT else []
    asked = [_asked(parameter) for parameter in definition.parameters]
    both = {
        "summary": definition.title,
        "description": definition.description,
        "tags": [product.name],
        "deprecated": bool(product.missing),
        "x-openward-scope": f"aql-{product.name}.s",
        "x-openward-roles": sorted(definition.roles),
        "responses": {"200": _answer(product), "4XX": _PROBLEM, "5XX": _PROBLEM},
    }
    body = {"required": True, "content": {"application/json": {"schema": _body(product)}}}
    return {
        "get": {"operationId": _id(product), "parameters": [*places, *asked, *_page(product)]} | both,
        "post": {"operationId": _id(product, "_by_body"), "parameters": places, "requestBody": body} | both,
    }


def _body(product: Product) -> dict[str, Any]:
    parameters = parameters_schema(product)
    page = {each["name"]: {"description": each["description"]} | each["schema"] for each in _page(product)}
    return {
        "type": "object",
        "properties": {"parameters": parameters} | page,
        "required": ["parameters"] if parameters["required"] else [],
        "additionalProperties": False,
    }


def _asked(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": "query",
        "required": parameter.default is None,
        "description": parameter.description,
        "schema": parameter_schema(parameter),
    }


def _page(product: Product) -> list[dict[str, Any]]:
    rows = {"type": "integer", "minimum": 1, "maximum": product.definition.limits.rows}
    return [
        {"name": "limit", "in": "query", "required": False, "description": "rows of a page", "schema": rows},
        {
            "name": "cursor",
            "in": "query",
            "required": False,
            "description": "`next_cursor` of the page before",
            "schema": {"type": "string", "maxLength": 4096},
        },
    ]


def _answer(product: Product) -> dict[str, Any]:
    row = {"$ref": f"#/components/schemas/{_id(product, 'Row')}"}
    page = {
        "type": "object",
        "properties": {
            "items": {"type": "array", "items": row},
            "next_cursor": {"type": "string"},
            "limit_reached": {"type": "boolean", "description": "no more rows than so many are given out"},
        },
        "required": ["items", "limit_reached"],
    }
    return {
        "description": "Rows",
        "content": {
            "application/json": {"schema": page},
            "text/csv": {"schema": {"type": "string"}},
            "application/x-ndjson": {"schema": {"type": "string", "description": "a row in each line"}},
        },
    }


def _id(product: Product, suffix: str = "") -> str:
    """Unique: what is left out of names stands between letters and digits, and versions are numbers."""
    name = product.name.replace("::", "_of_").replace("-", "_d_").replace(".", "_p_")
    return f"{_NOT_IN_IDS.sub('_', name)}_v{'_'.join(map(str, product.version))}{suffix}"
