import hashlib
import re

import pytest
from openward_cli.demo import vital_signs
from openward_servicekit.errors import Invalid
from templates.domain.errors import TemplateIdInvalid
from templates.domain.opt import checked_id, read_opt

OPT = vital_signs.opt()


def without(element: str) -> bytes:
    """The template without the first such element."""
    pattern = f"<{element}>.*?</{element}>".encode()
    changed = re.sub(pattern, b"", OPT, count=1, flags=re.DOTALL)
    assert changed != OPT
    return changed


def test_a_template_says_who_it_is() -> None:
    opt = read_opt(OPT)

    assert (opt.template_id, opt.concept) == (vital_signs.TEMPLATE_ID, "openward_vital_signs")
    assert opt.archetype_id == "openEHR-EHR-COMPOSITION.encounter.v1"
    assert opt.source == OPT
    assert opt.sha256 == hashlib.sha256(OPT).hexdigest()


@pytest.mark.parametrize(
    ("document", "path"),
    [
        (without("template_id"), "template_id/value"),
        (without("concept"), "concept"),
        (without("definition"), "definition/rm_type_name"),
        (without("rm_type_name"), "definition/rm_type_name"),
        (without("language"), "language/terminology_id/value"),
        (OPT.replace(b"<code_string>en</code_string>", b"<code_string/>", 1), "language/code_string"),
        (OPT.replace(b"<concept>", b"<concept>a</concept><concept>"), "concept"),
        (re.sub(b"<concept>.*?</concept>", b"<concept> \n</concept>", OPT), "concept"),
        (re.sub(b"<concept>.*?</concept>", b"<concept>a\tb</concept>", OPT), "concept"),
        (re.sub(b"<concept>.*?</concept>", b"<concept>" + b"a" * 1001 + b"</concept>", OPT), "concept"),
        (
            OPT.replace(b"openEHR-EHR-COMPOSITION.encounter.v1", b"COMPOSITION"),
            "definition/archetype_id/value",
        ),
        (
            OPT.replace(b"openEHR-EHR-COMPOSITION.encounter.v1", b"openEHR-EHR-SECTION.encounter.v1"),
            "definition/archetype_id/value",
        ),
    ],
)
def test_what_is_missing_is_named(document: bytes, path: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_opt(document)

    assert refused.value.slug == "template-incomplete"
    assert [error.path for error in refused.value.errors] == [path]


@pytest.mark.parametrize(
    ("document", "what"),
    [
        (b"archetype (adl_version=1.4)\n\topenEHR-EHR-OBSERVATION.x.v1\n", "an ADL text"),
        (b"-- made by hand\n\noperational_template (adl_version=2.0.6; rm_release=1.0.4)\n", "an ADL text"),
        (b"\xef\xbb\xbftemplate_overlay\n\topenEHR-EHR-OBSERVATION.x.v1\n", "an ADL text"),
        (b'<archetype xmlns="http://schemas.openehr.org/v1"/>', "an archetype"),
        (b'<template xmlns="openEHR/v1/Template"/>', "OET"),
        (b"<template/>", "another kind of document"),
        (b'<template xmlns="http://schemas.openehr.org/v2"/>', "another kind of document"),
        (b'<SECRET xmlns="http://schemas.openehr.org/v1"/>', "another kind of document"),
        (b"<html><body>SECRET</body></html>", "another kind of document"),
    ],
)
def test_what_is_no_template_is_called_by_its_name(document: bytes, what: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_opt(document)

    assert refused.value.slug == "not-an-operational-template"
    assert what in str(refused.value)
    assert "SECRET" not in str(refused.value)


@pytest.mark.parametrize(
    "template_id",
    [
        "IDCR - Vital Signs Encounter.v1",
        "a",
        "x" * 255,
        "Körpergröße & 体重 (v2)",
        "org.example::vital_signs.v1.2.3+build",
        "a?b#c=d",
        "..a",
        "*",
    ],
)
def test_ids_of_the_field_are_good(template_id: str) -> None:
    assert checked_id(template_id) == template_id


@pytest.mark.parametrize(
    "template_id",
    [
        *("", " ", " a", "a ", "a\t", "a/b", "a\\b", "a;b", "a%20b", ".", "..", "x" * 256),
        *("a\nb", "a\x00b", "a\x7fb", "a\u00a0b", "a\u200bb", "a\u202eb", "a\u2028b", "a\ud800b", "a\u0085"),
    ],
)
def test_ids_that_nobody_could_ask_for_are_refused(template_id: str) -> None:
    with pytest.raises(TemplateIdInvalid):
        checked_id(template_id)


def test_a_bad_id_in_a_template_is_refused_without_being_repeated() -> None:
    with pytest.raises(TemplateIdInvalid) as refused:
        read_opt(OPT.replace(b"<value>openward_vital_signs.v1</value>", b"<value>SECRET/etc</value>"))

    assert "SECRET" not in f"{refused.value} {refused.value.errors}"
