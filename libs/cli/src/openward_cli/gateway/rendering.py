"""Fills the template in. Every value goes in as JSON, which is YAML that nothing can break out of."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from string import Template
from typing import Any

from openward_cli.gateway import clusters, identity, pages, problems
from openward_cli.gateway.edge import Edge, Tls, local_edge
from openward_cli.stack import REPOSITORY, Stack

TEMPLATE = REPOSITORY / "infra" / "gateway" / "envoy.yaml.tmpl"
#: Bytes; the services' own `max_body_bytes` are the same. The large one is for templates and compositions.
BODY_LIMIT = 2_000_000
LARGE_BODY_LIMIT = 20_000_000
_FORWARDED = r"x-forwarded-.*"
_FORWARDED_BUT_FOR = r"x-forwarded-(?:host|port|prefix|uri|server|client-cert)"


def render(stack: Stack) -> str:
    """The gateway of a local stack. The text changes with the files it serves: a change restarts it."""
    edge = local_edge(stack)
    return f"{render_for(edge)}# serves {pages_digest(edge)}\n"


def render_for(edge: Edge) -> str:
    """Envoy's configuration, in YAML. Files named in it are read by Envoy when it starts."""
    values = _scalars(edge) | {name: _json(value) for name, value in _parts(edge).items()}
    values |= {
        "pages": _lines([*pages.routes(edge), *identity.routes(edge)], indent=14),
        "clusters": _lines(clusters.clusters(edge), indent=2),
    }
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(values)


def deprecations(validation_output: str) -> list[str]:
    """The lines of `envoy --mode validate` that announce the removal of something in use."""
    return [line for line in validation_output.splitlines() if "deprecated" in line.lower()]


def _scalars(edge: Edge) -> dict[str, str]:
    numbers = {
        "admin_port": edge.admin_port,
        "port": edge.port,
        "trusted_hops": edge.trusted_hops,
        "rate_total": edge.rate_total,
        "rate_per_address": edge.rate_per_address,
        "body_limit": BODY_LIMIT,
        "body_over": BODY_LIMIT + 1,
        "large_body_over": LARGE_BODY_LIMIT + 1,
    }
    return {name: str(number) for name, number in numbers.items()}


def _parts(edge: Edge) -> dict[str, Any]:
    return {
        "bind": edge.bind,
        "issuer": edge.provider.issuer,
        "audience": edge.audience,
        "jwks_uri": edge.provider.keys,
        # A proxy in front that is trusted says who the client is; nobody else does.
        "stripped_forwarded": _FORWARDED_BUT_FOR if edge.trusted_hops else _FORWARDED,
        "domains": edge.domains,
        "origins": [{"exact": origin} for origin in edge.origins],
        "transport_socket": _tls(edge.tls),
        "problems": problems.mappers(),
        "own": pages.OWN_ANSWER,
        "public": pages.PUBLIC,
        "stream": pages.STREAM,
    }


def _tls(tls: Tls | None) -> dict[str, Any] | None:
    if tls is None:
        return None
    files = {
        "certificate_chain": {"filename": str(tls.certificate)},
        "private_key": {"filename": str(tls.key)},
    }
    context = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext"
    common = {
        "tls_params": {"tls_minimum_protocol_version": "TLSv1_2"},
        "alpn_protocols": ["h2", "http/1.1"],
        "tls_certificates": [files],
    }
    return {
        "name": "envoy.transport_sockets.tls",
        "typed_config": {"@type": context, "common_tls_context": common},
    }


def _lines(items: Iterable[Mapping[str, Any]], *, indent: int) -> str:
    return "\n".join(f"{' ' * indent}- {_json(item)}" for item in items)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=True)


def pages_digest(edge: Edge) -> str:
    """Of the files the gateway serves; they have to be there."""
    seen = hashlib.sha256()
    for route in pages.routes(edge):
        body = route["direct_response"]["body"]
        if "filename" in body:
            seen.update(Path(body["filename"]).read_bytes())
    return seen.hexdigest()[:16]
