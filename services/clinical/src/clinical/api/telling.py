"""What is recorded, told in the reader's language with what it takes to find it again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from openward_contracts.identifiers import TemplateId
from openward_openehr.recorded.labels import Labels
from openward_openehr.recorded.model import Code, Value
from openward_openehr.recorded.queries import aql

from clinical.api.listing import Committer
from clinical.api.timeline_schemas import CodedTerm, NormalRange, TimelineItem, TimelineValue
from clinical.domain.languages import spoken
from clinical.domain.normality import mark
from clinical.domain.timeline import Item


def told(
    items: Sequence[Item], labels: Mapping[TemplateId, Labels], wanted: Sequence[str]
) -> list[TimelineItem]:
    """`labels`: of the items' templates; what has none is told in the composition's own words.

    `wanted`: languages; where a template has none of them, in that of the composition.
    """
    return [_Voice.of(item, labels, wanted).item() for item in items]


@dataclass(frozen=True, slots=True)
class _Voice:
    """In which an item is told; no `language` is the one that the template was made in."""

    of_item: Item
    labels: Labels | None
    language: str | None

    @classmethod
    def of(cls, item: Item, labels: Mapping[TemplateId, Labels], wanted: Sequence[str]) -> "_Voice":
        own = item.row.language
        found = labels.get(item.row.template_id) if item.row.template_id else None
        if found is None:
            return cls(item, None, own)
        language = spoken(wanted, found.languages) or spoken([own.lower()] if own else (), found.languages)
        return cls(item, found, language)

    def item(self) -> TimelineItem:
        item, row = self.of_item, self.of_item.row
        entry, labels, language = row.entry, self.labels, self.language or ""
        name = row.composition
        return TimelineItem(
            version_uid=item.version_uid,
            position=entry.position,
            ehr_id=row.ehr_id,
            template_id=row.template_id,
            archetype_id=entry.archetype_id,
            rm_type=entry.rm_type,
            label=labels.entry(entry, language) if labels else entry.name,
            language=self.language,
            composition=labels.composition(name, language) if labels and name else name,
            category=row.category,
            sections=list(labels.sections(entry, language) if labels else entry.sections) or None,
            at=row.at,
            committed_at=row.committed_at,
            replaced_at=row.replaced_at,
            committer=Committer.of(item.author) if item.author else None,
            composer=row.composer,
            encounter_id=item.encounter_id,
            path=entry.path,
            values=[self._value(value) for value in entry.values],
        )

    def _value(self, value: Value) -> TimelineValue:
        row = self.of_item.row
        entry, labels, language = row.entry, self.labels, self.language or ""
        names = labels.value(entry, value, language) if labels else value.names
        text = labels.text(entry, value, language) if labels else value.text
        return TimelineValue(
            label=names[-1] if names else entry.name,
            within=list(names[:-1]),
            text=text,
            recorded_text=value.text if value.text != text else None,
            cut=value.cut or None,
            rm_type=value.rm_type,
            magnitude=value.magnitude,
            units=value.units,
            codes=[self._term(value, code) for code in value.codes] or None,
            normal_range=NormalRange(*value.range) if value.range else None,
            normal_status=value.status,
            mark=mark(value),
            null_flavour=self._term(value, value.null_flavour) if value.null_flavour else None,
            time=value.time if value.time != row.at else None,
            node=value.node,
            path=f"{entry.path}{value.path}",
            aql=None if row.replaced_at else aql(entry, value, self.of_item.version_uid, str(row.ehr_id)),
        )

    def _term(self, value: Value, code: Code) -> CodedTerm:
        if self.labels is None:
            return CodedTerm(terminology=code.terminology, code=code.code, label=code.text)
        label = self.labels.code(self.of_item.row.entry, value, code, self.language or "")
        return CodedTerm(terminology=code.terminology, code=code.code, label=label)
