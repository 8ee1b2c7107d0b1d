"""Canonical XML is read for what decides, changed in one place, and never expanded."""

import pytest
from clinical.domain.composition import Format, read_draft
from clinical.domain.errors import CompositionUnreadable
from clinical.domain.openehr_errors import XmlUnreadable
from clinical.domain.xml_document import NAMESPACE, SUBJECT, read_xml
from openward_contracts.identifiers import VersionUid

UID = VersionUid("8849182c-82ad-4088-a07f-48ead4180515::openward.local::1")
COMPOSITION = b"""<?xml version="1.0" encoding="UTF-8"?>
<composition xmlns="http://schemas.openehr.org/v1" archetype_node_id="x">
  <name><value>Visit &gt; \xc3\xa9</value></name>%b
  <archetype_details><template_id><value>visit.v1</value></template_id></archetype_details>
</composition>"""
OWN_UID = b"<uid><value>somebody::else::1</value></uid>"


@pytest.mark.parametrize("own", [b"", OWN_UID])
def test_a_composition_is_stored_under_our_uid_and_no_other(own: bytes) -> None:
    draft = read_draft(COMPOSITION % own, Format.XML, None)

    stored = b"".join(draft.stored_as(UID))

    assert draft.template_id == "visit.v1"
    assert stored.count(b"<uid ") == 1
    assert f"<value>{UID}</value>".encode() in stored
    assert b"somebody" not in stored
    assert stored.startswith(COMPOSITION[:120])
    read_xml(stored)


def test_the_uid_has_the_prefix_of_its_neighbours() -> None:
    source = b'<o:composition xmlns:o="http://schemas.openehr.org/v1"><o:name/></o:composition>'

    stored = b"".join(read_xml(source).stored_as(UID)).decode()

    assert "<o:name/><o:uid " in stored
    assert 'xsi:type="o:OBJECT_VERSION_ID"' in stored


def test_the_subject_of_a_status_is_read_whatever_the_prefix() -> None:
    source = b"""<s:status xmlns:s="x"><s:subject><s:external_ref><s:id><s:value>7</s:value></s:id>
        <s:namespace>openward</s:namespace></s:external_ref></s:subject></s:status>"""

    texts = read_xml(source).texts

    assert (texts[NAMESPACE], texts[SUBJECT]) == ("openward", "7")


@pytest.mark.parametrize(
    "source",
    [
        b"",
        b"<a>",
        b"{}",
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        b'<?xml version="1.0" encoding="ISO-8859-1"?><a/>',
        "<a/>".encode("utf-16"),
        b"<a>" * 300 + b"</a>" * 300,
        b"<a><subject/><subject/></a>",
        b"<a><uid/><name/><uid/></a>",
        b'<a b="%b"/>' % (b"x" * 1_500_000),
        b"<a><archetype_details><template_id><value>%b</value></template_id></archetype_details></a>"
        % (b"x" * 20_000),
        b"<a>\xff</a>",
    ],
    ids=range(13),
)
def test_what_could_do_harm_is_unreadable(source: bytes) -> None:
    with pytest.raises(XmlUnreadable):
        read_xml(source)


def test_a_composition_without_a_template_is_unreadable() -> None:
    with pytest.raises(CompositionUnreadable):
        read_draft(b"<composition><name/></composition>", Format.XML, None)


def test_a_large_document_is_read_in_blocks_and_its_places_hold() -> None:
    text = "é" * 500_000
    filler = f"<content><value>{text}</value></content>".encode()
    source = COMPOSITION.replace(b"</composition>", filler + b"</composition>") % OWN_UID

    stored = b"".join(read_draft(source, Format.XML, None).stored_as(UID))

    assert stored.count(b"<uid ") == 1
    assert b"somebody" not in stored
    assert stored.endswith(filler + b"</composition>")
    assert read_xml(stored).texts == read_xml(source).texts
