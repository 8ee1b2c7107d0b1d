"""Stored queries are EHRbase's, as their authors wrote them; what they show is what the caller may see."""

from typing import Any
from uuid import uuid4

import pytest

BASE = "/openehr/v1"
Q = "SELECT c/uid/value -- of one\nFROM EHR e CONTAINS COMPOSITION c WHERE e/ehr_id/value = $ehr_id"
ALL = "SELECT c/uid/value FROM EHR e CONTAINS COMPOSITION c"
AUTHOR = ("template-author", "user/aql-*.cru")
TEXT = {"Content-Type": "text/plain"}


@pytest.fixture
def name() -> str:
    return f"org.openward::test_{uuid4().hex}"


async def put(clinic: Any, name: str, q: str, version: str = "", base: str = BASE, **headers: str) -> Any:
    path = f"{base}/definition/query/{name}{version and '/'}{version}"
    return await clinic.client.put(path, content=q, headers=clinic.headers(*AUTHOR) | TEXT | headers)


async def definition(clinic: Any, path: str = "", scope: str = "user/aql-*.r") -> Any:
    headers = clinic.headers(scope=scope)
    return await clinic.client.get(f"{BASE}/definition/query{path}", headers=headers)


async def run(clinic: Any, path: str, scope: str | None = None, *caller: str, **params: Any) -> Any:
    headers = clinic.headers(*(caller or ("clinician",)), scope=scope or "user/aql-*.s user/composition-*.r")
    return await clinic.client.get(f"{BASE}/query/{path}", params=params, headers=headers)


@pytest.mark.parametrize("base", [BASE, "/ehrbase/rest/openehr/v1"])
async def test_a_query_is_stored_as_it_was_written(clinic: Any, name: str, base: str) -> None:
    first = await put(clinic, name, Q, base=base)
    second = await clinic.client.put(
        f"{base}/definition/query/{name}", json={"q": ALL}, headers=clinic.headers(*AUTHOR)
    )
    found = await definition(clinic, f"/{name}/1.0.0")
    versions = await definition(clinic, f"/{name}")

    assert (first.status_code, first.content) == (200, b"")
    assert first.headers["location"] == f"{clinic.origin}{base}/definition/query/{name}/1.0.0"
    assert (second.json()["version"], second.json()["q"]) == ("2.0.0", ALL)
    assert (found.json()["q"], found.json()["name"]) == (Q, name)
    assert [entry["version"] for entry in versions.json()["versions"]] == ["2.0.0", "1.0.0"]


async def test_every_form_of_a_version_is_run(clinic: Any, name: str) -> None:
    patient_id, ehr_id = await clinic.patient()
    uid = (await clinic.write(patient_id)).json()["version_uid"]
    for version in ("1.0.0", "1.0.1", "1.2.0", "2.0.0", "2.1.0-draft"):
        await put(clinic, name, Q, version)
    forms = {"": "2.0.0", "/1": "1.2.0", "/1.0": "1.0.1", "/1.0.0": "1.0.0", "/2.1.0-draft": "2.1.0-draft"}

    for form, version in forms.items():
        by_address = (await run(clinic, f"{name}{form}", ehr_id=ehr_id)).json()
        by_body = await clinic.client.post(
            f"{BASE}/query/{name}{form}",
            json={"query_parameters": {"ehr_id": ehr_id}, "fetch": 1},
            headers=clinic.headers(),
        )
        assert (by_address["name"], by_address["q"]) == (f"{name}/{version}", Q)
        assert by_address["meta"]["_href"] == f"{clinic.origin}{BASE}/query/{name}{form}"
        assert list(by_address) == ["meta", "q", "name", "columns", "rows"]
        assert by_address["rows"] == by_body.json()["rows"] == [[uid]]
        assert (by_body.json()["name"], by_body.json()["meta"]["fetch"]) == (f"{name}/{version}", 1)


async def test_a_draft_that_was_replaced_is_run_anew(clinic: Any, name: str) -> None:
    _, ehr_id = await clinic.patient()
    await put(clinic, name, Q, "1.0.0-draft")
    before = await run(clinic, f"{name}/1.0.0-draft", ehr_id=ehr_id)
    await put(clinic, name, f"{Q} LIMIT 7", "1.0.0-draft")
    after = await run(clinic, f"{name}/1.0.0-draft", ehr_id=ehr_id)

    assert (before.json()["q"], after.json()["q"]) == (Q, f"{Q} LIMIT 7")


