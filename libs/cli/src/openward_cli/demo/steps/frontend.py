"""What a clinical frontend shows: an encounter, live events, the timeline, a series, a query product."""

from datetime import UTC, datetime
from typing import Any, Final

from openward_cli.demo import laboratory, trail
from openward_cli.demo.checks import given
from openward_cli.demo.listening import listening
from openward_cli.demo.scene import Scene
from openward_cli.demo.steps import writing
from openward_cli.demo.steps.template import TEMPLATES
from openward_cli.demo.steps.vitals import CORRECTED, EVENING, MORNING
from openward_cli.demo.subject import Subject

_PRODUCT: Final = "org.openward.demo::pressures"
_PRODUCTS: Final = "/api/clinical/v1/query-products"
_SYSTOLIC: Final = "o/data[at0001]/events[at0006]/data[at0003]/items[at0004]/value/magnitude"
_AQL: Final = (
    f"SELECT c/uid/value AS uid, {_SYSTOLIC} AS systolic"  # noqa: S608  AQL, of constants
    " FROM EHR e[ehr_id/value=$ehr_id] CONTAINS COMPOSITION c"
    " CONTAINS OBSERVATION o[openEHR-EHR-OBSERVATION.blood_pressure.v2]"
    f" WHERE {_SYSTOLIC} >= $least ORDER BY {_SYSTOLIC} DESC, c/uid/value LIMIT 100"
)
_DEFINITION: Final = {
    "title": "Pressures",
    "description": "Systolic pressures above a bound, the highest first.",
    "owner": "the demonstration",
    "scope": "patient",
    "aql": _AQL,
    "parameters": [
        {"name": "least", "type": "number", "unit": "mm[Hg]", "description": "Not below this.", "minimum": 0}
    ],
    "columns": [
        {"name": "uid", "type": "version-uid", "description": "Which composition."},
        {"name": "systolic", "type": "number", "unit": "mm[Hg]", "description": "The pressure."},
    ],
    "limits": {"rows": 100},
}
_SODIUM: Final = 131.0
_LIVE_SECONDS: Final = 10.0


async def show(scene: Scene, subject: Subject) -> None:
    """With results of a laboratory, in a template of two languages."""
    xml = {"Content-Type": "application/xml"}
    await scene.call("tomas", "POST", TEMPLATES, expect=(200, 201), content=laboratory.opt(), headers=xml)
    encounter_id = await _open(scene, subject)
    uid = await _write_listened_to(scene, subject, encounter_id)
    await _timeline(scene, subject, encounter_id, uid)
    await _series(scene, subject)
    await _query_product(scene, subject)


async def _open(scene: Scene, subject: Subject) -> str:
    body = {"encounter_class": "AMB", "reason": {"text": "dizzy"}, "location": {"display": "Room 3"}}
    path, show = f"{subject.record}/encounters", ("encounter_id", "status")
    opened = await scene.call("ada", "POST", path, expect=201, show=show, json=body)
    subject.did(trail.ENCOUNTER_OPENED, opened)
    return str(given(opened, "encounter_id"))


async def _write_listened_to(scene: Scene, subject: Subject, encounter_id: str) -> str:
    """The version uid of a result that somebody hears of."""
    now = datetime.now(UTC).replace(microsecond=0).isoformat()
    sodium = ("2951-2", _SODIUM, "mmol/L", (135.0, 145.0))
    params = {"template_id": laboratory.TEMPLATE_ID, "format": "FLAT", "encounter_id": encounter_id}
    async with listening(scene, "ada", subject.patient_id) as listener:
        body = laboratory.flat([[sodium]], now, composer="Ada Holm")
        request = {"headers": writing.keyed(), "params": params, "json": body}
        written, uid = await writing.write(scene, subject, **request)
        subject.did(trail.PLACED, written, uid)
        event = await listener.event(_LIVE_SECONDS)
    scene.check(
        event["data"]["version_uid"] == uid,
        "the listener has heard of it: ids, and nothing clinical",
        "the listener heard of something else",
    )
    return uid


async def _timeline(scene: Scene, subject: Subject, encounter_id: str, uid: str) -> None:
    newest = await scene.call(
        "ada",
        "GET",
        f"{subject.record}/timeline",
        show=("items.0.label", "items.0.at"),
        params={"limit": 1, "total": True},
        headers={"Accept-Language": "de"},
    )
    subject.did(trail.READ, newest)
    values: list[dict[str, Any]] = given(newest, "items.0.values")
    result = next((value for value in values if value.get("magnitude") == _SODIUM), {})
    scene.screen.fact(f"  {result.get('label')}: {result.get('text')} ({result.get('mark')})")
    scene.check(
        (newest.value("items.0.version_uid"), newest.value("items.0.encounter_id")) == (uid, encounter_id),
        "the timeline begins with it, in its encounter",
        "the timeline does not begin with what was written last",
        newest,
    )
    scene.check(
        newest.value("items.0.label") == "Laborbefund" and result.get("mark") == "below",
        f"labels are German, and {_SODIUM:g} mmol/L is marked as below its normal range",
        "it is not labelled in German, or not marked as below its normal range",
        newest,
    )


async def _series(scene: Scene, subject: Subject) -> None:
    series = await scene.call(
        "ada", "GET", f"{subject.record}/series", show=("label", "unit"), params={"node": "systolic"}
    )
    subject.did(trail.READ, series)
    found = [point["magnitude"] for point in given(series, "points")]
    scene.check(
        found == [MORNING.systolic, CORRECTED.systolic, EVENING.systolic],
        f"the series of systolic pressure, ready to plot: {found}",
        "the series has other points than were written",
        series,
    )


async def _query_product(scene: Scene, subject: Subject) -> None:
    """One that is there already, the same, stays as it is."""
    path = f"{_PRODUCTS}/{_PRODUCT}/1.0.0"
    await scene.call("tomas", "PUT", path, expect=(200, 201), show=("name", "version"), json=_DEFINITION)
    rows = await scene.call(
        "ada",
        "GET",
        f"{subject.record}/query-products/{_PRODUCT}/1.0.0",
        params={"least": CORRECTED.systolic},
    )
    subject.did(trail.QUERIED, rows)
    scene.check(
        [row["systolic"] for row in given(rows, "items")] == [EVENING.systolic, CORRECTED.systolic],
        "the query product has its two rows, by name and typed: no AQL of the caller's own",
        "the query product has other rows",
        rows,
    )
