"""Compositions of other templates stay out of a query that is restricted to some."""

import pytest
from clinical.domain.aql import Scope, restricted
from clinical.domain.errors import QueryNotBound

T = "archetype_details/template_id/value="
ONE, TWO = f"{T}'a'", f"{T}'a' OR {T}'b'"
ARCHETYPE = "openEHR-EHR-COMPOSITION.x.v1"


def to_one(query: str) -> str:
    return restricted(f"SELECT x FROM {query}", Scope(template_ids=["a"])).removeprefix("SELECT x FROM ")


def to_two(query: str) -> str:
    return restricted(f"SELECT x FROM {query}", Scope(template_ids=["a", "b"])).removeprefix("SELECT x FROM ")


@pytest.mark.parametrize(
    ("query", "result"),
    [
        ("EHR e CONTAINS COMPOSITION c", f"EHR e CONTAINS COMPOSITION c [{TWO}]"),
        ("COMPOSITION", f"COMPOSITION [{TWO}]"),
        ("VERSION v CONTAINS COMPOSITION c", f"VERSION v CONTAINS COMPOSITION c [{TWO}]"),
        ("EHR e CONTAINS OBSERVATION o", f"EHR e CONTAINS (COMPOSITION[{TWO}] CONTAINS OBSERVATION o )"),
        (
            "EHR e CONTAINS OBSERVATION o CONTAINS CLUSTER x AND CLUSTER y",
            f"EHR e CONTAINS (COMPOSITION[{TWO}] CONTAINS OBSERVATION o CONTAINS CLUSTER x AND CLUSTER y )",
        ),
        (
            "EHR e CONTAINS (SECTION s OR COMPOSITION c)",
            f"EHR e CONTAINS ( (COMPOSITION[{TWO}] CONTAINS SECTION s ) OR COMPOSITION c [{TWO}] )",
        ),
        ("EHR e CONTAINS EHR_STATUS s CONTAINS CLUSTER c", "EHR e CONTAINS EHR_STATUS s CONTAINS CLUSTER c"),
        ("EHR e", "EHR e"),
        ("EHR CONTAINS FOLDER CONTAINS COMPOSITION", f"EHR CONTAINS FOLDER CONTAINS COMPOSITION [{TWO}]"),
        ("EHR e CONTAINS VERSION v", f"EHR e CONTAINS (COMPOSITION[{TWO}] CONTAINS VERSION v )"),
        ("EHR e CONTAINS SOMETHING s", f"EHR e CONTAINS (COMPOSITION[{TWO}] CONTAINS SOMETHING s )"),
    ],
)
def test_every_composition_gets_the_condition(query: str, result: str) -> None:
    assert to_two(query) == result


def test_a_predicate_of_its_own_is_kept() -> None:
    assert to_one(f"COMPOSITION c[{ARCHETYPE}, 'n']") == f"COMPOSITION c[ {ARCHETYPE} , 'n' AND {ONE} ]"


@pytest.mark.parametrize(
    ("query", "source", "rest"),
    [
        (f"EHR e CONTAINS COMPOSITION c[{ARCHETYPE}] LIMIT 5", "EHR e CONTAINS COMPOSITION c", "LIMIT 5"),
        (
            f"COMPOSITION c[{ARCHETYPE}] WHERE c/x = 1 OR c/y = 2 ORDER BY c/x",
            "COMPOSITION c",
            "AND ( c/x = 1 OR c/y = 2 ) ORDER BY c/x",
        ),
    ],
)
def test_what_a_predicate_cannot_say_is_said_in_where(query: str, source: str, rest: str) -> None:
    assert to_two(query) == f"{source}[ {ARCHETYPE} ] WHERE c/{T[:-1]} MATCHES {{'a', 'b'}} {rest}"


def test_a_composition_without_a_name_gets_one_that_is_free() -> None:
    text = to_two(f"COMPOSITION[{ARCHETYPE}] CONTAINS OBSERVATION openward_composition_3")

    assert text.startswith("COMPOSITION openward_composition_3_1 [")
    assert f"WHERE openward_composition_3_1/{T[:-1]} MATCHES" in text


@pytest.mark.parametrize(
    "query",
    [
        f"EHR e CONTAINS (COMPOSITION c[{ARCHETYPE}] OR EHR_STATUS s)",
        f"EHR e NOT CONTAINS COMPOSITION c[{ARCHETYPE}]",
        f"EHR e CONTAINS COMPOSITION c[{ARCHETYPE}] CONTAINS OBSERVATION c",
        "EHR e WHERE e/compositions/name/value = 'x'",
        "EHR e WHERE e[ehr_id/value='x']/compositions/name/value = 'x'",
        "EHR e ORDER BY e/directory/name/value",
    ],
)
def test_what_cannot_be_restricted_is_refused(query: str) -> None:
    with pytest.raises(QueryNotBound) as caught:
        to_two(query)

    assert set(caught.value.extensions) == {"line", "column"}


def test_a_template_id_is_text_whatever_is_in_it() -> None:
    text = restricted("SELECT c FROM COMPOSITION c", Scope(template_ids=["a' OR name/value='\\"]))

    assert text == rf"SELECT c FROM COMPOSITION c [{T}'a\' OR name/value=\'\\']"


def test_who_may_see_no_template_sees_no_composition() -> None:
    assert restricted("SELECT c FROM COMPOSITION c", Scope(template_ids=[])).endswith(f"[{T}'']")
