"""What lint finds in a query product: each rule once, with line and column, and all of them at once."""

from dataclasses import replace
from typing import Any

import pytest
from clinical.domain.query_product.lint import lint, problems
from clinical.domain.query_product.model import Column, Definition, Finding, Kind, Limits, Parameter, Reach
from openward_servicekit.auth import Role

UID = Column("uid", Kind.VERSION_UID, "which")
AT = Column("at", Kind.DATE_TIME, "when")
EHR = "EHR e[ehr_id/value=$ehr_id]"
OBSERVATION = "OBSERVATION o[openEHR-EHR-OBSERVATION.blood_pressure.v2]"
ORDERED = "ORDER BY c/uid/value LIMIT 10"
GOOD = f"SELECT c/uid/value AS uid\nFROM {EHR} CONTAINS COMPOSITION c CONTAINS {OBSERVATION}\n{ORDERED}"


def definition(aql: str = GOOD, **changes: Any) -> Definition:
    made = Definition(
        "t", "d", "o", aql, Reach.PATIENT, (), (UID,), frozenset({Role.CLINICIAN}), Limits(100, 10)
    )
    return replace(made, **changes)


def found(what: Definition, name: str = "a-name") -> list[Finding]:
    return lint(name, what, 1000, 25)


def where(condition: str) -> str:
    return GOOD.replace("\nORDER", f"\nWHERE {condition} ORDER")


def selecting(columns: str) -> str:
    return GOOD.replace("c/uid/value AS uid", columns, 1)


def parameter(**changes: Any) -> Parameter:
    return replace(Parameter("p", Kind.STRING, "d"), **changes)


def test_what_keeps_the_rules_has_no_findings() -> None:
    assert found(definition()) == []
    assert found(definition(where("c/name/value = $p"), parameters=(parameter(),))) == []


