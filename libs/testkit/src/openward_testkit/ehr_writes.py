"""Every kind of write to an EHR, ready to be sent and sent again, and what EHRbase has of it afterwards.

`clinic` is the clinical service's: its app, its callers and a patient's EHR (see the conftest of its tests).
"""

import json
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

import asyncpg
import httpx  # noqa: TID251 - a test's client of the service
from openward_cli.demo import vital_signs

SCOPE = "user/composition-*.cruds user/Patient.cruds user/aql-*.s"
ITS = "/openehr/v1/ehr"
FLAT = {"templateId": vital_signs.TEMPLATE_ID, "format": "FLAT"}
FOLDER = {
    "_type": "FOLDER",
    "name": {"_type": "DV_TEXT", "value": "root"},
    "archetype_node_id": "openEHR-EHR-FOLDER.generic.v1",
}
SHOWN = {"Prefer": "return=representation"}
_VERSIONS = """
select vo_id::text || '::' || sys_version from (
    select ehr_id, vo_id, sys_version from ehr.{kind}_version union all
    select ehr_id, vo_id, sys_version from ehr.{kind}_version_history) v where ehr_id = $1
"""


@dataclass(frozen=True)
class Write:
    """A request of one kind, ready to be sent, again and again, by either process of the service."""

    ehr_id: str
    method: str
    path: str
    #: The method by which EHRbase is told.
    told_by: str
    headers: dict[str, str] = field(default_factory=dict)
    request: dict[str, Any] = field(default_factory=dict)

    async def send(self, clinic: Any) -> httpx.Response:
        answer: httpx.Response = await clinic.client.request(
            self.method, self.path, headers=clinic.headers(scope=SCOPE) | self.headers, **self.request
        )
        return answer


Prepare = Callable[[Any], Coroutine[Any, Any, Write]]


def keyed() -> dict[str, str]:
    return {"Idempotency-Key": uuid4().hex}


def vitals(systolic: float = 120) -> dict[str, Any]:
    return vital_signs.flat(systolic, 80, "2026-11-22T10:00:00Z", composer="Ada")


async def recorded(clinic: Any) -> tuple[str, str, str]:
    """Patient id, EHR id and the uid of a composition."""
    patient_id, ehr_id = await clinic.patient()
    return patient_id, ehr_id, (await clinic.write(patient_id)).json()["version_uid"]


async def canonical(clinic: Any, ehr_id: str, uid: str, media_type: str) -> httpx.Response:
    answer: httpx.Response = await clinic.get(f"{ITS}/{ehr_id}/composition/{uid}", Accept=media_type)
    assert answer.status_code == 200, answer.text
    return answer


async def flat_create(clinic: Any) -> Write:
    patient_id, ehr_id, _ = await recorded(clinic)
    path = f"/api/clinical/v1/patients/{patient_id}/compositions"
    params = {"template_id": vital_signs.TEMPLATE_ID, "format": "FLAT"}
    return Write(ehr_id, "POST", path, "POST", keyed(), {"json": vitals(), "params": params})


async def flat_create_by_ehr(clinic: Any) -> Write:
    _, ehr_id, _ = await recorded(clinic)
    path, sent = f"{ITS}/{ehr_id}/composition", {"json": vitals(), "params": FLAT}
    return Write(ehr_id, "POST", path, "POST", keyed(), sent)


async def canonical_create(clinic: Any) -> Write:
    _, ehr_id, uid = await recorded(clinic)
    content = (await canonical(clinic, ehr_id, uid, "application/json")).json()
    del content["uid"]
    return Write(ehr_id, "POST", f"{ITS}/{ehr_id}/composition", "POST", keyed(), {"json": content})


async def xml_create(clinic: Any) -> Write:
    _, ehr_id, uid = await recorded(clinic)
    content = (await canonical(clinic, ehr_id, uid, "application/xml")).content
    headers = keyed() | {"Content-Type": "application/xml"}
    return Write(ehr_id, "POST", f"{ITS}/{ehr_id}/composition", "POST", headers, {"content": content})


async def flat_update(clinic: Any) -> Write:
    _, ehr_id, uid = await recorded(clinic)
    path, sent = f"{ITS}/{ehr_id}/composition/{uid[:36]}", {"json": vitals(130), "params": FLAT}
    return Write(ehr_id, "PUT", path, "PUT", {"If-Match": f'"{uid}"'}, sent)


async def canonical_update(clinic: Any) -> Write:
    _, ehr_id, uid = await recorded(clinic)
    content = (await canonical(clinic, ehr_id, uid, "application/json")).json()
    path = f"{ITS}/{ehr_id}/composition/{uid[:36]}"
    return Write(ehr_id, "PUT", path, "PUT", {"If-Match": f'"{uid}"'}, {"json": content})


