"""However a template is damaged, something is said and nothing is raised."""

import copy
from collections.abc import Iterator

import pytest
from lxml import etree
from openward_openehr.opt.lint import RULES, lint

#: One of so many elements: all of them take minutes.
SAMPLED = 29
JUNK = ("", "-1", "9" * 400, "\N{GREEK SMALL LETTER ALPHA}" * 3, "((", "P", "true", "at0004", "1e99")


def parsed(clean: str) -> etree._Element:
    return etree.fromstring(clean.encode())


def without_each_element(clean: str) -> Iterator[bytes]:
    root = parsed(clean)
    for element in list(root.iterdescendants())[::SAMPLED]:
        around = element.getparent()
        assert around is not None
        at = around.index(element)
        tail = element.tail
        around.remove(element)
        yield etree.tostring(root)
        element.tail = tail
        around.insert(at, element)


def with_each_element_twice(clean: str) -> Iterator[bytes]:
    root = parsed(clean)
    for element in list(root.iterdescendants())[::SAMPLED]:
        around = element.getparent()
        assert around is not None
        twin = copy.deepcopy(element)
        around.insert(around.index(element), twin)
        yield etree.tostring(root)
        around.remove(twin)


def with_junk_in_each_text(clean: str, junk: str) -> Iterator[bytes]:
    root = parsed(clean)
    leaves = [element for element in root.iterdescendants() if not len(element)]
    for element in leaves[JUNK.index(junk) :: SAMPLED]:
        before, element.text = element.text, junk
        yield etree.tostring(root)
        element.text = before


def known(source: bytes) -> bool:
    return all(finding.code in RULES and finding.line > 0 for finding in lint(source))


def test_an_element_may_be_missing(clean: str) -> None:
    assert all(known(source) for source in without_each_element(clean))


def test_an_element_may_stand_twice(clean: str) -> None:
    assert all(known(source) for source in with_each_element_twice(clean))


@pytest.mark.parametrize("junk", JUNK)
def test_a_text_may_be_junk(clean: str, junk: str) -> None:
    assert all(known(source) for source in with_junk_in_each_text(clean, junk))


@pytest.mark.parametrize(
    "source", [b"", b" ", b"\0", b"<", "<a/>".encode("utf-16"), b"\xff<a/>", b"<a>\xe4</a>"]
)
def test_what_is_no_xml_in_utf_8_is_malformed(source: bytes) -> None:
    assert [finding.code for finding in lint(source)] == ["xml-malformed"]


@pytest.mark.parametrize("length", range(0, 4000, 97))
def test_a_document_that_ends_too_early_is_malformed(clean: str, length: int) -> None:
    assert [finding.code for finding in lint(clean.encode()[:length])] == ["xml-malformed"]
