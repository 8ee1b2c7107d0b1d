"""Stored queries: kept by EHRbase as their authors wrote them, restricted each time they are run."""

import json
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from typing import Final

from openward_servicekit.auth import Authorizer, Denial, Permission, Principal
from openward_servicekit.auth.permissions import foresee

from clinical.domain.aql import read
from clinical.domain.permissions import READ_STORED, RUN_STORED, STORE_QUERY
from clinical.domain.query_product.errors import QueryProductStoredElsewhere
from clinical.domain.querying import Query, Right
from clinical.domain.record import PatientRecord
from clinical.domain.stored_query import (
    LATEST,
    StoredQuery,
    check_segment,
    definition_path,
    entries,
    is_final,
    with_entries,
)
from clinical.domain.stored_version import WantedVersion
from clinical.domain.storing import Storing
from clinical.domain.upstream import Answer, Call, Upstream
from clinical.service.product_queries import ProductQueries
from clinical.service.queries import QueryService, ResultSet
from clinical.service.storing_queries import StoredQueryWriter

#: How many final versions are remembered; a text has at most 64 KiB.
REMEMBERED: Final = 256
_JSON: Final = {"Accept": "application/json"}


@dataclass(frozen=True)
class Definition:
    """What a client stores; `kind` is its language, `key` an Idempotency-Key."""

    q: str
    kind: str
    key: str | None


@dataclass(frozen=True)
class StoredQueryService:
    upstream: Upstream
    queries: QueryService
    authorizer: Authorizer
    products: ProductQueries
    writer: StoredQueryWriter
    _remembered: OrderedDict[tuple[str, str], StoredQuery] = field(default_factory=OrderedDict)

    async def store(
        self, principal: Principal, name: str, version: str | None, definition: Definition
    ) -> StoredQuery:
        """With the version that it has got.

        Raises QueryUnreadable, QueryProductStoredElsewhere, what `StoredQueryWriter.write` raises, and
        ResourceNotFound for a name that nothing can have.
        """
        await self.may_store(principal, check_segment(name))
        read(definition.q)
        wanted = WantedVersion.of(version)
        if await self.products.has_name(name):
            raise QueryProductStoredElsewhere
        storing = Storing(name, wanted, definition.q, definition.kind, principal.actor(), definition.key)
        stored = await self.writer.write(storing)
        self._remembered.pop((name, stored.version), None)
        return stored

    async def may_store(self, principal: Principal, name: str) -> None:
        """Raises PermissionDenied; for answers that are given without storing again."""
        await self.authorizer.authorize(principal, STORE_QUERY, target=name)

    async def list(self, principal: Principal) -> bytes:
        """Those that the caller may read, in the form in which EHRbase lists them."""
        answer = await self.upstream.open(Call("GET", definition_path(), headers=_JSON))
        listed = await answer.json()
        found = list(entries(listed))
        names = self.authorizer.permitted(
            principal,
            READ_STORED,
            {str(entry.get("name")) for entry in found},
            patient_id=principal.patient_id,
        )
        kept = [entry for entry in found if entry.get("name") in names]
        return json.dumps(with_entries(listed, kept), ensure_ascii=False, separators=(",", ":")).encode()

    async def definition(self, principal: Principal, name: str, version: str | None, accept: str) -> Answer:
        """One version, or without `version` the list of all."""
        path = definition_path(name, version)
        # A definition is about no patient: who may read only what is about himself may read it.
        await self.authorizer.authorize(principal, READ_STORED, target=name, patient_id=principal.patient_id)
        return await self.upstream.open(Call("GET", path, headers={"Accept": accept}))

    async def run(
        self,
        principal: Principal,
        name: str,
        version: str | None,
        asked: Query,
        record: PatientRecord | None,
    ) -> tuple[StoredQuery, ResultSet]:
        """`asked` without its text, which is the stored one.

        Raises what `QueryService.run` raises; of a query product what `ProductQueries.run` raises.
        """
        await self._expect_right(principal, replace(RUN_STORED, target=name))
        stored = await self._stored(name, version or LATEST)
        query, product = replace(asked, q=stored.q), await self.products.of(stored)
        if product is not None:
            return stored, await self.products.run(principal, product, query, record)
        return stored, await self.queries.run(principal, query, Right(RUN_STORED, name), record)

    async def _expect_right(self, principal: Principal, permission: Permission) -> None:
        """Before it is told whether there is such a query."""
        decision = foresee(principal, permission)
        if decision is not None and decision.reason is not None:
            await self.authorizer.deny(Denial(principal, permission, decision.reason))

    async def _stored(self, name: str, version: str) -> StoredQuery:
        key = (name, version)
        if key in self._remembered:
            self._remembered.move_to_end(key)
            return self._remembered[key]
        answer = await self.upstream.open(Call("GET", definition_path(name, version), headers=_JSON))
        stored = StoredQuery.of(await answer.json())
        if is_final(version):
            self._remembered[key] = stored
            if len(self._remembered) > REMEMBERED:
                self._remembered.popitem(last=False)
        return stored
