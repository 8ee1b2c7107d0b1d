"""What documents say of a product's parameters is what they are refused for, to every validator."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from clinical.domain.query_product.errors import ParametersInvalid
from clinical.domain.query_product.forms import portable
from clinical.domain.query_product.model import Column, Definition, Kind, Limits, Parameter, Product, Reach
from clinical.domain.query_product.naming import Version
from clinical.domain.query_product.openapi import document
from clinical.domain.query_product.patterns import matches, problem_of_pattern
from clinical.domain.query_product.schema import schema
from clinical.domain.query_product.values import LARGEST, checked
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import validate
from openward_servicekit.auth import Role

UUID = "00000000-0000-4000-8000-00000000000a"
CODE = Parameter("code", Kind.STRING, "d", pattern=r"[A-Z]\d{2}\.?[a-z\-]*")
WARD = Parameter("ward", Kind.STRING, "d", enum=("a", "b"), required=False, default="a")
LEAST = Parameter("least", Kind.NUMBER, "d", unit="mm[Hg]", minimum=0, maximum=9.5, example=3)
COUNT = Parameter("count", Kind.INTEGER, "d")
DAYS = Parameter("days", Kind.DATE, "d", many=True, required=False, default=("2026-11-22",))
NAMED = Parameter("it", Kind.STRING, "d")
OTHERS = [replace(NAMED, kind=kind) for kind in Kind if kind not in {Kind.OBJECT, Kind.STRING, Kind.INTEGER}]


def product(*parameters: Parameter, reach: Reach = Reach.PATIENT) -> Product:
    definition = Definition(
        title="t",
        description="d",
        owner="o",
        aql="SELECT c/uid/value AS uid FROM EHR e[ehr_id/value=$ehr_id] CONTAINS COMPOSITION c LIMIT 10",
        reach=reach,
        parameters=parameters,
        columns=(Column("uid", Kind.VERSION_UID, "d"),),
        roles=frozenset({Role.CLINICIAN}),
        limits=Limits(10, 5),
    )
    return Product("org.ward::a", Version(1, 0, 0), definition, (), (), "ada", datetime.now(UTC))


def is_taken(parameters: tuple[Parameter, ...], given: Mapping[str, Any]) -> bool:
    try:
        checked(parameters, given, lambda name: {"path": name})
    except ParametersInvalid:
        return False
    return True


VALUES: list[Any] = [
    "", "A12", "A12.x-", "A1", "b12", "A12é", "A\u0661\u0662", "a", "b", "x" * 1001, "2026-11-22",
    "2026-11-31",
    "2026-11-22T10:00:00Z", "2026-11-22T10:00:00.5+01:00", "2026-11-22T10:00:00", "10:00:00",
    "10:00:00.25", "10:00:00Z", "10:00", "P1D", "-P1Y2M", "PT0.5S", "P", "P1DT", UUID, UUID.upper(),
    f"urn:uuid:{UUID}", UUID.replace("-", ""), f"{UUID}::a.b::1", f"{UUID}::a.b::0", True, False, 0, 9.5,
    9.6, -1, 3, 1.5, LARGEST, -LARGEST, LARGEST + 1, 1e300, ["2026-11-22"], [], ["2026-11-22", "x"], {},
]  # fmt: skip


@pytest.mark.parametrize(
    "parameter", [CODE, WARD, LEAST, COUNT, DAYS, NAMED, *OTHERS], ids=lambda each: f"{each.name}-{each.kind}"
)
def test_a_schema_takes_what_is_taken_and_nothing_else(parameter: Parameter) -> None:
    told = schema(product(parameter), "https://a.test/schema")
    Draft202012Validator.check_schema(told)
    validator = Draft202012Validator(told, format_checker=FormatChecker())

    for value in VALUES:
        given = {parameter.name: value}
        # To JSON Schema a number without a fraction is an integer; to us it is as it is written.
        assert validator.is_valid({"parameters": given}) is is_taken((parameter,), given), value
    assert validator.is_valid({"parameters": {}}) is is_taken((parameter,), {})
    assert not validator.is_valid({"parameters": {"other": 1}})


def test_rules_and_defaults_are_in_the_operation_as_in_the_schema() -> None:
    ours = product(CODE, WARD, LEAST, DAYS)
    rules = schema(ours, "https://a.test/schema")["$defs"]["parameters"]

    told = document([ours], "/api/clinical/v1", "https://a.test")

    validate(told)
    (operations,) = told["paths"].values()
    asked = {each["name"]: each for each in operations["get"]["parameters"] if each["in"] == "query"}
    assert {name: asked[name]["schema"] for name in rules["properties"]} == rules["properties"]
    assert [name for name in rules["properties"] if asked[name]["required"]] == rules["required"]
    assert rules["required"] == ["code", "least"]
    assert rules["properties"]["code"]["pattern"] == r"^(?:[A-Z][0-9]{2}\.?[a-z\x2d]*)$"
    assert (rules["properties"]["ward"]["enum"], rules["properties"]["ward"]["default"]) == (["a", "b"], "a")
    assert rules["properties"]["days"]["default"] == ["2026-11-22"]
    assert rules["properties"]["days"]["items"]["format"] == "date"


def test_values_can_be_sent_where_no_log_of_addresses_has_them() -> None:
    patient, everybody = product(CODE), product(reach=Reach.POPULATION)
    everybody = replace(everybody, name="org.ward::b")

    told = document([patient, everybody], "/api/clinical/v1", "https://a.test")

    validate(told)
    posts = [path["post"] for path in told["paths"].values()]
    first, second = (post["requestBody"]["content"]["application/json"]["schema"] for post in posts)
    rules = schema(patient, "https://a.test/schema")["$defs"]["parameters"]
    assert first["properties"]["parameters"] == rules
    assert (first["required"], second["required"]) == (["parameters"], [])
    assert [[each["name"] for each in post["parameters"]] for post in posts] == [["patient_id"], []]
    assert Draft202012Validator(first).is_valid({"parameters": {"code": "A12"}, "limit": 5})
    assert not Draft202012Validator(first).is_valid({"parameters": {"code": "A12"}, "limit": 11})


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        (r"\w+-\d", "[A-Za-z0-9_]+-[0-9]"),
        (r"[\w:]{2,}", "[A-Za-z0-9_:]{2,}"),
        (r".{3}", r"[^\n]{3}"),
        (r"\:\-\/\.", r":-\/\."),
        (r"[\&\-\]]", r"[\x26\x2d\]]"),
        ("[^\\d\\\u2013]?", "[^0-9\u2013]?"),
    ],
)
def test_a_pattern_means_the_same_wherever_it_is_read(pattern: str, said: str) -> None:
    assert problem_of_pattern(pattern) is None
    assert portable(pattern) == said
    for text in (
        "a-1",
        "é-1",
        "a-\u0663",
        "::",
        "abc",
        "a\nb",
        "\r\r\r",
        "&",
        "-",
        "]",
        ":-/.",
        "\u2013",
        "5",
        "",
    ):
        assert (re.fullmatch(portable(pattern), text) is not None) is matches(pattern, text), text
