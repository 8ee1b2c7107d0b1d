"""Identifier domains: declaring and listing them."""

from dataclasses import dataclass

from openward_servicekit.auth import Authorizer, Principal

from patients.domain.errors import DomainNotFound
from patients.domain.identifier_domain import IdentifierDomain
from patients.domain.permissions import MANAGE_DOMAINS, READ_DOMAINS
from patients.domain.ports import DomainRepository


@dataclass(frozen=True)
class DomainService:
    domains: DomainRepository
    authorizer: Authorizer

    async def all(self, caller: Principal) -> dict[str, tuple[int, IdentifierDomain]]:
        """Id -> version and domain, by id."""
        await self.authorizer.authorize(caller, READ_DOMAINS)
        return dict(sorted((await self.domains.all()).items()))

    async def read(self, caller: Principal, domain_id: str) -> tuple[int, IdentifierDomain]:
        found = (await self.all(caller)).get(domain_id)
        if found is None:
            raise DomainNotFound
        return found

    async def put(
        self, caller: Principal, domain_id: str, domain: IdentifierDomain, version: int | None
    ) -> int:
        """Make it, or with `version` replace that one; the new version."""
        await self.authorizer.authorize(caller, MANAGE_DOMAINS)
        return await self.domains.put(domain_id, domain, version, caller.actor())
