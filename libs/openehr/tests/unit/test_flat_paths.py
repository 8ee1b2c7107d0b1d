import pytest
from openward_openehr.simplified import FlatPathMalformed, Segment, parse


def test_a_path_has_names_indices_and_a_suffix() -> None:
    path = parse("vital_signs/blood_pressure:2/systolic|magnitude")
    assert path.segments == (Segment("vital_signs"), Segment("blood_pressure", 2), Segment("systolic"))
    assert path.suffix == "magnitude"
    assert path.web_template_path == "vital_signs/blood_pressure/systolic"


def test_an_index_of_zero_is_the_same_place_as_none() -> None:
    assert parse("a:0/b") == parse("a/b")
    assert str(parse("a:0/b:1|unit")) == "a/b:1|unit"


def test_a_slash_in_front_means_nothing() -> None:
    assert parse("/a/b") == parse("a/b")


def test_attributes_of_the_reference_model_begin_with_an_underscore() -> None:
    assert [segment.is_attribute for segment in parse("a/_link:1").segments] == [False, True]


def test_what_holds_for_the_whole_composition_is_context() -> None:
    assert parse("ctx/language").is_context
    assert not parse("ctx_form/language").is_context


def test_a_suffix_may_have_an_index_of_its_own() -> None:
    assert parse("a/_other_participation:0|identifiers_id:1").suffix == "identifiers_id:1"


@pytest.mark.parametrize(
    "text", ["", "a//b", "a/", "a:b", "a:-1", "a:²", "a:" + "1" * 5000, ":1", "|magnitude"]
)
def test_a_path_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(FlatPathMalformed):
        parse(text)
