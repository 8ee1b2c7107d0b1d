"""What HTTP libraries send besides: marks, lists in several lines, any format, empty parameters."""

import gzip
import json
from typing import Any
from uuid import uuid4

import httpx
import pytest
from openward_cli.demo import vital_signs
from openward_testkit.ehr_writes import FLAT, FOLDER, ITS, SCOPE, canonical, recorded, vitals

JAVA = "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2"
SHOWN = ("Prefer", "return=representation")
JSON = ("Content-Type", "application/json")
BOM = b"\xef\xbb\xbf"
Q = "SELECT e/ehr_id/value FROM EHR e WHERE e/ehr_id/value = $ehr_id"


async def send(
    clinic: Any, method: str, path: str, *lines: tuple[str, str], body: bytes | None = None, **params: str
) -> httpx.Response:
    """With these header lines and none of the client's own."""
    request = clinic.client.build_request(method, path, content=body, params=params or None)
    for name in ("accept", "accept-encoding"):
        del request.headers[name]
    own = clinic.headers(scope=SCOPE).items()
    request.headers = httpx.Headers([*request.headers.multi_items(), *own, *lines])
    answer: httpx.Response = await clinic.client.send(request)
    return answer


@pytest.mark.parametrize(
    ("lines", "media_type"),
    [
        ((), "json"),
        (("",), "json"),
        (("*",), "json"),
        (("*/*",), "json"),
        ((JAVA,), "json"),
        (("APPLICATION/XML;charset=UTF-8",), "xml"),
        (("application/xml, application/json;q=0.5",), "xml"),
        (("application/json;q=0.5", "application/xml"), "xml"),
        (("text/html", "application/json"), "json"),
        (("application/json;q=0", "*/*;q=0.1"), "json"),
    ],
)
@pytest.mark.parametrize(
    "resource", ["", "/ehr_status", "/composition/{uid}", "/versioned_composition/{id}/version", "/directory"]
)
async def test_the_format_is_the_one_most_wanted_of_those_there_are(
    clinic: Any, resource: str, lines: tuple[str, ...], media_type: str
) -> None:
    _, ehr_id, uid = await recorded(clinic)
    await send(clinic, "POST", f"{ITS}/{ehr_id}/directory", JSON, body=json.dumps(FOLDER).encode())
    path = ITS + f"/{ehr_id}{resource}".format(uid=uid, id=uid[:36])

    answer = await send(clinic, "GET", path, *(("Accept", line) for line in lines))
    head = await send(clinic, "HEAD", path, *(("Accept", line) for line in lines))

    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].partition(";")[0] == f"application/{media_type}"
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers.get("etag") == answer.headers.get("etag")


@pytest.mark.parametrize("object_path", ["versioned_composition/{id}", "versioned_ehr_status"])
async def test_a_revision_history_comes_as_json_to_who_takes_that_too(clinic: Any, object_path: str) -> None:
    """EHRbase 2.16 fails at it in XML."""
    _, ehr_id, uid = await recorded(clinic)
    path = f"{ITS}/{ehr_id}/{object_path.format(id=uid[:36])}/revision_history"

    either = await send(clinic, "GET", path, ("Accept", "application/xml, application/json;q=0.5"))
    alone = await send(clinic, "GET", path, ("Accept", "application/xml"))

    assert either.headers["content-type"] == "application/json"
    assert '"committer"' in either.text
    assert (alone.status_code, alone.json()["code"]) == (502, "cdr-error")


@pytest.mark.parametrize("accept", ["*", JAVA, "application/xml, application/json;q=0.1"])
async def test_a_query_is_answered_in_json_to_who_takes_that_too(clinic: Any, accept: str) -> None:
    _, ehr_id, _ = await recorded(clinic)
    asked = json.dumps({"q": Q, "query_parameters": {"ehr_id": ehr_id}}).encode()
    headers = ("Content-Type", "application/json;charset=UTF-8"), ("Accept", accept)

    answer = await send(clinic, "POST", "/openehr/v1/query/aql/", *headers, body=BOM + asked)
    refused = await send(
        clinic, "POST", "/openehr/v1/query/aql", headers[0], ("Accept", "application/json;q=0"), body=asked
    )

    assert answer.json()["rows"] == [[ehr_id]]
    assert refused.status_code == 406


