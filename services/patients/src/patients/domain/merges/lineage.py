"""Who was whose survivor, and when: asked of the merges alone, for any moment."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from openward_contracts.identifiers import PatientId

from patients.domain.merges.merge import Merge

#: What holds now. Not the clock: another process's may be ahead of this one's.
NOW = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Span:
    """From a time on, and until another or, with None, to this day."""

    since: datetime
    until: datetime | None = None

    def within(self, other: "Span") -> "Span":
        ends = [end for end in (self.until, other.until) if end is not None]
        return Span(max(self.since, other.since), min(ends, default=None))


@dataclass(frozen=True, slots=True)
class Link:
    """A patient within a person's lineage; `merge_id` says by which decision, None for the survivor."""

    patient_id: PatientId
    span: Span
    merge_id: UUID | None = None


def survivor(patient_id: PatientId, merges: Iterable[Merge], at: datetime = NOW) -> PatientId:
    """The patient at the end of the chain; itself when it was not merged."""
    leads = {merge.source_id: merge.target_id for merge in merges if merge.holds_at(at)}
    while patient_id in leads:
        patient_id = leads[patient_id]
    return patient_id


def members(
    survivor_id: PatientId, registered: datetime, merges: Sequence[Merge], at: datetime = NOW
) -> list[Link]:
    """The survivor and all who were merged into it, over any number of merges.

    Each with the span around `at` for which it was so: as long as every merge on the way held, and the
    survivor was one.
    """
    links = [Link(survivor_id, _reign(survivor_id, registered, merges, at))]
    into = _by_target(merge for merge in merges if merge.holds_at(at))
    for link in links:  # grows on the way
        links += [
            Link(merge.source_id, _span(merge).within(link.span), merge.id)
            for merge in into.get(link.patient_id, ())
        ]
    return links


def survivors(merge: Merge, merges: Sequence[Merge]) -> list[tuple[Merge, Span]]:
    """Merges on the way from the source up, each with the span for which its target stood for the source too.

    The first is the merge itself; a further one for every survivor that was merged in turn meanwhile.
    """
    found = [(merge, _span(merge))]
    for below, span in found:  # grows on the way
        found += [
            (above, _span(above).within(span))
            for above in merges
            if above.source_id == below.target_id and _meet(_span(above), span)
        ]
    return found


def _reign(patient_id: PatientId, registered: datetime, merges: Iterable[Merge], at: datetime) -> Span:
    """The span around `at` in which the patient was a survivor."""
    away = [merge for merge in merges if merge.source_id == patient_id]
    back = [m.unmerged.at for m in away if m.unmerged is not None and m.unmerged.at <= at]
    gone = [m.merged.at for m in away if m.merged.at > at]
    return Span(max(back, default=registered), min(gone, default=None))


def _by_target(merges: Iterable[Merge]) -> dict[PatientId, list[Merge]]:
    into: dict[PatientId, list[Merge]] = {}
    for merge in merges:
        into.setdefault(merge.target_id, []).append(merge)
    return into


def _span(merge: Merge) -> Span:
    return Span(merge.merged.at, merge.unmerged.at if merge.unmerged else None)


def _meet(one: Span, other: Span) -> bool:
    both = one.within(other)
    return both.until is None or both.since < both.until
