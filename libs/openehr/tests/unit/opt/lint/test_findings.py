"""Each finding is told once, at the line and column where the template was broken: marked with ¦."""

import pytest
from openward_openehr.opt import lint as package
from openward_openehr.opt.lint import RULES, Finding, lint
from openward_openehr.opt.lint.finding import MAX_OF_A_CODE
from openward_testkit.opts import interval

MARK = "¦"
ONCE = interval("occurrences", (1, 1))
IF_ANY = interval("occurrences", (0, 1))
EXISTS = interval("existence", (1, 1))
TERM = '<term_definitions code="at0019">'


def node(code: str, rm_type: str = "ELEMENT", occurs: str = IF_ANY, kind: str = "C_COMPLEX_OBJECT") -> str:
    return (
        f'<children xsi:type="{kind}"><rm_type_name>{rm_type}</rm_type_name>{occurs}<node_id>{code}</node_id>'
    )


def attribute(name: str, existence: str = EXISTS, kind: str = "SINGLE") -> str:
    said = f"<rm_attribute_name>{name}</rm_attribute_name>{existence}"
    return f'<attributes xsi:type="C_{kind}_ATTRIBUTE">{said}'


EVENT = node("at0002", "EVENT", interval("occurrences", (0, None)))
NEVER = interval("existence", (0, 0))
INTEGER = '<children xsi:type="C_PRIMITIVE_OBJECT"><rm_type_name>INTEGER'
LANGUAGE = "<terminology_id><value>ISO_639-1</value></terminology_id><code_string>{}</code_string>"
ENGLISH = f"<language>{LANGUAGE.format('en')}</language>"
#: An archetype without anything in it.
RED = (
    '<children xsi:type="C_ARCHETYPE_ROOT"><rm_type_name>CLUSTER</rm_type_name><node_id>at0000</node_id>'
    "<archetype_id><value>openEHR-EHR-CLUSTER.red.v1</value></archetype_id>"
    '<term_definitions code="at0000"><items id="text">Red</items></term_definitions></children>'
)


def name(text: str) -> str:
    """An attribute that names the node."""
    item = f'<item xsi:type="C_STRING"><list>{text}</list></item>'
    value = f'<children xsi:type="C_PRIMITIVE_OBJECT"><rm_type_name>STRING</rm_type_name>{item}</children>'
    text_ = f'<children xsi:type="C_COMPLEX_OBJECT"><rm_type_name>DV_TEXT</rm_type_name>{attribute("value")}'
    return f"{attribute('name')}{text_}{value}</attributes></children></attributes>"


