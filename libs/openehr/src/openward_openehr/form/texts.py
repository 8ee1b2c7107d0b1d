"""Labels and help of a form, in the languages that it is for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from openward_openehr.form.model import Texts
from openward_openehr.web_template.model import Choice, Node, WebTemplate

#: What archetype editors leave where nobody wrote a description.
_PLACEHOLDERS: Final = frozenset({"", "*", "@ internal @"})


@dataclass(frozen=True, slots=True)
class Languages:
    tags: tuple[str, ...]
    default: str

    @classmethod
    def of(cls, template: WebTemplate, wanted: tuple[str, ...] | None) -> "Languages":
        """Of those `wanted` the ones that the template has, or its default language; all for None."""
        known = tuple(tag for tag in template.languages if wanted is None or tag in wanted)
        return cls(known or (template.default_language,), template.default_language)

    def labels(self, of: Node | Choice) -> Texts:
        if isinstance(of, Choice):
            return self._each(of.localized_labels, of.label)
        return self._each(of.localized_names, of.localized_name or of.name)

    def help(self, of: Node | Choice) -> Texts:
        """Without placeholders; empty where nothing is said."""
        given = of.localized_descriptions
        described = self._each(given, given.get(self.default, ""))
        return {tag: text for tag, text in described.items() if text.strip() not in _PLACEHOLDERS}

    def _each(self, texts: Mapping[str, str], otherwise: str) -> Texts:
        return {tag: texts.get(tag) or texts.get(self.default) or otherwise for tag in self.tags}
