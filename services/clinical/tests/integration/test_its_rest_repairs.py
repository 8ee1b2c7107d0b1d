"""Each repair of what EHRbase does otherwise than ITS-REST says, on every resource that has it."""

import re
from email.utils import parsedate_to_datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest
from clinical.settings import Settings
from openward_cli.demo import vital_signs

BASES = ("/openehr/v1", "/ehrbase/rest/openehr/v1")
SCOPE = "user/composition-*.cruds user/Patient.cruds"
SPELLINGS = ('"{}"', 'W/"{}"', "{}")
FLAT = "application/openehr.wt.flat+json"
PREFERENCES = (
    ("", False),
    ("return=minimal", False),
    ("return=identifier", True),
    ("return=representation", True),
)
#: Headers by which a client could try to choose what links begin with.
FORWARDED = {
    "X-Forwarded-Host": "evil.test",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Port": "99",
    "X-Forwarded-Prefix": "/evil",
    "Forwarded": "host=evil.test",
}


def folder() -> dict[str, Any]:
    return {
        "_type": "FOLDER",
        "name": {"_type": "DV_TEXT", "value": uuid4().hex},
        "archetype_node_id": "openEHR-EHR-FOLDER.generic.v1",
    }


def contribution() -> dict[str, Any]:
    """With one new directory."""
    phrase = {"_type": "CODE_PHRASE", "terminology_id": {"value": "openehr"}, "code_string": "249"}
    audit = {
        "_type": "AUDIT_DETAILS",
        "system_id": "x",
        "change_type": {"_type": "DV_CODED_TEXT", "value": "creation", "defining_code": phrase},
        "committer": {"_type": "PARTY_IDENTIFIED", "name": "x"},
    }
    complete = {"value": "complete", "defining_code": {**phrase, "code_string": "532"}}
    version = {
        "_type": "ORIGINAL_VERSION",
        "commit_audit": audit,
        "lifecycle_state": {"_type": "DV_CODED_TEXT", **complete},
        "data": folder(),
    }
    return {"_type": "CONTRIBUTION", "versions": [version], "audit": audit}


def vitals() -> dict[str, Any]:
    return vital_signs.flat(120, 80, "2026-11-22T10:00:00Z", composer="Ada")


