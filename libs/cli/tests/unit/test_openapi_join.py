from typing import Any

import pytest
from openapi_spec_validator import validate
from openward_cli.openapi_join import Document, DocumentsConflictError, join

INFO = {"title": "All", "version": "1"}


def document(service: str, schemas: dict[str, Any], *, path: str = "", operation: str = "") -> Document:
    first = next(iter(schemas))
    answer = {"schema": {"$ref": f"#/components/schemas/{first}"}}
    return {
        "openapi": "3.1.0",
        "info": {"title": service, "version": "1"},
        "paths": {
            path or f"/api/{service}/v1/x": {
                "get": {
                    "operationId": operation or f"{service}_x",
                    "responses": {"200": {"description": "x", "content": {"application/json": answer}}},
                }
            }
        },
        "components": {"schemas": schemas},
    }


def references(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return own.union(*(references(item) for item in value.values()))
    if isinstance(value, list):
        return set().union(*(references(item) for item in value))
    return set()


def schema_names(joined: Document) -> list[str]:
    return list(joined["components"]["schemas"])


def reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def test_what_is_the_same_stays_one_component() -> None:
    same = {"Problem": {"type": "object"}}

    joined = join({"a": document("a", same), "b": document("b", same)}, INFO)

    assert schema_names(joined) == ["Problem"]
    assert references(joined) == {"#/components/schemas/Problem"}


def test_what_differs_is_named_by_its_service_wherever_it_is_referred_to() -> None:
    mapping = {"propertyName": "kind", "mapping": {"item": "#/components/schemas/Item"}}
    a = document(
        "a", {"Any": {"oneOf": [reference("Item")], "discriminator": mapping}, "Item": {"type": "string"}}
    )
    b = document("b", {"Item": {"type": "integer"}})

    joined = join({"a": a, "b": b}, INFO)

    assert schema_names(joined) == ["Any", "a.Item", "b.Item"]
    assert references(joined) == {
        "#/components/schemas/Any",
        "#/components/schemas/a.Item",
        "#/components/schemas/b.Item",
    }
    schema = joined["components"]["schemas"]["Any"]
    assert schema["discriminator"]["mapping"] == {"item": "#/components/schemas/a.Item"}


def test_what_reads_the_same_but_refers_to_something_that_differs_is_not_the_same() -> None:
    page, outer = {"items": reference("Item")}, {"items": reference("Page")}
    a = document("a", {"Outer": outer, "Page": page, "Item": {"type": "string"}})
    b = document("b", {"Outer": outer, "Page": page, "Item": {"type": "integer"}})

    joined = join({"a": a, "b": b}, INFO)

    assert schema_names(joined) == ["a.Item", "a.Outer", "a.Page", "b.Item", "b.Outer", "b.Page"]
    assert joined["components"]["schemas"]["b.Outer"] == {"items": reference("b.Page")}


def test_titles_of_what_differs_differ_for_generators_name_by_them() -> None:
    a = document("a", {"Item": {"type": "string", "title": "Item"}})
    b = document("b", {"Item": {"type": "integer", "title": "Item"}})

    joined = join({"a": a, "b": b}, INFO)["components"]["schemas"]

    assert (joined["a.Item"]["title"], joined["b.Item"]["title"]) == ("AItem", "BItem")


def test_the_documents_put_in_stay_as_they_are() -> None:
    a, b = document("a", {"Item": {"type": "string"}}), document("b", {"Item": {"type": "integer"}})

    join({"a": a, "b": b}, INFO)

    assert a == document("a", {"Item": {"type": "string"}})


def test_the_result_is_valid_and_grouped_by_service() -> None:
    a = document("a", {"Item": {"type": "string"}})
    a["paths"]["/api/a/v1/x"]["get"]["tags"] = ["special"]

    joined = join({"a": a, "b": document("b", {"Item": {"type": "integer"}})}, INFO)

    validate(joined)
    assert joined["tags"] == [{"name": "special"}, {"name": "b"}]
    assert joined["x-tagGroups"] == [{"name": "a", "tags": ["special"]}, {"name": "b", "tags": ["b"]}]


@pytest.mark.parametrize("same", [{"path": "/x"}, {"operation": "x"}])
def test_two_services_cannot_claim_the_same(same: dict[str, str]) -> None:
    schemas = {"Item": {"type": "string"}}

    with pytest.raises(DocumentsConflictError):
        join({"a": document("a", schemas, **same), "b": document("b", schemas, **same)}, INFO)
