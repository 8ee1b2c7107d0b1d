"""What versions say, fetched from EHRbase and read; each answer is let go before the next."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from openward_contracts.identifiers import EhrId, VersionUid
from openward_servicekit.errors import UpstreamTimeout

from clinical.domain.extraction import Extracted, extract
from clinical.domain.recorded import Content, Contents, ContentsTooLarge, Haste, VersionKey, Versions

#: Requests at once for versions that are not the latest: AQL does not know them. Each of a large object is
#: asked for alone, because what is read of it takes tens of megabytes.
SINGLES: Final = 3


@dataclass(frozen=True)
class Fetcher:
    contents: Contents
    system_id: str

    async def read(self, ehr_id: EhrId, versions: Versions, haste: Haste) -> Mapping[VersionKey, Extracted]:
        """Of versions that do not delete; those that cannot be read are left out."""
        wanted = {self._uid(key): key for key in versions}
        latest = [uid for uid, key in wanted.items() if versions[key].replaced_at is None]
        read: dict[VersionKey, Extracted] = {}
        answered: set[VersionUid] = set()
        large: set[UUID] = set()
        async for found in self._latest(ehr_id, latest, haste, large):
            answered |= found.keys()
            read |= await asyncio.to_thread(_read, {wanted[uid]: found[uid] for uid in found})
        others = [uid for uid in wanted if uid not in answered]
        alone = [uid for uid in others if uid.object_id in large]
        for uids, at_once in (alone, 1), ([uid for uid in others if uid.object_id not in large], SINGLES):
            async for found in self._singly(ehr_id, uids, at_once, haste):
                read |= await asyncio.to_thread(_read, {wanted[uid]: found[uid] for uid in found})
        return read

    async def _latest(
        self, ehr_id: EhrId, uids: Sequence[VersionUid], haste: Haste, large: set[UUID]
    ) -> AsyncIterator[Mapping[VersionUid, Content]]:
        """As many at once as EHRbase gives out in time and size; what it does not is left out.

        `large`: objects that are too large for a page are added.
        """
        pages = [uids] if uids else []
        while pages:
            page = pages.pop()
            try:
                found = await self.contents.latest(ehr_id, page, haste)
            except (ContentsTooLarge, UpstreamTimeout):
                if half := len(page) // 2:
                    pages += [page[half:], page[:half]]
                else:
                    large.add(page[0].object_id)
            else:
                yield found

    async def _singly(
        self, ehr_id: EhrId, uids: Sequence[VersionUid], at_once: int, haste: Haste
    ) -> AsyncIterator[Mapping[VersionUid, Content]]:
        done = 0
        while together := uids[done : done + (at_once if haste.awaited else 1)]:
            contents = await asyncio.gather(*(self.contents.one(ehr_id, uid, haste) for uid in together))
            yield dict(zip(together, contents, strict=True))
            done += len(together)

    def _uid(self, key: VersionKey) -> VersionUid:
        return VersionUid.of(key.object_id, self.system_id, key.version)


def _read(contents: Mapping[VersionKey, Mapping[str, Any] | None]) -> Mapping[VersionKey, Extracted]:
    read = {key: extract(content) for key, content in contents.items() if content is not None}
    return {key: extracted for key, extracted in read.items() if extracted is not None}
