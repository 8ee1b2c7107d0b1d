"""Query products: linted, kept here and in EHRbase as stored queries, the same in both whatever is killed."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

import structlog
from openward_servicekit.auth import Authorizer, Principal
from openward_servicekit.errors import Failure, Unavailable, UpstreamTimeout

from clinical.domain.errors import CdrError
from clinical.domain.permissions import READ_STORED, STORE_QUERY
from clinical.domain.query_product.binding import templates_of
from clinical.domain.query_product.errors import (
    QueryProductNameTaken,
    QueryProductNotFound,
    QueryProductRefused,
    QueryProductVersionExists,
)
from clinical.domain.query_product.lint import problems
from clinical.domain.query_product.model import Definition, Finding, Product, State
from clinical.domain.query_product.naming import Version, is_name
from clinical.domain.query_product.ports import Products, Retirement
from clinical.domain.refusals import ContentRejected, RequestRefused, ResourceConflict, ResourceNotFound
from clinical.domain.stored_query import StoredQuery, definition_path, entries
from clinical.domain.upstream import Call, Upstream
from clinical.service.query_product_lint import Linter
from clinical.service.template_standing import TemplateStanding

_log = structlog.get_logger(__name__)
_JSON: Final = {"Accept": "application/json"}
_TEXT: Final = _JSON | {"Content-Type": "text/plain"}
#: Seconds between two looks whether EHRbase holds what is published; and after one that has failed.
_LOOK_EVERY: Final = 600.0
_TRY_AGAIN: Final = 5.0


@dataclass(frozen=True)
class Page:
    """`next`: the name after which the next begins."""

    products: Sequence[Product]
    next: str | None


@dataclass(frozen=True)
class QueryProductService:
    products: Products
    upstream: Upstream
    linter: Linter
    standing: TemplateStanding
    authorizer: Authorizer

    async def store(
        self, principal: Principal, name: str, version: str, definition: Definition
    ) -> tuple[Product, bool]:
        """It is published when this returns; False if it was before, the same. May be repeated.

        Raises:
            QueryProductRefused: with all findings.
            QueryProductVersionExists, QueryProductNameTaken.
        """
        await self.authorizer.authorize(principal, STORE_QUERY, target=name)
        number = _number(version)
        findings = await self.linter.findings(name, definition)
        if number is None:
            findings.append(Finding("version-malformed", "A version is major.minor.patch.", pointer=""))
        if number is None or problems(findings):
            raise QueryProductRefused(findings)
        needed, now = templates_of(definition), datetime.now(UTC)
        product = Product(name, number, definition, needed, tuple(findings), principal.sub, now)
        added = await self.products.add(product)
        known = product if added else await self._settled(name, number)
        if known.definition != definition:
            raise QueryProductVersionExists
        if added:
            await self.settle(product)
        return await self._shown(replace(known, state=State.PUBLISHED) if added else known), added

    async def lint(self, principal: Principal, name: str, definition: Definition) -> Sequence[Finding]:
        """What storing it would say, without storing it."""
        await self.authorizer.authorize(principal, STORE_QUERY, target=name)
        return await self.linter.findings(name, definition)

    async def page(
        self, principal: Principal, words: str | None, after: str | None, limit: int, *, retired: bool
    ) -> Page:
        """Of each name its latest version; what the caller may not read is left out."""
        await self._settle_all(None)
        found = await self.products.page(words, after, limit + 1, retired=retired)
        shown = self._permitted(principal, found[:limit])
        last = found[limit - 1].name if len(found) > limit else None
        return Page([await self._shown(product) for product in shown], last)

    async def every(self, principal: Principal) -> Sequence[Product]:
        """Every version that is published and that the caller may read."""
        await self._settle_all(None)
        found = sorted(await self.products.all(), key=lambda each: (each.name, each.version))
        return [await self._shown(product) for product in self._permitted(principal, found)]

    async def history(self, principal: Principal, name: str) -> Sequence[Product]:
        """Its versions, the latest first. Raises QueryProductNotFound."""
        await self._may_read(principal, name)
        await self._settled(name, None)
        found = await self.products.versions(name)
        return [await self._shown(product) for product in found]

    async def read(self, principal: Principal, name: str, version: str) -> Product:
        """Raises QueryProductNotFound."""
        await self._may_read(principal, name)
        return await self._shown(await self.find(name, version))

    async def retire(self, principal: Principal, name: str, version: str, why: str) -> Product:
        """Nobody runs it any more; may be repeated. Raises QueryProductNotFound."""
        await self.authorizer.authorize(principal, STORE_QUERY, target=name)
        product = await self.find(name, version)
        await self.products.retire(product, Retirement(principal.sub, datetime.now(UTC), why))
        return await self._shown(await self.find(name, version))

    async def find(self, name: str, version: str | None) -> Product:
        """That version, whatever its state, or the latest that is published. Raises QueryProductNotFound."""
        number = None if version is None else _number(version)
        if version is not None and number is None:
            raise QueryProductNotFound
        return await self._settled(name, number)

    async def settle(self, product: Product) -> None:
        """EHRbase holds its text when this returns, and it is published; may be repeated, also at once.

        Raises:
            QueryProductNameTaken, QueryProductRefused: EHRbase never will, and so it is forgotten.
        """
        try:
            await self._put(product)
        except (QueryProductNameTaken, QueryProductRefused):
            await self.products.drop(product)
            raise
        await self.products.publish(product)

    async def reconcile(self) -> None:
        """Finish what a crash has left, and give back to EHRbase what it lacks of what is published."""
        await self._settle_all(None)
        answer = await self.upstream.open(Call("GET", definition_path(), headers=_JSON))
        held = {(str(e.get("name")), str(e.get("version"))) for e in entries(await answer.json())}
        for product in await self.products.all():
            if (product.stored_name, str(product.version)) not in held:
                await self._put_again(product)

    async def _put_again(self, product: Product) -> None:
        """One that EHRbase does not take any more keeps no other from it."""
        try:
            await self._put(product)
        except (QueryProductNameTaken, QueryProductRefused):
            _log.error("query_product.not_in_ehrbase", name=product.name, version=str(product.version))

    async def _put(self, product: Product) -> None:
        """Whatever EHRbase says to a second PUT, also at the same time: what it holds then decides."""
        path = definition_path(product.stored_name, str(product.version))
        text = product.definition.aql
        try:
            answer = await self.upstream.open(Call("PUT", path, {"type": "AQL"}, _TEXT, text.encode()))
        except (ResourceConflict, CdrError) as refusal:
            held = await self._held(path)
            if held is None:
                raise refusal from None
            if held != text:
                raise QueryProductNameTaken from None
        except (RequestRefused, ContentRejected):
            finding = Finding("refused-by-ehrbase", "EHRbase does not store this query.")
            raise QueryProductRefused([finding]) from None
        else:
            await answer.close()

    async def _held(self, path: str) -> str | None:
        try:
            answer = await self.upstream.open(Call("GET", path, headers=_JSON))
        except ResourceNotFound:
            return None
        return StoredQuery.of(await answer.json()).q

    async def _settled(self, name: str, version: Version | None) -> Product:
        if not is_name(name):
            raise QueryProductNotFound
        if version is None:
            await self._settle_all(name)
        product = await self.products.of(name, version)
        if product is not None and product.state is State.PENDING:
            await self.settle(product)
            product = await self.products.of(name, version)
        if product is None:
            raise QueryProductNotFound
        return product

    async def _settle_all(self, name: str | None) -> None:
        for product in await self.products.pending(name):
            try:
                await self.settle(product)
            except (QueryProductNameTaken, QueryProductRefused):
                _log.warning("query_product.forgotten", name=product.name, version=str(product.version))

    async def _may_read(self, principal: Principal, name: str) -> None:
        """A definition is about no patient: who may read only what is about himself may read it."""
        await self.authorizer.authorize(principal, READ_STORED, target=name, patient_id=principal.patient_id)

    def _permitted(self, principal: Principal, found: Sequence[Product]) -> Sequence[Product]:
        names = {product.name for product in found}
        allowed = self.authorizer.permitted(principal, READ_STORED, names, patient_id=principal.patient_id)
        return [product for product in found if product.name in allowed]

    async def _shown(self, product: Product) -> Product:
        return replace(product, missing=await self.standing.missing(product.templates))


@dataclass(frozen=True)
class ProductKeeper:
    service: QueryProductService

    async def run(self) -> None:
        """For ever: at the start, and now and then."""
        while True:
            try:
                await self.service.reconcile()
            except (Failure, OSError) as error:
                away = isinstance(error, Unavailable | UpstreamTimeout)
                _log.warning("query_product.not_reconciled", away=away, why=type(error).__name__)
                await asyncio.sleep(_TRY_AGAIN)
            else:
                await asyncio.sleep(_LOOK_EVERY)


def _number(version: str) -> Version | None:
    try:
        return Version.of(version)
    except ValueError:
        return None
