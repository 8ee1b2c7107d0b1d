"""What a program that was made for EHRbase does with oehrpy, in one EHR and on one template.

Runs in oehrpy's own environment (`requirements/stock-clients.txt`). Standard input: `url`, `token` or `user`
and `password`, `template_id`, `opt` and `flat`, as JSON. Standard output: a line for each step, its name, a
tab, and `ok` or the error and its status.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote
from uuid import uuid4

from oehrpy.aql.builder import AQLBuilder, select_compositions, select_observations
from oehrpy.client import BasicAuth, BearerAuth, ContributionBuilder, EHRBaseClient, OpenEHRError

RATE: Final = "vital_signs/pulse/any_event:0/rate|magnitude"
UIDS: Final = "SELECT c/uid/value AS uid FROM EHR e CONTAINS COMPOSITION c"
FOLDER: Final = {"_type": "FOLDER", "archetype_node_id": "openEHR-EHR-FOLDER.generic.v1"}


@dataclass
class Visit:
    """`client` and what it is told; below that, what a step leaves for the next."""

    client: Any
    template_id: str
    opt: str
    flat: dict[str, Any]
    ehr_id: str = ""
    uid: str = ""
    other_uid: str = ""

    @property
    def object_id(self) -> str:
        return self.uid.partition("::")[0]

    async def canonical(self) -> dict[str, Any]:
        """The latest version without its uid, to write it again."""
        read = await self.client.get_composition(self.ehr_id, self.object_id, format="JSON")
        return {name: value for name, value in read.composition.items() if name != "uid"}


Step = Callable[[Visit], Awaitable[None]]
STEPS: Final[list[Step]] = []


def step(function: Step) -> Step:
    STEPS.append(function)
    return function


async def refusal(asked: Awaitable[object]) -> Any:
    try:
        answer = await asked
    except OpenEHRError as error:
        return error
    raise AssertionError(f"not refused: {answer}")


@step
async def server_told(visit: Visit) -> None:
    info = await visit.client.get_server_info()
    assert info.server_type == "ehrbase"


@step
async def template_uploaded(visit: Visit) -> None:
    assert (await visit.client.upload_template(visit.opt)).template_id == visit.template_id


@step
async def template_uploaded_twice(visit: Visit) -> None:
    error = await refusal(visit.client.upload_template(visit.opt))
    assert error.status_code == 409
    assert str(error).endswith(f"template ID already exists: {visit.template_id}")


@step
async def templates_listed(visit: Visit) -> None:
    listed = {each.template_id: each for each in await visit.client.list_templates()}
    assert listed[visit.template_id].archetype_id == "openEHR-EHR-COMPOSITION.encounter.v1"


@step
async def template_read_as_document_and_as_web_template(visit: Visit) -> None:
    opt = await visit.client.get_template_opt(visit.template_id)
    assert f"<value>{visit.template_id}</value>" in opt
    for web_template in (
        await visit.client.get_web_template(visit.template_id),
        await visit.client.get_template(visit.template_id),
    ):
        assert web_template["templateId"] == visit.template_id
        assert web_template["tree"]["id"] == "vital_signs"


@step
async def examples_read(visit: Visit) -> None:
    flat = await visit.client.get_template_example(visit.template_id)
    structured = await visit.client.get_template_example(visit.template_id, format="STRUCTURED")
    canonical = await visit.client.get_template_example(visit.template_id, format="CANONICAL")
    assert RATE in flat
    assert "pulse" in structured["vital_signs"]
    assert canonical["_type"] == "COMPOSITION"


@step
async def unknown_template_not_found(visit: Visit) -> None:
    assert (await refusal(visit.client.get_web_template("no.such"))).status_code == 404


@step
async def ehr_created(visit: Visit) -> None:
    made = await visit.client.create_ehr()
    read = await visit.client.get_ehr(made.ehr_id)
    assert read.ehr_id == made.ehr_id
    assert read.ehr_status["subject"] == {"_type": "PARTY_SELF"}
    visit.ehr_id = made.ehr_id


@step
async def ehr_created_under_an_id_for_a_subject(visit: Visit) -> None:
    ehr_id, subject = str(uuid4()), str(uuid4())
    made = await visit.client.create_ehr(ehr_id, subject_id=subject, subject_namespace="hospital")
    found = await visit.client.get_ehr_by_subject(subject, "hospital")
    assert made.ehr_id == found.ehr_id == ehr_id
    assert found.ehr_status["subject"]["external_ref"]["id"]["value"] == subject
    again = await refusal(visit.client.create_ehr(subject_id=subject, subject_namespace="hospital"))
    assert again.status_code == 409
    assert "is used by a different EHR" in str(again)


@step
async def ehr_status_changed(visit: Visit) -> None:
    status = await visit.client.get_ehr_status(visit.ehr_id)
    changed = status | {"name": {"_type": "DV_TEXT", "value": "Changed"}}
    await visit.client.update_ehr_status(visit.ehr_id, status["uid"]["value"], changed)
    read = await visit.client.get_ehr_status(visit.ehr_id)
    assert read["name"]["value"] == "Changed"
    assert read["uid"]["value"].endswith("::2")


@step
async def unknown_ehr_not_found(visit: Visit) -> None:
    assert (await refusal(visit.client.get_ehr(str(uuid4())))).status_code == 404


@step
async def composition_written_as_flat(visit: Visit) -> None:
    made = await visit.client.create_composition(visit.ehr_id, visit.flat, visit.template_id)
    assert made.uid.endswith("::1")
    assert made.composition[RATE] == 72.0
    visit.uid = made.uid


@step
async def composition_written_as_json(visit: Visit) -> None:
    made = await visit.client.create_composition(visit.ehr_id, await visit.canonical(), format="JSON")
    assert made.template_id == visit.template_id
    assert made.uid.partition("::")[0] != visit.object_id
    visit.other_uid = made.uid


@step
async def composition_written_as_structured(visit: Visit) -> None:
    """One that was read, but for the proportion: EHRbase writes a `|value` of it that it does not read."""
    read = await visit.client.get_composition(visit.ehr_id, visit.uid, format="STRUCTURED")
    structured = read.composition
    del structured["vital_signs"]["pulse_oximetry"], structured["vital_signs"]["_uid"]
    made = await visit.client.create_composition(
        visit.ehr_id, structured, visit.template_id, format="STRUCTURED"
    )
    assert "pulse" in made.composition["vital_signs"]


@step
async def composition_written_as_canonical(visit: Visit) -> None:
    made = await visit.client.create_composition(visit.ehr_id, await visit.canonical(), format="CANONICAL")
    assert made.template_id == visit.template_id


@step
async def composition_read_in_the_formats_of_ehrbase(visit: Visit) -> None:
    for uid in (visit.object_id, visit.uid):
        flat = await visit.client.get_composition(visit.ehr_id, uid, format="FLAT")
        structured = await visit.client.get_composition(visit.ehr_id, uid, format="STRUCTURED")
        canonical = await visit.client.get_composition(visit.ehr_id, uid, format="JSON")
        assert (flat.uid, flat.composition[RATE]) == (visit.uid, 72.0)
        assert (
            structured.composition["vital_signs"]["pulse"][0]["any_event"][0]["rate"][0]["|magnitude"] == 72.0
        )
        assert (canonical.uid, canonical.template_id) == (visit.uid, visit.template_id)


@step
async def composition_read_in_oehrpys_own_format(visit: Visit) -> None:
    read = await visit.client.get_composition(visit.ehr_id, visit.uid)
    assert (read.uid, read.composition["_type"]) == (visit.uid, "COMPOSITION")


@step
async def next_version_written(visit: Visit) -> None:
    first = visit.uid
    changed = await visit.client.update_composition(
        visit.ehr_id, visit.object_id, first, visit.flat | {RATE: 99}, visit.template_id
    )
    assert changed.uid == first.replace("::1", "::2")
    assert changed.composition[RATE] == 99.0
    canonical = await visit.client.update_composition(
        visit.ehr_id, visit.object_id, changed.uid, await visit.canonical(), format="JSON"
    )
    assert canonical.uid == first.replace("::1", "::3")
    visit.uid = canonical.uid


@step
async def outdated_version_refused(visit: Visit) -> None:
    outdated = visit.uid.replace("::3", "::1")
    asked = visit.client.update_composition(
        visit.ehr_id, visit.object_id, outdated, visit.flat, visit.template_id
    )
    assert (await refusal(asked)).status_code == 412


@step
async def versions_read(visit: Visit) -> None:
    client, ehr_id, object_id = visit.client, visit.ehr_id, visit.object_id
    versioned = await client.get_versioned_composition(ehr_id, object_id)
    first = await client.get_composition_version(ehr_id, object_id, visit.uid.replace("::3", "::1"))
    latest = await client.get_composition_at_time(ehr_id, object_id, "2100-01-01T00:00:00Z", format="FLAT")
    assert versioned.uid == object_id
    assert first.commit_audit["change_type"]["value"] == "creation"
    assert first.data["_type"] == "COMPOSITION"
    assert (latest.uid, latest.composition[RATE]) == (visit.uid, 99.0)


@step
async def query_run(visit: Visit) -> None:
    bound = f"SELECT c/uid/value AS uid FROM EHR e[ehr_id/value='{visit.ehr_id}'] CONTAINS COMPOSITION c"
    by_parameter = f"{UIDS} WHERE e/ehr_id/value=$ehr"
    for found in (
        await visit.client.query(bound),
        await visit.client.query(by_parameter, {"ehr": visit.ehr_id}),
        await visit.client.query(UIDS, ehr_id=visit.ehr_id),
        await visit.client.query_get(UIDS, ehr_id=visit.ehr_id),
    ):
        assert [column["name"] for column in found.columns] == ["uid"]
        assert {visit.uid, visit.other_uid} <= {row["uid"] for row in found.as_dicts()}
    page = await visit.client.query_get(UIDS, ehr_id=visit.ehr_id, offset=0, fetch=1)
    assert len(page.rows) == 1


@step
async def query_of_the_helpers_run(visit: Visit) -> None:
    listed = select_compositions(ehr_id=visit.ehr_id, template_id=visit.template_id)
    found = await visit.client.query(str(listed), listed.parameters)
    assert {row["template_id"] for row in found.as_dicts()} == {visit.template_id}
    assert visit.uid in {row["uid"] for row in found.as_dicts()}
    counting = AQLBuilder().select_count("c/uid/value", alias="n").from_ehr(ehr_id=visit.ehr_id)
    counted = counting.contains_composition().build()
    assert (await visit.client.query(str(counted), counted.parameters)).rows == [[len(found.rows)]]


@step
async def query_of_the_helper_for_observations_run(visit: Visit) -> None:
    made = select_observations("openEHR-EHR-OBSERVATION.blood_pressure.v2", ehr_id=visit.ehr_id)
    await visit.client.query(str(made), made.parameters)


@step
async def unreadable_query_refused(visit: Visit) -> None:
    assert (await refusal(visit.client.query("SELECT nonsense"))).status_code == 400


@step
async def stored_query_run(visit: Visit) -> None:
    name = f"org.example.{uuid4().hex[:8]}::uids"
    await visit.client.store_query(name, UIDS)
    await visit.client.store_query(name, f"{UIDS} ORDER BY c/uid/value", "2.3.4")
    stored = await visit.client.get_stored_query(name, "2.3.4")
    assert (stored.name, stored.version, stored.query_type) == (name, "2.3.4", "AQL")
    assert stored.q == f"{UIDS} ORDER BY c/uid/value"
    for found in (
        await visit.client.execute_stored_query(name, ehr_id=visit.ehr_id),
        await visit.client.execute_stored_query(name, "2.3.4", ehr_id=visit.ehr_id),
    ):
        assert {visit.uid, visit.other_uid} <= {row["uid"] for row in found.as_dicts()}
    page = await visit.client.execute_stored_query(name, "2.3.4", ehr_id=visit.ehr_id, offset=0, fetch=1)
    assert len(page.rows) == 1


@step
async def stored_queries_listed(visit: Visit) -> None:
    name = f"org.example.{uuid4().hex[:8]}::uids"
    await visit.client.store_query(name, UIDS, "1.0.0")
    listed = await visit.client.list_stored_queries(name)
    assert [each.version for each in listed] == ["1.0.0"], listed


@step
async def directory_created_changed_and_deleted(visit: Visit) -> None:
    client, ehr_id = visit.client, visit.ehr_id
    assert (await refusal(client.get_directory(ehr_id))).status_code == 404
    episodes = FOLDER | {"name": {"_type": "DV_TEXT", "value": "episodes"}}
    root = FOLDER | {"name": {"_type": "DV_TEXT", "value": "root"}, "folders": [episodes]}
    first = (await client.create_directory(ehr_id, root))["uid"]["value"]
    assert (await client.get_directory(ehr_id, path="episodes"))["name"]["value"] == "episodes"
    changed = await client.update_directory(ehr_id, first, root | {"folders": []})
    second = changed["uid"]["value"]
    assert second == first.replace("::1", "::2")
    assert not (await client.get_directory(ehr_id)).get("folders")
    assert (await client.get_directory(ehr_id, version_uid=first))["folders"][0]["name"][
        "value"
    ] == "episodes"
    await client.delete_directory(ehr_id, second)
    assert (await refusal(client.get_directory(ehr_id))).status_code == 404


@step
async def contribution_committed(visit: Visit) -> None:
    """The builder's, with the audits that EHRbase demands."""
    builder = ContributionBuilder(system_id="example.hospital").add_creation(await visit.canonical())
    builder.add_modification(visit.other_uid, await visit.canonical(), description="Corrected")
    body = builder.set_audit(description="A visit").build()
    for audit in (body["audit"], *(version["commit_audit"] for version in body["versions"])):
        audit["committer"] = {"_type": "PARTY_IDENTIFIED", "name": "Dr. Example"}
        del audit["time_committed"]
    made = await visit.client.create_contribution(visit.ehr_id, body)
    read = await visit.client.get_contribution(visit.ehr_id, made.contribution_uid)
    assert visit.other_uid.replace("::1", "::2") in read.versions
    assert len(read.versions) == 2
    assert read.audit["description"]["value"] == "A visit"


