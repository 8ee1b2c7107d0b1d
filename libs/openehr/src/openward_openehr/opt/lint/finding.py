"""What is found, and where."""

import re
from dataclasses import dataclass
from typing import Final, Protocol

from openward_openehr.opt.lint.catalogue import RULES, Severity
from openward_openehr.opt.lint.source import Element, Source

#: Codes, names of the reference model, archetype ids, numbers: what of a document a message may repeat.
_QUOTABLE: Final = re.compile(
    r"(?:a[tc]\d[\d.]{0,20}|[A-Z]{2,20}(?:_[A-Z]{2,20}){0,4}(?:<[A-Z_]{1,40}>)?"
    r"|[a-z]{2,20}(?:_[a-z]{2,20}){0,4}|openEHR-[A-Z]{2,20}-[\w.-]{1,80}|-?[\d.]{1,20})",
    re.ASCII,
)


class Node(Protocol):
    """An object or an attribute of the definition."""

    @property
    def path(self) -> str: ...

    @property
    def label(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Finding:
    """`line`, `column` from 1, columns in characters.

    `path` is that of AQL for what is in the definition (`/content[openEHR-EHR-SECTION.x.v1]/items[at0001]`),
    that of the XML for everything else. `message` repeats nothing of the document but codes, names of the
    reference model, archetype ids and numbers; `label` is the name of the node where it has one: text of
    whoever wrote the template.
    """

    code: str
    severity: Severity
    message: str
    line: int
    column: int
    path: str
    label: str | None = None


class Report:
    """Where rules say what they find. `detail` is told only if it is of a form that can be no prose."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._findings: list[Finding] = []

    def at(self, element: Element, code: str, node: Node | None = None, detail: object = "") -> None:
        """At the `<` of the element."""
        self._add(code, self._source.place(element), element, node, detail)

    def at_text(self, element: Element, code: str, node: Node | None = None, detail: object = "") -> None:
        """At the first character of the text in the element."""
        self._add(code, self._source.text_place(element), element, node, detail)

    def at_attribute(
        self, element: Element, name: str, code: str, node: Node | None = None, detail: object = ""
    ) -> None:
        """At the first character of the value of this XML attribute."""
        self._add(code, self._source.attribute_place(element, name), element, node, detail)

    def findings(self) -> list[Finding]:
        """In the order of the document."""
        return sorted(self._findings, key=lambda found: (found.line, found.column, found.code))

    def _add(
        self, code: str, place: tuple[int, int], element: Element, node: Node | None, detail: object
    ) -> None:
        rule = RULES[code]
        told = str(detail) if _QUOTABLE.fullmatch(str(detail)) else ""
        message = f"{rule.says}: {told}" if told else rule.says
        path, label = (node.path, node.label) if node else (self._source.xpath(element), None)
        self._findings.append(Finding(code, rule.severity, message, *place, path, label))
