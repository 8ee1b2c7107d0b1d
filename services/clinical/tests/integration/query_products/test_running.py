"""Query products run by whom they are for, over what these may see, and told in every form."""

import asyncio
import csv
import hashlib
import io
import json
from typing import Any

from openward_contracts.access import RecordDenied, RecordQueried, RecordRead
from openward_testkit.events import EventCatcher
from openward_testkit.nats import NatsServer


async def three(products: Any, patient_id: str) -> list[str]:
    return [await products.written(patient_id, 120 + n, f"2026-11-2{n}T10:00:00Z") for n in range(3)]


async def test_a_product_is_stored_and_run_over_one_record(clinic: Any, products: Any) -> None:
    (mine, _), (other, _) = await clinic.patient(), await clinic.patient()
    uids = await three(products, mine)
    await products.written(other, 199)

    stored = await products.put(products.one())
    latest = await products.get(products.of(mine))
    some = await products.get(products.of(mine, "1.0.0"), least=121.5)
    by_body = await products.post(products.of(mine), {"parameters": {"least": 121.5}})

    assert stored.status_code == 201, stored.text
    assert [row["uid"] for row in latest.json()["items"]] == uids[::-1]
    assert latest.json()["items"][0] == {"uid": uids[2], "at": "2026-11-22T10:00:00Z", "systolic": 122.0}
    assert [row["systolic"] for row in some.json()["items"]] == [122.0]
    assert by_body.json() == some.json() == {"items": some.json()["items"], "limit_reached": False}
    assert some.headers["openward-query-product"] == f"{products.name}/1.0.0"
    assert some.headers["cache-control"] == "no-store"


async def test_a_product_over_all_records_needs_its_name_and_no_more(clinic: Any, products: Any) -> None:
    (a, ehr_a), (b, ehr_b) = await clinic.patient(), await clinic.patient()
    for patient_id in (a, b):
        await products.written(patient_id, 987)
    stored = await products.put(products.all())
    scope = f"user/aql-{products.name}.s user/composition-*.r"

    found = await products.get(f"/{products.name}/1.0.0/rows", least=987, scope=scope)
    free = await clinic.client.post(
        "/openehr/v1/query/aql",
        json={"q": "SELECT c FROM COMPOSITION c"},
        headers=clinic.headers(scope=scope),
    )

    assert stored.status_code == 201, stored.text
    assert {ehr_a, ehr_b} <= {row["ehr"] for row in found.json()["items"]}
    assert free.status_code == 403


async def test_rows_are_told_as_csv_and_as_lines_of_json(clinic: Any, products: Any) -> None:
    patient_id, _ = await clinic.patient()
    uids = await three(products, patient_id)
    await products.put(products.one())
    path = products.of(patient_id)

    as_csv = await products.get(path, headers={"Accept": "text/csv"})
    lines = await products.get(path, headers={"Accept": "application/x-ndjson"})
    neither = await products.get(path, headers={"Accept": "image/png"})

    rows = list(csv.reader(io.StringIO(as_csv.text, newline="")))
    assert rows == [["uid", "at", "systolic"]] + [
        [uids[n], f"2026-11-2{n}T10:00:00Z", f"{120.0 + n}"] for n in (2, 1, 0)
    ]
    assert as_csv.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert [json.loads(line)["uid"] for line in lines.text.splitlines()] == uids[::-1]
    assert neither.status_code == 406


async def test_an_answer_is_on_record_by_the_hash_of_the_products_text(
    clinic: Any, products: Any, nats_server: NatsServer
) -> None:
    patient_id, ehr_id = await clinic.patient()
    await three(products, patient_id)
    body = products.one()
    await products.put(body)
    async with (
        await nats_server.connect("monitor") as nats,
        EventCatcher(nats, "ACCESS").watching() as catcher,
    ):
        await products.get(products.of(patient_id), least=121)
        record = await catcher.wait_for(
            RecordQueried, lambda seen: str(ehr_id) in map(str, seen.data.ehr_ids)
        )

    assert record.data.query_sha256 == hashlib.sha256(body["aql"].encode()).hexdigest()
    assert record.data.rows == 2