@step
async def contribution_committed_as_the_builder_makes_it(visit: Visit) -> None:
    builder = ContributionBuilder(system_id="example.hospital").add_creation(await visit.canonical())
    body = builder.set_audit(committer="Dr. Example", description="A visit").build()
    made = await visit.client.create_contribution(visit.ehr_id, body)
    assert len(made.versions) == 1
    assert made.audit["description"]["value"] == "A visit"


@step
async def composition_deleted(visit: Visit) -> None:
    """oehrpy cuts the version off a uid with `::`, so it is told the uid percent-encoded."""
    await visit.client.delete_composition(visit.ehr_id, quote(visit.uid, safe=""))
    gone = await visit.client.get_composition(visit.ehr_id, visit.object_id, format="JSON")
    assert gone.uid == ""
    assert gone.composition == {}


@step
async def composition_deleted_by_its_uid(visit: Visit) -> None:
    await visit.client.delete_composition(visit.ehr_id, visit.other_uid.replace("::1", "::2"))


@step
async def template_deleted(visit: Visit) -> None:
    await visit.client.delete_template(visit.template_id)


@step
async def ehr_deleted(visit: Visit) -> None:
    await visit.client.delete_ehr(visit.ehr_id)


async def outcome(tried: Step, visit: Visit) -> str:
    try:
        await tried(visit)
    except OpenEHRError as error:
        return f"{type(error).__name__} {error.status_code}: {' '.join(str(error).split())}"
    except Exception as error:  # noqa: BLE001  whatever it is, the next step is tried
        return f"{type(error).__name__}: {' '.join(str(error).split())}"
    return "ok"


async def main() -> None:
    told = json.load(sys.stdin)
    auth = BearerAuth(told["token"]) if "token" in told else BasicAuth(told["user"], told["password"])
    async with EHRBaseClient(base_url=told["url"], auth_method=auth) as client:
        visit = Visit(client, told["template_id"], told["opt"], told["flat"])
        for each in STEPS:
            sys.stdout.write(f"{each.__name__.replace('_', ' ')}\t{await outcome(each, visit)}\n")


if __name__ == "__main__":
    asyncio.run(main())