async def send(clinic: Any, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
    """A path ending in composition or a composition's id is told the template, as 1.1 has it."""
    more = (
        {"Content-Type": FLAT, "openehr-template-id": vital_signs.TEMPLATE_ID}
        if "/composition" in path
        else {}
    )
    answer: httpx.Response = await clinic.client.request(
        method, path, json=body, headers=clinic.headers(scope=SCOPE) | more | headers
    )
    return answer


async def new_ehr(clinic: Any, base: str = BASES[0]) -> str:
    made = await send(clinic, "POST", f"{base}/ehr")
    assert made.status_code == 201, made.text
    return f"{base}/ehr/{made.headers['etag'].strip(chr(34))}"


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("resource", ["composition", "directory", "ehr_status"])
async def test_if_match_may_be_quoted_weak_or_bare(clinic: Any, resource: str, spelling: str) -> None:
    ehr = await new_ehr(clinic)
    path, body, uid = await made(clinic, ehr, resource)
    match = {"If-Match": spelling.format(uid)}

    changed = await send(clinic, "PUT", path, body, **match)

    assert changed.status_code == 204, changed.text
    assert changed.headers["etag"] == f'"{uid[:-1]}2"'


async def made(clinic: Any, ehr: str, resource: str) -> tuple[str, dict[str, Any], str]:
    """Where its next version goes, what that is, and the uid of the first."""
    if resource == "ehr_status":
        status = await send(clinic, "GET", f"{ehr}/ehr_status")
        return (
            f"{ehr}/ehr_status",
            {**status.json(), "is_queryable": False},
            status.headers["etag"].strip('"'),
        )
    body = vitals() if resource == "composition" else folder()
    first = await send(clinic, "POST", f"{ehr}/{resource}", body)
    assert first.status_code == 204, first.text
    uid = first.headers["etag"].strip('"')
    place = f"{ehr}/composition/{uid[:36]}" if resource == "composition" else f"{ehr}/directory"
    return place, body, uid


@pytest.mark.parametrize("spelling", SPELLINGS)
async def test_a_directory_is_deleted_by_any_spelling(clinic: Any, spelling: str) -> None:
    ehr = await new_ehr(clinic)
    path, _, uid = await made(clinic, ehr, "directory")

    deleted = await send(clinic, "DELETE", path, **{"If-Match": spelling.format(uid)})

    assert (deleted.status_code, deleted.content) == (204, b"")


@pytest.mark.parametrize("resource", ["composition", "directory", "ehr_status"])
async def test_the_etag_of_each_answer_can_be_sent_back(clinic: Any, resource: str) -> None:
    """Of a creation, a read and a correction."""
    ehr = await new_ehr(clinic)
    path, body, uid = await made(clinic, ehr, resource)
    read = await send(clinic, "GET", path)
    if resource == "composition":
        version = await send(clinic, "GET", f"{ehr}/versioned_composition/{uid[:36]}/version")
        assert version.headers["etag"] == read.headers["etag"]

    second = await send(clinic, "PUT", path, body, **{"If-Match": read.headers["etag"]})
    third = await send(clinic, "PUT", path, body, **{"If-Match": second.headers["etag"]})

    assert (second.status_code, third.status_code) == (204, 204), third.text
    assert third.headers["etag"] == f'"{uid[:-1]}3"'


def located(resource: str, uid: str) -> str:
    """Where it lies: a composition, for EHRbase, under its object id, all else under its version's."""
    return uid.partition("::")[0] if resource == "composition" else uid


@pytest.mark.parametrize(("prefer", "has_body"), PREFERENCES)
@pytest.mark.parametrize("resource", ["ehr", "composition", "directory", "contribution"])
async def test_what_is_made_is_answered_as_preferred(
    clinic: Any, resource: str, prefer: str, *, has_body: bool
) -> None:
    path = "/openehr/v1/ehr" if resource == "ehr" else f"{await new_ehr(clinic)}/{resource}"
    body = {"composition": vitals(), "directory": folder(), "contribution": contribution()}.get(resource)

    answer = await send(clinic, "POST", path, body, Prefer=prefer)
    uid = answer.headers["etag"].strip('"')

    # EHRbase says 201 of a new EHR also without a body.
    assert answer.status_code == (201 if has_body or resource == "ehr" else 204), answer.text
    assert bool(answer.content) is has_body
    assert answer.headers["location"].endswith(f"/{resource}/{located(resource, uid)}")
    assert answer.headers.get("preference-applied") == (prefer if has_body else None)
    if prefer == "return=identifier":
        assert answer.json() == {"uid": uid}
    elif has_body:
        assert uid in answer.text


@pytest.mark.parametrize(("prefer", "has_body"), PREFERENCES)
@pytest.mark.parametrize("resource", ["composition", "directory", "ehr_status"])
async def test_what_is_changed_is_answered_as_preferred(
    clinic: Any, resource: str, prefer: str, *, has_body: bool
) -> None:
    path, body, uid = await made(clinic, await new_ehr(clinic), resource)

    answer = await send(clinic, "PUT", path, body, **{"If-Match": uid, "Prefer": prefer})

    assert answer.status_code == (200 if has_body else 204), answer.text
    assert bool(answer.content) is has_body
    assert answer.headers["etag"] == f'"{uid[:-1]}2"'
    assert answer.headers["location"].endswith(f"/{resource}/{located(resource, uid[:-1] + '2')}")
    assert answer.headers.get("preference-applied") == (prefer if has_body else None)


@pytest.mark.parametrize("base", BASES)
async def test_no_address_of_ehrbase_is_in_any_answer(clinic: Any, settings: Settings, base: str) -> None:
    """Nor one that the client has made up."""
    ehr = await new_ehr(clinic, base)
    foreign = rf"https?://(?!{re.escape(clinic.origin.partition('//')[2])}/)[^/]*/ehrbase"
    theirs = re.compile(f"evil|{re.escape(settings.ehrbase_url.partition('//')[2])}|{foreign}")
    whole = {"Prefer": "return=representation", **FORWARDED}
    composition = await send(clinic, "POST", f"{ehr}/composition", vitals(), **whole)
    directory = await send(clinic, "POST", f"{ehr}/directory", folder(), **whole)
    status = await send(clinic, "GET", f"{ehr}/ehr_status", **FORWARDED)
    changed = await send(
        clinic, "PUT", f"{ehr}/ehr_status", status.json(), **whole, **{"If-Match": status.headers["etag"]}
    )
    uid = composition.headers["etag"].strip('"')
    version = await send(clinic, "GET", f"{ehr}/versioned_composition/{uid[:36]}/version")
    others = [
        await send(clinic, "GET", f"{ehr}{path}", **FORWARDED, **accept)
        for path in (
            "",
            "/directory",
            "/versioned_ehr_status",
            "/versioned_ehr_status/version",
            f"/versioned_composition/{uid[:36]}",
            f"/contribution/{version.json()['contribution']['uid']['value']}",
            f"/composition/{uid}",
        )
        for accept in ({"Accept": "application/json"}, {"Accept": "application/xml"})
    ]
    answers = [composition, directory, status, changed, version, *others]

    assert {answer.status_code for answer in answers} <= {200, 201}, [answer.text for answer in answers]
    for answer in answers:
        assert not theirs.search(answer.text), answer.url
        assert not theirs.search(str(answer.headers)), answer.url
        assert answer.headers.get("location", base).startswith((base, f"{clinic.origin}{base}/"))


async def test_last_modified_is_when_the_version_was_committed(clinic: Any) -> None:
    ehr = await new_ehr(clinic)
    path, body, uid = await made(clinic, ehr, "composition")
    await send(clinic, "PUT", path, body, **{"If-Match": uid})
    _, _, directory = await made(clinic, ehr, "directory")
    versioned = f"{ehr}/versioned_composition/{uid[:36]}"
    latest = await send(clinic, "GET", f"{versioned}/version")
    committed = latest.json()["commit_audit"]["time_committed"]["value"]
    created = (await send(clinic, "GET", ehr)).json()["time_created"]["value"]
    contribution_uid = latest.json()["contribution"]["uid"]["value"]

    for place, time in (
        ("", created),
        ("/ehr_status", created),
        ("/versioned_ehr_status/version", created),
        ("/versioned_ehr_status/revision_history", created),
        (f"/versioned_composition/{uid[:36]}", committed),
        (f"/versioned_composition/{uid[:36]}/version", committed),
        (f"/versioned_composition/{uid[:36]}/revision_history", committed),
        (f"/contribution/{contribution_uid}", committed),
    ):
        answer = await send(clinic, "GET", f"{ehr}{place}")
        told = parsedate_to_datetime(answer.headers["last-modified"])
        assert told.isoformat()[:19] == time[:19], place
    # Of an old version EHRbase tells when the latest was made: better nothing than that.
    assert "last-modified" in (await send(clinic, "GET", f"{ehr}/directory")).headers
    assert "last-modified" not in (await send(clinic, "GET", f"{ehr}/directory/{directory}")).headers
