"""The only XML parser of the service, in the library: what it refuses, in the words of this service.

EHRbase parses what it is sent without such limits, so whatever is refused must be refused here.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from openward_openehr.opt import XmlForbidden, XmlMalformed, XmlTooComplex, hardened_xml
from openward_openehr.opt.hardened_xml import MAX_MARKUP, Element

from templates.domain.errors import TemplateMalformed, TemplateTooComplex, TemplateXmlForbidden

__all__ = ["MAX_MARKUP", "Element", "from_latin_1", "parse", "same_document"]


def parse(source: bytes) -> Element:
    """The root element; comments are dropped.

    Raises TemplateMalformed, TemplateXmlForbidden (document type, processing instruction, XInclude) and
    TemplateTooComplex (deeper than 256 elements, a text above 10 MB, too much markup).
    """
    with _refused_here():
        return hardened_xml.parse(source)


def from_latin_1(source: bytes) -> bytes:
    """The document in UTF-8. EHRbase's own client sends templates so, without an XML declaration.

    Raises TemplateMalformed when the document speaks of its encoding itself: which of the two is right?
    """
    with _refused_here():
        return hardened_xml.from_latin_1(source)


def same_document(one: bytes, other: bytes) -> bool:
    """Equal but for comments, prefixes of elements and blanks around texts. Raises what `parse` raises."""
    with _refused_here():
        return hardened_xml.same_document(one, other)


@contextmanager
def _refused_here() -> Iterator[None]:
    try:
        yield
    except XmlMalformed as error:
        raise TemplateMalformed(error.problem, error.line, error.column) from None
    except XmlForbidden as error:
        raise TemplateXmlForbidden(error.what) from None
    except XmlTooComplex as error:
        raise TemplateTooComplex(error.what) from None
