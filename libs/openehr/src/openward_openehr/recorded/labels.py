"""What a template calls entries, values and codes in its languages: labels for who reads them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from openward_openehr.recorded.label_index import Index, Labelled, Spot, levels
from openward_openehr.recorded.model import Code, Entry, Value
from openward_openehr.web_template.model import WebTemplate

_UNIT: Final = "unit"
_NOWHERE: Final = Spot()


@dataclass(frozen=True, slots=True)
class Labels:
    """Of one template. `languages`: those that it has labels in.

    A language is a tag (`de-AT`): the template's language of that tag, else of its first part, else the one
    that the template was made in. What the template does not name, and what was given another name in the
    composition, stays as recorded; so does all that has no label in that language (`*Tilt(en)`: untranslated)
    nor in the template's own.
    """

    languages: tuple[str, ...]
    _default: str
    _tags: Mapping[str, str]
    _index: Index

    @classmethod
    def of(cls, template: WebTemplate) -> Self:
        """From the tree of a web template, or the full one. Keep it: it takes milliseconds to build."""
        tags: dict[str, str] = {}
        for language in template.languages:
            tags.setdefault(language.lower().partition("-")[0], language)
        tags |= {language.lower(): language for language in template.languages}
        tags |= {language: language for language in template.languages}
        return cls(template.languages, template.default_language, tags, Index.of(template))

    def composition(self, name: str, language: str) -> str:
        """`name`: what the composition says."""
        return self._label(self._index.root, name, language)

    def sections(self, entry: Entry, language: str) -> tuple[str, ...]:
        sections = self._index.sections
        return tuple(self._label(sections.get(name), name, language) for name in entry.sections)

    def entry(self, entry: Entry, language: str) -> str:
        found = self._index.entry(entry)
        return self._label(found.labelled if found else None, entry.name, language)

    def value(self, entry: Entry, value: Value, language: str) -> tuple[str, ...]:
        """One for each of its `names`."""
        found = self._index.entry(entry)
        if found is None:
            return value.names
        trail = levels(value.node)
        if not 0 <= len(value.names) - len(trail) <= 1:
            return value.names
        labels = [
            self._label(found.at(node, name), name, language)
            for node, name in zip(trail, value.names, strict=False)
        ]
        return (*labels, *value.names[len(trail) :])

    def code(self, entry: Entry, value: Value, code: Code, language: str) -> str:
        """What it stands for; of one that the template does not list what the composition says."""
        choice = self._spot(entry, value).choices.get(code.code)
        recorded = code.text or code.code
        return self._label(choice, recorded, language, renamed=False) if choice else recorded

    def text(self, entry: Entry, value: Value, language: str) -> str:
        """`value.text` with its code's label and its unit's in place of the recorded ones."""
        spot = self._spot(entry, value)
        text = value.text
        if value.codes and (recorded := value.codes[0].text) and text.startswith(recorded):
            text = self.code(entry, value, value.codes[0], language) + text[len(recorded) :]
        units = value.units or ""
        if units in spot.units and text.endswith(f" {units}"):
            label = self._label(spot.units[units], units, language, renamed=False)
            text = text.removesuffix(units) + label
        return text

    def _spot(self, entry: Entry, value: Value) -> Spot:
        found = self._index.entry(entry)
        return found.spots.get(value.node, _NOWHERE) if found else _NOWHERE

    def _label(self, found: Labelled | None, recorded: str, language: str, *, renamed: bool = True) -> str:
        if found is None or (renamed and recorded and recorded not in found.names):
            return recorded
        labels = found.labels
        return labels.get(self._tag(language)) or labels.get(self._default) or recorded or found.own

    def _tag(self, language: str) -> str:
        found = self._tags.get(language)
        if found is None:
            lowered = language.lower()
            found = self._tags.get(lowered) or self._tags.get(lowered.partition("-")[0])
        return found or self._default
