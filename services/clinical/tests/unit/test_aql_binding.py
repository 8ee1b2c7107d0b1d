"""A query is bound to EHRs in its text, or refused."""

from collections.abc import Mapping

import pytest
from clinical.domain.aql import Scope, bind_to_ehrs, named_ehr, restricted, rows_wanted
from clinical.domain.errors import QueryNotBound, QueryUnreadable
from openward_contracts.identifiers import EhrId

EHR = "7d44b88c-4199-4bad-97dc-d78268e01398"
OTHER = "1b1e5f4e-2f3a-4b56-8a3c-9d0f6f0a5c11"
A, B = f"ehr_id/value='{EHR}'", f"ehr_id/value='{OTHER}'"


@pytest.mark.parametrize(
    ("query", "bound"),
    [
        ("SELECT c FROM EHR e CONTAINS COMPOSITION c", f"SELECT c FROM EHR e [{A}] CONTAINS COMPOSITION c"),
        ("select c from EHR contains COMPOSITION c", f"select c from EHR [{A}] contains COMPOSITION c"),
        ("SELECT e/ehr_id/value FROM EHR e", f"SELECT e/ehr_id/value FROM EHR e [{A}]"),
        ("SELECT c FROM COMPOSITION c", f"SELECT c FROM EHR[{A}] CONTAINS COMPOSITION c"),
        ("SELECT v FROM VERSION v CONTAINS A", f"SELECT v FROM EHR[{A}] CONTAINS VERSION v CONTAINS A"),
        (
            "SELECT c FROM (EHR e CONTAINS COMPOSITION c)",
            f"SELECT c FROM (EHR e [{A}] CONTAINS COMPOSITION c)",
        ),
        ("SELECT c FROM (COMPOSITION c)", f"SELECT c FROM EHR[{A}] CONTAINS (COMPOSITION c)"),
        ("SELECT c FROM EHR e[ehr_id/value=$x]", f"SELECT c FROM EHR e[ ehr_id/value = $x AND {A} ]"),
        (
            "SELECT c FROM EHR e[ehr_id/value=$x OR ehr_id/value!='y']",
            f"SELECT c FROM EHR e[ ehr_id/value = $x AND {A} OR ehr_id/value != 'y' AND {A} ]",
        ),
        (
            "SELECT c FROM EHR e CONTAINS COMPOSITION c WHERE c/x = 'FROM EHR x' -- not EHR y",
            f"SELECT c FROM EHR e [{A}] CONTAINS COMPOSITION c WHERE c/x = 'FROM EHR x'",
        ),
    ],
)
def test_the_ehr_gets_the_predicate(query: str, bound: str) -> None:
    assert bind_to_ehrs(query, [EhrId(EHR)]) == bound


def test_a_record_of_several_ehrs_is_one_query() -> None:
    ehrs = [EhrId(EHR), EhrId(OTHER)]

    plain = bind_to_ehrs("SELECT c FROM EHR e CONTAINS COMPOSITION c", ehrs)
    asked = bind_to_ehrs("SELECT c FROM EHR e[ehr_id/value=$x OR $y]", ehrs)

    assert plain == f"SELECT c FROM EHR e [{A} OR {B}] CONTAINS COMPOSITION c"
    assert asked.count(" AND ") == 4
    assert f"[ ehr_id/value = $x AND {A} OR ehr_id/value = $x AND {B} OR $y AND {A} OR $y AND {B} ]" in asked


@pytest.mark.parametrize("named", [f"'{EHR}'", f'"{EHR}"', "$id"])
def test_what_asks_for_an_ehr_of_the_record_alone_is_sent_as_it_is(named: str) -> None:
    query = f"SELECT c FROM EHR e[ehr_id/value={named}] CONTAINS COMPOSITION c"

    sent = restricted(query, Scope([EhrId(OTHER), EhrId(EHR)]), {"id": EHR})

    assert sent == f"SELECT c FROM EHR e[ehr_id / value = {named}] CONTAINS COMPOSITION c".replace(" / ", "/")


@pytest.mark.parametrize(
    ("predicate", "parameters"),
    [
        (f"ehr_id/value='{OTHER}'", {}),
        (f"ehr_id/value='{EHR.upper()}'", {}),
        (f"ehr_id/value='{EHR.replace('-', '')}'", {}),
        (f"ehr_id/value='\\u0037{EHR[1:]}'", {}),
        (f"ehr_id/value!='{EHR}'", {}),
        (f"ehr_id/value>'{EHR}'", {}),
        (f"system_id/value='{EHR}'", {}),
        (f"ehr_id/value='{EHR}' OR ehr_id/value='{OTHER}'", {}),
        (f"ehr_id/value='{EHR}' AND ehr_id/value!='x'", {}),
        ("ehr_id/value=$id", {}),
        ("ehr_id/value=$id", {"id": OTHER}),
        ("ehr_id/value=$id", {"id": [EHR]}),
        ("ehr_id/value=$id", {"id": f" {EHR}"}),
        ("ehr_id/value=$id", {"id": 7}),
        ("$id", {"id": EHR}),
    ],
)
def test_whatever_else_it_asks_for_it_is_bound_in_every_alternative(
    predicate: str, parameters: Mapping[str, object]
) -> None:
    sent = restricted(f"SELECT c FROM EHR e[{predicate}]", Scope([EhrId(EHR)]), parameters)

    alternatives = sent.partition("[")[2].split(" OR ")
    assert all(f"AND {A}" in each for each in alternatives)


