"""A parameter's value is what its product says, and reaches a query as a literal, whatever it says."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from clinical.domain.aql import read
from clinical.domain.query_product.binding import bound, templates_needed
from clinical.domain.query_product.errors import ParametersInvalid
from clinical.domain.query_product.model import Column, Definition, Kind, Limits, Parameter, Reach, Value
from clinical.domain.query_product.paging import Place
from clinical.domain.query_product.values import checked, from_text
from hypothesis import example, given, settings
from hypothesis import strategies as st
from openward_servicekit.auth import Role

P = Parameter("p", Kind.STRING, "d")
TEXT = (
    "SELECT c/uid/value AS uid FROM EHR e[ehr_id/value=$ehr_id] CONTAINS COMPOSITION c[name/value=$p] "
    "WHERE c/name/value = $p AND c/name/value LIKE $p AND c/language/code_string MATCHES {$many} "
    "ORDER BY c/uid/value LIMIT 10"
)
KINDS = [kind for kind in Kind if kind is not Kind.OBJECT]
LITERALS = {"STRING", "TEMPORAL", "INTEGER", "NUMBER", "BOOLEAN"}


def definition(parameter: Parameter = P) -> Definition:
    many = replace(parameter, name="many", many=True)
    column = Column("uid", Kind.VERSION_UID, "d")
    roles, limits = frozenset({Role.CLINICIAN}), Limits(10, 10)
    return Definition("t", "d", "o", TEXT, Reach.PATIENT, (parameter, many), (column,), roles, limits)


def pointer(name: str) -> Mapping[str, str]:
    return {"pointer": f"/parameters/{name}"}


def problems(parameters: list[Parameter], given_values: Mapping[str, object]) -> list[tuple[str, str | None]]:
    with pytest.raises(ParametersInvalid) as refusal:
        checked(parameters, given_values, pointer)
    return [(error.code, error.pointer) for error in refusal.value.errors]


def kinds_of(text: str) -> list[str]:
    return [token.type for token in read(text).tokens]


def without_page(kinds: list[str]) -> list[str]:
    return kinds[: kinds.index("LIMIT")]


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=60))
@example("' OR e/ehr_id/value != '")
@example("\\' OR 1=1 --")
@example("x'] CONTAINS OBSERVATION o['")
@example("2026-11-22")
@example("20261122T101010")
@example("\\")
@example('"')
@example("-- \n")
@example("'; DROP")
@example("{/.*/}")
@example("$ehr_id")
@example("\\u0027")
def test_no_text_becomes_anything_but_one_literal(text: str) -> None:
    product = definition()
    values = checked(product.parameters, {"p": text, "many": [text, text]}, pointer)

    query = read(bound(product, values, 10))

    expected = []
    for token in read(TEXT.replace("[ehr_id/value=$ehr_id]", "")).tokens:
        literal = token.type == "PARAMETER"
        expected += (
            ["STRING", "COMMA", "STRING"] if token == "$many" else ["STRING" if literal else token.type]
        )
    assert [token.type for token in query.tokens] == expected


@settings(deadline=None)
@given(st.text(max_size=60), st.uuids(), st.integers(0, 99))
def test_no_cursor_becomes_anything_but_literals(key: str, uid: object, skip: int) -> None:
    clean = key.replace("\x00", "").encode("utf-8", "ignore").decode()
    product = definition()
    values: dict[str, Value] = {"p": "a", "many": ("a",)}

    kinds = kinds_of(bound(product, values, 10, Place((clean,), skip, skip)))
    others = kinds_of(bound(product, values, 10, Place((str(uid),), skip, skip)))

    assert [kind if kind != "TEMPORAL" else "STRING" for kind in kinds] == others


@pytest.mark.parametrize("kind", KINDS)
@settings(deadline=None)
@given(
    value=st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.integers()))
)
def test_any_value_is_refused_or_printed_as_one_that_is_read_again(kind: Kind, value: object) -> None:
    parameter = replace(P, kind=kind)
    try:
        values = checked([parameter], {"p": value}, pointer)
    except ParametersInvalid:
        return
    text = TEXT.replace(" AND c/name/value LIKE $p", "").replace(
        " AND c/language/code_string MATCHES {$many}", ""
    )

    printed = read(bound(replace(definition(parameter), aql=text), values, 10))

    assert {token.type for token in printed.tokens} & LITERALS
    assert printed.parameters == frozenset()


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        (Kind.STRING, ["", "a", "é\U0001f600\n"], [1, True, None, "\x00", "\ud800", "x" * 1001, ["a"], {}]),
        (Kind.INTEGER, [0, -5, 2**53], [1.5, "1", True, 2**53 + 1, 10**400]),
        (Kind.NUMBER, [0, -5, 1.5, 1e-7], ["1", True, float("nan"), float("inf"), 10**400]),
        (Kind.BOOLEAN, [True, False], ["true", 1, 0]),
        (Kind.DATE, ["2026-11-22"], ["2026-11-31", "20261122", "2026-W01-1", "2026-11-22T00:00:00Z", 1]),
        (Kind.TIME, ["10:00:00", "10:00:00.5"], ["10:00", "25:00:00", "10"]),
        (Kind.DATE_TIME, ["2026-11-22T10:00:00Z", "2026-11-22T10:00:00.123456+05:30"],
         ["2026-11-22T10:00:00", "2026-11-22", "2026-11-22 10:00:00Z", "2026-11-22T10:00:00+25:00"]),
        (Kind.DURATION, ["P1D", "PT0.5S", "-P1Y2M", "P2W"], ["P", "PT", "1D", "P1H"]),
        (Kind.UUID, ["00000000-0000-4000-8000-000000000001"], ["x", "1"]),
        (Kind.VERSION_UID, ["00000000-0000-4000-8000-000000000001::a.b::1"], ["x", "a::b::c"]),
    ],
)  # fmt: skip
def test_each_kind_takes_its_own(kind: Kind, right: list[Any], wrong: list[Any]) -> None:
    parameter = replace(P, kind=kind)

    for value in right:
        assert checked([parameter], {"p": value}, pointer) == {"p": value}
    for value in wrong:
        assert [where for _, where in problems([parameter], {"p": value})] == ["/parameters/p"]


@pytest.mark.parametrize(
    ("parameter", "value", "code"),
    [
        (replace(P, kind=Kind.NUMBER, minimum=1, maximum=2), 0.5, "parameter-range"),
        (replace(P, kind=Kind.INTEGER, maximum=2), 3, "parameter-range"),
        (replace(P, kind=Kind.DATE, minimum="2026-01-01"), "2025-12-31", "parameter-range"),
        (replace(P, kind=Kind.DATE_TIME, maximum="2026-01-01T00:00:00Z"), "2026-01-01T00:00:01+00:00",
         "parameter-range"),
        (replace(P, enum=("a", "b")), "c", "parameter-enum"),
        (replace(P, pattern="[a-z]+"), "abc1", "parameter-pattern"),
        (replace(P, many=True), "a", "parameter-type"),
        (replace(P, many=True), [], "parameter-type"),
        (replace(P, many=True), ["a"] * 101, "parameter-type"),
        (replace(P, many=True, enum=("a",)), ["a", "b"], "parameter-enum"),
    ],
)  # fmt: skip
def test_rules_of_a_parameter_hold(parameter: Parameter, value: object, code: str) -> None:
    assert problems([parameter], {"p": value}) == [(code, "/parameters/p")]


def test_everything_that_is_wrong_is_told_at_once() -> None:
    parameters = [replace(P, name="systolic", kind=Kind.NUMBER), replace(P, name="b"), P]

    told = problems(parameters, {"systolic": "x", "p": "a", "systollic": 3})

    assert told == [
        ("parameter-type", "/parameters/systolic"),
        ("parameter-missing", "/parameters/b"),
        ("parameter-unknown", "/parameters/systollic"),
    ]


def test_what_was_probably_meant_is_told() -> None:
    with pytest.raises(ParametersInvalid) as refusal:
        checked([replace(P, name="systolic", default="a")], {"systollic": "b"}, pointer)

    assert "Did you mean systolic?" in refusal.value.errors[0].detail


def test_no_problem_repeats_the_value() -> None:
    secret = "Adam Ant"
    for kind in KINDS:
        parameter = replace(P, kind=kind, enum=("x",) if kind is Kind.STRING else ())
        with pytest.raises(ParametersInvalid) as refusal:
            checked([parameter], {"p": secret}, pointer)
        assert secret not in str(refusal.value.errors)


def test_defaults_take_the_place_of_what_is_not_given() -> None:
    assert checked([replace(P, default="a", required=False)], {}, pointer) == {"p": "a"}
    assert checked([replace(P, many=True, default=("a", "b"))], {"p": ["c"]}, pointer) == {"p": ("c",)}


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (Kind.INTEGER, "12", 12),
        (Kind.INTEGER, "1.5", "1.5"),
        (Kind.NUMBER, "1.5e2", 150.0),
        (Kind.NUMBER, "nan", "nan"),
        (Kind.BOOLEAN, "true", True),
        (Kind.BOOLEAN, "TRUE", "TRUE"),
        (Kind.STRING, "12", "12"),
    ],
)
def test_an_address_says_what_json_would(kind: Kind, text: str, value: object) -> None:
    assert from_text(replace(P, kind=kind), [text]) == value
    assert from_text(replace(P, kind=kind, many=True), [text]) == [value]
    assert from_text(replace(P, kind=kind), [text, text]) == [value, value]


@pytest.mark.parametrize(
    ("condition", "given_values", "needed"),
    [
        ("", {}, set()),
        ("WHERE c/archetype_details/template_id/value = 'a'", {}, {"a"}),
        ("WHERE c/archetype_details/template_id/value = $p", {"p": "b"}, {"b"}),
        ("WHERE c/archetype_details/template_id/value = $p", {}, set()),
        ("WHERE c/archetype_details/template_id/value MATCHES {$many}", {"many": ("a",)}, {"a"}),
        ("WHERE c/archetype_details/template_id/value MATCHES {$many}", {"many": ("a", "b")}, set()),
        ("WHERE c/archetype_details/template_id/value MATCHES {'a', 'b'}", {}, set()),
        ("WHERE c/archetype_details/template_id/value != 'a'", {}, set()),
        ("WHERE NOT c/archetype_details/template_id/value = 'a'", {}, set()),
        ("WHERE c/archetype_details/template_id/value = 'a' OR c/name/value = 'b'", {}, set()),
    ],
)
def test_a_template_is_needed_where_every_row_is_of_it(
    condition: str, given_values: Any, needed: set[str]
) -> None:
    text = f"SELECT c/uid/value AS u FROM EHR e CONTAINS COMPOSITION c {condition}"
    in_predicate = "SELECT c/uid/value AS u FROM COMPOSITION c[archetype_details/template_id/value='p']"

    assert templates_needed(replace(definition(), aql=text), given_values) == needed
    assert templates_needed(replace(definition(), aql=in_predicate), {}) == {"p"}
