"""Addresses in answers begin with the host that was asked, if it is one, and with nothing else said."""

import pytest
from fastapi import APIRouter, Depends, Request
from hypothesis import given
from hypothesis import strategies as st
from openward_servicekit.origin import Origin, origin_of
from openward_servicekit.routing import api_router, public
from openward_testkit.asgi import asgi_client
from openward_testkit.service import service_app

PUBLIC = "https://openward.test:8443"


@pytest.mark.parametrize(
    "host",
    [
        "openward.test:8443",
        "localhost",
        "LOCALHOST:8080",
        "other.name.test.",
        "clinical_1:80",
        "127.0.0.1:8080",
        "[::1]",
        "[2001:db8::1]:8080",
    ],
)
def test_it_is_the_host_that_was_asked(host: str) -> None:
    assert Origin(PUBLIC).of(host.encode()) == f"https://{host}"


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.test/path",
        "user@evil.test",
        "evil.test\r\nSet-Cookie: a=b",
        "evil.test\n",
        "evil test",
        "evil.test?",
        "evil.test#",
        "evil.test\\",
        "evil.test:80:80",
        "evil.test:port",
        "evil.test:123456",
        "a.test,b.test",
        "%65vil.test",
        '"evil.test"',
        "évil.test",
        "[::1",
        "[evil.test]",
        ":80",
        "-evil.test",
        "a" * 300,
    ],
)
def test_what_is_no_host_gets_into_no_address(host: str) -> None:
    assert Origin(PUBLIC).of(host.encode()) == PUBLIC


@given(st.binary(max_size=300))
def test_whatever_is_sent_becomes_one_word(host: bytes) -> None:
    told = Origin(PUBLIC).of(host)

    assert told == PUBLIC or told.encode() == b"https://" + host
    assert told.isascii()
    assert not set(told.removeprefix("https://")) & set(" \t\r\n\x00/@?#\\%<>\"'")


def test_a_public_address_with_a_path_is_meant_as_it_is() -> None:
    assert Origin("https://hospital.test/openward").of(b"gateway:8080") == "https://hospital.test/openward"


def places() -> APIRouter:
    router = api_router("/api/things/v1", tags=["things"])

    @router.get("/place", dependencies=[Depends(public)])
    async def place(request: Request) -> str:
        return origin_of(request)

    return router


async def test_only_host_is_heard() -> None:
    said = {
        "X-Forwarded-Host": "evil.test",
        "X-Forwarded-Proto": "ftp",
        "X-Forwarded-Port": "99",
        "X-Forwarded-Prefix": "/evil",
        "Forwarded": "host=evil.test;proto=ftp",
    }
    async with asgi_client(service_app(places(), public_url=PUBLIC), headers=said) as client:
        places_told = [
            (await client.get("/api/things/v1/place", headers={"Host": host})).json()
            for host in ("a.test:1", "evil.test/")
        ]

    assert places_told == ["https://a.test:1", PUBLIC]
