"""What the codes of an archetype say, in every language of the template."""

from collections.abc import Mapping

from openward_openehr.opt.model import ArchetypeRoot, Opt, Term
from openward_openehr.web_template.model import TermBinding


class Terms:
    """Of one archetype root: its own terms in the template's language, under those of the ontologies."""

    def __init__(self, opt: Opt, root: ArchetypeRoot) -> None:
        self.language = opt.language
        self._own = root.terms
        self._others = opt.ontologies.get(root.archetype_id, {})
        self._bindings: dict[str, dict[str, TermBinding]] = {}
        for each in root.bindings:
            found = TermBinding(each.target_code, each.target_terminology)
            self._bindings.setdefault(each.code, {})[each.terminology] = found
        self._texts: dict[str, Mapping[str, str]] = {}
        self._descriptions: dict[str, Mapping[str, str]] = {}

    def default(self, code: str) -> Term | None:
        """In the template's language."""
        return self._others.get(self.language, {}).get(code) or self._own.get(code)

    def texts(self, code: str) -> Mapping[str, str]:
        """By language. Do not change it."""
        if (known := self._texts.get(code)) is None:
            known = {language: term.text or "" for language, term in self._of(code).items()}
            self._texts[code] = known
        return known

    def descriptions(self, code: str) -> Mapping[str, str]:
        """By language, the text where there is no description. Do not change it."""
        if (known := self._descriptions.get(code)) is None:
            known = {
                language: term.description if term.description is not None else term.text or ""
                for language, term in self._of(code).items()
            }
            self._descriptions[code] = known
        return known

    def written_descriptions(self, code: str) -> dict[str, str]:
        """By language, where there is one."""
        described = ((language, term.description) for language, term in self._of(code).items())
        return {language: says for language, says in described if says and says.strip()}

    def bindings(self, code: str) -> Mapping[str, TermBinding]:
        """By terminology; of several in one, the last."""
        return self._bindings.get(code, {})

    def _of(self, code: str) -> dict[str, Term]:
        found = {self.language: self._own[code]} if code in self._own else {}
        for language, terms in self._others.items():
            if code in terms:
                found[language] = terms[code]
        return found
