"""What differs between the places a gateway runs in; everything else is the template's."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from openward_cli.discovery import Provider, local_provider
from openward_cli.environment import AUDIENCE
from openward_cli.stack import Port, Service, Stack


class Address(NamedTuple):
    """A name is resolved again and again, and each address it has is a replica."""

    host: str
    port: int


class Tls(NamedTuple):
    """PEM files, as the gateway sees them."""

    certificate: Path
    key: Path


@dataclass(frozen=True, kw_only=True)
class Pages:
    """Folders of the API reference, as the gateway sees them, and which documents there are."""

    swagger: Path
    reference: Path
    documents: Path
    names: tuple[str, ...] = ("openapi.json", "asyncapi.json")


@dataclass(frozen=True, kw_only=True)
class Edge:
    """`domains` are the Host headers served, ports included; `origins` the pages that browsers may call from.

    Rates are requests per second. `trusted_hops`: how many proxies in front append to X-Forwarded-For.
    `identity_paths`: prefixes of an identity provider that has no address of its own.
    """

    bind: str
    port: int
    admin_port: int
    public_url: str
    domains: tuple[str, ...]
    origins: tuple[str, ...]
    provider: Provider
    replicas: Mapping[Service, tuple[Address, ...]]
    pages: Pages
    audience: str = AUDIENCE
    rate_per_address: int = 200
    rate_total: int = 5000
    trusted_hops: int = 0
    tls: Tls | None = None
    identity_paths: tuple[str, ...] = ()


class _LocalChoices(BaseSettings):
    """OPENWARD_GATEWAY_ORIGINS (a JSON list) and OPENWARD_GATEWAY_RATE_PER_ADDRESS."""

    model_config = SettingsConfigDict(env_prefix="OPENWARD_GATEWAY_", frozen=True)

    origins: tuple[str, ...] = ("http://localhost:5173", "http://127.0.0.1:5173")
    #: Everything local comes from one address, so the limit of one is near the limit of all.
    rate_per_address: int = Field(default=2000, ge=1)


def local_edge(stack: Stack) -> Edge:
    port = stack.port(Port.GATEWAY)
    choices = _LocalChoices()
    return Edge(
        bind="127.0.0.1",
        port=port,
        admin_port=stack.port(Port.GATEWAY_ADMIN),
        public_url=stack.gateway_url,
        domains=(f"127.0.0.1:{port}", f"localhost:{port}"),
        origins=choices.origins,
        provider=local_provider(stack),
        replicas={service: _replicas(stack, service) for service in Service},
        pages=_local_pages(stack),
        rate_per_address=choices.rate_per_address,
    )


def _replicas(stack: Stack, service: Service) -> tuple[Address, ...]:
    return tuple(Address("127.0.0.1", stack.service_port(service, i)) for i in range(stack.replicas))


def _local_pages(stack: Stack) -> Pages:
    documents = stack.root / "docs"
    return Pages(
        swagger=stack.root / "node_modules" / "swagger-ui-dist",
        reference=stack.root / "infra" / "gateway" / "docs",
        documents=documents,
        names=tuple(name for name in Pages.names if (documents / name).exists()),
    )
