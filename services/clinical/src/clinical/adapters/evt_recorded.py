"""Which versions an EHR's compositions have, by functions in EHRbase's database (schema `evt`)."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import Final

import asyncpg
from openward_contracts.identifiers import EhrId, TemplateId
from openward_servicekit.gathering import Gathering

from clinical.domain.recorded import Identity, KeptVersion, VersionKey, Versions

#: Both functions see the same, as parts of one statement.
_VERSIONS: Final = """
select f.fingerprint, v.*
from evt.ehr_fingerprints(array[$1::uuid]) f left join evt.ehr_versions($1) v on true
"""


class EvtRecorded:
    """The VersionLists port."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._gathered: Gathering[EhrId, str] = Gathering(self._fingerprints)

    async def fingerprints(self, ehr_ids: Collection[EhrId]) -> Mapping[EhrId, str]:
        found = await asyncio.gather(*map(self._gathered, ehr_ids))
        return dict(zip(ehr_ids, found, strict=True))

    async def versions(self, ehr_id: EhrId) -> tuple[str, Versions]:
        rows = await self._pool.fetch(_VERSIONS, ehr_id)
        versions = {
            VersionKey(row["vo_id"], row["sys_version"]): _version(row) for row in rows if row["vo_id"]
        }
        return rows[0]["fingerprint"], versions

    async def _fingerprints(self, ehr_ids: Sequence[EhrId]) -> Sequence[str]:
        rows = await self._pool.fetch("select * from evt.ehr_fingerprints($1)", list(dict.fromkeys(ehr_ids)))
        found = {row["ehr_id"]: row["fingerprint"] for row in rows}
        return [found[ehr_id] for ehr_id in ehr_ids]


def _version(row: asyncpg.Record) -> KeptVersion:
    template = row["template_id"]
    identity = Identity(TemplateId(template) if template else None, row["committed_at"], row["deleted"])
    return KeptVersion(identity, row["replaced_at"])
