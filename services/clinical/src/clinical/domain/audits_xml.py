"""Audits in canonical XML, found in one pass; content is stepped over."""

import html
from collections.abc import Iterator, Mapping
from typing import Any, Final
from xml.parsers.expat import ExpatError, ParserCreate

from clinical.domain.audits import EHR_STATUS, Audit, Author, Shown, replaced, spliced

_XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
#: Attributes whose declared type is abstract.
_TYPED: Final = {"PARTY_IDENTIFIED", "GENERIC_ID"}
#: By root: where its audits are, and where the uids of their versions: EHRbase has an element more than the
#: schema. It has no history in XML.
_AUDITS: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "original_version": (("commit_audit", "contribution/audit"), ("uid/value",)),
    "contribution": (("audit",), ("versions/id/value", "versions/version/id/value")),
    "ehr": ((), ()),
}
_PARTS: Final = {"committer", "change_type", "description", "lifecycle_state"}
_CODED: Final = "defining_code/code_string"
#: Children of a root that are not stepped over.
_READ: Final = {
    "audit",
    "commit_audit",
    "contribution",
    "lifecycle_state",
    "time_created",
    "uid",
    "versions",
}
#: The elements whose text is of interest somewhere.
_SAID: Final = {"value", "code_string", "type"}


def read_audits(source: bytes) -> Shown:
    """Raises ValueError: no XML."""
    reader = _Reader(source)
    parser = ParserCreate(encoding="UTF-8")
    parser.buffer_text = True
    parser.StartElementHandler = lambda name, _: reader.start(name, parser.CurrentByteIndex)
    parser.EndElementHandler = lambda name: reader.end(name, parser.CurrentByteIndex)
    parser.CharacterDataHandler = reader.text
    try:
        parser.Parse(source, True)  # noqa: FBT003  expat takes it by position
    except ExpatError:
        raise ValueError from None
    return reader.shown()


def told_xml(source: bytes, shown: Shown, authors: Mapping[str, Author]) -> bytes:
    """The document with the authors in their audits."""
    edits = [
        (span, "".join(_element(audit.prefix, name, value)).encode())
        for span, audit, name, value in replaced(shown.audits, authors)
    ]
    return spliced(source, edits)


def _element(prefix: str, name: str, value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _element(prefix, name, item)
        return
    kind = value.get("_type") if isinstance(value, dict) else None
    typed = f' xmlns:xsi="{_XSI}" xsi:type="{prefix}{kind}"' if kind in _TYPED else ""
    yield f"<{prefix}{name}{typed}>"
    if isinstance(value, dict):
        for child, inner in value.items():
            if child != "_type":
                yield from _element(prefix, child, inner)
    else:
        yield html.escape(value, quote=False)
    yield f"</{prefix}{name}>"


class _Reader:
    def __init__(self, source: bytes) -> None:
        self._source = source
        self._root = ""
        self._path: list[str] = []
        self._began: list[int] = []
        self._inside = 0  # how deep in what is stepped over
        self._text = ""
        self._places: tuple[str, ...] = ()
        self._uids_at: tuple[str, ...] = ()
        self._audits: dict[str, list[Audit]] = {}
        self._audit = Audit()
        self._version = Audit()
        self._texts: dict[str, list[str]] = {}

    def start(self, name: str, at: int) -> None:
        if self._inside:
            self._inside += 1
            return
        local = name.rpartition(":")[2]
        if len(self._began) == 1 and local not in _READ:
            self._inside = 1
            return
        if self._began:
            self._path.append(local)
        else:
            self._root = local
            self._places, self._uids_at = _AUDITS.get(local, ((), ()))
        self._began.append(at)
        self._text = ""
        if (path := "/".join(self._path)) in self._places:
            self._audit = Audit()
            self._audits.setdefault(path, []).append(self._audit)

    def text(self, characters: str) -> None:
        if not self._inside:
            self._text += characters

    def end(self, name: str, at: int) -> None:
        if self._inside:
            self._inside -= 1
            return
        began, path = self._began.pop(), "/".join(self._path)
        parent, _, local = path.rpartition("/")
        if parent in self._places and local in _PARTS:
            self._audit.parts[local] = began, self._ended(name, at)
            self._audit.prefix = name[: -len(local)]
        elif path == "lifecycle_state":
            self._version.parts[path] = began, self._ended(name, at)
        elif local in _SAID:
            self._said(path, self._text.strip())
        self._text = ""
        if self._path:
            self._path.pop()

    def _said(self, path: str, text: str) -> None:
        self._texts.setdefault(path, []).append(text)
        place, _, attribute = path.partition("/change_type/")
        if place in self._places and attribute == _CODED:
            self._audit.codes["change_type"] = text
        elif path == f"lifecycle_state/{_CODED}":
            self._version.codes["lifecycle_state"] = text

    def _ended(self, name: str, at: int) -> int:
        """Of an empty element (`<name/>`) the end is told where it ends, of others where the end tag is."""
        ends_later = self._source.startswith(f"</{name}".encode(), at)
        return self._source.index(b">", at) + 1 if ends_later else at

    def shown(self) -> Shown:
        uids = [uid for place in self._uids_at for uid in self._texts.get(place, [])]
        shown = Shown(times=self._times())
        for audits in self._audits.values():
            shown.audits += audits
        for audit in shown.audits:
            audit.versions = uids
        if self._root == "original_version" and self._audits.get("commit_audit"):
            commit = self._audits["commit_audit"][0]
            commit.parts |= self._version.parts
            commit.codes |= self._version.codes
            shown.uid = next(iter(uids), None)
        if self._root == "contribution":
            types = self._texts.get("versions/type", []) + self._texts.get("versions/version/type", [])
            shown.statuses = {uid for uid, kind in zip(uids, types, strict=False) if kind == EHR_STATUS}
        return shown

    def _times(self) -> list[str]:
        if self._root not in _AUDITS:
            return []
        at = "time_created/value" if self._root == "ehr" else f"{self._places[0]}/time_committed/value"
        return self._texts.get(at, [])
