"""What is found, and where."""

import re
from collections import Counter
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

#: More of the same tell nothing new; a document of 20 MB has room for a million.
MAX_OF_A_CODE: Final = 1_000
#: Of a label, in characters.
LONGEST_LABEL: Final = 200


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


@dataclass(frozen=True, slots=True)
class _Found:
    """A finding whose place is not counted yet."""

    offset: int
    code: str
    detail: str
    path: str
    label: str | None


class Report:
    """Where rules say what they find. `detail` is told only if it is of a form that can be no prose."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._found: list[_Found] = []
        self._times: Counter[str] = Counter()

    def at(self, element: Element, code: str, node: Node | None = None, detail: str = "") -> None:
        """At the `<` of the element."""
        self._add(element, element.start, code, node, detail)

    def at_text(self, element: Element, code: str, node: Node | None = None, detail: str = "") -> None:
        """At the first character of the text in the element."""
        self._add(element, self._source.text_offset(element), code, node, detail)

    def at_attribute(
        self, element: Element, name: str, code: str, node: Node | None = None, detail: str = ""
    ) -> None:
        """At the first character of the value of this XML attribute."""
        self._add(element, self._source.attribute_offset(element, name), code, node, detail)

    def is_full_of(self, code: str) -> bool:
        """Whether no more of this code is told."""
        return self._times[code] >= MAX_OF_A_CODE

    def findings(self) -> list[Finding]:
        """In the order of the document."""
        places = self._source.places(found.offset for found in self._found)
        return [
            _finding(found, *places[found.offset])
            for found in sorted(self._found, key=lambda found: (found.offset, found.code))
        ]

    def _add(self, element: Element, offset: int, code: str, node: Node | None, detail: str) -> None:
        self._times[code] += 1
        if self._times[code] > MAX_OF_A_CODE:
            return
        told = detail if _QUOTABLE.fullmatch(detail) else ""
        path, label = (node.path, node.label) if node else (self._source.xpath(element), None)
        self._found.append(_Found(offset, code, told, path, label))


def _finding(found: _Found, line: int, column: int) -> Finding:
    rule = RULES[found.code]
    message = f"{rule.says}: {found.detail}" if found.detail else rule.says
    label = found.label and found.label[:LONGEST_LABEL]
    return Finding(found.code, rule.severity, message, line, column, found.path, label)
