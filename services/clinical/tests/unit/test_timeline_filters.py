"""What readers of timelines may ask for."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from clinical.domain import timeline_filters as filters
from clinical.domain.timeline import Node
from hypothesis import given
from hypothesis import strategies as st

PULSE = "openEHR-EHR-OBSERVATION.pulse.v2"
RATE = "/data[at0002]/events[at0003]/data[at0001]/items[at0004]/value"


@pytest.mark.parametrize(
    "text",
    [
        PULSE,
        "openEHR-EHR-OBSERVATION.pulse",
        "openEHR-EHR-CLUSTER.a_b-c.v1.0.2",
        "org.x::openEHR-EHR-SECTION.adhoc.v1",
    ],
)
def test_archetypes_are_named_with_or_without_version(text: str) -> None:
    assert filters.archetypes([text, text]) == (text,)


def test_a_code_is_named_with_its_terminology() -> None:
    asked = ["SNOMED-CT::38341003", "SNOMED-CT(2020)::38341003", "local::at0004"]
    assert filters.concepts(asked) == ("SNOMED-CT::38341003", "local::at0004")


@pytest.mark.parametrize(
    "path", [RATE, "/activities[at0001]/timing", "/items[openEHR-EHR-CLUSTER.a.v1]/value"]
)
def test_a_node_is_an_archetype_and_a_path(path: str) -> None:
    assert filters.nodes([PULSE + path]) == (Node(PULSE, path),)


def test_a_path_to_an_element_is_that_of_its_value() -> None:
    assert filters.nodes([PULSE + RATE.removesuffix("/value"), PULSE + RATE]) == (Node(PULSE, RATE),)


def test_words_are_looked_for_in_lower_case() -> None:
    assert filters.words("  Blood PRESSURE blood ") == ("blood", "pressure")
    assert filters.words(None) == ()


@pytest.mark.parametrize(
    ("read", "text", "code"),
    [
        (filters.archetypes, "pulse", "archetype-malformed"),
        (filters.archetypes, f"{PULSE}/data", "archetype-malformed"),
        (filters.archetypes, "", "archetype-malformed"),
        (filters.concepts, "38341003", "concept-malformed"),
        (filters.concepts, "SNOMED-CT::", "concept-malformed"),
        (filters.concepts, "SNOMED-CT::\x00", "concept-malformed"),
        (filters.nodes, RATE, "node-malformed"),
        (filters.nodes, PULSE, "node-malformed"),
        (filters.nodes, f"{PULSE}{RATE}'", "node-malformed"),
        (filters.authors, "", "author-malformed"),
        (filters.authors, "a\x00", "author-malformed"),
    ],
)
def test_what_nothing_can_be_called_is_refused_by_its_name(
    read: Callable[[Sequence[str]], Any], text: str, code: str
) -> None:
    with pytest.raises(filters.FilterMalformed) as refused:
        read([text])
    (problem,) = refused.value.errors
    assert (problem.path, problem.code) == (code.removesuffix("-malformed"), code)


@pytest.mark.parametrize("text", ["", "  ", "a\x00b", " ".join(map(str, range(21)))])
def test_a_search_has_words_and_not_too_many(text: str) -> None:
    with pytest.raises(filters.FilterMalformed) as refused:
        filters.words(text)
    assert refused.value.errors[0].path == "text"


@given(st.text(max_size=60))
def test_whatever_is_taken_can_be_asked_of_a_database(text: str) -> None:
    for read in (filters.archetypes, filters.concepts, filters.nodes, filters.authors):
        try:
            found = read([text])
        except filters.FilterMalformed:
            continue
        assert "\x00" not in str(found)
