"""Where the gateway forwards to: each service with its replicas, and the identity provider's keys."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from openward_cli.gateway.edge import Address, Edge
from openward_cli.stack import Service

_HTTP_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
_TYPES = "type.googleapis.com/"
#: At once, for each instance of the gateway.
_LISTENERS = {"max_connections": 20_000, "max_requests": 20_000}


def clusters(edge: Edge) -> list[dict[str, Any]]:
    return [
        *(_service(str(service), addresses) for service, addresses in edge.replicas.items()),
        _listeners(edge),
        _identity(edge),
    ]


def _service(name: str, addresses: Sequence[Address]) -> dict[str, Any]:
    return _cluster(name, addresses) | {
        "lb_policy": "LEAST_REQUEST",
        # When no replica is ready, any of them is asked: only the service can say why it is not.
        "common_lb_config": {"healthy_panic_threshold": {"value": 1}},
        "health_checks": [_readiness()],
        "outlier_detection": _outliers(),
        "circuit_breakers": {"thresholds": [_thresholds()]},
        "typed_extension_protocol_options": {_HTTP_OPTIONS: _connections()},
    }


def _listeners(edge: Edge) -> dict[str, Any]:
    """Who listens to live events keeps a connection for an hour: not one of those that others work on."""
    cluster = _service(f"{Service.CLINICAL}-events", edge.replicas[Service.CLINICAL])
    return cluster | {"circuit_breakers": {"thresholds": [_thresholds() | _LISTENERS]}}


def _cluster(name: str, addresses: Sequence[Address]) -> dict[str, Any]:
    endpoints = [
        {"endpoint": {"address": {"socket_address": {"address": a.host, "port_value": a.port}}}}
        for a in addresses
    ]
    return {
        "name": name,
        "type": "STRICT_DNS",
        "connect_timeout": "1s",
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": endpoints}]},
    }


def _readiness() -> dict[str, Any]:
    """A draining replica says 503 here and is left out at once; a restarted one is back within a second."""
    return {
        "http_health_check": {"path": "/readyz"},
        "timeout": "2s",
        "interval": "1s",
        "unhealthy_interval": "0.5s",
        "no_traffic_interval": "1s",
        "unhealthy_threshold": 2,
        "healthy_threshold": 1,
    }


def _outliers() -> dict[str, Any]:
    """Only connections count: a service that says 503 because its neighbour is down is no outlier."""
    return {
        "split_external_local_origin_errors": True,
        "consecutive_local_origin_failure": 3,
        "enforcing_consecutive_5xx": 0,
        "enforcing_consecutive_gateway_failure": 0,
        "enforcing_success_rate": 0,
        "enforcing_local_origin_success_rate": 0,
        "interval": "1s",
        "base_ejection_time": "1s",
        "max_ejection_time": "3s",
        "max_ejection_percent": 100,
    }


def _thresholds() -> dict[str, Any]:
    # A dead replica fails all that was on its way to it: a fixed number of retries would serve the first few.
    budget = {"budget_percent": {"value": 50}, "min_retry_concurrency": 50}
    return {"max_connections": 512, "max_pending_requests": 512, "max_requests": 1024, "retry_budget": budget}


def _connections() -> dict[str, Any]:
    return {
        "@type": _TYPES + _HTTP_OPTIONS,
        # Less than the services' keep-alive (75 s), or requests would run into connections that close.
        "common_http_protocol_options": {"idle_timeout": "60s"},
        "explicit_http_config": {"http_protocol_options": {}},
    }


def _identity(edge: Edge) -> dict[str, Any]:
    """The key set may be anywhere; over TLS its certificate is verified against the system's authorities."""
    url = urlsplit(edge.provider.keys)
    host, secure = url.hostname or "", url.scheme == "https"
    cluster = _cluster("identity", [Address(host, url.port or (443 if secure else 80))])
    return cluster | ({"transport_socket": _verified_tls(host)} if secure else {})


def _verified_tls(host: str) -> dict[str, Any]:
    authorities = {"trusted_ca": {"filename": "/etc/ssl/certs/ca-certificates.crt"}}
    names = [{"san_type": "DNS", "matcher": {"exact": host}}]
    return {
        "name": "envoy.transport_sockets.tls",
        "typed_config": {
            "@type": _TYPES + "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
            "sni": host,
            "common_tls_context": {
                "validation_context": authorities | {"match_typed_subject_alt_names": names}
            },
        },
    }