async def test_values_are_never_aql(clinic: Any, products: Any) -> None:
    (mine, _), (other, ehr_id) = await clinic.patient(), await clinic.patient()
    uid = await products.written(mine, 120)
    await products.written(other, 121)
    text = (
        products.one()["aql"]
        .replace("$since", "$name")
        .replace("c/context/start_time/value >=", "c/name/value =")
    )
    parameter = {"name": "name", "type": "string", "description": "of the composition"}
    body = products.one(aql=text, parameters=[parameter, products.one()["parameters"][1]])
    stored = await products.put(body)
    attempts = [
        f"' OR e/ehr_id/value = '{ehr_id}", "Vital signs' OR c/name/value != 'x", "\\' OR 1=1 --",
        "\\u0027 OR '", "'] CONTAINS OBSERVATION p['", "2026-11-22", "$ehr_id", "{'Vital signs'}",
        "Vital signs'--", "\u2019 OR \u2019",
        "Vital signs\\", "'", '"', "Vital*", "%", "\n", "Vital signs\u0000"[:-1] + " ",
    ]  # fmt: skip

    right = await products.post(products.of(mine), {"parameters": {"name": "Vital signs"}})
    wrong = [await products.post(products.of(mine), {"parameters": {"name": text}}) for text in attempts]

    assert stored.status_code == 201, stored.text
    assert [row["uid"] for row in right.json()["items"]] == [uid]
    assert {(answer.status_code, answer.text) for answer in wrong} == {
        (200, '{"items":[],"limit_reached":false}')
    }


async def test_parameters_are_checked_all_at_once(clinic: Any, products: Any) -> None:
    patient_id, _ = await clinic.patient()
    await products.put(products.one())
    wrong = {"since": "2026-11-22T10:00:00", "least": "many", "leest": 1}

    by_body = await products.post(products.of(patient_id), {"parameters": wrong})
    by_address = await products.get(products.of(patient_id), **wrong)

    assert (by_body.status_code, by_body.json()["code"]) == (422, "query-product-parameters")
    assert [(error["pointer"], error["code"]) for error in by_body.json()["errors"]] == [
        ("/parameters/since", "parameter-type"),
        ("/parameters/least", "parameter-type"),
        ("/parameters/leest", "parameter-unknown"),
    ]
    assert [error["path"] for error in by_address.json()["errors"]] == ["since", "least", "leest"]
    assert "many" not in by_body.text


async def test_only_whom_it_is_for_runs_a_product(
    clinic: Any, products: Any, nats_server: NatsServer
) -> None:
    patient_id, _ = await clinic.patient()
    uids = await three(products, patient_id)
    await products.put(products.one())
    await products.put(products.one(roles=["clinician", "patient"]), "1.1.0")
    own = {"role": "patient", "scope": "patient/aql-*.s patient/composition-*.r"}
    mine, others = {"patient": patient_id}, {"patient": str((await clinic.patient())[0])}

    not_for_patients = await products.get(products.of(patient_id, "1.0.0"), **own, claims=mine)
    for_patients = await products.get(products.of(patient_id), **own, claims=mine)
    somebody_else = await products.get(products.of(patient_id), **own, claims=others)
    other_name = await products.get(products.of(patient_id), scope="user/aql-org.ward::other.s")
    async with (
        await nats_server.connect("monitor") as nats,
        EventCatcher(nats, "ACCESS").watching() as catcher,
    ):
        unknown = await products.get(products.of(patient_id, name="nothing"), scope="user/aql-a.s")
        await catcher.wait_for(RecordDenied, lambda record: record.data.action == "run")
    missing = await products.get(products.of(patient_id, name="nothing"))

    assert [row["uid"] for row in for_patients.json()["items"]] == uids[::-1]
    statuses = [a.status_code for a in (not_for_patients, somebody_else, other_name, unknown, missing)]
    assert statuses == [403, 403, 403, 403, 404]
    assert missing.json()["code"] == "query-product-not-found"


async def test_machines_run_what_is_for_them(clinic: Any, products: Any) -> None:
    _, ehr_id = mine = await clinic.patient()
    await products.written(mine[0], 986)
    await products.put(products.all(roles=["service"]))
    scope = f"system/aql-{products.name}.s system/composition-*.r"
    machine = {"Authorization": f"Bearer {clinic.tokens.service_token(scope=scope)}"}

    path = f"{products.path}/{products.name}/1.0.0/rows"
    found = await clinic.client.get(path, params={"least": 986}, headers=machine)
    person = await products.get(f"/{products.name}/1.0.0/rows")

    assert ehr_id in {row["ehr"] for row in found.json()["items"]}
    assert person.status_code == 403


async def test_what_the_caller_may_not_read_is_in_no_row(clinic: Any, products: Any) -> None:
    patient_id, _ = await clinic.patient()
    await three(products, patient_id)
    await products.put(products.one())

    without = await products.get(products.of(patient_id), scope=f"user/aql-{products.name}.s")
    of_others = await products.get(products.of(patient_id), scope="user/aql-*.s user/composition-other*.r")

    assert [answer.json()["items"] for answer in (without, of_others)] == [[], []]


