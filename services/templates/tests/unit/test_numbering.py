"""Which semantic version a document gets."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from openward_contracts.identifiers import TemplateId
from openward_servicekit.errors import Failure
from templates.domain.errors import TemplateRetired, VersionTaken, VersionTooLow
from templates.domain.numbering import number_for
from templates.domain.opt import Opt
from templates.domain.record import Record
from templates.domain.semantic_version import SemanticVersion
from templates.domain.version import State, Version

AT = datetime(2026, 11, 25, tzinfo=UTC)
NAME = TemplateId("vitals.v1")


def number(text: str | None) -> SemanticVersion | None:
    return SemanticVersion.parse(text) if text else None


def version(text: str, state: State) -> Version:
    return Version(
        number=SemanticVersion.parse(text),
        upload=1,
        state=state,
        sha256="0" * 64,
        size=1,
        concept="vitals",
        archetype_id="openEHR-EHR-COMPOSITION.encounter.v1",
        uploaded_by="ada",
        created_at=AT,
        updated_at=AT,
    )


def record(**versions: State) -> Record:
    """`v1_0_0=State.PUBLISHED` …"""
    made = Record.new(NAME, AT)
    for name, state in versions.items():
        made = made.with_version(version(name[1:].replace("_", "."), state))
    return made


def opt(says: str | None = None) -> Opt:
    return Opt(NAME, "vitals", "openEHR-EHR-COMPOSITION.encounter.v1", b"<template/>", number(says))


@pytest.mark.parametrize(
    ("there", "stated", "says", "demanded", "given"),
    [
        ({}, None, None, None, "1.0.0"),
        ({}, None, "0.1.0", None, "0.1.0"),
        ({}, "3.0.0", "0.1.0", None, "3.0.0"),
        ({"v1_0_0": State.PUBLISHED}, None, None, "1.1.0", "1.1.0"),
        ({"v1_0_0": State.PUBLISHED}, None, "1.2.0", "1.1.0", "1.2.0"),
        ({"v1_0_0": State.PUBLISHED}, None, "1.0.0", "1.0.1", "1.0.1"),
        ({"v1_0_0": State.PUBLISHED, "v1_1_0": State.DRAFT}, None, None, "1.1.0", "1.1.1"),
        ({"v1_0_0": State.PUBLISHED, "v2_0_0": State.REFUSED}, None, None, "2.0.0", "2.0.0"),
        ({"v1_0_0": State.RETIRED}, None, None, None, "1.0.1"),
        ({"v1_0_0": State.RETIRED}, None, "1.0.0", None, "1.0.1"),
    ],
)
def test_a_version_is_as_said_or_the_lowest_that_is_free(
    there: dict[str, State], stated: str | None, says: str | None, demanded: str | None, given: str
) -> None:
    assert str(number_for(record(**there), opt(says), number(stated), number(demanded))) == given


@pytest.mark.parametrize(
    ("there", "stated", "says", "demanded", "refusal"),
    [
        ({"v1_0_0": State.PUBLISHED}, "1.0.5", None, "1.1.0", VersionTooLow),
        ({"v1_0_0": State.PUBLISHED}, "0.9.0", None, "1.0.1", VersionTooLow),
        ({"v1_0_0": State.PUBLISHED}, None, "1.0.0", "2.0.0", VersionTooLow),
        ({"v1_0_0": State.PUBLISHED, "v2_0_0": State.DRAFT}, "2.0.0", None, "2.0.0", VersionTaken),
        ({"v1_0_0": State.RETIRED}, "1.0.0", None, None, TemplateRetired),
    ],
)
def test_a_version_that_cannot_be_is_refused(
    there: dict[str, State],
    stated: str | None,
    says: str | None,
    demanded: str | None,
    refusal: type[Failure],
) -> None:
    with pytest.raises(refusal):
        number_for(record(**there), opt(says), number(stated), number(demanded))


@pytest.mark.parametrize(
    "text", ["", "1", "1.0", "1.0.0-alpha", "v1.0.0", "01.0.0", "1.0.0\n", "१.0.0", "1." * 99]
)
def test_other_texts_are_no_versions(text: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        SemanticVersion.parse(text)


def test_versions_are_ordered_by_their_numbers() -> None:
    texts = ["10.0.0", "2.10.0", "2.9.1", "1.0.0"]
    assert [str(each.number) for each in reversed(_with(texts).versions)] == texts


def _with(texts: list[str]) -> Record:
    made = Record.new(NAME, AT)
    for text in texts:
        made = made.with_version(version(text, State.DRAFT))
    return made


def test_the_highest_published_version_is_shown_else_what_is_nearest_to_it() -> None:
    made = record(v1_0_0=State.RETIRED, v1_1_0=State.PUBLISHED, v1_2_0=State.PUBLISHED, v3_0_0=State.DRAFT)
    assert str(made.highest.number) == "1.2.0"
    without = replace(made, versions=tuple(v for v in made.versions if v.state is not State.PUBLISHED))
    assert str(without.highest.number) == "3.0.0"


def test_what_was_refused_makes_room_for_the_next() -> None:
    made = record(v1_0_0=State.REFUSED).uploaded(version("1.0.0", State.REGISTERING))
    assert [each.state for each in made.versions] == [State.REGISTERING]
