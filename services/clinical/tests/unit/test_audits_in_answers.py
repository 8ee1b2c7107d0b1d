"""Whom an answer of EHRbase names as committer, in JSON and XML, once this service has told it."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from clinical.domain.audits import Author, Shown
from clinical.domain.audits_json import read_json, told_json
from clinical.domain.audits_xml import read_audits, told_xml
from clinical.domain.stated import Stated
from openward_contracts.actor import Actor

ONE, TWO = "6b0c6a5e-0000-4000-8000-000000000001::s::1", "6b0c6a5e-0000-4000-8000-000000000001::s::2"
ADA = Author(Actor("ada-1", "web", ("clinician",), "ben-2", "TREAT"))
WHY = Author(ADA.actor, Stated("a < b & c", "250", "553"))
LOGIN = {"_type": "PARTY_IDENTIFIED", "name": "EHRbase Internal openward"}


def coded(code: str) -> dict[str, Any]:
    return {"_type": "DV_CODED_TEXT", "value": "x", "defining_code": {"code_string": code}}


def audit(time: str = "2026-11-23T04:26:30.502391Z", **more: Any) -> dict[str, Any]:
    at = {"_type": "DV_DATE_TIME", "value": time}
    return {
        "_type": "AUDIT_DETAILS",
        "time_committed": at,
        "change_type": coded("251"),
        "committer": LOGIN,
        **more,
    }


def version(uid: str = ONE, **more: Any) -> dict[str, Any]:
    return {
        "_type": "ORIGINAL_VERSION",
        "data": {"uid": {"value": TWO}, "commit_audit": {"committer": LOGIN}, "text": 'a "quoted" }'},
        "uid": {"value": uid},
        "commit_audit": audit(),
        "lifecycle_state": coded("532"),
        **more,
    }


def told(content: object, authors: dict[str, Author]) -> Any:
    text = json.dumps(content, indent=2)
    return json.loads(told_json(text, read_json(text), authors))


def test_a_version_has_its_author_and_keeps_everything_else() -> None:
    after = told(version(), {ONE: ADA})
    committer = after["commit_audit"].pop("committer")

    assert committer["external_ref"]["id"]["value"] == committer["name"] == "ada-1"
    assert committer["external_ref"]["namespace"] == "openward.identity"
    assert {(i["type"], i["id"]) for i in committer["identifiers"]} == {
        ("client_id", "web"),
        ("role", "clinician"),
        ("on_behalf_of", "ben-2"),
        ("purpose_of_use", "TREAT"),
    }
    before = version()
    del before["commit_audit"]["committer"]
    assert after == before


def test_the_contribution_in_a_version_has_the_same_author_or_is_a_reference() -> None:
    whole = told(version(contribution={"uid": {}, "versions": [], "audit": audit()}), {ONE: ADA})
    reference = {"_type": "OBJECT_REF", "namespace": "local", "type": "CONTRIBUTION", "id": {"value": "x"}}

    assert whole["contribution"]["audit"]["committer"]["name"] == "ada-1"
    assert told(version(contribution=reference), {ONE: ADA})["contribution"] == reference


def test_what_the_author_said_is_told_where_ehrbase_knows_less() -> None:
    after = told(version(), {ONE: WHY})

    assert after["commit_audit"]["description"] == {"_type": "DV_TEXT", "value": "a < b & c"}
    assert after["commit_audit"]["change_type"]["value"] == "amendment"
    assert after["lifecycle_state"]["value"] == "incomplete"


@pytest.mark.parametrize("description", [{"_type": "DV_TEXT"}, {"_type": "DV_TEXT", "value": "theirs"}])
def test_a_description_is_replaced_by_the_authors_alone(description: dict[str, str]) -> None:
    content = version(commit_audit=audit(description=description))

    assert told(content, {ONE: WHY})["commit_audit"]["description"]["value"] == "a < b & c"
    assert told(content, {ONE: ADA})["commit_audit"]["description"] == description


def test_a_creation_is_never_told_as_an_amendment() -> None:
    created = version(commit_audit=audit(change_type=coded("249")))

    assert told(created, {ONE: WHY})["commit_audit"]["change_type"] == coded("249")


def test_a_version_of_somebody_else_is_told_as_it_came() -> None:
    text = json.dumps(version(), indent=3)

    assert told_json(text, read_json(text), {TWO: ADA}) == text


@pytest.mark.parametrize("wrapped", [False, True])
def test_each_revision_has_its_own_author(*, wrapped: bool) -> None:
    """EHRbase 2.16 answers the items alone; REVISION_HISTORY has them in `items`."""
    attested = {**audit(), "_type": "ATTESTATION"}
    items = [
        {"version_id": {"value": ONE}, "audits": [audit("2026-11-23T05:26:30+01:00"), attested]},
        {"version_id": {"value": TWO}, "audits": [audit("2026-11-23T05:00:00Z")]},
    ]
    content = {"_type": "REVISION_HISTORY", "items": items} if wrapped else items
    after = told(content, {ONE: ADA})
    revisions = after["items"] if wrapped else after

    assert revisions[0]["audits"][0]["committer"]["name"] == "ada-1"
    assert revisions[0]["audits"][1] == attested
    assert revisions[1] == items[1]
    assert read_json(json.dumps(content)).modified == datetime(2026, 11, 23, 5, tzinfo=UTC)


@pytest.mark.parametrize(("authors", "name"), [({ONE: ADA, TWO: ADA}, "ada-1"), ({ONE: ADA}, LOGIN["name"])])
def test_a_contribution_has_the_author_of_all_its_versions(authors: dict[str, Author], name: str) -> None:
    versions = [
        {"type": kind, "id": {"value": uid}} for kind, uid in (("COMPOSITION", ONE), ("EHR_STATUS", TWO))
    ]
    content = {"uid": {"value": "x"}, "versions": versions, "audit": audit()}

    assert told(content, authors)["audit"]["committer"]["name"] == name
    assert read_json(json.dumps(content)).statuses == {TWO}


@pytest.mark.parametrize("status", [{"_type": "EHR_STATUS"}, {"_type": "OBJECT_REF", "id": {"value": ONE}}])
def test_an_ehr_is_as_old_as_it_says_in_either_form(status: dict[str, Any]) -> None:
    content = {
        "ehr_id": {"value": "x"},
        "ehr_status": status,
        "time_created": {"value": "2026-11-23T04:00:00Z"},
    }

    assert read_json(json.dumps(content)).modified == datetime(2026, 11, 23, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "{", "[{}]", '{"commit_audit": 1}', '{"audit": {}}', "[" * 9000, "true"]
)
def test_what_is_no_audit_is_not_read(text: str) -> None:
    with suppress(ValueError):
        assert read_json(text) == Shown()


@pytest.mark.parametrize("time", ["2026-11-23T04:26:30", "yesterday", "2026-11-23"])
def test_a_time_without_an_offset_is_no_time(time: str) -> None:
    assert read_json(json.dumps(version(commit_audit=audit(time)))).modified is None


def parsed(source: bytes) -> ET.Element:
    return ET.fromstring(source)  # noqa: S314  written a moment ago, by what is tested


VERSION_XML = f"""<?xml version='1.0' encoding='UTF-8'?><original_version><contribution>
<uid><value>c</value></uid><audit>
<committer xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="PARTY_IDENTIFIED"><name>EHRbase
</name></committer><time_committed><value>2026-11-23T04:26:15Z</value></time_committed><change_type><value>creation
</value><defining_code><code_string>251</code_string></defining_code></change_type><description/></audit>
</contribution><data><uid><value>{TWO}</value></uid><commit_audit><committer/></commit_audit>ü</data><uid>
<value>{ONE}</value></uid><commit_audit><committer><name>EHRbase</name></committer><time_committed><value>2026-11-23T04:26:15Z</value>
</time_committed><change_type><value>modification</value><defining_code><code_string>251</code_string></defining_code>
</change_type></commit_audit><lifecycle_state><value>complete</value><defining_code><code_string>532</code_string>
</defining_code></lifecycle_state></original_version>""".encode()


def test_xml_is_told_the_same() -> None:
    shown = read_audits(VERSION_XML)
    after = parsed(told_xml(VERSION_XML, shown, {ONE: WHY}))
    texts = ["commit_audit/committer/name", "contribution/audit/committer/external_ref/id/value"]

    assert shown.uid == ONE
    assert shown.modified == datetime(2026, 11, 23, 4, 26, 15, tzinfo=UTC)
    assert [after.findtext(path) for path in texts] == ["ada-1", "ada-1"]
    assert after.findtext("commit_audit/description/value") == "a < b & c"
    assert after.findtext("contribution/audit/description/value") == "a < b & c"
    assert after.findtext("commit_audit/change_type/value") == "amendment"
    assert after.findtext("lifecycle_state/defining_code/code_string") == "553"
    assert len(after.findall("commit_audit/committer/identifiers")) == 4
    assert after.find("data/commit_audit/committer/name") is None


def test_xml_of_somebody_else_is_told_as_it_came() -> None:
    assert told_xml(VERSION_XML, read_audits(VERSION_XML), {}) == VERSION_XML


@pytest.mark.parametrize(("begin", "end"), [("", ""), ("<a:version>", "</a:version>")])
def test_xml_of_a_name_space_stays_in_it(begin: str, end: str) -> None:
    """A reference to a version is an element of its own for EHRbase 2.16."""
    source = (
        f'<a:contribution xmlns:a="urn:x"><a:versions>{begin}<a:id><a:value>{ONE}</a:value></a:id><a:type>'
        f"EHR_STATUS</a:type>{end}</a:versions><a:audit><a:committer/><a:change_type/></a:audit>"
        "</a:contribution>"
    ).encode()
    shown = read_audits(source)
    after = parsed(told_xml(source, shown, {ONE: WHY}))

    assert shown.statuses == {ONE}
    assert after.findtext("{urn:x}audit/{urn:x}committer/{urn:x}name") == "ada-1"
    assert after.findtext("{urn:x}audit/{urn:x}description/{urn:x}value") == "a < b & c"


def test_an_ehr_in_xml_is_as_old_as_it_says() -> None:
    source = b"<ehr><time_created><value>2026-11-23T04:00:00Z</value></time_created></ehr>"

    assert read_audits(source).modified == datetime(2026, 11, 23, 4, tzinfo=UTC)
    assert read_audits(source.replace(b"ehr", b"versioned_composition")).modified is None


@pytest.mark.parametrize(
    "source", [b"", b"<a>", b"<original_version/>", b"<original_version><uid/></original_version>"]
)
def test_xml_that_is_no_audit_is_not_read(source: bytes) -> None:
    with suppress(ValueError):
        assert not read_audits(source).audits