async def test_merged_patients_are_one_record(clinic: Any, products: Any) -> None:
    source, survivor = await clinic.patient(), await clinic.patient()
    uids = {await products.written(patient_id, 130) for patient_id in (source[0], survivor[0])}
    await products.put(products.one())
    await clinic.merge(source, survivor)
    answer = await products.get(products.of(source[0]))
    for _ in range(600):
        if len(answer.json()["items"]) == 2:
            break
        await asyncio.sleep(0.05)
        answer = await products.get(products.of(source[0]))

    assert {row["uid"] for row in answer.json()["items"]} == uids
    assert f'{survivor[0]}>; rel="canonical"' in answer.headers["link"]


async def test_a_product_runs_over_what_it_is_made_for(clinic: Any, products: Any) -> None:
    patient_id, _ = await clinic.patient()
    await products.put(products.one())
    await products.put(products.all(), name=f"{products.name}-all")

    over_all = await products.get(f"/{products.name}/1.0.0/rows")
    over_one = await products.get(products.of(patient_id, name=f"{products.name}-all"))

    assert [answer.json()["code"] for answer in (over_all, over_one)] == ["query-product-scope"] * 2
    assert [answer.status_code for answer in (over_all, over_one)] == [422, 422]


async def test_a_dry_run_tells_the_cost_and_no_row(clinic: Any, products: Any) -> None:
    patient_id, _ = await clinic.patient()
    await three(products, patient_id)
    await products.put(products.one())
    await products.put(products.all(), name=f"{products.name}-all")

    one = await products.post(f"{products.of(patient_id, '1.0.0')}/$dry-run", {"parameters": {"least": 1}})
    everybody = await products.post(f"{products.path}/{products.name}-all/1.0.0/$dry-run", {})
    wrong = await products.post(
        f"{products.of(patient_id, '1.0.0')}/$dry-run", {"parameters": {"least": "x"}}
    )
    denied = await products.post(f"{products.of(patient_id, '1.0.0')}/$dry-run", {}, scope="user/aql-x.s")

    assert one.json() == {
        "cost": "small", "scope": "patient", "compositions": 3, "contains_depth": 3, "rows": 1000,
        "whole": True, "paging": "keyset",
    }  # fmt: skip
    assert everybody.json()["scope"] == "population"
    assert everybody.json()["cost"] in ("small", "medium", "large")
    assert (wrong.status_code, denied.status_code) == (422, 403)


async def test_a_dry_run_counts_what_the_caller_may_see_and_is_on_record(
    clinic: Any, products: Any, nats_server: NatsServer
) -> None:
    patient_id, ehr_id = await clinic.patient()
    await three(products, patient_id)
    await products.put(products.one())
    path = f"{products.of(patient_id, '1.0.0')}/$dry-run"
    scope = f"user/aql-{products.name}.s user/composition-other*.r"
    async with (
        await nats_server.connect("monitor") as nats,
        EventCatcher(nats, "ACCESS").watching() as catcher,
    ):
        answer = await products.post(path, {}, scope=scope)
        record = await catcher.wait_for(RecordRead, lambda seen: str(seen.data.ehr_id) == str(ehr_id))

    assert answer.json()["compositions"] == 0
    assert (record.data.resource, str(record.data.patient_id)) == ("query-product-cost", str(patient_id))


async def test_counts_take_values_too(clinic: Any, products: Any) -> None:
    """EHRbase answers 500 to COUNT with any parameter: it is sent none."""
    patient_id, _ = await clinic.patient()
    await three(products, patient_id)
    text = (
        "SELECT COUNT(*) AS n FROM EHR e[ehr_id/value=$ehr_id] CONTAINS COMPOSITION c "
        "WHERE c/name/value MATCHES {$names} AND c/context/start_time/value > $since LIMIT 1"
    )
    names = {"name": "names", "type": "string", "description": "of compositions", "many": True}
    body = products.one(
        aql=text,
        parameters=[names, products.one()["parameters"][0]],
        columns=[{"name": "n", "type": "integer", "description": "how many"}],
    )

    stored = await products.put(body)
    two = await products.get(
        products.of(patient_id), names=["Vital signs", "x'"], since="2026-11-20T10:00:00Z"
    )
    none = await products.get(products.of(patient_id), names="x")

    assert stored.status_code == 201, stored.text
    assert (two.json()["items"], none.json()["items"]) == ([{"n": 2}], [{"n": 0}])


async def test_patients_run_what_is_over_all_records_over_their_own(clinic: Any, products: Any) -> None:
    (mine, ehr_id), (other, _) = await clinic.patient(), await clinic.patient()
    for patient_id in (mine, other):
        await products.written(patient_id, 984)
    await products.put(products.all(roles=["clinician", "patient"]))
    own = {"role": "patient", "scope": "patient/aql-*.s patient/composition-*.r", "claims": {"patient": mine}}

    found = await products.get(f"/{products.name}/1.0.0/rows", least=984, **own)

    assert [row["ehr"] for row in found.json()["items"]] == [ehr_id]
