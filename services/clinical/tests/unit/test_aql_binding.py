import pytest
from clinical.domain.aql import bind_to_ehrs, bound_ehr, is_limited
from clinical.domain.errors import QueryNotBound, QueryUnreadable
from openward_contracts.identifiers import EhrId

BOUND = "[ehr_id/value=$openward_ehr_id_0]"
EHR = "7d44b88c-4199-4bad-97dc-d78268e01398"
OTHER = "1b1e5f4e-2f3a-4b56-8a3c-9d0f6f0a5c11"


@pytest.mark.parametrize(
    ("query", "bound"),
    [
        ("SELECT c FROM EHR e CONTAINS COMPOSITION c", f"SELECT c FROM EHR e{BOUND} CONTAINS COMPOSITION c"),
        ("select c from ehr contains composition c", f"select c from ehr{BOUND} contains composition c"),
        ("SELECT e/ehr_id/value FROM EHR e", f"SELECT e/ehr_id/value FROM EHR e{BOUND}"),
        (
            "SELECT c FROM EHR e CONTAINS COMPOSITION c WHERE c/name/value = 'FROM EHR x'",
            f"SELECT c FROM EHR e{BOUND} CONTAINS COMPOSITION c WHERE c/name/value = 'FROM EHR x'",
        ),
        (
            "SELECT e FROM EHR\n e\tCONTAINS COMPOSITION",
            f"SELECT e FROM EHR\n e{BOUND}\tCONTAINS COMPOSITION",
        ),
        (
            "SELECT c FROM EHR e CONTAINS COMPOSITION c[openEHR-EHR-COMPOSITION.x.v1.0.2-rc.1]",
            f"SELECT c FROM EHR e{BOUND} CONTAINS COMPOSITION c[openEHR-EHR-COMPOSITION.x.v1.0.2-rc.1]",
        ),
        (
            r"SELECT count(*) FROM EHR e WHERE o/x matches {'it\'s -- EHR', -1.5e3} AND o/t > $t",
            rf"SELECT count(*) FROM EHR e{BOUND} WHERE o/x matches {{'it\'s -- EHR', -1.5e3}} AND o/t > $t",
        ),
    ],
)
def test_the_ehr_gets_the_predicate(query: str, bound: str) -> None:
    assert bind_to_ehrs(query, [EhrId(EHR)]) == (bound, {"openward_ehr_id_0": EHR})


def test_a_record_of_several_ehrs_is_one_query() -> None:
    query, ehr_ids = bind_to_ehrs("SELECT c FROM EHR e CONTAINS COMPOSITION c", [EhrId(EHR), EhrId(OTHER)])

    predicate = "[ehr_id/value=$openward_ehr_id_0 OR ehr_id/value=$openward_ehr_id_1]"
    assert query == f"SELECT c FROM EHR e{predicate} CONTAINS COMPOSITION c"
    assert ehr_ids == {"openward_ehr_id_0": EHR, "openward_ehr_id_1": OTHER}


@pytest.mark.parametrize(
    "query",
    [
        "SELECT c FROM COMPOSITION c",
        "SELECT c FROM EHR e, EHR f CONTAINS COMPOSITION c",
        "SELECT c FROM EHR e CONTAINS COMPOSITION c OR EHR f",
        f"SELECT c FROM EHR e[ehr_id/value='{EHR}'] CONTAINS COMPOSITION c",
        "SELECT c FROM EHR[ehr_id/value=$x] CONTAINS COMPOSITION c",
        "SELECT 'FROM EHR e' FROM COMPOSITION c",
        "SELECT c FROM COMPOSITION c CONTAINS EHR e",
        "SELECT c FROM COMPOSITION c OR EHR e",
        "SELECT c FROM COMPOSITION EHR",
        "SELECT c FROM (EHR e CONTAINS OBSERVATION o) OR COMPOSITION c",
        "SELECT c FROM EHR e OR COMPOSITION c",
        "SELECT c FROM EHR or COMPOSITION c",
        "SELECT c FROM EHR e CONTAINS COMPOSITION c-EHR",
        "SELECT c FROM EHR e[]",
    ],
)
def test_a_query_that_could_reach_another_ehr_is_refused(query: str) -> None:
    with pytest.raises(QueryNotBound):
        bind_to_ehrs(query, [EhrId(EHR)])


