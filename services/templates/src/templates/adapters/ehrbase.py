"""EHRbase's template API over HTTP, as it is (2.16)."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from http import HTTPStatus
from typing import Final

from openward_contracts.identifiers import TemplateId
from openward_servicekit.errors import Invalid
from openward_servicekit.http import AsyncClient, Response, quote_segment, upstream_errors

from templates.adapters.refusals import refusal
from templates.domain.errors import CdrError, ExampleImpossible, TemplateHeldDifferently, TemplateRefused
from templates.domain.hardened_xml import same_document
from templates.domain.template import Document, Format

_TEMPLATES: Final = "rest/openehr/v1/definition/template/adl1.4"
_ADMIN: Final = "rest/admin/template"
_XML: Final = {"Accept": "application/xml"}
#: It says why it refuses in JSON to who accepts anything, and refuses who accepts JSON alone.
_OPT: Final = {"Content-Type": "application/xml", "Accept": "*/*"}
_CHUNK: Final = 256 * 1024

#: EHRbase knows the simplified formats by their names before ITS-REST 1.1.
_ACCEPTED: Final[Mapping[Format, str]] = {
    Format.CANONICAL: "application/json",
    Format.XML: "application/xml",
    Format.FLAT: "application/openehr.wt.flat.schema+json",
    Format.STRUCTURED: "application/openehr.wt.structured.schema+json",
}
#: What it says to a document that it will never take.
_REFUSALS: Final = frozenset(
    {
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    }
)


class EhrbaseCdr:
    """The Cdr port on clients whose base URL is `…/ehrbase/`, with the credentials of its user and its admin.

    `within` seconds a template has to be registered. Two requests at once with different documents for one id
    must not happen: EHRbase answers 201 to both, keeps the one and derives web templates from the other.
    Nor may a template be registered over another, which EHRbase would let happen (ADR 28).
    """

    def __init__(self, client: AsyncClient, admin: AsyncClient, *, within: float) -> None:
        self._client = client
        self._admin = admin
        self._within = within

    async def listed(self) -> Mapping[str, str]:
        found = _expect(await self._get(_TEMPLATES, {"Accept": "application/json"})).json()
        return {each["template_id"]: str(each.get("created_timestamp")) for each in found}

    async def source(self, template_id: TemplateId) -> bytes | None:
        answer = await self._get(_path(template_id), _XML)
        return None if answer.status_code == HTTPStatus.NOT_FOUND else _expect(answer).content

    async def register(self, template_id: TemplateId, source: bytes) -> None:
        async with upstream_errors("ehrbase", within=self._within):
            answer = await self._client.post(_TEMPLATES, content=_chunks(source), headers=_OPT)
            if answer.is_success:
                return
            if answer.status_code in _REFUSALS:
                raise TemplateRefused(refusal(answer.content))
            await self._look(template_id, source, answer.status_code)

    async def replace(self, template_id: TemplateId, source: bytes) -> None:
        """Its caches follow at once. It would take a document of any id: ours has this one."""
        path = f"{_ADMIN}/{quote_segment(template_id)}"
        async with upstream_errors("ehrbase", within=self._within):
            answer = await self._admin.put(path, content=_chunks(source), headers=_OPT)
        if answer.status_code in _REFUSALS:
            raise TemplateRefused(refusal(answer.content))
        _expect(answer)

    async def remove(self, template_id: TemplateId) -> bool:
        """It refuses what any version of a composition uses, of those that are deleted too."""
        async with upstream_errors("ehrbase", within=self._within):
            answer = await self._admin.delete(f"{_ADMIN}/{quote_segment(template_id)}")
        if answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY:
            return False
        if answer.status_code != HTTPStatus.NOT_FOUND:
            _expect(answer)
        return True

    async def web_template(self, template_id: TemplateId) -> Document:
        headers = {"Accept": "application/openehr.wt+json"}
        return _document(_expect(await self._get(_path(template_id), headers)))

    async def example(self, template_id: TemplateId, form: Format) -> Document:
        answer = await self._get(f"{_path(template_id)}/example", {"Accept": _ACCEPTED[form]})
        if answer.status_code == HTTPStatus.BAD_REQUEST:  # a type that its generator does not know
            raise ExampleImpossible
        return _document(_expect(answer))

    async def status(self) -> None:
        """Raises unless EHRbase answers and accepts our credentials."""
        _expect(await self._get("rest/status", {"Accept": "application/json"}))

    async def _look(self, template_id: TemplateId, source: bytes, status: int) -> None:
        """After 409 (it has that id) and 500 (also when it gets an id twice at once) see what it holds."""
        if status not in {HTTPStatus.CONFLICT, HTTPStatus.INTERNAL_SERVER_ERROR}:
            raise CdrError(status)
        held = await self._client.get(_path(template_id), headers=_XML)
        if held.status_code == HTTPStatus.NOT_FOUND and status == HTTPStatus.INTERNAL_SERVER_ERROR:
            # It works, but not on this document: some make it stumble without a word.
            raise TemplateRefused("The clinical data repository fails on this template.")
        try:
            same = await asyncio.to_thread(same_document, _expect(held).content, source)
        except Invalid:  # what cannot be read is not what was read before
            same = False
        if not same:
            raise TemplateHeldDifferently

    async def _get(self, path: str, headers: Mapping[str, str]) -> Response:
        async with upstream_errors("ehrbase"):
            return await self._client.get(path, headers=headers)


def _path(template_id: TemplateId) -> str:
    return f"{_TEMPLATES}/{quote_segment(template_id)}"


async def _chunks(source: bytes) -> AsyncIterator[bytes]:
    """In parts, so that other requests get their turn."""
    for start in range(0, len(source), _CHUNK):
        yield source[start : start + _CHUNK]


def _expect(answer: Response) -> Response:
    if answer.is_success:
        return answer
    raise CdrError(answer.status_code)


def _document(answer: Response) -> Document:
    return Document(answer.content, answer.headers.get("content-type", "application/json"))
