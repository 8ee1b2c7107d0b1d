from pathlib import Path
from typing import Any

import pytest
import yaml
from openward_cli.discovery import Provider
from openward_cli.gateway import Address, Edge, Pages, Tls, deprecations, local_edge, render, render_for
from openward_cli.gateway.rendering import pages_digest
from openward_cli.stack import Service, Stack

STACK = Stack(stack="dev", port_offset=0)


def pages(folder: Path, *names: str) -> Pages:
    return Pages(swagger=folder, reference=folder, documents=folder, names=names)


def edge(**changes: Any) -> Edge:
    fixed: dict[str, Any] = {
        "bind": "0.0.0.0",  # noqa: S104  in a container
        "port": 8080,
        "admin_port": 8081,
        "public_url": "https://openward.example.test",
        "domains": ("openward.example.test",),
        "origins": ("https://app.example.test",),
        "provider": Provider("https://id.example.test/r", "https://id.example.test/r/certs", "a", "t"),
        "replicas": {service: (Address(service, 8000),) for service in Service},
        "pages": pages(Path("/docs")),
    }
    return Edge(**{**fixed, **changes})


def parsed(text: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(text)
    return document


def listener(text: str) -> dict[str, Any]:
    found: dict[str, Any] = parsed(text)["static_resources"]["listeners"][0]
    return found


def http(text: str) -> dict[str, Any]:
    settings: dict[str, Any] = listener(text)["filter_chains"][0]["filters"][0]["typed_config"]
    return settings


def routes(text: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = http(text)["route_config"]["virtual_hosts"][0]["routes"]
    return found


def cluster(text: str, name: str) -> dict[str, Any]:
    clusters: list[dict[str, Any]] = parsed(text)["static_resources"]["clusters"]
    return next(cluster for cluster in clusters if cluster["name"] == name)


def addresses(cluster: dict[str, Any]) -> list[tuple[str, int]]:
    endpoints = cluster["load_assignment"]["endpoints"][0]["lb_endpoints"]
    sockets = [endpoint["endpoint"]["address"]["socket_address"] for endpoint in endpoints]
    return [(socket["address"], socket["port_value"]) for socket in sockets]


def test_a_local_gateway_is_reached_from_this_machine_only_and_knows_every_replica() -> None:
    stack = Stack(stack="dev", replicas=2, port_offset=0)

    text = render(stack)

    assert listener(text)["address"]["socket_address"] == {"address": "127.0.0.1", "port_value": 8080}
    assert parsed(text)["admin"]["address"]["socket_address"]["address"] == "127.0.0.1"
    assert addresses(cluster(text, "clinical")) == [("127.0.0.1", 8102), ("127.0.0.1", 8112)]
    assert http(text)["route_config"]["virtual_hosts"][0]["domains"] == ["127.0.0.1:8080", "localhost:8080"]


def test_ehrbase_nats_and_postgresql_are_nowhere_in_it() -> None:
    text = render(STACK)

    clusters = {cluster["name"] for cluster in parsed(text)["static_resources"]["clusters"]}
    assert clusters == {*map(str, Service), "clinical-events", "identity"}
    assert not {"8301", "4222", "5433"} & set(text.replace(",", " ").replace("}", " ").split())


def test_every_route_asks_for_a_token_except_those_that_say_public() -> None:
    text = render(STACK)
    jwt = "envoy.filters.http.jwt_authn"

    public = [r for r in routes(text) if r.get("typed_per_filter_config", {}).get(jwt) is not None]

    assert [r["name"] for r in public if "route" in r] == ["fhir-capabilities"]
    rules = next(f for f in http(text)["http_filters"] if f["name"] == jwt)["typed_config"]["rules"]
    assert rules == [{"match": {"prefix": "/"}, "requires": {"provider_name": "identity"}}]


def test_the_last_route_is_for_all_that_no_other_serves() -> None:
    last = routes(render(STACK))[-1]

    assert (last["match"], last["direct_response"]) == ({"prefix": "/"}, {"status": 404})


def test_documents_that_were_not_made_yet_are_left_out() -> None:
    text = render_for(edge(pages=pages(Path("/docs"), "openapi.json")))

    paths = [route["match"].get("path") for route in routes(text)]
    assert "/openapi.json" in paths
    assert "/asyncapi.json" not in paths


def test_keys_from_another_machine_come_over_verified_tls() -> None:
    identity = cluster(render_for(edge()), "identity")

    assert addresses(identity) == [("id.example.test", 443)]
    tls = identity["transport_socket"]["typed_config"]
    assert tls["sni"] == "id.example.test"
    names = tls["common_tls_context"]["validation_context"]["match_typed_subject_alt_names"]
    assert names == [{"san_type": "DNS", "matcher": {"exact": "id.example.test"}}]


def test_tls_is_served_when_there_is_a_certificate() -> None:
    assert listener(render_for(edge()))["filter_chains"][0]["transport_socket"] is None

    chain = listener(render_for(edge(tls=Tls(Path("/tls.crt"), Path("/tls.key")))))["filter_chains"][0]

    context = chain["transport_socket"]["typed_config"]["common_tls_context"]
    assert context["tls_certificates"][0]["private_key"] == {"filename": "/tls.key"}
    assert context["tls_params"] == {"tls_minimum_protocol_version": "TLSv1_2"}


@pytest.mark.parametrize(("hops", "kept"), [(0, False), (1, True)])
def test_forwarded_for_is_believed_only_behind_a_trusted_proxy(hops: int, kept: bool) -> None:  # noqa: FBT001
    settings = http(render_for(edge(trusted_hops=hops)))

    mutations = settings["early_header_mutation_extensions"][0]["typed_config"]["mutations"]
    patterns = [
        m["remove_on_match"]["key_matcher"].get("safe_regex") for m in mutations if "remove_on_match" in m
    ]
    stripped = next(pattern["regex"] for pattern in patterns if pattern)
    assert (stripped != "x-forwarded-.*") is kept
    assert settings["xff_num_trusted_hops"] == hops


def test_a_value_cannot_break_out_of_its_place() -> None:
    origin = 'https://app.test"}], allow_methods: "*'

    text = render_for(edge(origins=(origin,)))

    host = http(text)["route_config"]["virtual_hosts"][0]
    policy = host["typed_per_filter_config"]["envoy.filters.http.cors"]
    assert policy["allow_origin_string_match"] == [{"exact": origin}]
    assert "*" not in policy["allow_methods"]


def test_the_pages_served_are_part_of_a_local_gateways_text(tmp_path: Path) -> None:
    for name in ("index.html", "start.js", "swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png"):
        (tmp_path / name).write_text("one")
    before = pages_digest(edge(pages=pages(tmp_path)))
    (tmp_path / "start.js").write_text("two")

    assert pages_digest(edge(pages=pages(tmp_path))) != before
    assert pages_digest(local_edge(STACK)) in render(STACK)


def test_announced_removals_are_found_in_what_validation_says() -> None:
    output = "[info] fine\n[warning][misc] Deprecated field: type x\nconfiguration OK"

    assert deprecations(output) == ["[warning][misc] Deprecated field: type x"]