#: Code of the finding, what is in the clean template, what stands there instead.
HEADER = [
    ("root-unexpected", "</template>", "</archetype>", "<template ", "¦<archetype "),
    ("root-unexpected", "<template xmlns=", "¦<template ns="),
    ("definition-missing", "<template ", "¦<template ", "definition", "definitive"),
    ("template-id-missing", "<template_id><value>small.v1", "<template_id>¦<value> "),
    ("template-id-invalid", "<value>small.v1", "<value> \n ¦small/v1"),
    ("template-id-invalid", "<value>small.v1", f"<value><!-- ä --> ¦{256 * 'a'}"),
    ("template-id-characters", "<value>small.v1", "<value>¦für alle"),
    ("uid-missing", "uid>", "uuid>", "<template ", "¦<template "),
    ("uid-invalid", "<value>6f1c1f9e-3f0e", "<value>¦6f1c1f9e 3f0e"),
    ("concept-missing", "<concept>Pulse</concept>", "ö ¦<concept/>"),
    ("concept-characters", "<concept>Pulse", "<concept>¦Pulse/Heart"),
    ("language-missing", "language>", "tongue>", "<template ", "¦<template "),
    ("language-invalid", "<code_string>en", "<code_string>¦english and german"),
    ("language-unknown", "<code_string>de", "<code_string>¦xx-DE"),
    ("language-terminology-unusual", "<value>ISO_639-1", "<value>¦ISO_639-2"),
    ("description-missing", "<template ", "¦<template ", "description>", "described>"),
    ("description-details-missing", "<description>", "¦<description>", "details>", "detail>"),
    ("description-language-missing", f"<details>{ENGLISH}", "<details>", "<details>", "¦<details>"),
    ("lifecycle-unpublished", "<lifecycle_state>published", "<lifecycle_state>¦in_development"),
    ("author-missing", "original_author", "author", "<description>", "¦<description>"),
    ("purpose-missing", "<purpose>Tests</purpose>", "¦<purpose/>"),
]
CLASSES = [
    ("root-type-unusual", "<rm_type_name>COMPOSITION", "<rm_type_name>¦FOLDER"),
    ("root-type-invalid", "<rm_type_name>COMPOSITION", "<rm_type_name>¦DV_TEXT"),
    ("rm-type-missing", "<rm_type_name>DV_COUNT</rm_type_name>", "¦<rm_type_name/>"),
    ("rm-type-unknown", "<rm_type_name>DV_COUNT", "<rm_type_name>¦DV_NUMBER"),
    ("rm-type-unknown", "<rm_type_name>DV_COUNT", "<rm_type_name>¦DV_INTERVAL&lt;DV_NUMBER&gt;"),
    ("rm-type-unknown", "<rm_type_name>CLUSTER", "<rm_type_name>¦STRING"),
    ("rm-type-unsupported", "<rm_type_name>DV_ORDINAL", "<rm_type_name>¦DV_SCALE"),
    ("rm-type-mismatch", "<rm_type_name>EVENT", "<rm_type_name>¦ELEMENT"),
    ("rm-attribute-unknown", "<rm_attribute_name>magnitude", "<rm_attribute_name>¦size"),
    ("rm-attribute-computed", EVENT, EVENT + attribute("offset").replace(">off", ">¦off") + "</attributes>"),
    (
        "attribute-multiplicity-wrong",
        attribute("events", interval("existence", (0, 1)), "MULTIPLE"),
        "¦" + attribute("events"),
    ),
    (
        "attribute-duplicate",
        attribute("magnitude"),
        f"{attribute('magnitude')}</attributes>{attribute('¦magnitude')}",
    ),
    ("constraint-kind-unknown", '<children xsi:type="C_DV_QUANTITY"', '¦<children xsi:type="C_NUMBER"'),
    ("constraint-type-mismatch", '<children xsi:type="C_DV_ORDINAL"', '¦<children xsi:type="C_DV_QUANTITY"'),
    (
        "required-prohibited",
        attribute("magnitude"),
        "¦" + attribute("magnitude", interval("existence", (0, 0))),
    ),
]
IDENTITY = [
    (
        "archetype-id-missing",
        "<archetype_id><value>openEHR-EHR-OBSERVATION.pulse.v1",
        "<archetype_id>¦<value>",
    ),
    (
        "archetype-id-invalid",
        "<archetype_id><value>openEHR-EHR-OBSERVATION.pulse.v1",
        "<archetype_id><value>¦pulse",
    ),
    (
        "archetype-type-mismatch",
        "<archetype_id><value>openEHR-EHR-OBSERVATION",
        "<archetype_id><value>¦openEHR-EHR-ACTION",
    ),
    (
        "archetype-unstable",
        "<archetype_id><value>openEHR-EHR-OBSERVATION.pulse.v1",
        "<archetype_id><value>¦openEHR-EHR-OBSERVATION.pulse.v0",
    ),
    ("node-id-invalid", "<node_id>at0019", "<node_id>¦id19"),
    ("node-id-missing", "<node_id>at0019</node_id>", "¦<node_id/>"),
    ("node-id-duplicate", node("at0019"), "¦" + node("at0018")),
    ("node-renamed", node("at0019"), f"¦{node('at0019')}{name('Band')}"),
    ("name-characters", node("at0019"), f"¦{node('at0019')}{name('Cuff: left')}"),
    ("flat-id-duplicate", node("at0019"), f"¦{node('at0019')}{name('SIDE')}"),
    ("archetype-repeated", node("at0019"), f"¦{4 * RED}{node('at0019')}"),
]
TERMS = [
    ("code-undefined", "<node_id>at0019", "<node_id>¦at0099"),
    ("code-undefined", "<code_list>at0011", "<code_list>¦at0099"),
    ("code-undefined", "<code_string>at0013", "<code_string>¦at0099"),
    (
        "code-undescribed",
        '<term_definitions code="at0019">\n<items id="text">Cuff',
        '<term_definitions code="¦at0019">\n<items id="text">',
    ),
    ("term-duplicate", TERM, '<term_definitions code="¦at0018"/>' + TERM),
    ("term-code-missing", TERM, "¦<term_definitions/>" + TERM),
    (
        "term-unused",
        TERM,
        "<term_definitions code='¦at0099'><items id='text'>x</items></term_definitions>" + TERM,
    ),
    (
        "term-language-missing",
        '<term_definitions language="de">\n<items code="at0000">',
        '¦<term_definitions language="de">\n<items code="at0099">',
    ),
    ("language-terms-missing", "<code_string>de", "<code_string>¦fr"),
    ("binding-unused", '<items code="at0004"><value>', '<items code="¦at0099"><value>'),
]
COUNTS = [
    (
        "interval-invalid",
        node("at0019"),
        node("at0019", occurs="¦<occurrences><lower>one</lower></occurrences>"),
    ),
    ("interval-invalid", interval("range", (0, 10)), "¦" + interval("range", ("zero", 10))),
    ("interval-invalid", interval("range", ("PT1M", "PT2H")), "¦" + interval("range", ("1 minute", "PT2H"))),
    ("interval-reversed", node("at0019"), node("at0019", occurs="¦" + interval("occurrences", (2, 1)))),
    ("interval-reversed", interval("range", (0, 10)), "¦" + interval("range", (11, 10))),
    ("interval-reversed", interval("range", ("PT1M", "PT2H")), "¦" + interval("range", ("P1D", "PT2H"))),
    ("interval-reversed", interval("magnitude", (0, 300)), "¦" + interval("magnitude", (0.5, "4e-1"))),
    ("interval-reversed", interval("precision", (0, 1)), "¦" + interval("precision", (2, 1))),
    ("interval-negative", node("at0019"), node("at0019", occurs="¦" + interval("occurrences", (-1, 1)))),
    (
        "existence-invalid",
        attribute("magnitude"),
        attribute("magnitude", "¦" + interval("existence", (0, 2))),
    ),
    (
        "cardinality-exceeded",
        node("at0019"),
        node("at0019", occurs=interval("occurrences", (3, 3))),
        interval("interval", (0, 2)),
        "¦" + interval("interval", (0, 2)),
    ),
    ("cardinality-unreachable", interval("interval", (0, 2)), "¦" + interval("interval", (3, None))),
    (
        "required-in-prohibited",
        attribute("magnitude"),
        attribute("magnitude", NEVER),
        INTEGER,
        "¦" + INTEGER,
    ),
    ("node-prohibited", node("at0019"), "¦" + node("at0019", occurs=interval("occurrences", (0, 0)))),
    (
        "occurrences-beyond-single",
        node("at0001", "HISTORY", ONCE),
        "¦" + node("at0001", "HISTORY", interval("occurrences", (0, None))),
    ),
    (
        "occurrences-beyond-cardinality",
        node("at0019"),
        "¦" + node("at0019", occurs=interval("occurrences", (0, 3))),
    ),
]

