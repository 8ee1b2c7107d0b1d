"""Running query products: a page at a time, bound to product, values and caller."""

import asyncio
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Final

from openward_servicekit.auth import Authorizer, Denial, Principal
from openward_servicekit.auth.permissions import foresee

from clinical.domain.cursors import Cursors
from clinical.domain.permissions import RUN_STORED
from clinical.domain.query_product.binding import bound, row_limit, templates_needed
from clinical.domain.query_product.cost import Estimate, estimate
from clinical.domain.query_product.errors import (
    QueryProductReachWrong,
    QueryProductRetired,
    QueryProductTemplateRetired,
)
from clinical.domain.query_product.model import Product, Reach, State, Value
from clinical.domain.query_product.paging import FIRST, Place, keys, moved
from clinical.domain.query_product.parsing import parsed
from clinical.domain.query_product.ports import CompositionCounts
from clinical.domain.query_product.rows import rows_of
from clinical.domain.querying import Query
from clinical.domain.record import PatientRecord
from clinical.service.queries import QueryService, ResultSet
from clinical.service.query_products import QueryProductService
from clinical.service.spool import Spool

_COUNTED_UP_TO: Final = 1_000_000


@dataclass(frozen=True)
class Asked:
    """`values` are checked; `limit`: rows of a page, None for as many as there may be."""

    product: Product
    values: Mapping[str, Value]
    cursor: str | None = None
    limit: int | None = None


@dataclass(frozen=True)
class Rows:
    """An answer that may leave: its access record is durable. `rows` is to be closed.

    `size`: how many of `rows` are shown. `limit_reached`: more than the product's limit are not given out.
    """

    product: Product
    rows: Spool
    size: int
    next_cursor: str | None
    limit_reached: bool

    def shown(self) -> Iterator[list[Any]]:
        """Once."""
        return islice(rows_of(self.rows.blocks()), self.size)


@dataclass(frozen=True)
class QueryProductRuns:
    products: QueryProductService
    queries: QueryService
    counts: CompositionCounts
    cursors: Cursors
    authorizer: Authorizer

    async def product(self, principal: Principal, name: str, version: str | None) -> Product:
        """That may be run, if its values are right.

        Raises:
            PermissionDenied: also of a name that there is not.
            QueryProductNotFound, QueryProductRetired.
        """
        permission = replace(RUN_STORED, target=name)
        decision = foresee(principal, permission)
        if decision is not None and decision.reason is not None:
            await self.authorizer.deny(Denial(principal, permission, decision.reason))
        product = await self.products.find(name, version)
        if product.state is State.RETIRED:
            raise QueryProductRetired
        return product

    async def run(self, principal: Principal, asked: Asked, record: PatientRecord | None) -> Rows:
        """Over `record`, or over all that the caller may see.

        Raises:
            PermissionDenied, QueryProductReachWrong, QueryProductTemplateRetired, CursorInvalid.
            What `QueryService.run` raises.
        """
        product, definition = asked.product, asked.product.definition
        await self._expect(principal, asked, record)
        place = self._place(principal, asked, record)
        remaining = row_limit(definition) - place.before
        page = min(asked.limit or remaining, remaining)
        wanted = page if page == remaining else page + 1
        text = bound(definition, asked.values, wanted, place)
        query = Query(text, demand=definition.demand, known_as=definition.aql)
        found = await self.queries.run(principal, query, product.right, record)
        size = int(found.head["meta"]["resultsize"])
        if size <= page:
            return Rows(product, found.rows, size, None, limit_reached=page == size == remaining)
        after = await asyncio.to_thread(_after, product, place, found.rows, page)
        cursor = self.cursors.sign(after.told(), principal, *_list(asked, record))
        return Rows(product, found.rows, page, cursor, limit_reached=False)

    async def whole(
        self, principal: Principal, asked: Asked, sent: Query, record: PatientRecord | None
    ) -> ResultSet:
        """All that it gives out, told as openEHR tells it: the answer to `sent`. Raises what `run` raises."""
        await self._expect(principal, asked, record)
        definition = asked.product.definition
        text = bound(definition, asked.values, row_limit(definition))
        query = Query(text, {}, sent.fetch, sent.offset, definition.demand, definition.aql)
        found = await self.queries.run(principal, query, asked.product.right, record)
        return replace(found, query=sent)

    async def dry_run(self, principal: Principal, asked: Asked, record: PatientRecord | None) -> Estimate:
        """What it would cost. Raises what `run` would raise, but for what only EHRbase knows.

        It tells how much there is, of one record what the caller may see: that is on record first.
        """
        await self._expect(principal, asked, record)
        product, definition = asked.product, asked.product.definition
        if record is None:
            text = bound(definition, asked.values, row_limit(definition))
            record = await self.queries.record_of(principal, Query(text), product.right)
        if record is None:
            compositions = await self.counts.of_all()
            await self.queries.access.queried(principal.actor(), (), definition.aql, 0)
            return estimate(definition, compositions)
        scope = await self.queries.reach(principal, product.right, record)
        compositions = await self.counts.of(scope, _COUNTED_UP_TO)
        await self.queries.access.seen(principal.actor(), record.target, "query-product-cost", 1)
        return estimate(definition, compositions)

    async def _expect(self, principal: Principal, asked: Asked, record: PatientRecord | None) -> None:
        product = asked.product
        patient_id = principal.patient_id if record is None else record.judged_as(principal.patient_id)
        for permission in (RUN_STORED, product.permission):
            await self.authorizer.authorize(
                principal,
                permission,
                target=product.name,
                patient_id=patient_id,
                ehr_id=record.target.ehr_id if record else None,
            )
        if record is None and product.definition.reach is Reach.PATIENT:
            raise QueryProductReachWrong("one patient's record: …/patients/{patient_id}/query-products")
        if record is not None and product.definition.reach is Reach.POPULATION:
            raise QueryProductReachWrong("all records: …/query-products/{name}/{version}/rows")
        needed = {*product.templates, *templates_needed(product.definition, asked.values)}
        if missing := await self.products.standing.missing(sorted(needed)):
            raise QueryProductTemplateRetired(missing)

    def _place(self, principal: Principal, asked: Asked, record: PatientRecord | None) -> Place:
        if asked.cursor is None:
            return FIRST
        return Place.of(self.cursors.position(asked.cursor, principal, *_list(asked, record)))


def _list(asked: Asked, record: PatientRecord | None) -> tuple[object, ...]:
    """What has to be the same on the next page."""
    product = asked.product
    values = json.dumps({name: asked.values[name] for name in sorted(asked.values)}).encode()
    named = record.named_id if record else None
    return "query-product", product.name, product.version, named, hashlib.sha256(values).hexdigest()


def _after(product: Product, place: Place, rows: Spool, size: int) -> Place:
    found = keys(parsed(product.definition.aql))
    for row in islice(rows_of(rows.blocks()), size):
        place = moved(found, place, row)
    return place
