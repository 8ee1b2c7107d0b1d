"""The item tag `encounter` of a composition in EHRbase, by its resource (`experimental/tags`, 2.16).

EHRbase chooses the ids of tags and takes any number with the same key, so what is there is looked at before.
"""

import json
from typing import Any
from uuid import UUID

from openward_contracts.identifiers import EhrId, EncounterId
from openward_servicekit.errors import UpstreamBroken

from clinical.domain.belonging import TAG, is_reserved
from clinical.domain.operations import TAGS
from clinical.domain.upstream import Call, Upstream

_JSON = {"Accept": "application/json", "Content-Type": "application/json", "Prefer": "return=minimal"}


class EhrbaseEncounterTags:
    """The EncounterTags port."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream

    async def put(self, ehr_id: EhrId, object_id: UUID, encounter_id: EncounterId | None) -> None:
        path = f"{TAGS}/ehr/{ehr_id}/composition/{object_id}/item_tag"
        there = await self._there(path)
        kept = next((tag for tag in there if tag.get("value") == str(encounter_id)), None)
        if encounter_id is not None and kept is None:
            kept = there[0] if there else {}
            await self._send("PUT", path, [{**_id(kept), "key": TAG, "value": str(encounter_id)}])
        if others := [tag["id"] for tag in there if tag is not kept]:
            await self._send("DELETE", path, others)

    async def _there(self, path: str) -> list[dict[str, Any]]:
        answer = await self._upstream.open(Call("GET", path, {"keys": TAG}, _JSON))
        try:
            return [tag for tag in json.loads(await answer.read()) if is_reserved(tag)]
        except (ValueError, TypeError):
            raise UpstreamBroken("EHRbase did not say which tags there are.") from None

    async def _send(self, method: str, path: str, content: object) -> None:
        answer = await self._upstream.open(Call(method, path, {}, _JSON, json.dumps(content).encode()))
        await answer.close()


def _id(tag: dict[str, Any]) -> dict[str, Any]:
    """That tag is changed; without one another is made."""
    return {"id": tag["id"]} if tag else {}
