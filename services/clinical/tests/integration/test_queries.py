"""AQL by ITS-REST: over one EHR or over all, of what the caller may see, and every answer on record."""

from typing import Any
from uuid import uuid4

import httpx
import pytest
from clinical.settings import Settings
from openward_cli.demo import vital_signs
from openward_contracts.access import RecordDenied, RecordQueried
from openward_testkit.events import EventCatcher, about
from openward_testkit.nats import NatsServer

BASE = "/openehr/v1"
AQL = f"{BASE}/query/aql"
COMPOSITIONS = "SELECT c/uid/value FROM EHR e CONTAINS COMPOSITION c"
WHOSE = "SELECT c/uid/value, e/ehr_id/value AS whose FROM EHR e CONTAINS COMPOSITION c"
OF_ONE = f"{COMPOSITIONS} WHERE e/ehr_id/value = $ehr_id"
ONE_AT_A_TIME = "user/composition-*.crud user/aql-adhoc.s"
EVERYBODY = "user/composition-*.crud user/aql-adhoc.s user/aql-population.s"
UID = "uid"


async def ask(clinic: Any, q: str, *, scope: str = EVERYBODY, role: str = "clinician", **more: Any) -> Any:
    claims, headers = more.pop("claims", {}), more.pop("headers", {})
    params = more.pop("params", {})
    body = {"q": q, **more}
    return await clinic.client.post(
        AQL, json=body, params=params, headers=clinic.headers(role, scope, **claims) | headers
    )


async def get(clinic: Any, headers: dict[str, str] | None = None, **params: Any) -> Any:
    return await clinic.client.get(
        AQL, params=params, headers=clinic.headers(scope=EVERYBODY) | (headers or {})
    )


async def with_composition(clinic: Any) -> tuple[str, str, str]:
    """Patient id, EHR id, version uid."""
    patient_id, ehr_id = await clinic.patient()
    return patient_id, ehr_id, (await clinic.write(patient_id)).json()["version_uid"]


async def forbid_queries(settings: Settings, ehr_id: str) -> None:
    """In EHRbase, as somebody who does not use this service."""
    login = (settings.ehrbase_user, settings.ehrbase_password.get_secret_value())
    url = f"{settings.ehrbase_url}/rest/openehr/v1/ehr/{ehr_id}/ehr_status"
    async with httpx.AsyncClient(timeout=60, auth=login) as ehrbase:
        status = (await ehrbase.get(url)).json()
        match = {"If-Match": status[UID]["value"]}
        changed = await ehrbase.put(url, json=status | {"is_queryable": False}, headers=match)
    assert changed.is_success, changed.text


async def test_an_answer_is_ehrbases_but_for_what_was_added(clinic: Any) -> None:
    _, ehr_id, uid = await with_composition(clinic)

    answer = (await ask(clinic, OF_ONE, query_parameters={"ehr_id": ehr_id})).json()

    assert list(answer) == ["meta", "q", "columns", "rows"]
    assert (answer["q"], answer["rows"]) == (OF_ONE, [[uid]])
    assert answer["columns"] == [{"path": "c/uid/value", "name": "#0"}]
    assert "_executed_aql" not in answer["meta"]
    assert "_href" not in answer["meta"]
    meta = {
        name: answer["meta"][name] for name in ("_type", "fetch", "offset", "resultsize", "default-limit")
    }
    assert meta == {
        "_type": "RESULTSET",
        "fetch": 10_000,
        "offset": 0,
        "resultsize": 1,
        "default-limit": 10_000,
    }


async def test_get_takes_values_by_their_names(clinic: Any) -> None:
    _, ehr_id, uid = await with_composition(clinic)
    q = f"{COMPOSITIONS} WHERE e/ehr_id/value = $e"

    by_name = await get(clinic, q=q, e=ehr_id)
    as_ehrbase = await get(clinic, q=q, query_parameters=f"e={ehr_id}&f=2")
    paged = await get(clinic, q=q, e=ehr_id, fetch=1, offset=1)

    assert by_name.json()["rows"] == as_ehrbase.json()["rows"] == [[uid]]
    assert by_name.json()["meta"]["_href"] == f"{clinic.origin}{AQL}"
    assert (paged.json()["rows"], paged.json()["meta"]["fetch"]) == ([], 1)


