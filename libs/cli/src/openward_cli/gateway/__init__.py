"""The gateway's configuration: one template, `infra/gateway/envoy.yaml.tmpl`, for every place it runs in."""

from openward_cli.gateway.edge import Address, Edge, Pages, Tls, local_edge
from openward_cli.gateway.rendering import deprecations, render, render_for

__all__ = ["Address", "Edge", "Pages", "Tls", "deprecations", "local_edge", "render", "render_for"]
