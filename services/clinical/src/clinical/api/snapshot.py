"""`GET /api/clinical/v1/patients/{patient_id}/snapshot`: what matters most of a patient."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import Query, Response
from openward_contracts.identifiers import TemplateId
from openward_openehr.recorded.labels import Labels
from openward_openehr.recorded.model import Entry, Value
from openward_servicekit.openapi_answers import sends
from openward_servicekit.routing import api_router

from clinical.api.dependencies import Exact, OfPatient, Reader, Services
from clinical.api.latest_telling import ValueTeller, coded_templates, terms
from clinical.api.periods import AsOf
from clinical.api.routes import PREFIX, canonical
from clinical.api.series import Languages
from clinical.api.snapshot_schemas import (
    PatientSnapshot,
    SnapshotDetail,
    SnapshotItem,
    SnapshotSection,
    written,
)
from clinical.domain.languages import label_in
from clinical.domain.measurements import Measurements
from clinical.domain.snapshot import Filled, Item, Snapshot
from clinical.domain.voice import Voice

router = api_router(PREFIX + "/patients/{patient_id}/snapshot", tags=["snapshot"], dependencies=[Exact])


@router.get("", response_model=PatientSnapshot, response_model_exclude_none=True, responses=sends("Link"))
async def read_snapshot(
    caller: Reader,
    record: OfPatient,
    as_of: AsOf,
    languages: Languages,
    services: Services,
    *,
    inactive: Annotated[bool, Query(description="with what is over, after what is not")] = False,
) -> Response:
    """Problems, medications, allergies, latest vital signs: what the mapping file of this installation says.

    Sections that the templates in use hold nothing of are empty. Merged patients have theirs together.
    """
    snapshot = await services.snapshot.of(caller, record, as_of, inactive=inactive)
    labels = await services.series.labelling.of(_templates(snapshot))
    teller = _Teller(services.series.system_id, labels, languages, services.series.measurements)
    answer = PatientSnapshot(
        sections=[teller.section(each) for each in snapshot.sections],
        unreadable=snapshot.unreadable or None,
    )
    headers = {"Vary": "Accept-Language", "Cache-Control": "no-store"} | canonical(record)
    return Response(written(answer), headers=headers, media_type="application/json")


def _templates(snapshot: Snapshot) -> set[TemplateId]:
    of_items = {
        item.kept.template_id
        for section in snapshot.sections
        for item in section.items
        if item.kept.template_id
    }
    return of_items | coded_templates(
        each for section in snapshot.sections for each in section.values.values()
    )


@dataclass(frozen=True, slots=True)
class _Teller:
    system_id: str
    labels: Mapping[TemplateId, Labels]
    languages: Sequence[str]
    measurements: Measurements

    def section(self, filled: Filled) -> SnapshotSection:
        section, of_items = filled.section, bool(filled.section.items)
        values = ValueTeller(self.system_id, self.labels, self.languages)
        named = self.measurements.by_alias
        return SnapshotSection(
            name=section.name,
            label=label_in(self.languages, section.label) or section.name,
            items=[self._item(item) for item in filled.items] if of_items else None,
            values=None if of_items else {name: values.value(each) for name, each in filled.values.items()},
            labels=None
            if of_items
            else {name: named[name].label(self.languages) or name for name in filled.values},
            more=filled.more or None,
        )

    def _item(self, item: Item) -> SnapshotItem:
        kept, entry = item.kept, item.kept.entry
        voice = Voice.of(self.labels, kept.template_id, self.languages)
        return SnapshotItem(
            title=voice.text(entry, item.title),
            codes=terms(voice, entry, item.title) or None,
            active=item.active,
            details=[_detail(voice, entry, name, value) for name, value in item.details],
            at=kept.at,
            committed_at=kept.committed_at,
            template_id=kept.template_id,
            archetype_id=entry.archetype_id,
            version_uid=kept.version_uid(self.system_id),
            path=item.path,
        )


def _detail(voice: Voice, entry: Entry, name: str, value: Value) -> SnapshotDetail:
    return SnapshotDetail(
        name=name,
        label=voice.name(entry, value),
        text=voice.text(entry, value),
        value=_iso(value),
        magnitude=value.magnitude,
        unit=value.units,
        codes=terms(voice, entry, value) or None,
    )


def _iso(value: Value) -> str | None:
    if value.rm_type not in ("DV_DATE", "DV_TIME", "DV_DATE_TIME", "DV_DURATION"):
        return None
    said = (value.content or {}).get("value")
    return said if isinstance(said, str) else None