QUANTITY = '<children xsi:type="C_DV_QUANTITY">'
ORDINAL = '<children xsi:type="C_DV_ORDINAL">'
CODES = '<children xsi:type="C_CODE_PHRASE">'
NO_UNITS = ("\n<list><magnitude>", "<was><magnitude>", "</units></list>", "</units></was>")
NO_PROPERTY = ("<property>", "<was>", "</property>", "</was>")
VALUES = [
    (
        "terminology-missing",
        "<terminology_id><value>openehr</value></terminology_id>\n<code_list>",
        "<code_list>",
        CODES,
        "¦" + CODES,
    ),
    ("terminology-unknown", "<value>local", "<value>¦elsewhere"),
    ("terminology-unknown", 'terminology="LOINC', 'terminology="¦elsewhere'),
    ("terminology-spelling", "<value>LOINC", "<value>¦Loinc"),
    ("openehr-code-unknown", "<code_string>125", "<code_string>¦999999"),
    ("openehr-code-unknown", "<code_list>433", "<code_list>¦999999"),
    (
        "coded-list-empty",
        "<code_list>at0010</code_list>",
        "¦<code_list/>",
        "<code_list>at0011</code_list>",
        "",
    ),
    ("code-duplicate", "<code_list>at0011", "<code_list>¦at0010"),
    ("code-duplicate", "<code_string>at0013", "<code_string>¦at0012"),
    (
        "ordinal-list-empty",
        "<list><value>",
        "<was><value>",
        "</symbol></list>",
        "</symbol></was>",
        ORDINAL,
        "¦" + ORDINAL,
    ),
    ("ordinal-duplicate", "<list><value>1", "<list><value>¦0"),
    ("value-invalid", "<list><value>1<", "<list>¦<value>one<"),
    ("value-invalid", interval("range", (0, 10)), "<list>¦many</list>"),
    ("quantity-property-missing", *NO_PROPERTY, QUANTITY, "¦" + QUANTITY),
    ("quantity-units-missing", *NO_UNITS, QUANTITY, "¦" + QUANTITY),
    ("quantity-unconstrained", *NO_PROPERTY, *NO_UNITS, QUANTITY, "¦" + QUANTITY),
    ("quantity-units-duplicate", "<units>kPa", "<units>¦mm[Hg]"),
    ("units-missing", "<units>kPa", "¦<units>"),
    (
        "assumed-value-outside",
        "<magnitude>120",
        "<magnitude>301",
        "<assumed_value><mag",
        "¦<assumed_value><mag",
    ),
    ("assumed-value-outside", "<assumed_value>5", "<assumed_value>¦11"),
    ("default-value-outside", "<magnitude>3<", "<magnitude>12<", "<default_value", "¦<default_value"),
    ("default-value-outside", '<default_value xsi:type="DV_COUNT"', '¦<default_value xsi:type="DV_BOOLEAN"'),
]
PRIMITIVES = [
    ("string-list-duplicate", "<list>restless", "<list>¦calm"),
    ("pattern-invalid", "<list>calm</list>", "<pattern>¦(unclosed</pattern>"),
    ("date-pattern-invalid", "yyyy-mm-ddTHH:??:XX", "¦yyyy-mm-ddTHH:??:SS"),
    ("duration-pattern-invalid", "<pattern>PTHM", "<pattern>¦PHM"),
    (
        "boolean-impossible",
        "_valid>true<",
        "_valid>false<",
        '<item xsi:type="C_BOOLEAN"',
        '¦<item xsi:type="C_BOOLEAN"',
    ),
    (
        "constraint-empty",
        interval("range", (0, 10)),
        "",
        '<item xsi:type="C_INTEGER"',
        '¦<item xsi:type="C_INTEGER"',
    ),
]
SLOT = '<children xsi:type="ARCHETYPE_SLOT"'
REFERENCES = [
    ("slot-open", SLOT, "¦" + SLOT),
    ("slot-unconstrained", "includes>", "included>", SLOT, "¦" + SLOT),
    ("slot-pattern-invalid", r"openEHR-EHR-CLUSTER\.device\.v1", "¦openEHR-EHR-CLUSTER.[device"),
    ("slot-assertion-unread", "<operator>2007", "<operator>2008", "<expression ", "¦<expression "),
    ("slot-assertion-missing", "expression", "expressed", "<includes>", "¦<includes>"),
    ("path-unknown", "items[at0004]", "items[at0099]", 'path="', 'path="¦'),
    (
        "path-unknown",
        "items[at0014]</differential",
        "items[at0099]</differential",
        "<differential_path>",
        "<differential_path>¦",
    ),
]
LIMB = node("at0017", "CLUSTER", interval("occurrences", (0, 2)))
VOCABULARY = [
    ("element-unknown", "<concept>", "¦<concepts/><concept>"),
    ("element-unknown", "<concept>", '¦<concept xmlns="elsewhere"/><concept>'),
    ("interval-missing", node("at0019"), "¦" + node("at0019", occurs="")),
    ("interval-missing", attribute("magnitude"), "¦" + attribute("magnitude", "")),
    ("interval-missing", interval("interval", (0, 2)), "", LIMB + "\n<attr", LIMB + "\n¦<attr"),
]
UNREADABLE = [
    ("xml-malformed", "</concept>", "</¦concepts>"),
    ("xml-forbidden", "<template ", "¦<!DOCTYPE t [<!ENTITY a 'b'>]><template "),
    ("xml-forbidden", "<concept>", "¦<?style sheet?><concept>"),
    ("xml-too-deep", "<concept>", f"{255 * '<a>'}¦<a></a>{255 * '</a>'}<concept>"),
]
CASES = (
    HEADER + CLASSES + IDENTITY + TERMS + COUNTS + VALUES + PRIMITIVES + REFERENCES + VOCABULARY + UNREADABLE
)


