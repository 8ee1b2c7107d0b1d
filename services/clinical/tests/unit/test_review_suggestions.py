"""A suggestion follows the signs that there are, and none where they contradict each other."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from clinical.domain.intent import Kind
from clinical.domain.review import Party, Reason, Side, Suggestion, WrittenVersion, suggest
from openward_contracts.identifiers import EhrId, PatientId, VersionUid

SOURCE = Party(frozenset({PatientId.new(), PatientId.new()}), frozenset({EhrId.new(), EhrId.new()}))
SURVIVOR = Party(frozenset({PatientId.new()}), frozenset({EhrId.new()}))
ALL = SOURCE.ehrs | SURVIVOR.ehrs


def version(named: PatientId | None) -> WrittenVersion:
    return WrittenVersion(
        uid=VersionUid.of(uuid4(), "openward.local", 1),
        ehr_id=EhrId.new(),
        kind=Kind.CREATE,
        committed_at=datetime(2026, 3, 1, tzinfo=UTC),
        committer="ada",
        template_id=None,
        named_id=named,
        confirmed=True,
    )


@pytest.mark.parametrize("named", SOURCE.patients)
def test_who_named_the_source_or_who_was_merged_into_it_meant_the_source(named: PatientId) -> None:
    expected = Suggestion(Side.SOURCE, Reason.NAMED_PATIENT)
    assert suggest(version(named), SOURCE, SURVIVOR, frozenset()) == expected
    assert suggest(version(named), SOURCE, SURVIVOR, ALL) == expected


@pytest.mark.parametrize(("ehrs", "side"), [(SOURCE.ehrs, Side.SOURCE), (SURVIVOR.ehrs, Side.SURVIVOR)])
def test_an_author_of_one_side_wrote_for_it_again(ehrs: frozenset[EhrId], side: Side) -> None:
    for named in (None, PatientId.new()):
        assert suggest(version(named), SOURCE, SURVIVOR, ehrs) == Suggestion(side, Reason.AUTHOR)


def test_both_signs_may_agree() -> None:
    (named,) = SURVIVOR.patients
    assert suggest(version(named), SOURCE, SURVIVOR, SURVIVOR.ehrs) == Suggestion(Side.SURVIVOR, Reason.BOTH)


def test_signs_that_contradict_each_other_decide_nothing() -> None:
    (named,) = SURVIVOR.patients
    found = suggest(version(named), SOURCE, SURVIVOR, SOURCE.ehrs)
    assert found == Suggestion(Side.UNDECIDED, Reason.CONTRADICTION)


def test_without_a_sign_nothing_is_suggested() -> None:
    assert suggest(version(None), SOURCE, SURVIVOR, ALL) == Suggestion(Side.UNDECIDED, Reason.NO_SIGN)
