"""Query products by the names that openEHR's stored queries have: by whatever name, their rules hold."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from openward_servicekit.auth import Principal
from openward_servicekit.errors import FieldError

from clinical.domain.query_product.errors import ParametersInvalid, QueryProductRetired
from clinical.domain.query_product.model import EHR_PARAMETER, Parameter, Product, Reach, State, Value
from clinical.domain.query_product.naming import Version, is_name, product_name
from clinical.domain.query_product.ports import Products
from clinical.domain.query_product.values import checked, from_text
from clinical.domain.querying import Query
from clinical.domain.record import PatientRecord
from clinical.domain.stored_query import StoredQuery, is_final
from clinical.service.queries import ResultSet
from clinical.service.query_product_runs import Asked, QueryProductRuns


@dataclass(frozen=True)
class ProductQueries:
    products: Products
    runs: QueryProductRuns

    async def has_name(self, stored_name: str) -> bool:
        """Whether a query product bears it."""
        product = product_name(stored_name)
        return is_name(product) and await self.products.of(product, None) is not None

    async def of(self, stored: StoredQuery) -> Product | None:
        """The product whose text it is."""
        if not is_final(stored.version):
            return None
        return await self.products.of(product_name(stored.name), Version.of(stored.version))

    async def run(
        self, principal: Principal, product: Product, sent: Query, record: PatientRecord | None
    ) -> ResultSet:
        """With its values in `sent`, as EHRbase takes them: those of an address are text.

        Raises:
            QueryProductRetired, ParametersInvalid.
            What `QueryProductRuns.run` raises.
        """
        if product.state is State.RETIRED:
            raise QueryProductRetired
        values = _values(product, sent.parameters, record)
        if record is None and product.definition.reach is Reach.PATIENT:
            named = replace(sent, q=product.definition.aql)
            record = await self.runs.queries.record_of(principal, named, product.right)
        return await self.runs.whole(principal, Asked(product, values), sent, record)


def _values(
    product: Product, sent: Mapping[str, object], record: PatientRecord | None
) -> Mapping[str, Value]:
    """The EHR's id is none of them, but has to be that of the record."""
    given = dict(sent)
    if record is not None or product.definition.reach is Reach.PATIENT:
        named = given.pop(EHR_PARAMETER, None)
        if record and named and str(named).lower() not in {str(ehr.ehr_id) for ehr in record.readable}:
            detail = "The query is bound to another EHR."
            raise ParametersInvalid([FieldError("parameter-conflict", detail, path=EHR_PARAMETER)])
    declared = product.definition.declared
    read = {
        name: _read(declared[name], value) if name in declared else value for name, value in given.items()
    }
    return checked(product.definition.parameters, read, lambda name: {"path": name})


def _read(parameter: Parameter, value: object) -> object:
    values = value if isinstance(value, list) else [value]
    texts = [each for each in values if isinstance(each, str)]
    return from_text(parameter, texts) if texts and len(texts) == len(values) else value
