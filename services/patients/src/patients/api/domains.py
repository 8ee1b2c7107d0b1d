"""`/api/patients/v1/domains`: who gives out identifiers."""

from typing import Annotated

from fastapi import Path, Response
from openward_servicekit.openapi_answers import sends
from openward_servicekit.routing import api_router

from patients.api.dependencies import DomainManager, DomainReader, Services, VersionIfAny
from patients.api.schemas import CheckRules, Domains, DomainView
from patients.domain import check_digits
from patients.domain.identifier_domain import DomainId, IdentifierDomain

router = api_router("/api/patients/v1", tags=["identifier domains"])

DomainPath = Annotated[DomainId, Path()]


@router.get("/domains", response_model_exclude_none=True)
async def list_domains(caller: DomainReader, services: Services) -> Domains:
    found = await services.domains.all(caller)
    return Domains(items=[DomainView.of(key, *value) for key, value in found.items()])


@router.get("/domains/{domain_id}", response_model_exclude_none=True, responses=sends("ETag"))
async def read_domain(
    caller: DomainReader, domain_id: DomainPath, services: Services, response: Response
) -> DomainView:
    version, domain = await services.domains.read(caller, domain_id)
    response.headers["ETag"] = f'"{version}"'
    return DomainView.of(domain_id, version, domain)


@router.put("/domains/{domain_id}", response_model_exclude_none=True, responses=sends("ETag"))
async def put_domain(
    caller: DomainManager,
    domain_id: DomainPath,
    domain: IdentifierDomain,
    version: VersionIfAny,
    services: Services,
    response: Response,
) -> DomainView:
    """Makes the domain, or with If-Match replaces it. What was registered before is not checked again."""
    number = await services.domains.put(caller, domain_id, domain, version)
    response.headers["ETag"] = f'"{number}"'
    return DomainView.of(domain_id, number, domain)


@router.get("/check-digits")
async def list_check_rules(_: DomainReader) -> CheckRules:
    """Names that a domain's `check_rule` may have."""
    return CheckRules(items=list(check_digits.list_rules()))
