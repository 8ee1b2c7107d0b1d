"""What a search for Observations asks for."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from openward_contracts.fhir_view import CATEGORIES
from openward_contracts.identifiers import EncounterId

from clinical.domain.bounds import Bound
from clinical.domain.fhir.observations import Observation, ObservationId

_STATUSES: Final = "http://hl7.org/fhir/observation-status"


class Token(NamedTuple):
    """`system`: None for any, empty for none. `code`: empty for any of the system."""

    system: str | None
    code: str

    def names(self, system: str, code: str) -> bool:
        return self.code in ("", code) and self.system in (None, system)


AnyOf = Collection[Token]


@dataclass(frozen=True, slots=True)
class ObservationsAsked:
    """All must hold; of each `AnyOf`, of `ids` and of `encounters` one. None: whichever."""

    ids: frozenset[ObservationId] | None = None
    codes: Sequence[AnyOf] = ()
    categories: Sequence[AnyOf] = ()
    statuses: Sequence[AnyOf] = ()
    dates: Sequence[Bound] = ()
    updated: Sequence[Bound] = ()
    encounters: frozenset[EncounterId] | None = None

    @property
    def since(self) -> datetime | None:
        """Before which nothing can be that is asked for."""
        return max((bound.at for bound in self.dates if bound.lower), default=None)

    def holds(self, found: Observation) -> bool:
        return self._is_of(found) and self._is_then(found)

    def _is_of(self, found: Observation) -> bool:
        coded = (
            (self.codes, found.codes),
            (self.categories, {(CATEGORIES, found.category)}),
            (self.statuses, {(_STATUSES, found.status)}),
        )
        return (
            (self.ids is None or found.id in self.ids)
            and (self.encounters is None or found.encounter_id in self.encounters)
            and all(_any(each, codes) for wanted, codes in coded for each in wanted)
        )

    def _is_then(self, found: Observation) -> bool:
        return all(bound.holds(found.at) for bound in self.dates) and all(
            bound.holds(found.updated) for bound in self.updated
        )


def _any(wanted: AnyOf, codes: Collection[tuple[str, str]]) -> bool:
    return any(token.names(*code) for token in wanted for code in codes)