def broken(clean: str, edits: tuple[str, ...]) -> tuple[bytes, tuple[int, int]]:
    """The template with the edits, and where the mark was in it; an edit with the mark is made once."""
    for find, put in zip(edits[::2], edits[1::2], strict=True):
        assert find in clean
        clean = clean.replace(find, put, 1 if MARK in put else -1)
    before, _, after = clean.partition(MARK)
    return (before + after).encode(), (before.count("\n") + 1, len(before) - before.rfind("\n"))


def found(code: str, source: bytes) -> list[Finding]:
    return [finding for finding in lint(source) if finding.code == code]


def test_nothing_is_wrong_in_the_clean_template_but_its_open_slot(clean: str) -> None:
    assert [finding.code for finding in lint(clean.encode())] == ["slot-open"]


@pytest.mark.parametrize(("code", "edits"), [(code, edits) for code, *edits in CASES])
def test_what_is_broken_is_found_where_it_is(code: str, edits: list[str], clean: str) -> None:
    source, place = broken(clean, tuple(edits))
    assert [(finding.line, finding.column) for finding in found(code, source)] == [place]


def test_every_code_has_a_case() -> None:
    assert {case[0] for case in CASES} == set(RULES)


def test_the_package_says_every_code() -> None:
    assert all(f"`{code}`" in str(package.__doc__) for code in RULES)


