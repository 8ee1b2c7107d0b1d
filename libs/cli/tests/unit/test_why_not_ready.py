import json

import pytest
from openward_cli.probes import explain


def test_a_service_is_told_by_the_neighbours_it_misses() -> None:
    dependencies = {"database": {"state": "up"}, "nats": {"state": "down"}, "ehrbase": {"state": "unknown"}}

    assert explain(503, json.dumps({"dependencies": dependencies}).encode()) == "nats down, ehrbase unknown"


@pytest.mark.parametrize(
    "body", [b'{"dependencies": {"database": {"state": "up"}}}', b'{"dependencies": {}}']
)
def test_a_service_that_misses_nobody_is_told_by_its_status(body: bytes) -> None:
    assert explain(503, body) == "HTTP 503"


@pytest.mark.parametrize("body", [b"<html>\n  busy", b'["busy"]', b'"busy"', b'{"dependencies": ["busy"]}'])
def test_anything_else_is_told_by_how_it_begins(body: bytes) -> None:
    assert explain(502, body).startswith("HTTP 502 ")
    assert "busy" in explain(502, body)


def test_a_long_answer_is_cut() -> None:
    assert len(explain(500, b"x" * 10_000)) < 200