@pytest.mark.parametrize(
    "query",
    ["", "   ", "DELETE FROM EHR e", "SELECT c", "SELECT c FROM EHR e WHERE c = 'open", "x" * 70_000],
)
def test_what_is_no_query_is_refused(query: str) -> None:
    with pytest.raises((QueryUnreadable, QueryNotBound)):
        bind_to_ehrs(query, [EhrId(EHR)])


@pytest.mark.parametrize(
    "query",
    [
        "SELECT c FROM COMPOSITION c-- CONTAINS EHR e",
        "SELECT c FROM EHR e CONTAINS COMPOSITION c -- all of them",
        "SELECT c FROM COMPOSITION c LIMIT 1-- EHR e",
        "SELECT c[name/value matches {/'/}] FROM COMPOSITION c WHERE c/x = ' FROM EHR e WHERE c/x = '",
        "SELECT c[name/value matches { \t/x/}] FROM EHR e",
        "SELECT c FROM EHR e WHERE c/x matches {a:'} OR c/x = '",
        "SELECT c[at0001, a::b|'|] FROM EHR e WHERE c/x = '",
        "SELECT c FROM EHR\u00a0e CONTAINS COMPOSITION c",
        "SELECT c FROM EHR\u00e9 CONTAINS COMPOSITION c",
        "SELECT c FROM EHR\ufeff e CONTAINS COMPOSITION c",
        "SELECT c FROM EHR e\x00 CONTAINS COMPOSITION c",
        r"SELECT c FROM EHR e WHERE c/x = '\z' OR c/x = ''",
    ],
)
def test_what_ehrbase_might_read_in_another_way_is_refused(query: str) -> None:
    with pytest.raises(QueryUnreadable):
        bind_to_ehrs(query, [EhrId(EHR)])


@pytest.mark.parametrize(
    ("query", "parameters"),
    [
        (f"SELECT c FROM EHR e[ehr_id/value='{EHR}'] CONTAINS COMPOSITION c", {}),
        ("SELECT c FROM EHR e [ ehr_id/value = $ehr_id ] CONTAINS COMPOSITION c", {"ehr_id": EHR}),
    ],
)
def test_a_query_may_name_its_one_ehr(query: str, parameters: dict[str, object]) -> None:
    assert str(bound_ehr(query, parameters)) == EHR


@pytest.mark.parametrize(
    "query",
    [
        "SELECT c FROM EHR e CONTAINS COMPOSITION c",
        "SELECT c FROM EHR e[ehr_id/value=$missing] CONTAINS COMPOSITION c",
        f"SELECT c FROM EHR e[ehr_id/value!='{EHR}'] CONTAINS COMPOSITION c",
        f"SELECT c FROM EHR e[ehr_id/value='{EHR}' OR ehr_id/value='x'] CONTAINS COMPOSITION c",
        f"SELECT c FROM EHR e[ehr_id/value='{EHR}'] OR COMPOSITION c",
        f"SELECT c FROM COMPOSITION c CONTAINS EHR e[ehr_id/value='{EHR}']",
        f"SELECT c FROM EHR e[ehr_id/value='{EHR}'][ehr_id/value='x'] CONTAINS COMPOSITION c",
    ],
)
def test_a_query_that_names_no_single_ehr_is_refused(query: str) -> None:
    with pytest.raises(QueryNotBound):
        bound_ehr(query, {})


def test_only_the_word_limits() -> None:
    assert is_limited("SELECT c FROM EHR e LIMIT 5")
    assert not is_limited("SELECT c FROM EHR e WHERE c/name/value = 'LIMIT 5'")
