"""What no honest client sends is refused on every route as the client's fault, and EHRbase hears nothing."""

import gzip
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest
from clinical.settings import Settings
from openward_cli.demo import vital_signs
from openward_testkit.faulty import Fault, FaultyWay

LIMIT = 300_000
SCOPE = "user/composition-*.cruds user/Patient.cruds user/aql-*.cruds"
JSON, XML = "application/json", "application/xml"
#: Method and path; `{}` without an EHR's own names.
ROUTES = [
    ("POST", "/api/clinical/v1/patients/{patient}/compositions?format=FLAT&template_id={template}"),
    ("POST", "/api/clinical/v1/patients/{patient}/compositions"),
    ("PUT", "/api/clinical/v1/patients/{patient}/compositions/{object}"),
    ("POST", "/api/clinical/v1/patients/{patient}/query"),
    ("POST", "/openehr/v1/ehr"),
    ("PUT", "/openehr/v1/ehr/{new}"),
    ("PUT", "/openehr/v1/ehr/{ehr}/ehr_status"),
    ("POST", "/openehr/v1/ehr/{ehr}/composition?format=FLAT&templateId={template}"),
    ("POST", "/openehr/v1/ehr/{ehr}/composition?format=STRUCTURED&templateId={template}"),
    ("POST", "/openehr/v1/ehr/{ehr}/composition"),
    ("PUT", "/openehr/v1/ehr/{ehr}/composition/{object}"),
    ("PUT", "/openehr/v1/ehr/{ehr}/composition/{object}/tags"),
    ("DELETE", "/openehr/v1/ehr/{ehr}/composition/{object}/tags"),
    ("POST", "/openehr/v1/ehr/{ehr}/directory"),
    ("PUT", "/openehr/v1/ehr/{ehr}/directory"),
    ("POST", "/openehr/v1/ehr/{ehr}/contribution"),
    ("POST", "/openehr/v1/query/aql"),
    ("POST", "/ehrbase/rest/openehr/v1/ehr/{ehr}/composition"),
]
#: Of which `null` makes an EHR: EHRbase's own client says so that it has no EHR_STATUS to send.
EHR_OF_NOTHING = [("POST", "/openehr/v1/ehr"), ("PUT", "/openehr/v1/ehr/{new}")]
BAD_JSON = {
    "cut off": b'{"a": {"b": [1, 2',
    "two values": b'{"a": 1} {"b": 2}',
    "a word": b"composition",
    "deep arrays": b"[" * 100_000 + b"]" * 100_000,
    "deep objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "a key twice": b'{"a": 1, "a": 2}',
    "a key twice inside": b'{"a": [{"b": 1, "c": 2, "b": 3}]}',
    "no UTF-8": b'{"a": "\xff\xfe"}',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "Latin-1": '{"a": "Zoë"}'.encode("latin-1"),
    "a surrogate of a pair": b'{"a": "\\ud800"}',
    "NaN": b'{"a": NaN}',
    "infinity": b"[-Infinity]",
    "an endless number": b'{"a": 1' + b"0" * 100_000 + b"}",
    "a string": b'"composition"',
    "a number": b"1",
    "null": b"null",
}
BAD_XML = {
    "cut off": b"<composition><name>",
    "a document type": b'<!DOCTYPE composition SYSTEM "http://127.0.0.1:1/x.dtd"><composition/>',
    "an entity": b'<!DOCTYPE c [<!ENTITY x "y">]><c>&x;</c>',
    "a file's entity": b'<!DOCTYPE c [<!ENTITY x SYSTEM "file:///etc/passwd">]><c>&x;</c>',
    "a parameter entity": b'<!DOCTYPE c [<!ENTITY % x SYSTEM "http://127.0.0.1:1/x">%x;]><c/>',
    "a billion laughs": b'<!DOCTYPE c [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9))
    + b"]><c>&j;</c>",
    "deep": b"<a>" * 50_000 + b"</a>" * 50_000,
    "no UTF-8": b'<?xml version="1.0" encoding="UTF-8"?><a>\xff\xfe</a>',
    "an encoding that there is not": b'<?xml version="1.0" encoding="x-none"?><a/>',
    "two roots": b"<a/><b/>",
    "JSON": b'{"a": 1}',
}


