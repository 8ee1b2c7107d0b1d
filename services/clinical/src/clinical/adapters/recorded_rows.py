"""Versions and what they say as rows of the tables that keep it (`prisma/schema.prisma`)."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from openward_contracts.identifiers import EhrId

from clinical.domain.extraction import Extracted, ExtractedEntry
from clinical.domain.recorded import KeptVersion, VersionKey, Versions

_Row = tuple[Any, ...]

_KEY: Final = ("object_id", "version")
#: Said of each row, because each read asks for it.
_COMMON: Final = ("ehr_id", "template_id", "committed_at", "replaced_at")
_SAID: Final = ("archetype_id", "name", "language", "category", "composer")

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "recorded_version": (*_KEY, *_COMMON, "deleted", "unreadable", *_SAID, "started_at", "ended_at"),
    "recorded_entry": (
        *_KEY,
        *_COMMON,
        *("position", "archetype_id", "rm_type", "name", "path"),
        *("sections", "at", "words", "codes", "values"),
    ),
    "recorded_value": (
        *_KEY,
        *_COMMON,
        *("position", "ordinal", "node", "at", "magnitude", "units", "text", "beside"),
    ),
}


def rows_of(
    ehr_id: EhrId, versions: Versions, read: Mapping[VersionKey, Extracted]
) -> Mapping[str, list[_Row]]:
    """By table. A version that was not read and does not delete is unreadable."""
    rows: dict[str, list[_Row]] = {table: [] for table in COLUMNS}
    for key, version in versions.items():
        said = read.get(key)
        identity = version.identity
        common = (*key, ehr_id, identity.template_id, identity.committed_at, version.replaced_at)
        rows["recorded_version"].append((*common, *_version(version, said)))
        for entry in said.entries if said else ():
            at = entry.time or (said and said.started_at) or identity.committed_at
            rows["recorded_entry"].append((*common, *_entry(entry, at)))
            rows["recorded_value"].extend((*common, *value) for value in _values(entry, at))
    return rows


def _version(version: KeptVersion, said: Extracted | None) -> _Row:
    deleted = version.identity.deleted
    if said is None:
        return (deleted, not deleted, *(None for _ in _SAID), None, None)
    recorded = said.recorded
    return (
        deleted,
        False,
        recorded.archetype_id,
        recorded.name,
        recorded.language,
        recorded.category,
        recorded.composer,
        said.started_at,
        said.ended_at,
    )


def _entry(extracted: ExtractedEntry, at: datetime) -> _Row:
    entry = extracted.entry
    return (
        entry.position,
        entry.archetype_id,
        entry.rm_type,
        entry.name,
        entry.path,
        entry.sections,
        at,
        extracted.words,
        extracted.codes,
        extracted.values,
    )


def _values(entry: ExtractedEntry, at: datetime) -> Iterator[_Row]:
    for value in entry.plotted:
        yield (
            entry.entry.position,
            value.ordinal,
            value.node,
            value.time or at,
            value.magnitude,
            value.units,
            value.text,
            value.beside,
        )
