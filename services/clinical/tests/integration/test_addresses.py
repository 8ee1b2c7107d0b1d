"""Addresses in answers can be asked as they stand, and begin with nothing that a client made up."""

from typing import Any

import pytest
from clinical.settings import Settings
from openward_cli.demo import vital_signs

BASES = ("/openehr/v1", "/ehrbase/rest/openehr/v1")
SCOPE = "user/composition-*.crud user/aql-*.s user/Patient.cru"
#: By which a proxy tells what its client asked: here nobody is a proxy.
SAID = {
    "X-Forwarded-Host": "evil.test",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Port": "99",
    "X-Forwarded-Prefix": "/evil",
    "Forwarded": "host=evil.test;proto=https",
}
FLAT = {"format": "FLAT", "templateId": vital_signs.TEMPLATE_ID}


async def addresses(clinic: Any, base: str, ehr_id: str, **headers: str) -> dict[str, str]:
    """By what was done, with the path that the answer should name and the address that it names."""
    sent = clinic.headers(scope=SCOPE) | headers
    ehr = f"{base}/ehr/{ehr_id}"
    flat = vital_signs.flat(120, 80, "2026-11-22T10:00:00Z", composer="Ada")

    async def send(method: str, path: str, **request: Any) -> Any:
        own = sent | request.pop("headers", {})
        return await clinic.client.request(method, path, headers=own, **request)

    made = await send("POST", f"{ehr}/composition", params=FLAT, json=flat)
    uid = made.headers["etag"].strip('"')
    status = await send("GET", f"{ehr}/ehr_status")
    match = {"If-Match": status.headers["etag"]}
    renamed = {"name": {"_type": "DV_TEXT", "value": "Status"}}
    changed = await send("PUT", f"{ehr}/ehr_status", json=status.json() | renamed, headers=match)
    outdated = await send("PUT", f"{ehr}/ehr_status", json=status.json(), headers=match)
    tag = [{"key": "a", "target_path": "/context"}]
    tags = await send(
        "PUT", f"{ehr}/composition/{uid[:36]}/tags", json=tag, headers={"Prefer": "return=representation"}
    )
    answers = {
        f"{ehr}/composition/{uid[:36]}": made,
        f"{ehr}/composition/{uid}": await send("GET", f"{ehr}/composition/{uid}"),
        f"{ehr}/ehr_status/{status.headers['etag'].strip(chr(34))}": status,
        f"{ehr}/ehr_status/{changed.headers['etag'].strip(chr(34))}": changed,
        f"{ehr}/composition/{uid[:36]}/tags": tags,
        ehr: await send("GET", ehr),
    }
    assert outdated.status_code == 412
    assert outdated.headers["location"] == changed.headers["location"]
    q = "SELECT c/uid/value FROM EHR e CONTAINS COMPOSITION c"
    query = await send("GET", f"{base}/query/aql", params={"q": q, "ehr_id": ehr_id})
    assert query.status_code == 200, query.text
    told = {path: answer.headers["location"] for path, answer in answers.items()}
    return told | {f"{base}/query/aql": query.json()["meta"]["_href"]}


@pytest.mark.parametrize("base", BASES)
async def test_addresses_name_the_host_that_was_asked(clinic: Any, base: str) -> None:
    _, ehr_id = await clinic.patient()

    told = await addresses(clinic, base, ehr_id, Host="a.test:8080", **SAID)

    assert told == {path: f"http://a.test:8080{path}" for path in told}


@pytest.mark.parametrize("host", ["evil.test/x", "user@evil.test", "evil test"])
async def test_what_is_no_host_gets_into_no_address(clinic: Any, settings: Settings, host: str) -> None:
    _, ehr_id = await clinic.patient()

    told = await addresses(clinic, BASES[0], ehr_id, Host=host, **SAID)

    assert told == {path: f"{settings.public_url}{path}" for path in told}


async def test_a_patients_composition_is_told_by_its_path(clinic: Any) -> None:
    """Only the openEHR API has EHRbase's clients."""
    patient_id, _ = await clinic.patient()

    written = await clinic.write(patient_id, Host="a.test")

    assert written.headers["location"].startswith("/api/clinical/v1/")