def test_a_finding_has_the_path_and_the_name_of_its_node(clean: str) -> None:
    source, _ = broken(clean, ("<units>kPa", "<units>mm[Hg]"))
    finding = found("quantity-units-duplicate", source)[0]
    assert finding.path.endswith("/data[at0001]/events[at0002]/data[at0003]/items[at0004]/value")
    assert finding.label == "Pressure"


def test_what_is_outside_of_the_definition_has_its_place_in_the_xml(clean: str) -> None:
    source, _ = broken(clean, ("<code_string>de", "<code_string>xx"))
    assert (
        found("language-unknown", source)[0].path == "/template/description/details[2]/language/code_string"
    )


def test_no_message_repeats_prose(clean: str) -> None:
    source, _ = broken(clean, ("<rm_type_name>DV_COUNT", "<rm_type_name>Jane Doe 1970-01-01"))
    assert all("Jane" not in finding.message for finding in lint(source))


@pytest.mark.parametrize("line_end", ["\r\n", "\r"])
def test_lines_end_as_xml_says(clean: str, line_end: str) -> None:
    source, place = broken(clean, ("<units>kPa", "<units>¦mm[Hg]"))
    finding = found("quantity-units-duplicate", source.replace(b"\n", line_end.encode()))[0]
    assert (finding.line, finding.column) == place


def test_a_byte_order_mark_has_no_column() -> None:
    assert [(finding.line, finding.column) for finding in lint(b"\xef\xbb\xbf<other/>")] == [(1, 1)]


def test_more_of_the_same_is_not_told(clean: str) -> None:
    source, _ = broken(clean, ("<concept>", f"{2 * MAX_OF_A_CODE * '<concepts/>'}<concept>"))
    assert len(found("element-unknown", source)) == MAX_OF_A_CODE


def test_a_limit_keeps_what_is_most_severe(clean: str) -> None:
    source, _ = broken(
        clean, ("published", "draft", "<units>kPa", "<units>mm[Hg]", "<concept>", "<x/><concept>")
    )
    assert [finding.severity for finding in lint(source)] == ["info", "warning", "error", "info"]
    assert [finding.severity for finding in lint(source, 2)] == ["warning", "error"]


@pytest.mark.parametrize("path", ["/a[" * 100_000, "/a[b'c'" * 100_000, "/a['" * 100_001, "/" * 300_000])
def test_no_path_takes_longer_than_it_is_long(path: str, clean: str) -> None:
    source, _ = broken(clean, ('path="', f'path="{path}'))
    assert len(found("path-unknown", source)) == 1


def test_names_tell_siblings_of_one_node_id_apart(clean: str) -> None:
    source, _ = broken(clean, (node("at0019"), f"{node('at0018')}{name('Other side')}"))
    assert not found("node-id-duplicate", source)
