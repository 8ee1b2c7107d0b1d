"""A query product keeps its rules when it is run as the stored query that it is in EHRbase, too."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from clinical.domain.query_product.errors import (
    ParametersInvalid,
    QueryProductReachWrong,
    QueryProductRetired,
    QueryProductTemplateRetired,
)
from clinical.domain.query_product.model import Definition, Kind, Limits, Parameter, Product, Reach, State
from clinical.domain.query_product.naming import Version
from clinical.domain.querying import Query, Right
from clinical.domain.record import LinkedEhr, PatientRecord
from clinical.service.product_queries import ProductQueries
from clinical.service.queries import ResultSet
from clinical.service.query_product_runs import QueryProductRuns
from clinical.service.spool import Spool
from clinical.service.stored_queries import StoredQueryService
from openward_contracts.identifiers import EhrId, PatientId
from openward_servicekit.auth import Authorizer, Denial, Principal
from openward_servicekit.auth.principal import Role
from openward_servicekit.auth.refusals import PermissionDenied
from openward_servicekit.auth.scopes import parse_scopes
from openward_servicekit.errors import Failure

NAME = "org.ward::named"
AQL = (
    "SELECT c/uid/value AS uid FROM EHR e[ehr_id/value=$ehr_id] CONTAINS COMPOSITION c "
    "WHERE c/name/value = $name ORDER BY c/uid/value LIMIT 10"
)
OVER_ALL = AQL.replace("[ehr_id/value=$ehr_id]", "")
NAMED = Parameter("name", Kind.STRING, "of the composition", pattern="[A-Z][a-z]*")
DEFINITION = Definition(
    "t",
    "d",
    "o",
    AQL,
    Reach.PATIENT,
    (NAMED,),
    (),
    frozenset({Role.CLINICIAN}),
    Limits(10, 5),
    templates=("vitals",),
)
PRODUCT = Product(
    NAME, Version(1, 0, 0), DEFINITION, ("vitals",), (), "a", datetime.now(UTC), State.PUBLISHED
)
EHR = LinkedEhr(PatientId.new(), EhrId.new(), ready=True)
RECORD = PatientRecord(EHR.patient_id, (EHR,))
ADA = Principal(
    "ada", "web", frozenset({Role.CLINICIAN, Role.PATIENT}), parse_scopes("user/aql-*.s user/composition-*.r")
)


class Around:
    """What is around: one product, a stored text, a record; and what was asked of EHRbase in the end."""

    def __init__(self, product: Product | None = PRODUCT, missing: tuple[str, ...] = ()) -> None:
        self.product, self.gone = product, missing
        self.asked: list[tuple[Query, Right, PatientRecord | None]] = []
        self.denied: list[Denial] = []

    async def of(self, _name: str, _version: Version | None) -> Product | None:
        return self.product

    async def missing(self, _templates: Sequence[str]) -> tuple[str, ...]:
        return self.gone

    async def open(self, _call: object) -> "Around":
        return self

    async def json(self) -> object:
        q = self.product.definition.aql if self.product else AQL
        return {"name": NAME, "version": "1.0.0", "q": q}

    async def record_of(self, _principal: Principal, query: Query, _right: Right) -> PatientRecord | None:
        return RECORD if query.parameters.get("ehr_id") == str(EHR.ehr_id) else None

    async def run(
        self, _principal: Principal, query: Query, right: Right, record: PatientRecord | None
    ) -> ResultSet:
        self.asked.append((query, right, record))
        return ResultSet(query, {"meta": {"resultsize": 0}}, Spool())

    async def on_denied(self, denial: Denial) -> None:
        self.denied.append(denial)

    @property
    def standing(self) -> "Around":
        return self


async def ran(
    around: Around, record: PatientRecord | None = RECORD, caller: Principal = ADA, **sent: object
) -> ResultSet:
    anything, authorizer = cast("Any", around), Authorizer(around.on_denied)
    runs = QueryProductRuns(anything, anything, anything, anything, authorizer)
    stored = StoredQueryService(anything, anything, authorizer, ProductQueries(anything, runs), anything)
    _, found = await stored.run(caller, NAME, "1.0.0", Query("", sent), record)
    found.rows.close()
    return found


def made(**changes: Any) -> Product:
    return replace(PRODUCT, definition=replace(DEFINITION, **changes))


async def test_a_product_is_run_by_its_own_right_with_values_printed_into_its_text() -> None:
    around = Around()

    found = await ran(around, name="Pulse")

    ((query, right, record),) = around.asked
    assert "c/name/value = 'Pulse'" in query.q
    assert (query.parameters, query.known_as, query.demand.seconds) == ({}, AQL, 5)
    assert (right.permission.roles, right.target, record) == (frozenset({Role.CLINICIAN}), NAME, RECORD)
    assert found.query.q == AQL


async def test_a_role_that_only_patients_have_reaches_nobody_elses_record() -> None:
    around = Around(made(roles=frozenset({Role.PATIENT})))

    with pytest.raises(PermissionDenied):
        await ran(around, name="Pulse")

    assert ([denial.permission.name for denial in around.denied], around.asked) == (["query_product.run"], [])


@pytest.mark.parametrize(
    ("around", "sent", "refusal"),
    [
        (Around(), {"name": "pulse"}, ParametersInvalid),
        (Around(), {"name": 3}, ParametersInvalid),
        (Around(), {}, ParametersInvalid),
        (Around(), {"name": "Pulse", "nome": "a"}, ParametersInvalid),
        (Around(), {"name": "Pulse", "ehr_id": str(EhrId.new())}, ParametersInvalid),
        (Around(made(parameters=(replace(NAMED, enum=("A",)),))), {"name": "B"}, ParametersInvalid),
        (Around(missing=("vitals",)), {"name": "Pulse"}, QueryProductTemplateRetired),
        (Around(replace(PRODUCT, state=State.RETIRED)), {"name": "Pulse"}, QueryProductRetired),
        (Around(made(reach=Reach.POPULATION, aql=OVER_ALL)), {"name": "Pulse"}, QueryProductReachWrong),
    ],
)
async def test_rules_of_a_product_hold(
    around: Around, sent: dict[str, object], refusal: type[Failure]
) -> None:
    with pytest.raises(refusal):
        await ran(around, RECORD, ADA, **sent)

    assert around.asked == []


async def test_a_product_over_one_record_takes_its_id_as_a_parameter_and_needs_one() -> None:
    around = Around()

    await ran(around, None, name="Pulse", ehr_id=str(EHR.ehr_id))
    with pytest.raises(QueryProductReachWrong):
        await ran(around, None, name="Pulse")

    assert [record for _, _, record in around.asked] == [RECORD]


async def test_a_product_over_all_does_not_pass_over_an_ehr_that_is_named() -> None:
    around = Around(made(reach=Reach.POPULATION, aql=OVER_ALL))

    await ran(around, None, name="Pulse")
    with pytest.raises(ParametersInvalid):
        await ran(around, None, name="Pulse", ehr_id=str(EHR.ehr_id))

    assert [record for _, _, record in around.asked] == [None]


async def test_values_of_an_address_are_text() -> None:
    number = replace(NAMED, kind=Kind.NUMBER, pattern=None, many=True)
    aql = AQL.replace("= $name", "MATCHES {$name}")
    around = Around(made(parameters=(number,), aql=aql))

    for sent in ("1.5", ["1.5", "2"], [1.5, 2]):
        await ran(around, name=sent)

    texts = [query.q.partition("MATCHES {")[2].partition("}")[0].strip() for query, _, _ in around.asked]
    assert texts == ["1.5", "1.5, 2.0", "1.5, 2"]


async def test_a_query_that_is_no_product_is_run_as_it_is_stored() -> None:
    around = Around(product=None)

    await ran(around, name="pulse")

    ((query, right, _),) = around.asked
    assert (query.q, query.parameters, right.permission.name) == (AQL, {"name": "pulse"}, "stored_query.run")