@pytest.mark.parametrize(
    ("aql", "code", "line", "column"),
    [
        ("SELECT c FROM", "unreadable", 1, 14),
        (where("EXISTS o/data"), "feature-exists", 3, 7),
        (selecting("TOP 3 c/uid/value AS uid"), "feature-top", 1, 8),
        (selecting("LENGTH(c/uid/value) AS uid"), "feature-function", 1, 8),
        (selecting("mine(c/uid/value) AS uid"), "feature-function", 1, 8),
        (where("c/context/start_time/value < NOW()"), "feature-function", 3, 36),
        (where("c/name/value MATCHES TERMINOLOGY('expand','a','b')"), "feature-terminology", 3, 28),
        (where("c/name/value MATCHES {terminology://a/b?c=d}"), "feature-terminology", 3, 29),
        (GOOD.replace("[openEHR-EHR-OBSERVATION.blood_pressure.v2]", "[name/value MATCHES {/a/}]"),
         "feature-regex", 2, 99),
        (GOOD.replace("CONTAINS OBS", "CONTAINS VERSION v[ALL_VERSIONS] CONTAINS OBS"),
         "feature-versions", 2, 76),
        (GOOD.replace("CONTAINS COMP", "CONTAINS VERSION v[commit_audit/x > 'a'] CONTAINS COMP"),
         "feature-versions", 2, 43),
        (GOOD.replace("c CONTAINS OBS", "c NOT CONTAINS OBS"), "feature-not-contains", 2, 57),
        (GOOD.replace("COMPOSITION c", "COMPOSITON c"), "class-unknown", 2, 43),
        (GOOD.replace("COMPOSITION c", "FOLDER f CONTAINS COMPOSITION c"), "feature-folder", 2, 43),
        (GOOD.replace("OBSERVATION o", "OBSERVATION c"), "alias-twice", 2, 78),
        (where("c/name/value = NULL"), "feature-null", 3, 22),
        (where("x/name/value = 'a'"), "alias-unknown", 3, 7),
        (where("c/name/value = o/name/value"), "feature-path-comparison", 3, 22),
        (where("c/archetype_details/template_id/value LIKE 'a*'"), "feature-template-comparison", 3, 7),
        (where("c/uid/value LIKE 'a*'"), "feature-like", 3, 7),
        (where("o/archetype_node_id LIKE '*blood*'"), "feature-like", 3, 7),
        (selecting("e AS uid"), "select-whole", 1, 8),
        (GOOD.replace("EHR e[ehr_id/value=$ehr_id]", "EHR e"), "unscoped", 2, 6),
        (GOOD.replace("EHR e[ehr_id/value=$ehr_id] CONTAINS", ""), "unscoped", 2, 7),
        (GOOD.replace(OBSERVATION, "EHR f"), "not-bound", 2, 66),
        (GOOD.replace(" LIMIT 10", ""), "limit-missing", 3, 21),
        (GOOD.replace("LIMIT 10", "LIMIT 101"), "limit-too-high", 3, 22),
        (GOOD.replace("LIMIT 10", "LIMIT 0"), "limit-too-high", 3, 22),
        (GOOD.replace("LIMIT 10", "LIMIT 10 OFFSET 5"), "offset-in-text", 3, 31),
        (GOOD.replace("ORDER BY c/uid/value", "ORDER BY c/name/value"), "order-not-selected", 3, 10),
        (GOOD.replace("ORDER BY c/uid/value", "ORDER BY uid"), "order-not-selected", 3, 10),
        (GOOD.replace("c/uid/value", "c"), "order-of-object", 3, 10),
        (GOOD.replace("ORDER BY c/uid/value ", ""), "order-missing", 3, 1),
        (GOOD.replace("c/uid/value", "c/name/value"), "order-not-total", 3, 10),
        (where("c/name/value = $q"), "parameter-undeclared", 3, 22),
        (where("c/name/value = $ehr_id"), "parameter-reserved", 3, 22),
        (GOOD.replace("[openEHR-EHR-OBSERVATION.blood_pressure.v2]", "[$q]"), "parameter-undeclared", 2, 80),
        (selecting("c/uid/value"), "column-without-alias", 1, 8),
        (selecting("c/uid/value AS uid, c/name/value AS n"), "columns-differ", 1, 28),
    ],
)  # fmt: skip
def test_each_rule_about_the_text_says_where(aql: str, code: str, line: int, column: int) -> None:
    places = [(each.code, each.line, each.column) for each in found(definition(aql))]

    assert (code, line, column) in places


@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [
        ({"limits": Limits(1001, 10)}, "limit-too-high", "/limits/rows"),
        ({"limits": Limits(100, 26)}, "limit-too-high", "/limits/seconds"),
        ({"columns": (UID, UID)}, "name-twice", "/columns/1/name"),
        ({"columns": (replace(UID, name="u"),)}, "column-name", "/columns/0/name"),
        ({"columns": (replace(UID, kind=Kind.NUMBER),)}, "column-type", "/columns/0/type"),
        ({"parameters": (parameter(),)}, "parameter-unused", "/parameters/0/name"),
        ({"parameters": (parameter(), parameter())}, "name-twice", "/parameters/1/name"),
        ({"parameters": (parameter(name="limit"),)}, "parameter-reserved", "/parameters/0/name"),
        ({"parameters": (parameter(name="ehr_id"),)}, "parameter-reserved", "/parameters/0/name"),
        ({"parameters": (parameter(kind=Kind.OBJECT),)}, "parameter-type", "/parameters/0/type"),
        ({"parameters": (parameter(required=False),)}, "default-missing", "/parameters/0/default"),
        ({"parameters": (parameter(kind=Kind.UUID, default="x"),)},
         "default-invalid", "/parameters/0/default"),
        ({"parameters": (parameter(enum=("a",), default="b"),)}, "default-invalid", "/parameters/0/default"),
        ({"parameters": (parameter(pattern="a+", example="b"),)}, "example-invalid", "/parameters/0/example"),
        ({"parameters": (parameter(kind=Kind.DATE, enum=("x",)),)}, "enum-invalid", "/parameters/0/enum/0"),
        ({"parameters": (parameter(minimum=1),)}, "range-misplaced", "/parameters/0/minimum"),
        ({"parameters": (parameter(kind=Kind.DATE, maximum=1),)}, "range-invalid", "/parameters/0/maximum"),
        ({"parameters": (parameter(pattern="("),)}, "pattern-invalid", "/parameters/0/pattern"),
        ({"parameters": (parameter(pattern="(a+)+"),)}, "pattern-invalid", "/parameters/0/pattern"),
        ({"parameters": (parameter(pattern=r"(a)\1"),)}, "pattern-invalid", "/parameters/0/pattern"),
        ({"parameters": (parameter(pattern="(?:a|aa)+b"),)}, "pattern-invalid", "/parameters/0/pattern"),
        ({"parameters": (parameter(kind=Kind.UUID, pattern="a"),)},
         "pattern-invalid", "/parameters/0/pattern"),
    ],
)  # fmt: skip
def test_each_rule_about_the_definition_points_at_it(changes: Any, code: str, pointer: str) -> None:
    assert (code, pointer) in [(each.code, each.pointer) for each in found(definition(**changes))]


