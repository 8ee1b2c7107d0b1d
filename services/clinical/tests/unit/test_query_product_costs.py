"""What running a product over a record would cost: told of what the caller may see, and on record first."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from clinical.domain.aql import Scope
from clinical.domain.openehr_errors import EhrNotQueryable
from clinical.domain.query_product.cost import Estimate
from clinical.domain.query_product.model import Definition, Limits, Product, Reach, State
from clinical.domain.query_product.naming import Version
from clinical.domain.record import LinkedEhr, PatientRecord
from clinical.domain.result_set import RowLimits
from clinical.service.queries import QueryService
from clinical.service.query_product_runs import Asked, QueryProductRuns
from openward_contracts.identifiers import EhrId, PatientId
from openward_servicekit.auth import Authorizer, Denial, Principal
from openward_servicekit.auth.principal import Role
from openward_servicekit.auth.scopes import parse_scopes
from openward_servicekit.errors import Unavailable

AQL = "SELECT c/uid/value FROM EHR e[ehr_id/value=$ehr_id] CONTAINS COMPOSITION c LIMIT 100"
DEFINITION = Definition(
    "t", "d", "o", AQL, Reach.PATIENT, (), (), frozenset({Role.CLINICIAN}), Limits(100, 5)
)
PRODUCT = Product("a", Version(1, 0, 0), DEFINITION, (), (), "ada", datetime.now(UTC), State.PUBLISHED)
EHR = LinkedEhr(PatientId.new(), EhrId.new(), ready=True)
RECORD = PatientRecord(EHR.patient_id, (EHR,))
ADA = Principal(
    "ada", "web", frozenset({Role.CLINICIAN}), parse_scopes("user/aql-a.s user/composition-vitals*.r")
)
ALL = replace(
    PRODUCT,
    definition=replace(
        DEFINITION, aql="SELECT c/uid/value FROM COMPOSITION c LIMIT 100", reach=Reach.POPULATION
    ),
)


class Around:
    """Two templates, of each one composition; and what was put on record."""

    def __init__(self, *, queryable: bool = True, away: bool = False) -> None:
        self.queryable, self.away = queryable, away
        self.on_record: list[str] = []

    async def missing(self, _templates: Sequence[str]) -> tuple[str, ...]:
        return ()

    async def template_ids(self) -> Sequence[str]:
        return ["vitals.v1", "labs.v1"]

    async def unqueryable(self, ehr_ids: Sequence[EhrId]) -> set[EhrId]:
        return set() if self.queryable else set(ehr_ids)

    async def of(self, scope: Scope, _most: int) -> int:
        return 2 if scope.template_ids is None else len(scope.template_ids)

    async def seen(self, _actor: object, ehr: LinkedEhr, resource: str, _count: int) -> None:
        if self.away:
            raise Unavailable("no database")
        assert ehr == EHR
        self.on_record.append(resource)

    async def of_all(self) -> int:
        return 1000

    async def queried(self, _actor: object, ehrs: Sequence[LinkedEhr], query: str, rows: int) -> None:
        if self.away:
            raise Unavailable("no database")
        assert (list(ehrs), rows) == ([], 0)
        self.on_record.append(query)

    async def of_patient(self, _principal: Principal, patient_id: PatientId) -> PatientRecord:
        assert patient_id == EHR.patient_id
        return RECORD

    async def on_denied(self, denial: Denial) -> None:
        self.on_record.append(denial.permission.name)

    @property
    def standing(self) -> "Around":
        return self


async def cost(
    around: Around,
    product: Product = PRODUCT,
    caller: Principal = ADA,
    record: PatientRecord | None = RECORD,
) -> Estimate:
    anything, authorizer = cast("Any", around), Authorizer(around.on_denied)
    limits = RowLimits(default=10, maximum=100)
    queries = QueryService(anything, anything, anything, anything, anything, authorizer, limits)
    runs = QueryProductRuns(anything, queries, anything, anything, authorizer)
    return await runs.dry_run(caller, Asked(product, {}), record)


async def test_compositions_of_other_templates_are_not_counted() -> None:
    around = Around()

    assert (await cost(around)).compositions == 1
    assert around.on_record == ["query-product-cost"]


async def test_nothing_is_told_that_is_not_on_record() -> None:
    with pytest.raises(Unavailable):
        await cost(Around(away=True))


async def test_an_ehr_that_allows_no_queries_is_not_counted_either() -> None:
    around = Around(queryable=False)

    with pytest.raises(EhrNotQueryable):
        await cost(around)

    assert around.on_record == ["query_product.run"]


async def test_how_much_there_is_of_everybody_is_on_record_by_the_products_text() -> None:
    around = Around()

    assert (await cost(around, ALL, record=None)).compositions == 1000
    assert around.on_record == [ALL.definition.aql]
    with pytest.raises(Unavailable):
        await cost(Around(away=True), ALL, record=None)


async def test_patients_learn_how_much_there_is_of_themselves() -> None:
    around = Around()
    roles = frozenset({Role.PATIENT})
    for_patients = replace(ALL, definition=replace(ALL.definition, roles=roles))
    scopes = parse_scopes("patient/aql-a.s patient/composition-vitals*.r")
    mine = Principal("ada", "app", roles, scopes, patient_id=EHR.patient_id)

    assert (await cost(around, for_patients, mine, None)).compositions == 1
    assert around.on_record == ["query-product-cost"]