async def test_a_query_is_bound_from_outside(clinic: Any) -> None:
    _, ehr_id, uid = await with_composition(clinic)
    await with_composition(clinic)
    scope = ONE_AT_A_TIME

    answers = [
        await get(clinic, q=COMPOSITIONS, ehr_id=ehr_id),
        await get(clinic, {"openEHR-EHR-id": ehr_id}, q=COMPOSITIONS),
        await get(clinic, q=OF_ONE, ehr_id=ehr_id),
        await ask(clinic, COMPOSITIONS, scope=scope, params={"ehr_id": ehr_id}),
        await ask(clinic, COMPOSITIONS, scope=scope, headers={"openehr-ehr-id": ehr_id}),
        await ask(clinic, OF_ONE, scope=scope, params={"ehr_id": ehr_id}),
        await ask(clinic, "SELECT COUNT(*) FROM COMPOSITION c", params={"ehr_id": ehr_id}),
    ]

    assert [answer.json()["rows"] for answer in answers[:-1]] == [[[uid]]] * 6
    assert answers[-1].json()["rows"] == [[1]]
    assert (await get(clinic, {"openehr-ehr-id": str(uuid4())}, q=OF_ONE, ehr_id=ehr_id)).status_code == 400
    assert (await get(clinic, q=OF_ONE, ehr_id="x")).status_code == 400


async def test_all_ehrs_need_a_scope_of_their_own(clinic: Any, nats_server: NatsServer) -> None:
    async with (
        await nats_server.connect("monitor") as nats,
        EventCatcher(nats, "ACCESS").watching() as catcher,
    ):
        refused = await ask(clinic, f"SELECT c\n{COMPOSITIONS[18:]}", scope=ONE_AT_A_TIME)
        denied = await catcher.wait_for(RecordDenied, lambda record: record.data.resource == "query")

    assert (refused.status_code, refused.json()["code"]) == (403, "query-not-bound")
    assert (denied.data.action, denied.data.reason) == ("run-all", "scope-missing")


async def test_a_query_over_all_names_in_its_record_whom_it_has_shown(
    clinic: Any, nats_server: NatsServer
) -> None:
    (first, first_ehr, uid), (second, second_ehr, other) = [await with_composition(clinic) for _ in "12"]
    listed = f"{WHOSE} WHERE c/uid/value MATCHES {{'{uid}', '{other}'}} ORDER BY c/uid/value"
    async with (
        await nats_server.connect("monitor") as nats,
        EventCatcher(nats, "ACCESS").watching() as catcher,
    ):
        own = about(first_ehr)
        answer = (await ask(clinic, listed)).json()
        record = await catcher.wait_for(RecordQueried, lambda event: event.data.rows == 2 and own(event))

    assert answer["rows"] == sorted([[uid, first_ehr], [other, second_ehr]])
    assert [column["name"] for column in answer["columns"]] == ["#0", "whose"]
    assert {str(ehr_id) for ehr_id in record.data.ehr_ids} == {first_ehr, second_ehr}
    assert {str(patient_id) for patient_id in record.data.patient_ids} == {first, second}


@pytest.mark.parametrize("what", ["COUNT(*)", "DISTINCT c/name/value"])
async def test_of_a_sum_those_are_named_in_whom_was_searched(
    clinic: Any, nats_server: NatsServer, what: str
) -> None:
    (_, first_ehr, uid), (_, second_ehr, other) = [await with_composition(clinic) for _ in "12"]
    q = f"SELECT {what} FROM COMPOSITION c WHERE c/uid/value MATCHES {{'{uid}', '{other}'}}"
    async with (
        await nats_server.connect("monitor") as nats,
        EventCatcher(nats, "ACCESS").watching() as catcher,
    ):
        answer = await ask(clinic, q)
        record = await catcher.wait_for(RecordQueried, lambda event: len(event.data.ehr_ids) == 2)

    assert answer.json()["meta"]["resultsize"] == 1
    assert {str(ehr_id) for ehr_id in record.data.ehr_ids} == {first_ehr, second_ehr}