async def xml_update(clinic: Any) -> Write:
    _, ehr_id, uid = await recorded(clinic)
    content = (await canonical(clinic, ehr_id, uid, "application/xml")).content
    headers = {"If-Match": f'"{uid}"', "Content-Type": "application/xml"}
    path = f"{ITS}/{ehr_id}/composition/{uid[:36]}"
    return Write(ehr_id, "PUT", path, "PUT", headers, {"content": content})


async def delete(clinic: Any) -> Write:
    _, ehr_id, uid = await recorded(clinic)
    return Write(ehr_id, "DELETE", f"{ITS}/{ehr_id}/composition/{uid}", "DELETE")


async def ehr_post(_clinic: Any) -> Write:
    return Write("", "POST", ITS, "PUT", keyed())


async def ehr_put(_clinic: Any) -> Write:
    ehr_id = str(uuid4())
    return Write(ehr_id, "PUT", f"{ITS}/{ehr_id}", "PUT", keyed())


async def status_put(clinic: Any) -> Write:
    _, ehr_id, _ = await recorded(clinic)
    status = await clinic.get(f"{ITS}/{ehr_id}/ehr_status")
    sent = {"json": {**status.json(), "is_queryable": False}}
    match = {"If-Match": status.headers["etag"]}
    return Write(ehr_id, "PUT", f"{ITS}/{ehr_id}/ehr_status", "PUT", match, sent)


async def status_put_shown(clinic: Any) -> Write:
    write = await status_put(clinic)
    return replace(write, headers=write.headers | SHOWN)


async def directory_post(clinic: Any) -> Write:
    _, ehr_id, _ = await recorded(clinic)
    return Write(ehr_id, "POST", f"{ITS}/{ehr_id}/directory", "POST", keyed(), {"json": FOLDER})


async def directory_put(clinic: Any) -> Write:
    post = await directory_post(clinic)
    match = {"If-Match": (await post.send(clinic)).headers["etag"]}
    folder = {**FOLDER, "name": {"_type": "DV_TEXT", "value": "other"}}
    return Write(post.ehr_id, "PUT", post.path, "PUT", match, {"json": folder})


async def directory_delete(clinic: Any) -> Write:
    post = await directory_post(clinic)
    match = {"If-Match": (await post.send(clinic)).headers["etag"]}
    return Write(post.ehr_id, "DELETE", post.path, "DELETE", match)


async def directory_post_shown(clinic: Any) -> Write:
    write = await directory_post(clinic)
    return replace(write, headers=write.headers | SHOWN)


async def contribution(clinic: Any) -> Write:
    _, ehr_id, uid = await recorded(clinic)
    content = (await canonical(clinic, ehr_id, uid, "application/json")).json()
    del content["uid"]
    audit = {
        "_type": "AUDIT_DETAILS",
        "system_id": "here",
        "change_type": _coded("creation", "249"),
        "committer": {"_type": "PARTY_IDENTIFIED", "name": "Ada"},
    }
    version = {
        "_type": "ORIGINAL_VERSION",
        "commit_audit": audit,
        "lifecycle_state": _coded("complete", "532"),
        "data": content,
    }
    body = {"_type": "CONTRIBUTION", "versions": [version], "audit": audit}
    return Write(ehr_id, "POST", f"{ITS}/{ehr_id}/contribution", "POST", keyed(), {"json": body})


def _coded(value: str, code: str) -> dict[str, Any]:
    terminology = {"_type": "TERMINOLOGY_ID", "value": "openehr"}
    phrase = {"_type": "CODE_PHRASE", "terminology_id": terminology, "code_string": code}
    return {"_type": "DV_CODED_TEXT", "value": value, "defining_code": phrase}


WRITES: tuple[Prepare, ...] = (
    flat_create,
    flat_create_by_ehr,
    canonical_create,
    xml_create,
    flat_update,
    canonical_update,
    xml_update,
    delete,
    ehr_post,
    ehr_put,
    status_put,
    status_put_shown,
    directory_post,
    directory_post_shown,
    directory_put,
    directory_delete,
    contribution,
)


async def versions(tables: asyncpg.Connection, ehr_id: str) -> Counter[str]:
    """Every version in the EHR, of whatever it is."""
    found: Counter[str] = Counter()
    for kind in ("comp", "ehr_status", "ehr_folder"):
        rows = await tables.fetch(_VERSIONS.format(kind=kind), ehr_id)
        found.update(row[0] for row in rows)
    return found


def names(answer: httpx.Response, uid: str, prepare: Prepare) -> bool:
    """The answer names the version that was made; a contribution and an EHR are named themselves."""
    if prepare in (contribution, ehr_post, ehr_put):
        return True
    said = answer.headers.get("etag") or json.dumps(answer.json())
    object_id, _, number = uid.partition("::")
    return object_id in said and said.rstrip('"}').endswith(f"::{number}")
