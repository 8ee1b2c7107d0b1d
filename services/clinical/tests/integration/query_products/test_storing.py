"""What authors store, what they are told is wrong with it, and what others learn of it."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from openward_cli.demo import vital_signs

#: Each of these is refused by the EHRbase that is running, and so by lint: code, and what is put where.
IN_WHERE = [
    ("feature-exists", "EXISTS c/name/value"),
    ("feature-exists", "NOT EXISTS c/name/value"),
    ("feature-null", "c/name/value = NULL"),
    ("feature-function", "LENGTH(c/name/value) > 3"),
    ("feature-function", "c/context/start_time/value < NOW()"),
    ("feature-terminology", "c/name/value MATCHES TERMINOLOGY('expand','hl7.org/fhir/4.0','url=x')"),
    ("feature-terminology", "c/name/value MATCHES {terminology://x/y?z=1}"),
    ("feature-path-comparison", "c/name/value = o/name/value"),
    ("feature-like", "c/uid/value LIKE '*openward*'"),
    ("feature-like", "o/archetype_node_id LIKE '*blood*'"),
    ("feature-template-comparison", "c/archetype_details/template_id/value LIKE 'open*'"),
    ("feature-template-comparison", "c/archetype_details/template_id/value > 'open'"),
    ("alias-unknown", "x/name/value = 'a'"),
]
IN_SELECT = [
    ("feature-top", "TOP 3 c/uid/value AS uid"),
    ("feature-function", "CONCAT(c/uid/value, 'x') AS uid"),
    ("select-whole", "e AS uid, c/uid/value AS u"),
    ("alias-unknown", "x/uid/value AS uid, c/uid/value AS u"),
]
IN_FROM = [
    ("feature-not-contains", "COMPOSITION c NOT CONTAINS OBSERVATION o"),
    ("feature-versions", "VERSION v[ALL_VERSIONS] CONTAINS COMPOSITION c"),
    (
        "feature-versions",
        "VERSION v[commit_audit/time_committed/value > '2020'] CONTAINS COMPOSITION c",
    ),
    ("feature-folder", "FOLDER f CONTAINS COMPOSITION c"),
    ("class-unknown", "COMPOSITON c"),
    ("feature-regex", "COMPOSITION c[name/value matches {/.*/}]"),
]
IN_ORDER = [
    ("order-not-selected", "c/name/value, c/uid/value"),
    ("order-not-selected", "uid"),
]


def text(
    select: str = "c/uid/value AS uid", source: str = "", where: str = "", order: str = "c/uid/value"
) -> str:
    source = source or "COMPOSITION c CONTAINS OBSERVATION o"
    where = f" WHERE {where}" if where else ""
    return (
        f"SELECT {select} FROM EHR e[ehr_id/value=$ehr_id] CONTAINS {source}{where} ORDER BY {order} LIMIT 5"
    )


UNSUPPORTED = [
    *((code, text(where=part)) for code, part in IN_WHERE),
    *((code, text(select=part)) for code, part in IN_SELECT),
    *((code, text(source=part)) for code, part in IN_FROM),
    *((code, text(order=part)) for code, part in IN_ORDER),
    ("select-whole", text(select="v AS uid, c/uid/value AS u", source="VERSION v CONTAINS COMPOSITION c")),
    ("order-of-object", text(select="c AS uid", order="c")),
    ("feature-version-condition",
     text(source="VERSION v CONTAINS COMPOSITION c", where="v/commit_audit/time_committed/value > '2020'")),
    ("feature-version-order",
     text("v/commit_audit/time_committed/value AS uid, c/uid/value AS u", "VERSION v CONTAINS COMPOSITION c",
          order="v/commit_audit/time_committed/value, c/uid/value")),
]  # fmt: skip


@pytest.mark.parametrize(("code", "aql"), UNSUPPORTED)
async def test_what_ehrbase_does_not_have_is_refused_by_both(
    clinic: Any, products: Any, code: str, aql: str
) -> None:
    patient_id, _ = await clinic.patient()

    refused = await products.put(products.one(aql=aql, parameters=[], columns=products.one()["columns"][:1]))
    ehrbases = await clinic.query(patient_id, aql.replace("[ehr_id/value=$ehr_id]", ""))

    assert refused.status_code == 422, refused.text
    findings = refused.json()["findings"]
    assert code in [finding["code"] for finding in findings if finding.get("line") == 1]
    assert ehrbases.status_code in (400, 422), ehrbases.text


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"aql": text(source="COMPOSITION c CONTAINS OBSERVATION o[openEHR-EHR-OBSERVATION.nope.v1]")},
         "archetype-unknown"),
        ({"aql": text(where="c/archetype_details/template_id/value = 'nope'")}, "template-unknown"),
        ({"templates": ["nope"]}, "template-unknown"),
        ({"aql": text(where="c/nope/value = 'a'")}, "refused-by-ehrbase"),
        ({"aql": text(where="c/uid/value = 'a'")}, "refused-by-ehrbase"),
    ],
)  # fmt: skip
async def test_what_is_not_there_is_refused(products: Any, changes: Any, code: str) -> None:
    base = {"aql": text(), "parameters": [], "columns": products.one()["columns"][:1]}

    refused = await products.put(products.one(**(base | changes)))
    good = await products.put(products.one(**base, templates=[vital_signs.TEMPLATE_ID]))

    assert (refused.status_code, refused.json()["code"]) == (422, "query-product-refused")
    assert [finding["code"] for finding in refused.json()["findings"]] == [code]
    assert good.status_code == 201, good.text


async def test_every_problem_is_told_at_once_and_nothing_is_stored(products: Any) -> None:
    body = products.one(aql="SELECT LENGTH(c/a)\nFROM EHR e CONTAINS COMPOSITION c\nWHERE EXISTS c/b")

    refused = await products.put(body)
    linted = await products.post_as_author(f"{products.path}/{products.name}/$lint", body)
    read = await products.get(f"/{products.name}")

    told = {(each["code"], each.get("line"), each.get("column")) for each in refused.json()["findings"]}
    assert told >= {
        ("feature-function", 1, 8), ("column-without-alias", 1, 8), ("unscoped", 2, 6),
        ("feature-exists", 3, 7), ("limit-missing", 3, 17), ("order-missing", 3, 17),
        ("parameter-unused", None, None),
    }  # fmt: skip
    assert linted.json()["findings"] == refused.json()["findings"]
    assert len(refused.json()["errors"]) == len(refused.json()["findings"])
    assert (linted.status_code, read.status_code) == (200, 404)


async def test_a_published_version_never_changes(clinic: Any, products: Any) -> None:
    body = products.one()
    first, again = await products.put(body), await products.put(body)
    changed = await products.put(body | {"title": "Another"})
    next_one = await products.put(body | {"title": "Another"}, "1.10.0")
    between = await products.put(body | {"title": "Between"}, "1.9.0")
    patient_id, _ = await clinic.patient()
    run = await products.get(products.of(patient_id))
    history = await products.get(f"/{products.name}")

    assert [answer.status_code for answer in (first, again, changed, next_one, between)] == [
        201,
        200,
        409,
        201,
        201,
    ]
    assert changed.json()["code"] == "query-product-version-exists"
    assert again.json() == first.json()
    assert run.headers["openward-query-product"] == f"{products.name}/1.10.0"
    assert [each["version"] for each in history.json()["versions"]] == ["1.10.0", "1.9.0", "1.0.0"]


@pytest.mark.parametrize("version", ["1", "1.0", "1.0.0-draft", "01.0.0", "x", "1.0.0.0"])
async def test_a_version_is_of_three_numbers(products: Any, version: str) -> None:
    stored = await products.put(products.one(), version)
    read = await products.get(f"/{products.name}/{version}")

    assert (stored.status_code, stored.json()["findings"][0]["code"]) == (422, "version-malformed")
    assert read.status_code == 404


async def test_only_authors_store_and_retire(clinic: Any, products: Any) -> None:
    await products.put(products.one())
    path = f"{products.path}/{products.name}/1.0.0"
    for headers in (
        clinic.headers(scope="user/aql-*.cruds"),
        clinic.headers("template-author", "user/aql-org.other::*.c"),
    ):
        put = await clinic.client.put(path, json=products.one(), headers=headers)
        retired = await clinic.client.post(f"{path}/$retire", json={"why": "old"}, headers=headers)
        assert (put.status_code, retired.status_code) == (403, 403)


async def test_a_retired_version_runs_no_more_and_stays_to_be_read(clinic: Any, products: Any) -> None:
    patient_id, ehr_id = await clinic.patient()
    await products.put(products.one())
    await products.put(products.one(title="second"), "2.0.0")
    path = f"{products.path}/{products.name}/2.0.0"

    retired = await products.post_as_author(f"{path}/$retire", {"why": "wrong unit"})
    again = await products.post_as_author(f"{path}/$retire", {"why": "other"})
    run = await products.get(products.of(patient_id, "2.0.0"))
    latest = await products.get(products.of(patient_id))
    openehr = await clinic.client.get(
        f"/openehr/v1/query/{products.name}/2.0.0", params={"ehr_id": ehr_id}, headers=clinic.headers()
    )

    assert (retired.json()["state"], retired.json()["why"]) == ("retired", "wrong unit")
    assert again.json() == retired.json()
    assert (run.status_code, run.json()["code"]) == (409, "query-product-retired")
    assert latest.headers["openward-query-product"] == f"{products.name}/1.0.0"
    assert openehr.status_code == 409


async def test_lists_have_the_latest_version_of_what_the_caller_may_read(products: Any) -> None:
    word = products.name[-12:]
    names = [f"{products.name}-{letter}" for letter in "abc"]
    for name in names:
        await products.put(products.one(title=f"Title {word}"), name=name)
    await products.put(products.one(title=f"Title {word} 50%_"), "1.2.0", name=names[1])

    first = (await products.get(search=f"TITLE {word}", limit=2)).json()
    second = (await products.get(search=f"TITLE {word}", limit=2, cursor=first["next_cursor"])).json()
    some = (await products.get(search=word, scope=f"user/aql-{names[2]}.r")).json()
    literal = (await products.get(search="50%_")).json()["items"]
    foreign = await products.get(f"/{names[0]}", scope=f"user/aql-{names[2]}.r")

    assert [(each["name"], each["version"]) for each in first["items"]] == [
        (names[0], "1.0.0"),
        (names[1], "1.2.0"),
    ]
    assert [each["name"] for each in second["items"]] == [names[2]]
    assert "next_cursor" not in second
    assert [each["name"] for each in some["items"]] == [names[2]]
    assert names[1] in [each["name"] for each in literal]
    assert foreign.status_code == 403


async def test_its_schema_fits_what_it_answers(clinic: Any, products: Any) -> None:
    patient_id, _ = await clinic.patient()
    await products.written(patient_id, 120)
    await products.put(products.one())

    schema = (await products.get(f"/{products.name}/1.0.0/schema")).json()
    row = (await products.get(products.of(patient_id))).json()["items"][0]

    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    assert validator.is_valid({"parameters": {"least": 5}, "row": row})
    assert not validator.is_valid({"parameters": {"least": -5}})
    assert not validator.is_valid({"parameters": {"other": 1}})
    assert not validator.is_valid({"row": row | {"more": 1}})


async def test_an_openapi_document_has_an_operation_for_each_version(products: Any) -> None:
    codes = {"name": "least", "type": "number", "description": "d", "enum": [1, 2], "example": 2}
    await products.put(products.one())
    await products.put(products.one(title="second"), "1.0.1")
    await products.put(products.all(parameters=[codes]), name=f"{products.name}-all")
    scope = f"user/aql-{products.name}.r user/aql-{products.name}-all.r"

    document = (await products.get("/openapi.json", scope=scope)).json()

    validate(document)
    base = "/api/clinical/v1"
    assert list(document["paths"]) == [
        f"{base}/patients/{{patient_id}}/query-products/{products.name}/1.0.0",
        f"{base}/patients/{{patient_id}}/query-products/{products.name}/1.0.1",
        f"{base}/query-products/{products.name}-all/1.0.0/rows",
    ]
    operations = [path["get"] for path in document["paths"].values()]
    assert len({operation["operationId"] for operation in operations}) == 3
    assert [each["name"] for each in operations[0]["parameters"]] == [
        "patient_id", "since", "least", "limit", "cursor",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["a%00b", "A", "a%20b", "%F0%9F%98%80", "a" * 129, "..%2Fx", "$lint"])
async def test_what_cannot_be_a_name_is_not_there(clinic: Any, products: Any, name: str) -> None:
    patient_id, _ = await clinic.patient()
    author = clinic.headers("template-author", "user/aql-*.crus")
    openehr = f"/openehr/v1/definition/query/org.ward::{name}/1.0.0"

    read = [await products.get(f"/{name}{rest}") for rest in ("", "/1.0.0", "/1.0.0/schema", "/1.0.0/rows")]
    run = await products.get(products.of(patient_id, name=name))
    stored = await products.put(products.one(), name=name)
    stored_there = await clinic.client.put(openehr, json={"q": "SELECT c FROM COMPOSITION c"}, headers=author)

    assert {answer.status_code for answer in (*read, run)} <= {404, 422}
    assert stored.status_code in (404, 422)
    assert stored_there.status_code < 500
    assert (await products.get(search="a\0b")).status_code == 200
