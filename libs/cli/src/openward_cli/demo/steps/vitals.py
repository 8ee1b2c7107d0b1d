"""A clinician records vital signs, corrects a slip, reads back and asks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from openward_cli.demo import trail, vital_signs
from openward_cli.demo.checks import given
from openward_cli.demo.exchange import Exchange
from openward_cli.demo.scene import Scene
from openward_cli.demo.steps import typed, writing
from openward_cli.demo.subject import Subject

FLAT: Final[Mapping[str, str]] = {"template_id": vital_signs.TEMPLATE_ID, "format": "FLAT"}
#: Newest first: version uid, systolic pressure, time. EHRbase orders only by what is selected.
SYSTOLIC_AQL: Final = (
    "SELECT c/uid/value AS uid,"
    " o/data[at0001]/events[at0006]/data[at0003]/items[at0004]/value/magnitude AS systolic,"
    " c/context/start_time/value AS at"
    " FROM EHR e CONTAINS COMPOSITION c"
    " CONTAINS OBSERVATION o[openEHR-EHR-OBSERVATION.blood_pressure.v2]"
    " ORDER BY c/context/start_time/value DESC"
)
_SYSTOLIC: Final = "vital_signs/blood_pressure/any_event:0/systolic|magnitude"


@dataclass(frozen=True)
class Measured:
    hours_ago: int
    systolic: float
    diastolic: float

    @property
    def at(self) -> str:
        return (datetime.now(UTC).replace(microsecond=0) - timedelta(hours=self.hours_ago)).isoformat()

    def flat(self) -> dict[str, object]:
        return vital_signs.flat(self.systolic, self.diastolic, self.at, composer="Ada Holm")


MORNING, NOON, EVENING = Measured(9, 124, 79), Measured(5, 181, 84), Measured(1, 138, 88)
CORRECTED: Final = Measured(5, 131, 84)


async def record(scene: Scene, subject: Subject) -> str:
    """Three measurements, the last by a typed client, the second corrected and read back.

    Gives the corrected composition's path.
    """
    uids = [await _write(scene, subject, measured) for measured in (MORNING, NOON)]
    uids.append(await _write_typed(scene, subject, EVENING))
    object_id = uids[1].partition("::")[0]
    composition = f"{subject.record}/compositions/{object_id}"
    uids[1] = await _correct(scene, subject, composition, uids[1])
    await _read_back(scene, subject, composition, uids[1])
    await _ask(scene, subject, uids)
    return composition


async def _write(scene: Scene, subject: Subject, measured: Measured) -> str:
    """The version uid. Sent twice, as by a client that did not get the first answer."""
    request = {"headers": writing.keyed(), "params": FLAT, "json": measured.flat()}
    written, uid = await writing.write(scene, subject, **request)
    if measured is MORNING:
        again = await writing.send(scene, subject, **request)
        scene.check(
            again.body == written.body,
            "sent again with the same key, it is the same version: nothing was written twice",
            "the same Idempotency-Key made two compositions",
            again,
        )
    return uid


async def _write_typed(scene: Scene, subject: Subject, measured: Measured) -> str:
    """The version uid, of a composition that types of the template have made."""
    composed = await typed.blood_pressure(scene)
    _, uid = await writing.write(
        scene,
        subject,
        headers=writing.keyed({"Content-Type": "application/json"}),
        params={**FLAT, "format": "STRUCTURED"},
        content=composed(measured.systolic, measured.diastolic, measured.at, composer="Ada Holm"),
    )
    return uid


async def _correct(scene: Scene, subject: Subject, composition: str, uid: str) -> str:
    slip = f"systolic {NOON.systolic:g} was a slip, it was {CORRECTED.systolic:g}"
    scene.screen.fact(slip)
    corrected = await scene.call(
        "ada",
        "PUT",
        composition,
        show=("version_uid",),
        headers={"If-Match": f'"{uid}"'},
        params=FLAT,
        json=CORRECTED.flat(),
    )
    new = str(given(corrected, "version_uid"))
    subject.did(trail.UPDATED, corrected, new)
    scene.check(
        new == f"{uid.removesuffix('1')}2",
        "the correction is version 2 of the same composition",
        f"the correction of {uid} is {new}, not its version 2",
        corrected,
    )
    return new


async def _read_back(scene: Scene, subject: Subject, composition: str, uid: str) -> None:
    latest = await _read(scene, subject, composition)
    scene.check(
        latest.headers.get("etag") == f'"{uid}"' and latest.value(_SYSTOLIC) == CORRECTED.systolic,
        f"read back: version 2, systolic {CORRECTED.systolic:g} mm[Hg]",
        f"what is read back is not version 2 with systolic {CORRECTED.systolic:g}",
        latest,
    )
    first = f"{uid.removesuffix('2')}1"
    before = await _read(scene, subject, f"{composition.rpartition('/')[0]}/{first}")
    scene.check(
        before.value(_SYSTOLIC) == NOON.systolic,
        f"version 1 is still what was written: systolic {NOON.systolic:g} mm[Hg]",
        "version 1 is not what was written any more",
        before,
    )


async def _read(scene: Scene, subject: Subject, path: str) -> Exchange:
    answer = await scene.call("ada", "GET", path, show=(_SYSTOLIC,), params={"format": "FLAT"})
    subject.did(trail.READ, answer, answer.headers.get("etag", "").strip('"'))
    return answer


async def _ask(scene: Scene, subject: Subject, uids: list[str]) -> None:
    scene.screen.fact(f"AQL: {SYSTOLIC_AQL}")
    answer = await systolic_pressures(scene, subject)
    expected = [(uids[2], EVENING.systolic), (uids[1], CORRECTED.systolic), (uids[0], MORNING.systolic)]
    found = [(uid, systolic) for uid, systolic, _ in given(answer, "rows")]
    for uid, systolic in found:
        scene.screen.fact(f"  {uid}  {systolic:g} mm[Hg]")
    scene.check(
        found == expected,
        f"three rows, newest first; newest and highest is {EVENING.systolic:g}; the slip is in none",
        "the rows are not the three latest versions, newest first",
        answer,
    )


async def systolic_pressures(scene: Scene, subject: Subject) -> Exchange:
    """Of all compositions of the patient: `rows` of version uid, systolic pressure and time, newest first."""
    query = {"q": SYSTOLIC_AQL}
    answer = await scene.call("ada", "POST", f"{subject.record}/query", show=("meta.resultsize",), json=query)
    subject.did(trail.QUERIED, answer)
    return answer
