"""`/api/clinical/v1/patients/{patient_id}/compositions/{object_id}/diff`: two versions compared."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Response
from openward_contracts.identifiers import VersionUid
from openward_openehr.recorded.difference import Change
from openward_openehr.recorded.labels import Labels
from openward_openehr.recorded.model import Code, Entry, Value
from openward_servicekit.openapi_answers import sends
from openward_servicekit.routing import api_router

from clinical.api.comparison_schemas import (
    ChangedEntry,
    ComparedValue,
    CompositionChange,
    CompositionDifference,
)
from clinical.api.dependencies import AcceptLanguage, Exact, ObjectId, OfPatient, Reader, Services
from clinical.api.listing import ListedVersion
from clinical.api.routes import PREFIX, canonical
from clinical.api.timeline_schemas import CodedTerm
from clinical.domain.comparison import Comparison, Pair, VersionMalformed, VersionNotFound
from clinical.domain.languages import spoken, wanted_languages

router = api_router(PREFIX + "/patients/{patient_id}/compositions", tags=["clinical"], dependencies=[Exact])

_LONGEST = 200
_DIGITS = 9


async def pair(
    object_id: ObjectId,
    services: Services,
    start: Annotated[
        str | None,
        Query(alias="from", max_length=_LONGEST, description="number or uid; else the one before `to`"),
    ] = None,
    end: Annotated[
        str | None, Query(alias="to", max_length=_LONGEST, description="number or uid; else the latest")
    ] = None,
) -> Pair:
    """Raises VersionMalformed, VersionNotFound."""
    system_id = services.versions.system_id
    return Pair(
        object_id,
        _number(start, "from", object_id, system_id),
        _number(end, "to", object_id, system_id),
    )


@router.get(
    "/{object_id}/diff",
    response_model=CompositionDifference,
    response_model_exclude_none=True,
    responses=sends("Link", "Content-Language"),
)
async def compare_versions(
    caller: Reader,
    record: OfPatient,
    asked: Annotated[Pair, Depends(pair)],
    services: Services,
    response: Response,
    accept_language: AcceptLanguage = "",
) -> CompositionDifference:
    """Each value that was added, removed or changed, in the order of the composition.

    Labels are in the language that is wanted most of those that the template has, else in that of the
    composition.
    """
    found = await services.comparisons.compare(caller, record, asked)
    voice = _Voice.of(found, wanted_languages(accept_language))
    response.headers.update({"Vary": "Accept-Language", "Cache-Control": "no-store"} | canonical(record))
    if voice.language:
        response.headers["Content-Language"] = voice.language
    return CompositionDifference(
        object_id=asked.object_id,
        template_id=found.template_id,
        language=voice.language,
        before=ListedVersion.of(found.before) if found.before else None,
        after=ListedVersion.of(found.after),
        changes=[voice.change(each) for each in found.changes],
    )


def _number(text: str | None, path: str, object_id: UUID, system_id: str) -> int | None:
    if text is None:
        return None
    if text.isascii() and text.isdecimal() and len(text) <= _DIGITS and int(text) > 0:
        return int(text)
    try:
        uid = VersionUid(text)
    except ValueError:
        raise VersionMalformed(path) from None
    if (uid.object_id, uid.system_id) != (object_id, system_id):
        raise VersionNotFound(path)
    return uid.version


@dataclass(frozen=True, slots=True)
class _Voice:
    """In which changes are told; no `labels`: in the composition's own words."""

    labels: Labels | None
    language: str | None

    @classmethod
    def of(cls, found: Comparison, wanted: Sequence[str]) -> "_Voice":
        labels, own = found.labels, found.language
        if labels is None:
            return cls(None, own or None)
        return cls(labels, spoken(wanted, labels.languages) or spoken([own.lower()], labels.languages))

    def change(self, change: Change) -> CompositionChange:
        entry, value = change.entry, change.value
        names = self._names(entry, value)
        return CompositionChange(
            kind=change.kind,
            label=names[-1] if names else "",
            within=names[:-1],
            entry=self._entry(entry) if entry else None,
            node=value.node,
            before=self._value(change.was, change.before),
            after=self._value(change.became, change.after),
        )

    def _names(self, entry: Entry | None, value: Value) -> Sequence[str]:
        if self.labels is None or entry is None:
            return value.names
        return self.labels.value(entry, value, self.language or "")

    def _entry(self, entry: Entry) -> ChangedEntry:
        labels, language = self.labels, self.language or ""
        return ChangedEntry(
            label=labels.entry(entry, language) if labels else entry.name,
            archetype_id=entry.archetype_id,
            rm_type=entry.rm_type,
            sections=(labels.sections(entry, language) if labels else entry.sections) or None,
        )

    def _value(self, entry: Entry | None, value: Value | None) -> ComparedValue | None:
        if value is None:
            return None
        text = value.text
        if self.labels and entry:
            text = self.labels.text(entry, value, self.language or "")
        flavour = value.null_flavour
        return ComparedValue(
            text=text,
            recorded_text=value.text if value.text != text else None,
            rm_type=value.rm_type,
            magnitude=value.magnitude,
            units=value.units,
            codes=[self._term(entry, value, code) for code in value.codes] or None,
            null_flavour=self._term(entry, value, flavour) if flavour else None,
            time=value.time,
            path=f"{entry.path if entry else ''}{value.path}",
        )

    def _term(self, entry: Entry | None, value: Value, code: Code) -> CodedTerm:
        if self.labels is None or entry is None:
            label = code.text
        else:
            label = self.labels.code(entry, value, code, self.language or "")
        return CodedTerm(terminology=code.terminology, code=code.code, label=label)
