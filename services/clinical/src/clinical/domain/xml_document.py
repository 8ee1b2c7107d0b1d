"""Canonical XML, as far as something in it is used; no document type, so no entity, is ever read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.parsers.expat import ExpatError, ParserCreate

from openward_contracts.identifiers import VersionUid
from openward_servicekit.http_parts import Parts
from openward_servicekit.strict_json import check_utf8

from clinical.domain.openehr_errors import XmlUnreadable

_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_DEEPEST = 200
_BLOCK = 64 * 1024
#: Bytes, with all attributes: expat holds a tag several times. And characters of a text that is used.
_LONGEST_TAG = 1_000_000
_LONGEST_TEXT = 10_000
TEMPLATE = "archetype_details/template_id/value"
SUBJECT = "subject/external_ref/id/value"
NAMESPACE = "subject/external_ref/namespace"
_READ = frozenset({TEMPLATE, SUBJECT, NAMESPACE})
#: These, what leads to them, and where the uid goes. Of two, EHRbase would read the other one.
_ONCE = frozenset(
    {"name", "uid"} | {"/".join(path.split("/")[:depth]) for path in _READ for depth in range(1, 5)}
)


@dataclass
class XmlDocument:
    """`texts`: of those that are used, by path of local names below the root.

    `children`: where the root's children lie, in bytes, by local name. `prefix`: that of the openEHR
    namespace, with its colon, as the first child has it.
    """

    source: bytes
    root: str = ""
    prefix: str = ""
    texts: dict[str, str] = field(default_factory=dict)
    children: dict[str, tuple[int, int]] = field(default_factory=dict)

    def stored_as(self, uid: VersionUid) -> Parts:
        """The document with this uid, in place of its own, where LOCATABLE has it: after the name."""
        if "name" not in self.children:
            raise XmlUnreadable("The root element has no name.")
        end = self.children["name"][1]
        start, stop = self.children.get("uid", (end, end))
        p = self.prefix
        element = (
            f'<{p}uid xmlns:xsi="{_XSI}" xsi:type="{p}OBJECT_VERSION_ID"><{p}value>{uid}</{p}value></{p}uid>'
        )
        view = memoryview(self.source)
        return view[:start], element.encode(), view[stop:]


def read_xml(source: bytes) -> XmlDocument:
    """Raises XmlUnreadable: not well formed, not UTF-8, too deep, or with a document type."""
    try:
        check_utf8(source)  # a byte order mark would have the last word
    except ValueError:
        raise XmlUnreadable("The body must be UTF-8.") from None
    reader = _Reader(source)
    parser = ParserCreate(encoding="UTF-8")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = reader.refuse
    parser.XmlDeclHandler = reader.declared
    parser.StartElementHandler = lambda name, _: reader.start(name, parser.CurrentByteIndex)
    parser.EndElementHandler = lambda name: reader.end(name, parser.CurrentByteIndex)
    parser.CharacterDataHandler = reader.text
    view = memoryview(source)
    try:
        for start in range(0, len(view), _BLOCK):
            parser.Parse(view[start : start + _BLOCK])
            if start - max(parser.CurrentByteIndex, 0) > _LONGEST_TAG:
                raise XmlUnreadable("The body has a tag that is too long.")
        parser.Parse(b"", True)  # noqa: FBT003  expat takes it by position
    except ExpatError as error:
        raise XmlUnreadable(f"The body is not acceptable XML (line {error.lineno}).") from None
    return reader.document


class _Reader:
    def __init__(self, source: bytes) -> None:
        self.document = XmlDocument(source)
        self._path: list[str] = []
        self._began = 0
        self._seen: set[str] = set()

    def refuse(self, *_: object) -> None:
        raise XmlUnreadable("The body must have no document type.")

    def declared(self, _version: str, encoding: str | None, _standalone: int) -> None:
        if encoding and encoding.lower() not in ("utf-8", "us-ascii"):
            raise XmlUnreadable("The body must be UTF-8.")

    def start(self, name: str, at: int) -> None:
        prefix, _, local = name.rpartition(":")
        if len(self._path) == _DEEPEST:
            raise XmlUnreadable("The body is nested too deeply.")
        if not self._path:
            self.document.root = local
        elif len(self._path) == 1:
            self._began = at
            self.document.prefix = self.document.prefix or (f"{prefix}:" if prefix else "")
        self._path.append(local)
        self._once("/".join(self._path[1:]))

    def _once(self, path: str) -> None:
        if path in self._seen:
            raise XmlUnreadable(f"The body has more than one {path}.")
        if path in _ONCE:
            self._seen.add(path)

    def text(self, characters: str) -> None:
        path = "/".join(self._path[1:])
        if path in _READ:
            text = self.document.texts.get(path, "") + characters
            if len(text) > _LONGEST_TEXT:
                raise XmlUnreadable(f"The body has a {path} that is too long.")
            self.document.texts[path] = text.strip()

    def end(self, name: str, at: int) -> None:
        if len(self._path) == 2:  # the root and its child
            source = self.document.source
            # Of an empty element (`<name/>`) the end is told where it ends, of others where the end tag is.
            ends_later = source.startswith(f"</{name}".encode(), at)
            end = source.index(b">", at) + 1 if ends_later else at
            self.document.children.setdefault(self._path[1], (self._began, end))
        self._path.pop()


def text_at(content: Mapping[str, object], path: str) -> str | None:
    """The same for canonical JSON: the text at a path of attribute names."""
    value: object = content
    for name in path.split("/"):
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, str) else None
