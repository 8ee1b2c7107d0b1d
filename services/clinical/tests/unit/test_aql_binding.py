import pytest
from clinical.domain.aql import EHR_PARAMETER, bind_to_ehr, bound_ehr, is_limited
from clinical.domain.errors import QueryNotBound, QueryUnreadable

BOUND = f"[ehr_id/value=${EHR_PARAMETER}]"
EHR = "7d44b88c-4199-4bad-97dc-d78268e01398"


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
            "SELECT c FROM EHR -- which?\n e CONTAINS COMPOSITION c",
            f"SELECT c FROM EHR -- which?\n e{BOUND} CONTAINS COMPOSITION c",
        ),
    ],
)
def test_the_ehr_gets_the_predicate(query: str, bound: str) -> None:
    assert bind_to_ehr(query) == bound


@pytest.mark.parametrize(
    "query",
    [
        "SELECT c FROM COMPOSITION c",
        "SELECT c FROM EHR e, EHR f CONTAINS COMPOSITION c",
        "SELECT c FROM EHR e CONTAINS COMPOSITION c OR EHR f",
        f"SELECT c FROM EHR e[ehr_id/value='{EHR}'] CONTAINS COMPOSITION c",
        "SELECT c FROM EHR[ehr_id/value=$x] CONTAINS COMPOSITION c",
        "SELECT 'FROM EHR e' FROM COMPOSITION c",
    ],
)
def test_a_query_that_could_reach_another_ehr_is_refused(query: str) -> None:
    with pytest.raises(QueryNotBound):
        bind_to_ehr(query)


@pytest.mark.parametrize(
    "query",
    ["", "   ", "DELETE FROM EHR e", "SELECT c", "SELECT c FROM EHR e WHERE c = 'open", "x" * 70_000],
)
def test_what_is_no_query_is_refused(query: str) -> None:
    with pytest.raises((QueryUnreadable, QueryNotBound)):
        bind_to_ehr(query)


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
    ],
)
def test_a_query_that_names_no_single_ehr_is_refused(query: str) -> None:
    with pytest.raises(QueryNotBound):
        bound_ehr(query, {})


def test_only_the_word_limits() -> None:
    assert is_limited("SELECT c FROM EHR e LIMIT 5")
    assert not is_limited("SELECT c FROM EHR e WHERE c/name/value = 'LIMIT 5'")
