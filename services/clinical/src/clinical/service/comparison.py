"""What changed in a composition from one version to another."""

import asyncio
from dataclasses import dataclass, field
from typing import Final

from openward_servicekit.auth import Principal

from clinical.domain.comparison import Comparison, Pair, chosen, compared
from clinical.domain.composition import Format
from clinical.domain.listing import Listed
from clinical.domain.ports import Document
from clinical.domain.record import PatientRecord
from clinical.service.labelling import Labelling
from clinical.service.listing import ListingService
from clinical.service.versions import VersionReader

#: Bytes of which reading and comparing takes longer than handing them to a thread.
_LARGE: Final = 50_000
_AT_ONCE: Final = 4


@dataclass(frozen=True)
class ComparisonService:
    listing: ListingService
    versions: VersionReader
    labelling: Labelling
    #: Two documents of any size are held whole while they are compared.
    _room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))

    async def compare(self, principal: Principal, record: PatientRecord, asked: Pair) -> Comparison:
        """The access records of the history and of each version that was read are durable.

        Raises CompositionNotFound, CompositionUnreadable, VersionNotFound, VersionsReversed.
        """
        listed = await self.listing.versions(principal, record, asked.object_id)
        before, after = chosen(listed, asked)
        template_id = next((each.row.template_id for each in listed if each.row.template_id), None)
        labels = await self.labelling.of([template_id] if template_id else [])
        async with self._room:
            documents = [await self._document(principal, record, each) for each in (before, after)]
            is_large = sum(len(each) for each in documents if each) > _LARGE
            changes, language = (
                await asyncio.to_thread(compared, *documents) if is_large else compared(*documents)
            )
        return Comparison(
            before, after, template_id, changes, labels.get(template_id) if template_id else None, language
        )

    async def _document(
        self, principal: Principal, record: PatientRecord, version: Listed | None
    ) -> bytes | None:
        """Nothing for a version that deletes."""
        if version is None or version.row.deleted:
            return None
        shown = await self.versions.read(principal, record, version.version_uid, Format.CANONICAL)
        document = shown.document
        return document.content if isinstance(document, Document) else await document.read()