async def test_the_name_is_the_right(clinic: Any, name: str) -> None:
    patient_id, _ = await clinic.patient()
    uid = (await clinic.write(patient_id)).json()["version_uid"]
    await put(clinic, name, f"{ALL} WHERE c/uid/value = $uid", "1.0.0")
    composition = "user/composition-*.r"

    by_name = await run(clinic, name, f"user/aql-{name}.rs {composition}", uid=uid)
    other = await run(clinic, name, f"user/aql-adhoc.s user/aql-org.openward::x.rs {composition}", uid=uid)
    without_template = await run(clinic, name, f"user/aql-{name}.rs", uid=uid)
    read_only = await run(clinic, name, f"user/aql-{name}.r {composition}", uid=uid)

    assert by_name.json()["rows"] == [[uid]]
    assert without_template.json()["rows"] == []
    assert (other.status_code, read_only.status_code) == (403, 403)


async def test_machines_run_what_is_stored_and_patients_see_themselves(clinic: Any, name: str) -> None:
    (mine, _), (other, _) = await clinic.patient(), await clinic.patient()
    uids = [(await clinic.write(patient_id)).json()["version_uid"] for patient_id in (mine, other)]
    await put(clinic, name, f"{ALL} WHERE c/uid/value MATCHES {{$a, $b}}", "1.0.0")
    params = {"a": uids[0], "b": uids[1]}

    scope = f"system/aql-{name}.s system/composition-*.r"
    machine = {"Authorization": f"Bearer {clinic.tokens.service_token(scope=scope)}"}
    patient = clinic.headers("patient", f"patient/aql-{name}.s patient/composition-*.r", patient=mine)
    path = f"{BASE}/query/{name}"
    everybody = await clinic.client.get(path, params=params, headers=machine)
    own = await clinic.client.get(path, params=params, headers=patient)
    ad_hoc = await clinic.client.get(f"{BASE}/query/aql", params={"q": ALL}, headers=machine)

    assert sorted(everybody.json()["rows"]) == sorted([uid] for uid in uids)
    assert own.json()["rows"] == [[uids[0]]]
    assert ad_hoc.status_code == 403


@pytest.mark.parametrize(
    ("q", "message"),
    [("SELECT c\nFROM EHR e WHERE", "line 2, column 17"), ("  ", "no aql query provided")],
)
async def test_what_is_no_aql_is_not_stored(clinic: Any, name: str, q: str, message: str) -> None:
    refused = await put(clinic, name, q, "1.0.0")

    assert refused.status_code == 400
    assert message in refused.json()["message"]
    assert (await definition(clinic, f"/{name}")).json() == {"versions": []}


async def test_ehrbases_refusals_stay(clinic: Any, name: str) -> None:
    await put(clinic, name, Q, "1.0.0")

    again = await put(clinic, name, Q, "1.0.0")
    no_version = await put(clinic, name, Q, "x")
    no_name = await put(clinic, "plain", Q, "1.0.0")
    other_type = await put(clinic, name, Q, "2.0.0?type=SQL")
    other_media = await put(clinic, name, Q, "2.0.0", **{"Content-Type": "application/xml"})
    nowhere = await run(clinic, f"{name}/9")
    deleted = await clinic.client.delete(
        f"{BASE}/definition/query/{name}/1.0.0", headers=clinic.headers(*AUTHOR)
    )

    assert (again.status_code, again.json()["message"]) == (409, "Version already exists")
    assert (no_version.status_code, no_name.status_code, other_type.status_code) == (400, 400, 400)
    assert "SEMVER" in no_version.json()["message"]
    assert (other_media.status_code, nowhere.status_code, deleted.status_code) == (415, 404, 405)


async def test_only_authors_store(clinic: Any, name: str) -> None:
    path = f"{BASE}/definition/query/{name}/1.0.0"
    for headers in (
        clinic.headers(scope="user/aql-*.cruds"),
        clinic.headers("template-author", "user/aql-org.other::*.c"),
    ):
        refused = await clinic.client.put(path, content=Q, headers=headers | TEXT)
        assert refused.status_code == 403


async def test_a_list_has_what_the_caller_may_read(clinic: Any, name: str) -> None:
    await put(clinic, name, Q, "1.0.0")
    await put(clinic, f"{name}x", Q, "1.0.0")

    everything = {entry["name"] for entry in (await definition(clinic)).json()["versions"]}
    one = (await definition(clinic, scope=f"user/aql-{name}.r")).json()["versions"]
    foreign = await definition(clinic, f"/{name}", scope=f"user/aql-{name}x.r")

    assert {name, f"{name}x"} <= everything
    assert [entry["name"] for entry in one] == [name]
    assert foreign.status_code == 403
