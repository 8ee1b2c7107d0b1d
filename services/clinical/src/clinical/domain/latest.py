"""The latest values of many measurements of many patients."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from openward_contracts.identifiers import EhrId, PatientId, TemplateId

from clinical.domain.measurements import Measurement, Node
from clinical.domain.series import Found, Held


@dataclass(frozen=True, slots=True)
class Wish:
    """`measurements` by the name under which they are asked for, `units` by the same.

    `since`: what is older does not count.
    """

    measurements: Mapping[str, Measurement]
    units: Mapping[str, str] = field(default_factory=dict)
    as_of: datetime | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Latest:
    """A value in `unit`: the one that was asked for or is usual, else its own."""

    found: Found
    magnitude: float | None
    unit: str | None
    range: tuple[float | None, float | None] | None


@dataclass(frozen=True, slots=True)
class LatestOfPatient:
    """`values` by the name of the measurement; `known` is False of whom the caller may not know.

    `survivor_id`: who the patient is now, if that is another. `unreadable`: compositions that cannot be read.
    """

    patient_id: PatientId
    known: bool
    survivor_id: PatientId | None = None
    values: Mapping[str, Latest] = field(default_factory=dict)
    unreadable: int = 0


def newest_of(measurement: Measurement, found: Iterable[tuple[Node, Found]]) -> Found | None:
    """The newest of its nodes; of one time the one that was committed last."""
    of_it = (each for node, each in found if node in measurement.nodes)
    return max(of_it, key=lambda each: (each.at, each.committed_at), default=None)


class Newest(Protocol):
    async def held(self, ehr_ids: Collection[EhrId], as_of: datetime | None) -> Sequence[Held]: ...

    async def newest(
        self,
        templates: Mapping[EhrId, Collection[TemplateId | None]],
        nodes: Sequence[Node],
        as_of: datetime | None,
        since: datetime | None,
    ) -> Sequence[tuple[Node, Found]]:
        """Of each EHR and node the newest value, of these templates; by one statement."""
