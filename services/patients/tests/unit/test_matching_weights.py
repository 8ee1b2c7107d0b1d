import json
from typing import Any

import pytest
from patients.domain.matching.vocabulary import FIELDS, MISSING
from patients.domain.matching.weights import SHIPPED, WeightsBroken, parse, shipped, write


def broken(**changes: Any) -> str:
    return json.dumps({**json.loads(write(shipped())), **changes})


def test_weights_are_read_as_they_were_written() -> None:
    assert parse(write(shipped())) == shipped()


def test_the_shipped_weights_carry_their_version_and_origin() -> None:
    assert shipped().version == SHIPPED
    assert "without labels" in shipped().learnt_from


def test_a_version_that_is_not_shipped_is_not_found() -> None:
    with pytest.raises(FileNotFoundError):
        shipped("1999-01")


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_agreement_speaks_for_one_person_and_difference_against(field: Any) -> None:
    weights = shipped().fields[field.name]
    assert all(weights[name].bits > 0 for name in field.outcomes if field.outcomes[name].level == "agree")
    assert weights["different"].bits < 0
    closest = [weights[name].bits for name in field.outcomes if name not in ("different", MISSING)]
    assert max(closest) == max(weights["exact"].bits, closest[0])
    assert min(closest) > weights["different"].bits


@pytest.mark.parametrize(
    "text",
    [
        "no json",
        "{}",
        broken(version=""),
        broken(version="../secret"),
        broken(household_cap=-1),
        broken(address_floor=1),
        broken(expected_matches=0),
        broken(crossed_names=1),
        broken(surprise=1),
        broken(thresholds={"possible": 0.5, "probable": 0.1, "certain": 0.9}),
        broken(fields={}),
    ],
)
def test_a_broken_file_is_refused(text: str) -> None:
    with pytest.raises(WeightsBroken) as refused:
        parse(text)
    assert refused.value.errors


@pytest.mark.parametrize("share", [0, 1, -0.1, 1.1, "a", None, 0.5])
def test_shares_that_are_none_or_add_up_to_more_than_one_are_refused(share: Any) -> None:
    weights = json.loads(write(shipped()))
    weights["fields"]["family"]["exact"]["m"] = share
    with pytest.raises(WeightsBroken):
        parse(json.dumps(weights))


def test_a_missing_outcome_is_refused() -> None:
    weights = json.loads(write(shipped()))
    del weights["fields"]["city"]["similar"]
    with pytest.raises(WeightsBroken) as refused:
        parse(json.dumps(weights))
    assert "city" in refused.value.errors[0].detail
