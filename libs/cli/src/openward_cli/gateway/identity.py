"""The identity provider behind the gateway, where no other way leads to it."""

from typing import Any

from openward_cli.gateway.edge import Edge
from openward_cli.gateway.pages import PUBLIC


def routes(edge: Edge) -> list[dict[str, Any]]:
    """Who comes here has no token yet. Paths that are not listed, such as an administrator's, are 404."""
    return [_route(prefix) for prefix in edge.identity_paths]


def _route(prefix: str) -> dict[str, Any]:
    return {
        "name": "identity",
        "match": {"path_separated_prefix": prefix},
        "route": {"cluster": "identity", "timeout": "15s"},
        "typed_per_filter_config": PUBLIC,
    }