async def test_an_ehr_that_allows_no_queries_is_in_no_answer(clinic: Any, settings: Settings) -> None:
    patient_id, ehr_id, uid = await with_composition(clinic)
    only = f"{COMPOSITIONS} WHERE c/uid/value = '{uid}'"
    counted = f"SELECT COUNT(*) FROM COMPOSITION c WHERE c/uid/value = '{uid}'"
    before = (await ask(clinic, only)).json()["rows"]
    await forbid_queries(settings, ehr_id)

    bound = [
        await ask(clinic, OF_ONE, query_parameters={"ehr_id": ehr_id}),
        await get(clinic, q=COMPOSITIONS, ehr_id=ehr_id),
        await clinic.query(patient_id, COMPOSITIONS),
    ]

    assert before == [[uid]]
    assert {(answer.status_code, answer.json()["code"]) for answer in bound} == {(409, "ehr-not-queryable")}
    assert (await ask(clinic, only)).json()["rows"] == []
    assert (await ask(clinic, counted)).json()["rows"] == [[0]]


async def test_what_a_query_may_not_ask_is_on_record(
    clinic: Any, settings: Settings, nats_server: NatsServer
) -> None:
    (first, first_ehr, _), (second, second_ehr, _) = [await with_composition(clinic) for _ in "12"]
    await forbid_queries(settings, second_ehr)
    async with (
        await nats_server.connect("monitor") as nats,
        EventCatcher(nats, "ACCESS").watching() as catcher,
    ):
        await ask(clinic, "SELECT f FROM EHR e CONTAINS EHR f", params={"ehr_id": first_ehr})
        await ask(clinic, COMPOSITIONS, params={"ehr_id": second_ehr})
        unbound = await catcher.wait_for(RecordDenied, lambda event: str(event.data.ehr_id) == first_ehr)
        closed = await catcher.wait_for(RecordDenied, lambda event: str(event.data.ehr_id) == second_ehr)

    assert (unbound.data.action, str(unbound.data.patient_id)) == ("run", first)
    assert (closed.data.action, str(closed.data.patient_id)) == ("run", second)


@pytest.mark.parametrize(
    ("scope", "seen"),
    [
        ("user/composition-*.r", True),
        (f"user/composition-{vital_signs.TEMPLATE_ID}.r", True),
        ("user/composition-openward_*.rs", True),
        ("user/composition-other*.r user/composition-another.r", False),
        (f"user/composition-{vital_signs.TEMPLATE_ID}.cud", False),
        ("", False),
    ],
)
async def test_a_query_shows_templates_of_the_callers_scopes(clinic: Any, scope: str, *, seen: bool) -> None:
    _, ehr_id, uid = await with_composition(clinic)
    q = "SELECT o/name/value FROM EHR e CONTAINS OBSERVATION o[openEHR-EHR-OBSERVATION.blood_pressure.v2]"
    scope = f"user/aql-*.s {scope}"

    bound = await ask(clinic, COMPOSITIONS, scope=scope, params={"ehr_id": ehr_id})
    entries = await ask(clinic, q, scope=scope, params={"ehr_id": ehr_id})
    everybody = await ask(clinic, f"{COMPOSITIONS} WHERE c/uid/value = '{uid}'", scope=scope)

    assert bound.json()["rows"] == everybody.json()["rows"] == ([[uid]] if seen else [])
    assert bool(entries.json()["rows"]) is seen


