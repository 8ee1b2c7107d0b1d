"""Whoever sees measurements is on record first, each patient alone; EHRbase is asked for nothing twice."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openward_contracts.event import decode
from openward_servicekit.access import AccessLogUnavailable
from openward_testkit.nats import NatsServer, stored

AT = "2026-11-01T10:00:00Z"
PATHS = ("series?node=systolic", "series?node=systolic&step=P1D", "snapshot")


async def on_record(server: NatsServer, patient_ids: set[str], count: int) -> list[tuple[str, str, int]]:
    """Patient, resource and count of each access record, in order, once there are so many."""
    async with asyncio.timeout(60):
        while True:
            async with await server.connect() as client:
                messages = await stored(client, "ACCESS")
            records: list[Any] = [
                decode(message.subject, dict(message.headers or {}), message.data).data
                for message in messages
                if message.subject == "access.record.read.v1" and "ce-type" in (message.headers or {})
            ]
            ours = [
                (str(each.patient_id), each.resource, each.count)
                for each in records
                if str(each.patient_id) in patient_ids
            ]
            if len(ours) >= count:
                return ours
            await asyncio.sleep(0.2)


async def test_what_was_seen_is_on_record_for_each_patient(ward: Any, nats_server: NatsServer) -> None:
    first, second, third = [await ward.patient() for _ in range(3)]
    for patient_id in (first, second):
        await ward.vitals(patient_id, 120, AT)
    await ward.series(first, node="systolic")
    await ward.series(second, node="weight")
    await ward.latest(patients=[first, second, third], measurements=["systolic", "pulse", "potassium"])
    records = await on_record(nats_server, {first, second, third}, 5)
    assert records[:2] == [(first, "series", 1), (second, "series", 0)]
    assert sorted(records[2:]) == sorted(
        (patient_id, "latest-values", count) for patient_id, count in ((first, 2), (second, 2), (third, 0))
    )


class NoLog:
    """The AccessLog port, out of order."""

    async def seen(self, *_: Any) -> None:
        raise AccessLogUnavailable


async def test_nothing_is_told_that_cannot_be_put_on_record(ward: Any) -> None:
    patient_id = await ward.patient()
    await ward.vitals(patient_id, 120, AT)
    state, cases = ward.clinic.app.state, ward.clinic.app.state.clinical
    state.clinical = replace(
        cases,
        series=replace(cases.series, access=NoLog()),
        latest=replace(cases.latest, access=NoLog()),
        snapshot=replace(cases.snapshot, access=NoLog()),
    )
    try:
        answers = [await ward.clinic.get(f"/api/clinical/v1/patients/{patient_id}/{path}") for path in PATHS]
        told = await ward.latest(503, patients=[patient_id], measurements=["systolic"])
    finally:
        state.clinical = cases
    assert [answer.status_code for answer in answers] == [503] * len(PATHS)
    assert "magnitude" not in "".join(answer.text for answer in answers) + str(told)


class NoEhrbase:
    """A Gatherer that is asked for nothing."""

    async def gather(self, *_: Any) -> None:
        raise AssertionError


async def test_of_a_ward_of_thirty_ehrbase_is_not_asked_for_what_has_not_changed(ward: Any) -> None:
    patient_ids = [await ward.patient() for _ in range(30)]
    for patient_id in patient_ids:
        await ward.vitals(patient_id, 120, AT)
    measurements = (await ward.clinic.get("/api/clinical/v1/measurements")).json()
    asked = {"patients": patient_ids, "measurements": [each["measurement"] for each in measurements[:10]]}
    before = await ward.latest(**asked)
    assert [len(each["values"]) > 1 for each in before["patients"]] == [True] * 30
    state, cases = ward.clinic.app.state, ward.clinic.app.state.clinical
    recorder = replace(cases.recorder, gatherer=NoEhrbase(), _rounds={})
    state.clinical = replace(cases, latest=replace(cases.latest, recorder=recorder))
    try:
        assert await ward.latest(**asked) == before
    finally:
        state.clinical = cases


@pytest.mark.parametrize("name", ["node", "code", "step", "unit", "from", "to", "as_of"])
async def test_whatever_is_asked_is_answered_or_refused(ward: Any, name: str) -> None:
    patient_id, loop = await ward.patient(), asyncio.get_running_loop()
    url, headers = f"/api/clinical/v1/patients/{patient_id}/series", ward.clinic.headers()
    pieces = st.sampled_from(
        ["openEHR-EHR-OBSERVATION.x.v1", "/data[at0001]", "P1D", "2026-11-01T10:00", "::", "Z"]
    )

    async def status(text: str) -> int:
        answer = await ward.clinic.client.get(url, params={"node": "systolic", name: text}, headers=headers)
        return int(answer.status_code)

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        st.one_of(
            st.text(st.characters(exclude_categories=["Cs"])),
            st.lists(pieces | st.text(max_size=3)).map("".join),
        )
    )
    def property_holds(text: str) -> None:
        text = text.encode("utf-8", "replace").decode()
        assert asyncio.run_coroutine_threadsafe(status(text), loop).result(30) in (200, 400, 422)

    await asyncio.to_thread(property_holds)
