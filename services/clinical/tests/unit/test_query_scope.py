"""A query sees compositions of those templates that the scopes of the token name."""

from collections.abc import Callable, Mapping, Sequence

import pytest
from clinical.domain.errors import QueryRowsTooMany
from clinical.domain.querying import Demand, Query
from clinical.domain.result_set import RowLimits
from clinical.service.query_scope import template_ids, template_patterns
from openward_contracts.identifiers import PatientId
from openward_servicekit.auth import Principal
from openward_servicekit.auth.scopes import parse_scopes

MINE, OTHER = PatientId.new(), PatientId.new()
ANY = Demand()
LIMITS = RowLimits(default=10, maximum=100)


class Templates:
    """An engine that knows these templates and runs nothing."""

    async def run(
        self, asked: Mapping[str, object], take: Callable[[bytes], None], demand: Demand = ANY
    ) -> None: ...

    async def template_ids(self) -> Sequence[str]:
        return ["vitals.v1", "vitals.v2", "labs.v1"]


def principal(scope: str, *, is_service: bool = False) -> Principal:
    return Principal("a", "b", scopes=parse_scopes(scope), patient_id=MINE, is_service=is_service)


@pytest.mark.parametrize(
    ("scope", "patient_id", "seen"),
    [
        ("user/composition-*.r", OTHER, None),
        ("user/composition-a.r user/composition-b.cruds user/composition-c.cud", OTHER, {"a", "b"}),
        ("user/aql-adhoc.s", OTHER, set()),
        ("patient/composition-*.r user/composition-a.r", OTHER, {"a"}),
        ("patient/composition-*.r user/composition-a.r", MINE, None),
        ("patient/composition-*.r user/composition-a.r", None, {"a"}),
        ("system/composition-*.r", OTHER, set()),
    ],
)
def test_only_scopes_that_reach_the_patient_count(
    scope: str, patient_id: PatientId | None, seen: set[str] | None
) -> None:
    assert template_patterns(principal(scope), patient_id) == (None if seen is None else frozenset(seen))


def test_a_machine_has_its_own_scopes() -> None:
    machine = principal("system/composition-a.r user/composition-*.r", is_service=True)

    assert template_patterns(machine, None) == frozenset("a")


async def test_wildcards_become_the_templates_that_there_are() -> None:
    patterns = frozenset(("vitals*", "other"))

    assert await template_ids(patterns, Templates()) == ["other", "vitals.v1", "vitals.v2"]
    assert await template_ids(None, Templates()) is None
    assert await template_ids(frozenset(), Templates()) == []


@pytest.mark.parametrize(
    ("query", "paging"),
    [
        (Query("SELECT c FROM EHR e"), {"fetch": 10}),
        (Query("SELECT c FROM EHR e LIMIT 100"), {}),
        (Query("SELECT c FROM EHR e", fetch=100, offset=5), {"fetch": 100, "offset": 5}),
        (Query("SELECT c FROM EHR e", offset=5), {"offset": 5}),
        (Query("SELECT c FROM EHR e LIMIT 1", fetch=2), {"fetch": 2}),
    ],
)
def test_a_query_without_limit_gets_one(query: Query, paging: dict[str, int]) -> None:
    assert query.paging(LIMITS) == paging


@pytest.mark.parametrize(
    "query", [Query("SELECT c FROM EHR e LIMIT 101"), Query("SELECT c FROM EHR e", fetch=101)]
)
def test_more_rows_than_allowed_are_refused_and_not_cut(query: Query) -> None:
    with pytest.raises(QueryRowsTooMany):
        query.paging(LIMITS)


def test_parameters_that_the_query_does_not_have_are_not_sent() -> None:
    assert Query("SELECT c FROM EHR e", {"ehr_id": "x"}).used_parameters == {}
    assert Query("SELECT c FROM EHR e[$a]", {"a": 1, "b": 2}).used_parameters == {
        "query_parameters": {"a": 1}
    }
