"""Which templates EHRbase holds, and the archetypes in them, read from the operational templates."""

import re
from collections.abc import Sequence
from typing import Final

from openward_servicekit.http import AsyncClient, Response, quote_segment, upstream_errors

from clinical.adapters.ehrbase_upstream import refused

_TEMPLATES: Final = "rest/openehr/v1/definition/template/adl1.4"
_ARCHETYPE: Final = re.compile(rb"<archetype_id[^>]*>\s*<value>\s*([^<\s]+)\s*</value>")


class EhrbaseTemplateCatalogue:
    """The TemplateCatalogue port."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client
        self._archetypes: dict[tuple[str, str], frozenset[str]] = {}

    async def template_ids(self) -> set[str]:
        return {template_id for template_id, _ in await self._list()}

    async def unknown_archetypes(self, archetype_ids: Sequence[str]) -> set[str]:
        """Templates are looked at until all are found; each is read once, and again if it was replaced."""
        unknown = set(archetype_ids)
        listed = await self._list()
        self._archetypes = {key: value for key, value in self._archetypes.items() if key in listed}
        for key in sorted(listed, key=lambda key: key not in self._archetypes):
            if not unknown:
                break
            if key not in self._archetypes:
                answer = await self._get(f"{_TEMPLATES}/{quote_segment(key[0])}", "application/xml")
                found = _ARCHETYPE.findall(answer.content)
                self._archetypes[key] = frozenset(each.decode(errors="replace") for each in found)
            unknown -= self._archetypes[key]
        return unknown

    async def _list(self) -> set[tuple[str, str]]:
        """Ids, and when each was stored."""
        listed = (await self._get(_TEMPLATES, "application/json")).json()
        return {(str(each["template_id"]), str(each.get("created_timestamp"))) for each in listed}

    async def _get(self, path: str, accept: str) -> Response:
        async with upstream_errors("ehrbase"):
            answer = await self._client.get(path, headers={"Accept": accept})
        if not answer.is_success:
            raise await refused(answer)
        return answer
