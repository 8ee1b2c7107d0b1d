"""Latest values in the reader's language."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from openward_contracts.identifiers import TemplateId
from openward_openehr.recorded.labels import Labels
from openward_openehr.recorded.model import Entry, Value

from clinical.api.latest_schemas import LatestValue
from clinical.api.measurement_schemas import comparator
from clinical.api.timeline_schemas import CodedTerm, NormalRange
from clinical.domain.latest import Latest
from clinical.domain.normality import mark
from clinical.domain.voice import Voice


def coded_templates(values: Iterable[Latest]) -> set[TemplateId]:
    """Those whose labels it takes to tell them."""
    return {each.found.template_id for each in values if each.found.value.codes and each.found.template_id}


def terms(voice: Voice, entry: Entry, value: Value) -> list[CodedTerm]:
    return [
        CodedTerm(terminology=code.terminology, code=code.code, label=voice.code(entry, value, code))
        for code in value.codes
    ]


@dataclass(frozen=True, slots=True)
class ValueTeller:
    """`labels`: of the templates of what has a code."""

    system_id: str
    labels: Mapping[TemplateId, Labels]
    languages: Sequence[str]

    def value(self, latest: Latest) -> LatestValue:
        found, entry, value = latest.found, latest.found.entry, latest.found.value
        voice = Voice.of(self.labels, found.template_id, self.languages)
        codes = terms(voice, entry, value)
        return LatestValue(
            at=found.at,
            magnitude=latest.magnitude,
            unit=latest.unit,
            comparator=comparator(found),
            text=voice.text(entry, value) if codes else None,
            codes=codes or None,
            normal_range=NormalRange(*latest.range) if latest.range else None,
            mark=mark(value),
            version_uid=found.version_uid(self.system_id),
            path=found.path,
        )
