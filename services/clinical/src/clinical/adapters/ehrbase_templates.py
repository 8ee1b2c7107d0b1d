"""Operational templates of EHRbase, as XML."""

from http import HTTPStatus
from typing import Final

from openward_contracts.identifiers import TemplateId
from openward_servicekit.http import AsyncClient, quote_segment, upstream_errors

from clinical.domain.errors import CdrError

_TEMPLATES: Final = "rest/openehr/v1/definition/template/adl1.4"
_XML: Final = {"Accept": "application/xml"}


class EhrbaseTemplates:
    """The Sources port on a client whose base URL is `…/ehrbase/`."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    async def source(self, template_id: TemplateId) -> bytes | None:
        async with upstream_errors("ehrbase"):
            answer = await self._client.get(f"{_TEMPLATES}/{quote_segment(template_id)}", headers=_XML)
        if answer.status_code == HTTPStatus.NOT_FOUND:
            return None
        if not answer.is_success:
            raise CdrError(answer.status_code)
        return answer.content
