"""Whose EHRs were whose, at any time."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from openward_contracts.actor import Actor
from openward_contracts.identifiers import PatientId
from patients.domain.merges import lineage
from patients.domain.merges.lineage import Link, Span
from patients.domain.merges.merge import Decided, Merge, MergeState

START = datetime(2026, 1, 1, tzinfo=UTC)
CLERK = Actor(sub="clerk-1", client_id="desk", roles=("clerk",))
A, B, C, D = (PatientId(UUID(int=number)) for number in range(1, 5))


def hour(number: float) -> datetime:
    return START + timedelta(hours=number)


def merge(source: PatientId, target: PatientId, since: int, until: int | None = None) -> Merge:
    return Merge(
        UUID(int=since + 100),
        source,
        target,
        2,
        2,
        MergeState.MERGED,
        Decided(hour(since), CLERK, "one person"),
        None if until is None else Decided(hour(until), CLERK, "two persons"),
    )


@st.composite
def histories(draw: st.DrawFn) -> list[Merge]:
    """What a registry could have decided: only survivors are merged, one thing an hour."""
    merges: list[Merge] = []
    for now in range(1, draw(st.integers(1, 20))):
        held = [index for index, each in enumerate(merges) if each.holds]
        away = {merges[index].source_id for index in held}
        free = [each for each in (A, B, C, D) if each not in away]
        undo = draw(st.booleans())
        if held and undo:
            index = draw(st.sampled_from(held))
            each = merges[index]
            merges[index] = merge(each.source_id, each.target_id, each.id.int - 100, now)
        elif len(free) > 1:
            source, target = draw(st.permutations(free))[:2]
            merges.append(merge(source, target, now))
    return merges


def everybody(merges: list[Merge], at: datetime) -> list[tuple[PatientId, Link]]:
    """Each survivor with each member of their lineage."""
    survivors = {lineage.survivor(each, merges, at) for each in (A, B, C, D)}
    return [(each, link) for each in survivors for link in lineage.members(each, START, merges, at)]


@given(histories(), st.integers(0, 20))
def test_at_any_time_everybody_belongs_to_one_survivor(merges: list[Merge], now: int) -> None:
    at = hour(now + 0.5)

    found = everybody(merges, at)

    assert sorted(link.patient_id for _, link in found) == [A, B, C, D]
    assert all(lineage.survivor(link.patient_id, merges, at) == survivor for survivor, link in found)


@given(histories(), st.integers(0, 20), st.integers(0, 20))
def test_a_link_is_the_same_at_every_time_of_its_span_and_at_no_other(
    merges: list[Merge], now: int, then: int
) -> None:
    elsewhen = hour(then + 0.5)

    for survivor, link in everybody(merges, hour(now + 0.5)):
        within = link.span.since <= elsewhen and (link.span.until is None or elsewhen < link.span.until)
        assert ((survivor, link) in everybody(merges, elsewhen)) == within


def test_a_link_over_two_merges_holds_while_both_do() -> None:
    merges = [merge(A, B, 1, 5), merge(B, C, 3)]

    links = {link.patient_id: link for link in lineage.members(C, START, merges, hour(4))}

    assert links[A].span == Span(hour(3), hour(5))
    assert links[B].span == Span(hour(3))
    assert links[C] == Link(C, Span(START))


def test_a_survivor_is_one_until_they_are_merged_and_again_when_that_is_undone() -> None:
    merges = [merge(A, B, 2, 4)]

    (before, *_), (afterwards, *_) = (lineage.members(A, START, merges, hour(at)) for at in (1, 5))

    assert before.span == Span(START, hour(2))
    assert afterwards.span == Span(hour(4))


def test_whoever_stood_for_the_source_is_known_with_when() -> None:
    first, second, third = merge(A, B, 1, 9), merge(B, C, 3, 5), merge(B, D, 6)
    before = merge(B, D, 0, 1)

    found = lineage.survivors(first, [first, second, third, before])

    assert found == [
        (first, Span(hour(1), hour(9))),
        (second, Span(hour(3), hour(5))),
        (third, Span(hour(6), hour(9))),
    ]
