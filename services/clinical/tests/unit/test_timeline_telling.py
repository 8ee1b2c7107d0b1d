"""How an entry is told to its reader."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from clinical.api.telling import told
from clinical.api.timeline_schemas import TimelineItem
from clinical.domain.normality import Mark
from clinical.domain.timeline import Item, Row
from openward_cli.demo import problem_list
from openward_contracts.identifiers import EhrId, TemplateId, VersionUid
from openward_openehr import web_template
from openward_openehr.opt import read
from openward_openehr.recorded.labels import Labels
from openward_openehr.recorded.model import Code, Entry, Value

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
OBJECT = UUID("7d44b88c-4199-4bad-97dc-d78268e01398")
EHR = EhrId("0c5031b3-b752-45f0-9c61-cf4fb1816264")
TEMPLATE = TemplateId(problem_list.TEMPLATE_ID)
NAME = Value(
    "/data[at0001]/items[at0002]/value",
    "/data[at0001]/items[at0002]/value",
    ("Problem name",),
    "DV_CODED_TEXT",
    "Hypertension",
    codes=(Code("SNOMED-CT", "38341003", "Hypertension"),),
)
ENTRY = Entry(
    0,
    "EVALUATION",
    "openEHR-EHR-EVALUATION.problem_diagnosis.v1",
    "Problem",
    "/content[openEHR-EHR-EVALUATION.problem_diagnosis.v1]",
    (NAME,),
)
ROW = Row(
    object_id=OBJECT,
    version=2,
    ehr_id=EHR,
    template_id=TEMPLATE,
    composition="Problem list",
    category="persistent",
    composer="Ada",
    language="en",
    at=NOON,
    committed_at=NOON,
    replaced_at=None,
    entry=ENTRY,
)


@pytest.fixture(scope="module")
def labels() -> dict[TemplateId, Labels]:
    return {TEMPLATE: Labels.of(web_template.compile_full(read(problem_list.opt())))}


def item(row: Row = ROW) -> Item:
    return Item(VersionUid.of(OBJECT, "openward.local", row.version), row, None, None)


def one(row: Row, labels: dict[TemplateId, Labels], *languages: str) -> TimelineItem:
    (found,) = told([item(row)], labels, languages)
    return found


def of(value: Value, labels: dict[TemplateId, Labels]) -> TimelineItem:
    return one(replace(ROW, entry=replace(ENTRY, values=(value,))), labels)


def test_labels_are_in_the_language_of_the_reader(labels: dict[TemplateId, Labels]) -> None:
    german = one(ROW, labels, "de")
    assert (german.language, german.composition, german.label) == ("de", "Problemliste", "Problem")
    assert [(value.label, value.text, value.recorded_text) for value in german.values] == [
        ("Bezeichnung", "Bluthochdruck", "Hypertension")
    ]


def test_without_a_language_that_is_wanted_it_is_that_of_the_composition(
    labels: dict[TemplateId, Labels],
) -> None:
    assert one(ROW, labels, "fr").language == "en"
    assert one(replace(ROW, language="de-CH"), labels).language == "de"
    assert one(replace(ROW, language="fi"), labels).language is None


def test_what_has_no_template_is_told_in_its_own_words() -> None:
    found = one(replace(ROW, template_id=None, language="fi"), {}, "de")
    assert (found.language, found.composition, found.label) == ("fi", "Problem list", "Problem")
    (value,) = found.values
    assert (value.label, value.within, value.text) == ("Problem name", [], "Hypertension")
    assert [term.label for term in value.codes or ()] == ["Hypertension"]


def test_paths_begin_at_the_composition_and_aql_names_the_version(labels: dict[TemplateId, Labels]) -> None:
    found = one(ROW, labels)
    (value,) = found.values
    assert value.path == ENTRY.path + NAME.path
    assert f"'{OBJECT}::openward.local::2'" in (value.aql or "")
    assert f"'{EHR}'" in (value.aql or "")


def test_what_was_replaced_cannot_be_asked_for(labels: dict[TemplateId, Labels]) -> None:
    found = one(replace(ROW, replaced_at=NOON + timedelta(days=1)), labels)
    assert found.replaced_at == NOON + timedelta(days=1)
    assert [value.aql for value in found.values] == [None]


def test_a_range_is_told_with_where_the_value_lies(labels: dict[TemplateId, Labels]) -> None:
    value = replace(NAME, rm_type="DV_QUANTITY", magnitude=2.9, units="mmol/L", range=(3.5, None), status="N")
    (found,) = of(value, labels).values
    assert found.normal_range is not None
    assert (found.normal_range.lower, found.normal_range.upper) == (3.5, None)
    assert (found.mark, found.normal_status) == (Mark.BELOW, "N")


def test_why_a_value_is_missing_is_told(labels: dict[TemplateId, Labels]) -> None:
    value = replace(
        NAME, rm_type="ELEMENT", text="unknown", codes=(), null_flavour=Code("openehr", "253", "unknown")
    )
    (found,) = of(value, labels).values
    assert found.null_flavour is not None
    assert (found.null_flavour.code, found.null_flavour.label, found.codes) == ("253", "unknown", None)


def test_the_time_of_an_event_is_told_where_it_is_another(labels: dict[TemplateId, Labels]) -> None:
    earlier = NOON - timedelta(hours=1)
    assert [each.time for each in of(replace(NAME, time=NOON), labels).values] == [None]
    assert [each.time for each in of(replace(NAME, time=earlier), labels).values] == [earlier]