async def test_patients_see_their_own_record_and_no_other(clinic: Any) -> None:
    patient_id, _, uid = await with_composition(clinic)
    _, other_ehr, _ = await with_composition(clinic)
    as_patient: Any = {
        "role": "patient",
        "scope": "patient/aql-*.s patient/composition-*.r",
        "claims": {"patient": patient_id},
    }

    own = await ask(clinic, COMPOSITIONS, **as_patient)
    foreign = await ask(clinic, OF_ONE, query_parameters={"ehr_id": other_ehr}, **as_patient)
    outside = await ask(clinic, COMPOSITIONS, params={"ehr_id": other_ehr}, **as_patient)

    assert own.json()["rows"] == [[uid]]
    assert (foreign.status_code, outside.status_code) == (403, 403)


@pytest.mark.parametrize(
    ("q", "more", "status", "message"),
    [
        (f"{COMPOSITIONS} LIMIT 1", {"fetch": 1}, 422, "must not be used"),
        (COMPOSITIONS, {"offset": 1}, 422, "offset provided, but no fetch"),
        (COMPOSITIONS, {"fetch": 100_001}, 422, "Fetch parameter 100001 exceeds maximum fetch 100000"),
        (f"{COMPOSITIONS} LIMIT 100001", {}, 422, "Query LIMIT 100001 exceeds maximum limit 100000"),
        (COMPOSITIONS, {"fetch": "x"}, 400, "invalid 'fetch' value"),
        ("SELECT c\nFROM EHR e WHERE", {}, 400, "line 2, column 17"),
        ("SELECT LENGTH(c/uid/value) FROM EHR e CONTAINS COMPOSITION c", {}, 400, "Not implemented"),
        ("SELECT TOP 1  c FROM EHR e", {}, 400, "Cannot parse SELECT TOP 1  c FROM EHR e: Deprecated"),
    ],
)
async def test_refusals_are_ehrbases(
    clinic: Any, q: str, more: dict[str, Any], status: int, message: str
) -> None:
    refused = await ask(clinic, q, **more)

    assert refused.status_code == status
    assert message in refused.json()["message"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "No aql query provided"),
        ({"q": ["a", "b"]}, "Multiple aql queries provided"),
        ({"q": 1}, "Data type of aql query not supported"),
    ],
)
async def test_a_body_without_a_query_is_told_as_by_ehrbase(clinic: Any, body: Any, message: str) -> None:
    refused = await clinic.client.post(AQL, json=body, headers=clinic.headers())

    assert (refused.status_code, refused.json()["message"]) == (400, message)


async def test_an_ehr_that_is_not_there_has_nothing_in_it(clinic: Any) -> None:
    answer = await ask(clinic, OF_ONE, query_parameters={"ehr_id": str(uuid4())})

    assert (answer.status_code, answer.json()["rows"]) == (200, [])
    assert (await get(clinic, q=COMPOSITIONS, ehr_id=str(uuid4()))).status_code == 404


async def test_xml_is_not_to_be_had(clinic: Any) -> None:
    refused = await ask(clinic, COMPOSITIONS, headers={"Accept": "application/xml"})

    assert refused.status_code == 406


async def test_a_large_answer_comes_whole_and_says_how_large_it_is(clinic: Any) -> None:
    patient_id, ehr_id, _ = await with_composition(clinic)
    for _ in range(21):
        await clinic.write(patient_id)
    q = (
        "SELECT a/uid/value, b/uid/value, c/uid/value"
        " FROM EHR e CONTAINS (COMPOSITION a AND COMPOSITION b AND COMPOSITION c)"
    )

    bound = await ask(clinic, q, params={"ehr_id": ehr_id})
    everybody = await ask(clinic, f"{q} WHERE e/ehr_id/value MATCHES {{'{ehr_id}', '{uuid4()}'}}")

    for answer in (bound, everybody):
        assert len(answer.content) == int(answer.headers["content-length"]) > 2**20
        assert len(answer.json()["rows"]) == answer.json()["meta"]["resultsize"] == 10_000
        assert {len(row) for row in answer.json()["rows"]} == {3}