def test_who_may_see_no_ehr_sees_none() -> None:
    nobody = bind_to_ehrs("SELECT c FROM EHR e CONTAINS COMPOSITION c", [])

    assert "[ehr_id/value='00000000-0000-0000-0000-000000000000']" in nobody


@pytest.mark.parametrize(
    "query",
    [
        "SELECT c FROM EHR e CONTAINS COMPOSITION c OR EHR f",
        "SELECT c FROM COMPOSITION c CONTAINS EHR e",
        "SELECT c FROM COMPOSITION c OR EHR e",
        "SELECT c FROM EHR e OR COMPOSITION c",
        "SELECT c FROM ehr e CONTAINS Ehr f",
        "SELECT c FROM (EHR e CONTAINS OBSERVATION o) OR COMPOSITION c",
        "SELECT c FROM ((EHR e) AND (EHR f))",
        f"SELECT c FROM EHR e[{' OR '.join(['ehr_id/value=$x'] * 3000)}]",
    ],
)
def test_a_query_that_could_reach_another_ehr_is_refused(query: str) -> None:
    with pytest.raises(QueryNotBound):
        bind_to_ehrs(query, [EhrId(EHR), EhrId(OTHER)])


@pytest.mark.parametrize(
    "query",
    [
        "SELECT c FROM EHR e, EHR f CONTAINS COMPOSITION c",
        "SELECT c FROM EHR e CONTAINS COMPOSITION c--EHR f",
        "SELECT c FROM EHR e] OR EHR f[ehr_id/value='x'",
        "SELECT c FROM EHR e WHERE c/x matches {a:'} OR c/x = '",
        "SELECT c FROM EHR\ufeffe\u00a0CONTAINS COMPOSITION c",
        "SELECT c FROM \u0395\u0397R e CONTAINS COMPOSITION c",
        "SELECT c FROM EHR e\x00 CONTAINS COMPOSITION c",
        r"SELECT c FROM EHR e WHERE c/x = '\z' OR c/x = ''",
        "SELECT c FROM EHR e -- \rOR EHR f",
        "DELETE FROM EHR e",
    ],
)
def test_what_is_no_aql_is_refused(query: str) -> None:
    with pytest.raises(QueryUnreadable):
        bind_to_ehrs(query, [EhrId(EHR)])


@pytest.mark.parametrize(
    ("query", "parameters"),
    [
        (f"SELECT c FROM EHR e[{A}] CONTAINS COMPOSITION c", {}),
        ("SELECT c FROM EHR e [ ehr_id / value = $ehr_id ] CONTAINS COMPOSITION c", {"ehr_id": EHR}),
        ("SELECT c FROM EHR[ehr_id/value!='x' AND ehr_id/value=$e]", {"e": EHR}),
        ("SELECT c FROM EHR e CONTAINS COMPOSITION c WHERE c/x = 1 AND e/ehr_id/value = $e", {"e": EHR}),
    ],
)
def test_a_query_may_name_its_one_ehr(query: str, parameters: dict[str, object]) -> None:
    assert str(named_ehr(query, parameters)) == EHR


@pytest.mark.parametrize(
    "query",
    [
        "SELECT c FROM EHR e CONTAINS COMPOSITION c",
        "SELECT c FROM COMPOSITION c",
        f"SELECT c FROM EHR e[ehr_id/value!='{EHR}'] CONTAINS COMPOSITION c",
        f"SELECT c FROM EHR e[{A} OR ehr_id/value='x'] CONTAINS COMPOSITION c",
        f"SELECT c FROM EHR e WHERE e/ehr_id/value = '{EHR}' OR e/x = 1",
        f"SELECT c FROM EHR e WHERE NOT e/ehr_id/value = '{EHR}'",
        f"SELECT c FROM EHR e WHERE e/ehr_id/value MATCHES {{'{EHR}', '{OTHER}'}}",
        f"SELECT c FROM EHR e WHERE e/ehr_id/value LIKE '{EHR}'",
    ],
)
def test_a_query_may_name_no_single_ehr(query: str) -> None:
    assert named_ehr(query, {}) is None


@pytest.mark.parametrize(
    "query",
    [
        "SELECT c FROM EHR e[ehr_id/value=$missing] CONTAINS COMPOSITION c",
        r"SELECT c FROM EHR e[ehr_id/value='\u0031'] CONTAINS COMPOSITION c",
        f"SELECT c FROM EHR e[{A}] OR COMPOSITION c",
        f"SELECT c FROM COMPOSITION c CONTAINS EHR e[{A}]",
    ],
)
def test_a_query_that_names_its_ehr_otherwise_is_refused(query: str) -> None:
    with pytest.raises(QueryNotBound):
        named_ehr(query, {})


@pytest.mark.parametrize(
    ("tail", "rows"),
    [
        ("LIMIT 5", 5),
        ("LIMIT 9 OFFSET 7", 9),
        ("LIMIT 0000000000000000000000003", 3),
        (f"LIMIT {'9' * 5000}", 10**18),
        ("WHERE e/x = 'LIMIT 5' -- LIMIT 5", None),
    ],
)
def test_only_the_word_limits(tail: str, rows: int | None) -> None:
    assert rows_wanted(f"SELECT c FROM EHR e {tail}") == rows


def test_restrictions_are_combined() -> None:
    both = restricted("SELECT c FROM COMPOSITION c WHERE c/x = 1", Scope([EhrId(EHR)], ["t"]))

    assert both == (
        f"SELECT c FROM EHR[{A}] CONTAINS COMPOSITION c [archetype_details/template_id/value='t']"
        " WHERE c/x = 1"
    )