@pytest.mark.parametrize(
    "name", ["", "A", "a b", "x/y", "::a", "a::", "a::b::c", "product.openward::a", "a" * 65]
)
def test_a_name_is_a_slug(name: str) -> None:
    assert "name-malformed" in [each.code for each in found(definition(), name)]


@pytest.mark.parametrize("name", ["a", "ward-list_2", "org.example::ward-list", "de.x-y.z::a"])
def test_a_slug_and_a_qualified_slug_are_names(name: str) -> None:
    assert found(definition(), name) == []


def test_everything_that_is_wrong_is_told_at_once() -> None:
    source = "FROM EHR e CONTAINS COMPOSITION c WHERE EXISTS c/a AND c/b = $q"
    text = f"SELECT LENGTH(c/uid/value), x/name/value AS n {source}"

    codes = {each.code for each in found(definition(text, limits=Limits(9999, 99)), "X Y")}

    assert codes >= {
        "feature-function", "alias-unknown", "unscoped", "feature-exists", "parameter-undeclared",
        "limit-missing", "order-missing", "column-without-alias", "columns-differ", "limit-too-high",
        "name-malformed",
    }  # fmt: skip


def test_the_ehr_of_the_record_is_no_parameter_of_a_product_over_all() -> None:
    codes = [each.code for each in found(definition(reach=Reach.POPULATION))]

    assert codes == ["parameter-reserved"]


def test_values_stand_where_values_stand() -> None:
    listed, single = where("c/name/value MATCHES {$p}"), where("c/name/value = $p")
    many = (parameter(many=True),)

    assert found(definition(listed, parameters=many)) == []
    assert [each.code for each in found(definition(single, parameters=many))] == ["parameter-misplaced"]
    as_archetype = GOOD.replace("[openEHR-EHR-OBSERVATION.blood_pressure.v2]", "[$p]")
    codes = [each.code for each in found(definition(as_archetype, parameters=(parameter(),)))]
    assert codes == ["parameter-misplaced"]


def test_one_row_needs_no_order() -> None:
    text = GOOD.replace("c/uid/value AS uid", "COUNT(*) AS n").replace("ORDER BY c/uid/value ", "")

    assert found(definition(text, columns=(Column("n", Kind.INTEGER, "how many"),))) == []


def test_pages_that_rows_may_move_on_are_a_warning() -> None:
    text = GOOD.replace("c/uid/value AS uid", "c/uid/value AS uid, c/context/start_time/value AS at")
    text = text.replace("ORDER BY", "ORDER BY c/context/start_time/value,")
    sure = text.replace("\nORDER", "\nWHERE c/context/start_time/value > '2000' ORDER")

    findings = found(definition(text, columns=(UID, AT)))

    assert [each.code for each in findings] == ["paging-by-offset"]
    assert problems(findings) == []
    assert found(definition(sure, columns=(UID, AT))) == []
