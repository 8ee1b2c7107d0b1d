"""Stored compositions of a template, asked of EHRbase by AQL in the order of their version uids."""

from collections.abc import Sequence
from typing import Any, Final

from openward_contracts.identifiers import TemplateId, VersionUid
from openward_servicekit.http import AsyncClient, upstream_errors

from clinical.adapters.ehrbase_way import CHECK
from clinical.domain.errors import CdrError
from clinical.domain.migration_check import StoredComposition

_QUERY: Final = "rest/openehr/v1/query/aql"
_OF_TEMPLATE: Final = (
    "FROM EHR e CONTAINS COMPOSITION c WHERE c/archetype_details/template_id/value = $template_id"
)
_COUNT: Final = f"SELECT count(c/uid/value) {_OF_TEMPLATE}"
_PAGE: Final = f"SELECT c/uid/value{{content}} {_OF_TEMPLATE}{{after}} ORDER BY c/uid/value LIMIT {{limit}}"
_ONE: Final = f"SELECT c {_OF_TEMPLATE} AND c/uid/value = $uid"


class EhrbaseStored:
    """The StoredCompositions port; AQL sees the latest versions, of EHRs that allow queries."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    async def count(self, template_id: TemplateId) -> int:
        ((count,),) = await self._rows(_COUNT, {"template_id": str(template_id)})
        return int(count)

    async def page(
        self, template_id: TemplateId, after: VersionUid | None, limit: int
    ) -> Sequence[StoredComposition]:
        parameters = {"template_id": str(template_id)} | ({"after": str(after)} if after else {})
        further = " AND c/uid/value > $after" if after else ""
        try:
            rows = await self._rows(_PAGE.format(content=", c", after=further, limit=limit), parameters)
        except CdrError:  # of one composition that it cannot give out EHRbase fails for all of the page
            rows = await self._rows(_PAGE.format(content="", after=further, limit=limit), parameters)
            return [await self._alone(template_id, VersionUid(uid)) for (uid,) in rows]
        return [StoredComposition(VersionUid(uid), content) for uid, content in rows]

    async def _alone(self, template_id: TemplateId, uid: VersionUid) -> StoredComposition:
        try:
            rows = await self._rows(_ONE, {"template_id": str(template_id), "uid": str(uid)})
        except CdrError:
            rows = []
        return StoredComposition(uid, rows[0][0] if rows else None)

    async def _rows(self, query: str, parameters: dict[str, str]) -> list[Any]:
        asked = {"q": query, "query_parameters": parameters}
        json_only = {"Accept": "application/json"}
        async with upstream_errors("ehrbase"):
            answer = await self._client.post(_QUERY, json=asked, headers=json_only, extensions=dict(CHECK))
        if not answer.is_success:
            raise CdrError(answer.status_code)
        rows: list[Any] = answer.json()["rows"]
        return rows
