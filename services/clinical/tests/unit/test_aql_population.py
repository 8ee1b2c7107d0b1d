"""A query over all EHRs says in each row whose it is, or else in which EHRs was searched."""

import pytest
from clinical.domain.aql import population, read
from clinical.domain.errors import QueryNotBound
from openward_contracts.identifiers import EhrId

ALLOWED = "e/ehr_status/is_queryable = true"
ADDED = "e/ehr_id/value AS openward_ehr_id, 'm' AS openward_row"


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("SELECT c/x FROM EHR e", f"SELECT c/x , {ADDED} FROM EHR e WHERE {ALLOWED}"),
        (
            "SELECT c/x AS x FROM EHR e CONTAINS COMPOSITION c WHERE c/x=1 OR c/y=2 ORDER BY c/x LIMIT 5",
            (
                f"SELECT c/x AS x , {ADDED} FROM EHR e CONTAINS COMPOSITION c"
                f" WHERE {ALLOWED} AND ( c/x = 1 OR c/y = 2 ) ORDER BY c/x LIMIT 5"
            ),
        ),
        (
            "SELECT c/x FROM EHR CONTAINS COMPOSITION c",
            f"SELECT c/x , {ADDED} FROM EHR e CONTAINS COMPOSITION c WHERE {ALLOWED}",
        ),
        (
            "SELECT c/x FROM COMPOSITION c",
            f"SELECT c/x , {ADDED} FROM EHR e CONTAINS COMPOSITION c WHERE {ALLOWED}",
        ),
    ],
)
def test_each_row_says_whose_it_is(query: str, asked: str) -> None:
    found = population(query, "m")

    assert found.text.replace("openward_ehr/", "e/").replace("EHR openward_ehr", "EHR e") == asked
    assert found.searched is None
    read(found.text)


@pytest.mark.parametrize("what", ["COUNT(*)", "DISTINCT c/x", "MAX(c/x) AS most, c/y", "count(distinct c/x)"])
def test_of_what_was_put_together_all_ehrs_that_were_searched_are_asked_for(what: str) -> None:
    found = population(f"SELECT {what} FROM EHR e CONTAINS COMPOSITION c WHERE c/y = 1 LIMIT 3", "m", ["t"])

    assert found.searched is not None
    assert found.searched.startswith("SELECT DISTINCT e/ehr_id/value FROM EHR e CONTAINS COMPOSITION c [")
    assert found.searched.endswith(f"WHERE {ALLOWED} AND ( c/y = 1 ) ORDER BY e/ehr_id/value")
    assert found.text.endswith(f"WHERE {ALLOWED} AND ( c/y = 1 ) LIMIT 3")
    assert "'m'" not in found.text


def test_no_name_of_the_query_is_taken() -> None:
    found = population("SELECT openward_ehr/x AS openward_row FROM COMPOSITION openward_ehr", "m")

    assert "EHR openward_ehr_1 CONTAINS COMPOSITION openward_ehr" in found.text
    assert "AS openward_row_1" in found.text


@pytest.mark.parametrize(
    "query",
    [
        "SELECT c FROM EHR e CONTAINS EHR f CONTAINS COMPOSITION c",
        "SELECT c FROM EHR e OR COMPOSITION c",
        "SELECT e/uid/value FROM EHR e CONTAINS COMPOSITION e",
    ],
)
def test_what_is_not_in_one_ehr_is_refused(query: str) -> None:
    with pytest.raises(QueryNotBound):
        population(query, "m")


def test_hidden_ehrs_are_conditions_of_every_row_and_of_every_search() -> None:
    ehr_id = EhrId.new()
    condition = f"NOT e/ehr_id/value matches {{'{ehr_id}'}}"

    for q in (
        "SELECT e/ehr_id/value FROM EHR e",
        "SELECT count(c/uid/value) FROM EHR e CONTAINS COMPOSITION c",
    ):
        asked = population(q, "mark", None, [ehr_id])
        assert condition in asked.text
        assert asked.searched is None or condition in asked.searched
