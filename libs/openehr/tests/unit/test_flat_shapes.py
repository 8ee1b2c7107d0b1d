import pytest
from openward_openehr.simplified import SHAPES, Kind, shape_of
from openward_openehr.simplified.shape import SAME


def test_a_quantity_takes_its_unit_by_both_names() -> None:
    assert {"unit", "units"} <= shape_of("DV_QUANTITY").suffixes.keys()
    assert shape_of("DV_QUANTITY").suffixes["magnitude"].kind is Kind.DECIMAL


def test_all_intervals_have_one_shape() -> None:
    assert shape_of("DV_INTERVAL<DV_QUANTITY>") is shape_of("DV_INTERVAL<DV_DATE>")


def test_a_type_that_cannot_be_written_in_flat_takes_nothing() -> None:
    assert not shape_of("DV_SCALE").suffixes
    assert not shape_of("DV_SCALE").attributes


@pytest.mark.parametrize("name", SHAPES)
def test_every_attribute_leads_to_a_shape(name: str) -> None:
    assert {each.shape for each in SHAPES[name].attributes.values()} <= SHAPES.keys() | {SAME}


@pytest.mark.parametrize("name", SHAPES)
def test_what_a_shape_needs_it_also_takes(name: str) -> None:
    assert all(needed <= SHAPES[name].suffixes.keys() for needed in SHAPES[name].needs)
