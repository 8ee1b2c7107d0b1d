import io

import httpx
import pytest
from openward_cli.demo.checks import CheckFailed, given, require_status
from openward_cli.demo.exchange import Exchange, short
from openward_cli.demo.screen import Screen, in_full
from rich.console import Console

PATIENT = "869546ae-aca7-559f-a31c-ae0eb4e3e6b2"
TOKEN = "eyJhbGciOiJFUzI1NiJ9.secret.signature"


def exchange(body: object, *, status: int = 200) -> Exchange:
    request = httpx.Request(
        "PUT",
        f"http://gateway/patients/{PATIENT}?format=FLAT&note=a%20b",
        headers={"Authorization": f"Bearer {TOKEN}", "If-Match": '"7"'},
    )
    response = httpx.Response(status, json=body, headers={"X-Request-Id": "r1"}, request=request)
    return Exchange.of("ada", response, 12.34)


def shown(one: Exchange, *paths: str) -> str:
    console = Console(file=io.StringIO(), width=100)
    Screen(console).exchange(one, paths)
    written = console.file
    assert isinstance(written, io.StringIO)
    return written.getvalue()


def test_ids_are_shown_by_their_beginnings() -> None:
    assert short(f"/patients/{PATIENT}/x::{PATIENT}") == "/patients/869546ae…/x::869546ae…"


def test_what_came_back_is_found_by_path() -> None:
    one = exchange({"errors": [{"path": "/a"}], "id": 7})

    assert one.value("errors.0.path") == "/a"
    assert one.value("errors.1.path") is None
    assert one.value("id.deeper") is None
    assert one.request_id == "r1"


def test_an_answer_that_is_no_json_is_text() -> None:
    response = httpx.Response(502, text="upstream", request=httpx.Request("GET", "http://gateway/"))

    assert Exchange.of("", response, 1.0).body == "upstream"


def test_a_request_is_shown_with_its_answer() -> None:
    text = shown(exchange({"version": 2, "ehr": {"state": "ready"}}), "version", "ehr.state", "absent")

    assert 'ada PUT /patients/869546ae…?format=FLAT&note=a b  If-Match: "7"' in text
    assert "200  12 ms  version 2, state ready" in text
    assert "absent" not in text


def test_a_token_is_never_shown() -> None:
    one = exchange({"code": "boom"}, status=500)

    for text in (shown(one, "code"), in_full(one), repr(one)):
        assert TOKEN not in text
        assert "secret" not in text


def test_a_wrong_answer_is_shown_in_full() -> None:
    assert f"/patients/{PATIENT}" in in_full(exchange({"code": "boom"}, status=500))
    assert '"code": "boom"' in in_full(exchange({"code": "boom"}, status=500))


def test_a_long_answer_is_cut() -> None:
    assert len(in_full(exchange({"text": "x" * 100_000}))) < 3000


def test_another_status_fails_the_check() -> None:
    require_status(exchange({}, status=404), 200, 404)

    with pytest.raises(CheckFailed, match="answered 503 where 200 or 404 is right") as failed:
        require_status(exchange({}, status=503), 200, 404)
    assert failed.value.exchange is not None


def test_an_answer_without_what_it_must_have_fails_the_check() -> None:
    with pytest.raises(CheckFailed, match="has no `version_uid`"):
        given(exchange({"version": 1}), "version_uid")