@pytest.mark.parametrize("chunked", [True, False])
async def test_a_byte_order_mark_is_no_part_of_what_is_written(clinic: Any, *, chunked: bool) -> None:
    _, ehr_id, uid = await recorded(clinic)
    whole = await canonical(clinic, ehr_id, uid, "application/json")
    xml = await canonical(clinic, ehr_id, uid, "application/xml")
    status = await clinic.get(f"{ITS}/{ehr_id}/ehr_status")

    async def put(method: str, path: str, body: bytes, *lines: tuple[str, str], **params: str) -> int:
        sent: Any = _in_blocks(BOM + body) if chunked else BOM + body
        content = () if any(name == "Content-Type" for name, _ in lines) else (JSON,)
        return (await send(clinic, method, path, *content, *lines, body=sent, **params)).status_code

    here = f"{ITS}/{ehr_id}"
    statuses = [
        await put("POST", f"{here}/composition", json.dumps(vitals()).encode(), **FLAT),
        await put("POST", f"{here}/composition", whole.content),
        await put("POST", f"{here}/composition", xml.content, ("Content-Type", "application/xml")),
        await put("PUT", f"{here}/composition/{uid[:36]}", whole.content, ("If-Match", f'"{uid}"')),
        await put("PUT", f"{here}/ehr_status", status.content, ("If-Match", status.headers["etag"])),
        await put("POST", f"{here}/directory", json.dumps(FOLDER).encode()),
        await put("PUT", f"{here}/composition/{uid[:36]}/tags", b'[{"key":"seen","value":"yes"}]', SHOWN),
        await put("POST", ITS, json.dumps(status.json() | {"subject": {"_type": "PARTY_SELF"}}).encode()),
    ]

    assert statuses == [204] * 6 + [200, 201]


async def _in_blocks(body: bytes) -> Any:
    for start in range(0, len(body), 2):
        yield body[start : start + 2]


async def test_preferences_in_several_lines_are_all_heard(clinic: Any) -> None:
    _, ehr_id, _ = await recorded(clinic)
    body = json.dumps(vitals()).encode()

    path = f"{ITS}/{ehr_id}/composition"
    answer = await send(clinic, "POST", path, JSON, ("Prefer", "wait=5"), SHOWN, body=body, **FLAT)

    assert (answer.status_code, answer.headers["preference-applied"]) == (201, "return=representation")


@pytest.mark.parametrize("resource", ["composition/{id}", "ehr_status", "directory"])
async def test_of_several_versions_in_if_match_none_is_taken(clinic: Any, resource: str) -> None:
    """In one line or in two: which of them is meant cannot be known."""
    _, ehr_id, uid = await recorded(clinic)
    path, both = f"{ITS}/{ehr_id}/{resource.format(id=uid[:36])}", (f'"{uid}"', f'"{uuid4()}::s::1"')

    two = await send(clinic, "PUT", path, JSON, *(("If-Match", one) for one in both), body=b"{}")
    one = await send(clinic, "PUT", path, JSON, ("If-Match", ", ".join(both)), body=b"{}")
    anything = await send(clinic, "PUT", path, JSON, ("If-Match", "*"), body=b"{}")

    assert [two.status_code, one.status_code, anything.status_code] == [400, 400, 400]


@pytest.mark.parametrize("resource", ["composition/{id}", "ehr_status", "versioned_ehr_status/version"])
async def test_an_empty_time_is_none(clinic: Any, resource: str) -> None:
    _, ehr_id, uid = await recorded(clinic)
    path = f"{ITS}/{ehr_id}/{resource.format(id=uid[:36])}"

    answer = await send(clinic, "GET", f"{path}?version_at_time=")

    assert answer.status_code == 200, answer.text
    assert answer.headers["etag"] == (await send(clinic, "GET", path)).headers["etag"]


@pytest.mark.parametrize("time", ["{}Z", "{}.123456789Z", "{}%2B05:30", "{}+0530", "{}-0500", "{}", "{},5Z"])
async def test_a_time_is_read_in_every_form_that_iso_8601_has_of_it(clinic: Any, time: str) -> None:
    _, ehr_id, uid = await recorded(clinic)
    for resource in (f"composition/{uid[:36]}", f"versioned_composition/{uid[:36]}/version", "ehr_status"):
        later = await send(
            clinic, "GET", f"{ITS}/{ehr_id}/{resource}?version_at_time={time.format('2098-02-01T10:00:00')}"
        )
        before = await send(
            clinic, "GET", f"{ITS}/{ehr_id}/{resource}?version_at_time={time.format('2001-02-01T10:00:00')}"
        )
        assert (later.status_code, before.status_code) == (200, 404), (resource, later.text, before.text)


async def test_identifiers_in_capitals_and_percent_encoded_name_the_same(clinic: Any) -> None:
    _, ehr_id, uid = await recorded(clinic)
    object_id, _, rest = uid.partition("::")

    for path in (
        f"{ehr_id.upper()}/composition/{object_id.upper()}",
        f"{ehr_id}/composition/{uid.replace('::', '%3A%3A')}/",
        f"{ehr_id.replace('-', '%2D')}/versioned_composition/{object_id.upper()}/version/{object_id}::{rest}",
    ):
        assert (await send(clinic, "GET", f"{ITS}/{path}")).headers["etag"] == f'"{uid}"'


async def test_a_compressed_body_is_refused_with_what_is_taken_instead(clinic: Any) -> None:
    _, ehr_id, _ = await recorded(clinic)
    body = gzip.compress(json.dumps(vitals()).encode())
    params = {"format": "FLAT", "templateId": vital_signs.TEMPLATE_ID}

    path = f"{ITS}/{ehr_id}/composition"
    answer = await send(clinic, "POST", path, JSON, ("Content-Encoding", "gzip"), body=body, **params)

    assert (answer.status_code, answer.headers["accept-encoding"]) == (415, "identity")
