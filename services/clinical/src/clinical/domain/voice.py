"""What was recorded, in the words of its template and the language of who reads it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from openward_contracts.identifiers import TemplateId
from openward_openehr.recorded.labels import Labels
from openward_openehr.recorded.model import Code, Entry, Value

from clinical.domain.languages import spoken


@dataclass(frozen=True, slots=True)
class Voice:
    """`labels` of a template, None where there are none: then what is told is as it was recorded."""

    labels: Labels | None
    language: str = ""

    @classmethod
    def of(
        cls, labels: Mapping[TemplateId, Labels], template_id: TemplateId | None, wanted: Sequence[str]
    ) -> Self:
        """In the first of the wanted languages that the template has, else in the one that it was made in."""
        found = labels.get(template_id) if template_id else None
        return cls(found, spoken(wanted, found.languages) or "") if found else cls(None)

    def entry(self, entry: Entry) -> str:
        return self.labels.entry(entry, self.language) if self.labels else entry.name

    def name(self, entry: Entry, value: Value) -> str:
        """What the value is called; where it has no name of its own, what its entry is."""
        names = self.labels.value(entry, value, self.language) if self.labels else value.names
        return names[-1] if names else self.entry(entry)

    def text(self, entry: Entry, value: Value) -> str:
        return self.labels.text(entry, value, self.language) if self.labels else value.text

    def code(self, entry: Entry, value: Value, code: Code) -> str | None:
        return self.labels.code(entry, value, code, self.language) if self.labels else code.text
