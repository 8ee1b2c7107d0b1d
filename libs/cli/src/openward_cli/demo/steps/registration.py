"""A clerk registers a patient; the EHR follows by event."""

import secrets
import time

from openward_cli.demo import people, trail
from openward_cli.demo.checks import given
from openward_cli.demo.scene import Scene
from openward_cli.demo.subject import Subject

PATIENTS = "/api/patients/v1/patients"
EHR_SECONDS = 10.0


async def register(scene: Scene) -> Subject:
    """A patient that no run had before, whose EHR exists."""
    person = people.somebody()
    registered = await scene.call(
        "clara",
        "POST",
        PATIENTS,
        expect=201,
        show=("id", "version", "names.0.family", "ehr.ehr_id", "ehr.state"),
        headers={"Idempotency-Key": secrets.token_hex(8)},
        json=person,
    )
    began = time.monotonic()
    subject = Subject(given(registered, "id"), given(registered, "ehr.ehr_id"))
    subject.did(trail.REGISTERED, registered)
    scene.check(
        registered.value("names.0.family") == person["names"][0]["family"],
        "the answer has the patient as sent, and the id that the EHR will have",
        "the answer does not have the patient as sent",
        registered,
    )
    await _await_ehr(scene, subject, began)
    await _compare_with_clinical(scene, subject)
    return subject


async def _await_ehr(scene: Scene, subject: Subject, began: float) -> None:
    answers = await scene.poll(
        "clara",
        f"{PATIENTS}/{subject.patient_id}",
        lambda answer: answer.value("ehr.state") == "ready",
        seconds=EHR_SECONDS,
        show=("ehr.ehr_id", "ehr.state"),
    )
    seconds = time.monotonic() - began
    for answer in answers:
        subject.did(trail.READ, answer)
    subject.deeds.append(trail.Deed(trail.EHR_CREATED))
    scene.check(
        answers[-1].value("ehr.state") == "ready" and answers[-1].value("ehr.ehr_id") == subject.ehr_id,
        f"by events alone EHRbase has the EHR, {seconds:.1f} s after the registration",
        f"the EHR is not ready {seconds:.0f} s after the registration",
        answers[-1],
    )


async def _compare_with_clinical(scene: Scene, subject: Subject) -> None:
    seen = await scene.call("ada", "GET", f"{subject.record}/ehr", show=("ehr_id", "state"))
    scene.check(
        seen.body == {"ehr_id": subject.ehr_id, "state": "ready"},
        "the clinician sees the same EHR id, from another service and database",
        "the clinical service has another EHR for the patient than the registry",
        seen,
    )
