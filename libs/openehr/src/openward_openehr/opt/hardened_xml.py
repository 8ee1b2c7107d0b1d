"""XML that nobody vouches for: read as UTF-8, without a document type, and nothing else.

EHRbase parses what it is sent without such limits, so whatever is refused must be refused here.
"""

import re
from itertools import zip_longest
from typing import Any, Final

from lxml import etree

from openward_openehr.opt.errors import XmlForbidden, XmlMalformed, XmlTooComplex

Element = etree._Element  # noqa: SLF001  lxml has no public name for it

#: `<` and `=`: no more elements and attributes can come of it. A template of 20 MB has up to 1,300,000.
MAX_MARKUP: Final = 1_500_000

_DECLARATION: Final = re.compile(r"\ufeff?<\?xml\s.*?\?>", re.DOTALL)
_ENCODING: Final = re.compile(r"\sencoding\s*=\s*[\"']([^\"']*)[\"']")
_PROLOG: Final = re.compile(r"\ufeff?(?:\s+|<!--.*?-->|<\?.*?\?>)*", re.DOTALL)
_XINCLUDE: Final = "{http://www.w3.org/2001/XInclude}*"

_RESOURCE_LIMIT: Final = 114
#: By libxml2's numbers (xmlerror.h), since its messages quote the document.
_PROBLEMS: Final = {
    4: "there is no XML element",
    5: "something follows the end of the root element",
    9: "a character that XML does not allow",
    26: "an entity that is not declared",
    42: "an attribute is there twice",
    64: "the XML declaration is not at the very beginning",
    76: "an end tag does not match its start tag",
    77: "the document ends too early",
    201: "a namespace prefix is not declared",
}


def parse(source: bytes) -> Element:
    """The root element; comments are dropped.

    Raises XmlMalformed, XmlForbidden (document type, processing instruction, XInclude) and
    XmlTooComplex (deeper than 256 elements, a text above 10 MB, too much markup).
    """
    _refuse_document_type(_decoded(source))
    if source.count(b"<") + source.count(b"=") > MAX_MARKUP:
        raise XmlTooComplex("more elements and attributes")
    root = _parsed(source)
    if root.getroottree().xpath("//processing-instruction()"):
        raise XmlForbidden("processing instructions")
    if next(root.iter(_XINCLUDE), None) is not None:
        raise XmlForbidden("inclusions")
    return root


def from_latin_1(source: bytes) -> bytes:
    """The document in UTF-8. EHRbase's own client sends templates so, without an XML declaration.

    Raises XmlMalformed when the document speaks of its encoding itself: which of the two is right?
    """
    text = source.decode("latin-1")
    if (declaration := _DECLARATION.match(text)) and _ENCODING.search(declaration[0]):
        raise XmlMalformed("it declares its encoding, and was sent as ISO-8859-1", 1, 1)
    return text.encode()


def same_document(one: bytes, other: bytes) -> bool:
    """Equal but for comments, prefixes of elements and blanks around texts. Raises what `parse` raises."""
    pairs = zip_longest(parse(one).iter(), parse(other).iter())
    return all(a is not None and b is not None and _said(a) == _said(b) for a, b in pairs)


def _said(element: Element) -> tuple[object, ...]:
    text, tail = (element.text or "").strip(), (element.tail or "").strip()
    return element.tag, sorted(element.items()), text, tail, len(element)


def _decoded(source: bytes) -> str:
    """As UTF-8, whatever the document says: EHRbase stores anything else with characters replaced."""
    try:
        text = source.decode()
    except UnicodeDecodeError as error:
        raise _malformed_at(source, error.start, "it is not UTF-8") from None
    if "\0" in text:  # else the parser would take it for UTF-16
        raise _malformed_at(source, source.index(b"\0"), "it is not UTF-8")
    declaration = _DECLARATION.match(text)
    encoding = _ENCODING.search(declaration[0]) if declaration else None
    if encoding and encoding[1].lower() != "utf-8":
        raise XmlMalformed("it declares another encoding than UTF-8", 1, encoding.start(1) + 1)
    return text


def _malformed_at(source: bytes, offset: int, problem: str) -> XmlMalformed:
    before = source[:offset]
    return XmlMalformed(problem, before.count(b"\n") + 1, offset - before.rfind(b"\n"))


def _refuse_document_type(text: str) -> None:
    """Before the parser sees it: nothing of a DTD is read, so nothing of it can be expanded or fetched."""
    prolog = _PROLOG.match(text)
    if prolog and text.startswith("<!DOCTYPE", prolog.end()):
        raise XmlForbidden("a document type")


def _parsed(source: bytes) -> Element:
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
    )
    try:
        root: Element = etree.fromstring(source, parser)
    except etree.XMLSyntaxError as error:
        raise _refused(error) from None
    if root.getroottree().docinfo.doctype:  # type: ignore[attr-defined]  # the stubs lack it
        raise XmlForbidden("a document type")
    return root


def _refused(error: Any) -> XmlMalformed | XmlTooComplex:
    """`error`: XMLSyntaxError, whose number the stubs lack."""
    if error.code == _RESOURCE_LIMIT:
        return XmlTooComplex("deeper elements or longer texts")
    return XmlMalformed(_PROBLEMS.get(error.code, "it is not well-formed"), *error.position)
