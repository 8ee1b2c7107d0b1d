"""A document whose every element knows where it stands. What lxml gives are lines, and none beyond 65,535."""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Final
from xml.parsers import expat

NAMESPACE: Final = "http://schemas.openehr.org/v1"
XSI_TYPE: Final = "http://www.w3.org/2001/XMLSchema-instance type"
#: Like libxml2, which reads the same document elsewhere.
MAX_DEPTH: Final = 256

_LINE_END: Final = re.compile(rb"\r\n?|\n")
_START_TAG: Final = re.compile(rb"<[^\s/>]+(?:\s+[^\s=/>]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*\s*/?>")
_FILLING: Final = re.compile(rb"(?:\s+|<!--.*?-->|<!\[CDATA\[\s*)*", re.DOTALL)
_ATTRIBUTE: Final = rb"\s%s\s*=\s*[\"']"
_BOM: Final = b"\xef\xbb\xbf"


class SourceUnreadable(Exception):  # noqa: N818  errors are named <Noun><Problem>
    """`code` of the finding that says it; `line`, `column` from 1."""

    def __init__(self, code: str, line: int, column: int) -> None:
        super().__init__(f"{code} at line {line}, column {column}")
        self.code = code
        self.line = line
        self.column = column


class Element:
    """`name` without namespace (kept in `foreign` if it is not that of openEHR); `text` stripped.

    `kind` is its xsi:type without prefix, empty without one; `start` the offset of its `<` in the bytes. It
    does not know its parent: a tree without cycles is gone as soon as nobody needs it, and large ones would
    keep the garbage collector busy.
    """

    __slots__ = ("attributes", "children", "foreign", "kind", "name", "start", "text")

    def __init__(self, named: str, attributes: dict[str, str], start: int) -> None:
        self.name, self.foreign = _local(named)
        self.attributes = attributes
        self.kind = attributes[XSI_TYPE].rpartition(":")[2].strip() if XSI_TYPE in attributes else ""
        self.start = start
        self.children: list[Element] = []
        self.text = ""

    def child(self, *names: str) -> "Element | None":
        """The first of this name, and of that its child of the next name, and so on."""
        found = self
        for name in names:
            for each in found.children:
                if each.name == name:
                    found = each
                    break
            else:
                return None
        return found

    def all(self, name: str) -> Iterator["Element"]:
        return (each for each in self.children if each.name == name)

    def value(self, *names: str) -> str:
        """The text of such a child; empty where there is none."""
        found = self.child(*names)
        return found.text if found else ""

    def walk(self) -> Iterator["Element"]:
        """Itself and everything within it, in the order of the document."""
        waiting = [self]
        while waiting:
            element = waiting.pop()
            yield element
            waiting.extend(reversed(element.children))


@lru_cache(maxsize=256)
def _local(named: str) -> tuple[str, bool]:
    """The name without its namespace, and whether that is another than openEHR's."""
    namespace, _, name = named.rpartition(" ")
    return name, namespace != NAMESPACE


class Source:
    """The bytes of a document, read; with the place of anything in them."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.root = _read(content)
        self._known_positions: dict[Element, Mapping[Element, str]] = {}

    def text_offset(self, element: Element) -> int:
        """Of the first character of its text; of the element itself where it has none."""
        tag = _START_TAG.match(self._content, element.start)
        if not tag or not element.text:
            return element.start
        filling = _FILLING.match(self._content, tag.end())
        return filling.end() if filling else tag.end()

    def attribute_offset(self, element: Element, name: str) -> int:
        """Of the first character of the attribute's value; of the element where it has no such attribute."""
        tag = _START_TAG.match(self._content, element.start)
        value = re.search(_ATTRIBUTE % re.escape(name).encode(), tag[0]) if tag else None
        return element.start + (value.end() if value else 0)

    def places(self, offsets: Iterable[int]) -> Mapping[int, tuple[int, int]]:
        """Lines and columns from 1, columns in characters; the document is read once for all of them."""
        return places(self._content, offsets)

    def xpath(self, element: Element) -> str:
        """As `/template/definition/attributes[2]`; local names, positions among those of the same name."""
        found, path = self.root, f"/{self.root.name}"
        while found is not element:
            at = bisect_right(found.children, element.start, key=lambda child: child.start)
            around, found = found, found.children[at - 1]
            path += f"/{found.name}{self._positions(around).get(found, '')}"
        return path

    def _positions(self, parent: Element) -> Mapping[Element, str]:
        """`[2]`, of children that share their name."""
        if parent not in self._known_positions:
            same = defaultdict(list)
            for child in parent.children:
                same[child.name].append(child)
            self._known_positions[parent] = {
                child: f"[{at}]"
                for children in same.values()
                if len(children) > 1
                for at, child in enumerate(children, 1)
            }
        return self._known_positions[parent]


