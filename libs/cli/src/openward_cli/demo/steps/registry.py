"""A clerk finds a misspelt name, is warned of a duplicate, merges two patients and takes it back."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from openward_cli.demo import people
from openward_cli.demo.checks import given
from openward_cli.demo.exchange import Exchange
from openward_cli.demo.scene import Scene
from openward_cli.demo.steps.registration import PATIENTS

CLERK: Final = "clara"
MERGES: Final = "/api/patients/v1/merges"
#: Until clinical and EHRbase have followed, by events.
FOLLOWED_SECONDS: Final = 20.0
_BOTH: Final = "the registry says so at once, EHRbase has followed"


async def tell_apart(scene: Scene) -> None:
    person = people.somebody()
    known = given(
        await scene.call(CLERK, "POST", PATIENTS, expect=201, show=("id", "mrn"), json=person), "id"
    )
    await _find_misspelt(scene, person, known)
    again = person | {"identifiers": people.somebody()["identifiers"]}
    twin = await _warned(scene, again, known)
    merge = await _merge(scene, twin, known)
    await _found_by_either(scene, again, known)
    await _take_back(scene, merge, again, twin)


async def _find_misspelt(scene: Scene, person: Mapping[str, Any], known: str) -> None:
    name = person["names"][0]
    typed = f"{name['given'][0]} {_misspelt(name['family'])}"
    found = await scene.call(
        CLERK, "POST", f"{PATIENTS}/_search", show=("items.0.id", "items.0.reasons"), json={"name": typed}
    )
    scene.check(
        [item["id"] for item in given(found, "items")] == [known],
        "with two letters exchanged, and the given name first, the one patient is found, with the reason",
        "the misspelt name did not find the one patient",
        found,
    )


async def _warned(scene: Scene, again: Mapping[str, Any], known: str) -> str:
    """The id of the second registration, after all."""
    refused = await scene.call(
        CLERK,
        "POST",
        PATIENTS,
        expect=409,
        show=("code", "candidates.0.grade", "candidates.0.sentence"),
        json=again,
    )
    scene.check(
        given(refused, "candidates")[0]["patient_id"] == known,
        "the same person without the identifier is not registered twice; the answer says how alike they are",
        "the candidate is not the patient who was registered before",
        refused,
    )
    registered = await scene.call(
        CLERK,
        "POST",
        PATIENTS,
        expect=201,
        show=("id", "mrn"),
        params={"confirm": "duplicates"},
        headers={"Change-Reason": quote("twins, says the mother")},
        json=again,
    )
    scene.checked("with a reason it is; the reason is kept, and the pair is not asked about again")
    return str(given(registered, "id"))


async def _merge(scene: Scene, twin: str, known: str) -> str:
    pair = {"source_id": twin, "target_id": known}
    preview = await scene.call(CLERK, "POST", f"{MERGES}/preview", show=("warnings",), json=pair)
    versions = {f"{who}_version": given(preview, who)["version"] for who in ("source", "target")}
    merged = await scene.call(
        CLERK,
        "POST",
        MERGES,
        expect=201,
        show=("id", "state"),
        json={**pair, **versions, "reason": "no twins after all: one person"},
    )
    merge = f"{MERGES}/{given(merged, 'id')}"
    await _followed(scene, merge, "merged")
    record = await scene.call(
        "ada", "GET", f"/api/clinical/v1/patients/{twin}/ehr", show=("survivor_id", "linked")
    )
    scene.check(
        record.value("survivor_id") == known,
        "under either id the clinician now sees one record with both EHRs",
        "the clinical service does not lead to the survivor",
        record,
    )
    return merge


async def _found_by_either(scene: Scene, again: Mapping[str, Any], known: str) -> None:
    found = await _by_identifier(scene, again)
    scene.check(
        [item["id"] for item in given(found, "items")] == [known],
        "the old identifier finds the survivor",
        "the old identifier does not find the survivor",
        found,
    )


async def _take_back(scene: Scene, merge: str, again: Mapping[str, Any], twin: str) -> None:
    await scene.call(
        CLERK, "POST", f"{merge}/unmerge", show=("state",), json={"reason": "twins, it is certain"}
    )
    await _followed(scene, merge, "unmerged")
    found = await _by_identifier(scene, again)
    scene.check(
        [item["id"] for item in given(found, "items")] == [twin],
        "taken back: the identifier finds its own patient again, nothing was copied, nothing is lost",
        "the identifier does not find its own patient again",
        found,
    )


async def _followed(scene: Scene, merge: str, state: str) -> None:
    answers = await scene.poll(
        CLERK,
        merge,
        lambda answer: bool(answer.value("state") == state),
        seconds=FOLLOWED_SECONDS,
        show=("state",),
    )
    scene.check(
        answers[-1].value("state") == state,
        f"{state}: {_BOTH}",
        f"the merge is not {state} after {FOLLOWED_SECONDS:.0f} s",
        answers[-1],
    )


async def _by_identifier(scene: Scene, person: Mapping[str, Any]) -> Exchange:
    wanted = {"identifier": person["identifiers"][0]}
    return await scene.call(CLERK, "POST", f"{PATIENTS}/_search", show=("items.0.id",), json=wanted)


def _misspelt(name: str) -> str:
    """Two letters exchanged, somewhere in the middle where they differ."""
    place = next(i for i in range(2, len(name) - 1) if name[i] != name[i + 1])
    return name[:place] + name[place + 1] + name[place] + name[place + 2 :]