@dataclass(frozen=True)
class Target:
    """The service, an EHR with a composition, and EHRbase, which is told nothing."""

    clinic: Any
    way: FaultyWay
    names: dict[str, str]
    uid: str

    async def refuses(self, method: str, path: str, content: bytes, **headers: str) -> str:
        """What is wrong with the answer, if anything is."""
        headers = {"If-Match": f'"{self.uid}"', "Content-Type": JSON} | headers
        answer: httpx.Response = await self.clinic.client.request(
            method,
            path.format(**self.names, new=uuid4()),
            content=content,
            headers=self.clinic.headers(scope=SCOPE) | headers,
        )
        problem = answer.json() if answer.headers.get("content-type") == "application/problem+json" else {}
        words = {"code"} if path.startswith("/api") else {"code", "error", "message"}
        fine = 400 <= answer.status_code < 500 and words <= problem.keys()
        return "" if fine else f"{method} {path}: {answer.status_code} {answer.text[:200]}"

    async def all_refuse(self, content: bytes, **headers: str) -> list[str]:
        routes = [route for route in ROUTES if content != b"null" or route not in EHR_OF_NOTHING]
        answers = [await self.refuses(method, path, content, **headers) for method, path in routes]
        return [wrong for wrong in answers if wrong]


@pytest.fixture(scope="module")
async def service(clinic: Any, settings: Settings, way: FaultyWay) -> AsyncIterator[Target]:
    patient_id, ehr_id = await clinic.patient()
    uid = (await clinic.write(patient_id)).json()["version_uid"]
    names = {
        "patient": patient_id,
        "ehr": ehr_id,
        "object": uid[:36],
        "template": vital_signs.TEMPLATE_ID.replace(" ", "%20"),
    }
    async with clinic.beside(settings, way.own_port, max_body_bytes=LIMIT) as beside:
        yield Target(beside, way, names, uid)


@pytest.fixture
def target(service: Target) -> Iterator[Target]:
    """After the test, EHRbase must have been told nothing."""
    service.way.struck = 0
    service.way.strike(Fault.ERROR, ("POST", "PUT", "DELETE"), times=10_000)
    yield service
    assert service.way.struck == 0


@pytest.mark.parametrize("name", BAD_JSON)
async def test_bad_json_is_refused_by_every_route(target: Target, name: str) -> None:
    assert await target.all_refuse(BAD_JSON[name]) == []


@pytest.mark.parametrize("name", BAD_XML)
async def test_bad_xml_is_refused_by_every_route(target: Target, name: str) -> None:
    assert await target.all_refuse(BAD_XML[name], **{"Content-Type": XML}) == []


@pytest.mark.parametrize("media_type", [JSON, XML])
@pytest.mark.parametrize("announced", [True, False])
async def test_a_body_over_the_limit_is_too_large_for_every_route(
    target: Target, media_type: str, *, announced: bool
) -> None:
    async def in_pieces() -> AsyncIterator[bytes]:
        for _ in range(LIMIT // 1000 + 1):
            yield b" " * 1000

    for method, path in ROUTES:
        answer = await target.clinic.client.request(
            method,
            path.format(**target.names, new=uuid4()),
            content=b" " * (LIMIT + 1) if announced else in_pieces(),
            headers=target.clinic.headers(scope=SCOPE)
            | {"If-Match": f'"{target.uid}"', "Content-Type": media_type},
        )
        wrong_type = answer.status_code == 415 and media_type == XML  # known before a byte is read
        assert answer.status_code == 413 or wrong_type, (method, path, answer.text)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "identity, gzip"])
async def test_a_compressed_body_is_refused_by_every_route(target: Target, encoding: str) -> None:
    body = gzip.compress(json.dumps({"a": 1}).encode())

    assert await target.all_refuse(body, **{"Content-Encoding": encoding}) == []


@pytest.mark.parametrize(
    "media_type",
    ["image/png", "text/html", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "x"],
)
async def test_a_body_that_says_to_be_something_else_is_refused_by_every_route(
    target: Target, media_type: str
) -> None:
    assert await target.all_refuse(b'{"a": 1}', **{"Content-Type": media_type}) == []
