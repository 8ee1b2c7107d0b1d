"""Answers that show audits, with who really wrote: read here, where all others are passed on unread."""

from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import format_datetime
from uuid import UUID

from openward_contracts.actor import SYSTEM_ACTOR
from openward_contracts.identifiers import EhrId, VersionUid
from openward_servicekit.errors import NotFound

from clinical.domain.audits import EHR_STATUS, Author, Authors, Shown
from clinical.domain.audits_json import read_json, told_json
from clinical.domain.audits_xml import read_audits, told_xml
from clinical.domain.ports import Heads
from clinical.domain.upstream import Answer
from clinical.service.ehrs import EhrService

#: Of the body that is replaced.
_UNTRUE = {"content-length", "content-encoding", "transfer-encoding"}


@dataclass(frozen=True)
class Authorship:
    authors: Authors
    ehrs: EhrService
    heads: Heads
    system_id: str

    async def answered(self, answer: Answer, ehr_id: EhrId, resource: str) -> Answer:
        """The same answer with its versions' authors, and with ETag and Last-Modified of what it shows."""
        body, headers = await self.told(await answer.read(), answer.headers, ehr_id, resource)
        return replace(answer, headers=headers, chunks=_whole(body), close=_closed)

    async def dated(self, answer: Answer, object_id: UUID) -> Answer:
        """A VERSIONED_COMPOSITION, which does not say when its latest version was committed."""
        head = await self.heads.head(object_id)
        return replace(answer, headers={**answer.headers, **_modified(head.made_at if head else None)})

    async def told(
        self, body: bytes, headers: Mapping[str, str], ehr_id: EhrId, resource: str
    ) -> tuple[bytes, dict[str, str]]:
        """Versions that were written past this service keep what EHRbase says; what is no audit stays."""
        kept = {name.lower(): value for name, value in headers.items() if name.lower() not in _UNTRUE}
        with suppress(ValueError):
            if "xml" in kept.get("content-type", ""):
                shown = read_audits(body)
                body = told_xml(body, shown, await self._authors(shown, ehr_id, resource))
            else:
                text = body.decode()
                shown = read_json(text)
                body = told_json(text, shown, await self._authors(shown, ehr_id, resource)).encode()
            kept |= _headers(shown)
        return body, kept

    async def _authors(self, shown: Shown, ehr_id: EhrId, resource: str) -> Mapping[str, Author]:
        if not shown.versions:
            return {}
        birth = VersionUid.of(ehr_id, self.system_id, 1)
        found = dict(await self.authors.of({*shown.versions, birth}))
        statuses = shown.versions if resource.upper() == EHR_STATUS else shown.statuses
        for uid in statuses - set(found):
            if uid.endswith("::1") and (author := found.get(birth) or await self._maker(ehr_id)):
                found[uid] = author
        return found

    async def _maker(self, ehr_id: EhrId) -> Author | None:
        """Nobody else makes EHRs under the registry's ids; their first EHR_STATUS is made with them."""
        with suppress(NotFound):
            if (await self.ehrs.by_id(ehr_id)).target.patient_id:
                return Author(SYSTEM_ACTOR("clinical"))
        return None


def _headers(shown: Shown) -> dict[str, str]:
    headers = {"etag": f'"{shown.uid}"'} if shown.uid else {}
    return headers | _modified(shown.modified)


def _modified(time: datetime | None) -> dict[str, str]:
    return {"last-modified": format_datetime(time, usegmt=True)} if time else {}


async def _whole(body: bytes) -> AsyncIterator[bytes]:
    yield body


async def _closed() -> None:
    """It is, since all of it was read."""