def places(content: bytes, offsets: Iterable[int]) -> Mapping[int, tuple[int, int]]:
    """By offset: line and column. A line may be as long as the document, so that no part is decoded twice."""
    starts = [0, *(each.end() for each in _LINE_END.finditer(content))]
    found: dict[int, tuple[int, int]] = {}
    line, column, reached = 0, 1, 0
    for offset in sorted(set(offsets)):
        at = bisect_right(starts, offset)
        if at != line:
            line, column, reached = at, 1, starts[at - 1]
        column += len(content[reached:offset].removeprefix(_BOM).decode(errors="replace"))
        found[offset], reached = (line, column), offset
    return found


def _read(content: bytes) -> Element:
    """Nothing is expanded or fetched: a document type ends the reading before anything of it is read.

    Raises SourceUnreadable.
    """
    try:
        content.decode()
    except UnicodeDecodeError as error:  # a byte order mark would make the parser read it as UTF-16
        raise SourceUnreadable("xml-malformed", *places(content, [error.start])[error.start]) from None
    parser = expat.ParserCreate("utf-8", " ")
    reader = _Reader(content, parser)
    try:
        parser.Parse(content, True)  # noqa: FBT003  how expat is told that this is all
    except expat.ExpatError as error:
        raise SourceUnreadable("xml-malformed", error.lineno, error.offset + 1) from None
    return reader.take()


class _Reader:
    def __init__(self, content: bytes, parser: expat.XMLParserType) -> None:
        self._content = content
        self._parser = parser
        self._open: list[Element] = []
        self._texts: dict[Element, list[str]] = {}
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._character_data
        parser.StartDoctypeDeclHandler = self._refuse_document_type
        parser.ProcessingInstructionHandler = self._refuse_instruction
        self.root: Element

    def _start(self, named: str, attributes: dict[str, str]) -> None:
        parent = self._open[-1] if self._open else None
        element = Element(named, attributes, self._parser.CurrentByteIndex)
        if parent is None:
            self.root = element
        elif len(self._open) == MAX_DEPTH:
            self._refuse("xml-too-deep", self._parser.CurrentByteIndex)
        else:
            parent.children.append(element)
        self._open.append(element)

    def _end(self, _named: str) -> None:
        element = self._open.pop()
        if element in self._texts:
            element.text = "".join(self._texts.pop(element)).strip()

    def _character_data(self, text: str) -> None:
        if not text.isspace():
            self._texts.setdefault(self._open[-1], []).append(text)

    def take(self) -> Element:
        """The root, once: the parser and its handlers refer to each other, and would keep it."""
        root = self.root
        del self.root
        return root

    def _refuse_document_type(self, *_said: object) -> None:
        self._refuse("xml-forbidden", self._content.rfind(b"<!DOCTYPE", 0, self._parser.CurrentByteIndex + 1))

    def _refuse_instruction(self, *_said: object) -> None:
        self._refuse("xml-forbidden", self._parser.CurrentByteIndex)

    def _refuse(self, code: str, offset: int) -> None:
        raise SourceUnreadable(code, *places(self._content, [offset])[offset])
