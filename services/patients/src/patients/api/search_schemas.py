"""What is asked and answered at `/patients/_search`."""

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any, Literal, Self

from openward_contracts.cursor import MAX_CURSOR_LENGTH
from openward_contracts.identifiers import PatientId
from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError, to_json

from patients.api.schemas import PatientView
from patients.domain.dates import Moment, PartialDate, first_day, last_day
from patients.domain.patient import MRN_SYSTEM, Patient
from patients.domain.record import Gender
from patients.domain.search.asking import DayRange, Found, Hit, How, Listing, Search, Term, Typos
from patients.domain.text import System, Text

MOST = 100

Word = Annotated[Text, Field(max_length=200)]
Cursor = Annotated[str, Field(max_length=MAX_CURSOR_LENGTH)] | None
Limit = Annotated[int, Field(ge=1, le=MOST)]


class WantedIdentifier(BaseModel):
    """Without `system` the value is looked for in every system."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    system: System | None = None
    value: Text


class PatientSearch(BaseModel):
    """Everything that is given must be so, of one record.

    At least two letters of a name, or an identifier, an MRN, a phone number, an e-mail address, or the day of
    birth with anything else.
    """

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    name: Word | None = Field(
        default=None, description="words of any name, or their beginnings, in any order"
    )
    family: Word | None = None
    given: Word | None = Field(default=None, description="words of given names, or their beginnings")
    identifier: WantedIdentifier | None = None
    mrn: Word | None = None
    birth_date: PartialDate | None = Field(default=None, description="a day, a month or a year")
    born_since: PartialDate | None = None
    born_until: PartialDate | None = None
    phone: Word | None = None
    email: Word | None = None
    address: Word | None = Field(default=None, description="the beginning of any part of an address")
    postal_code: Word | None = None
    city: Word | None = None
    line: Word | None = None
    state: Word | None = None
    country: Word | None = None
    mothers_maiden_name: Word | None = None
    gender: Gender | None = None
    active: bool | Literal["any"] = True
    typos: bool | Literal["auto"] = Field(
        default="auto", description="also words one letter off; `auto`: where there is no page without"
    )
    count: bool = Field(default=False, description="whether `total` is wanted")
    limit: Limit = 20
    cursor: Cursor = None

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.born_since and self.born_until and last_day(self.born_until) < first_day(self.born_since):
            raise PydanticCustomError("period", "Must not end before it starts")
        return self

    def search(self) -> Search:
        terms = ("address", "postal_code", "city", "line", "state", "country", "mothers_maiden_name")
        given: dict[str, Any] = {
            name: Term(text) for name in terms if (text := getattr(self, name)) is not None
        }
        return Search(
            words=self.name or "",
            family=tuple(Term(text) for text in [self.family] if text),
            given=tuple(Term(text) for text in [self.given] if text),
            identifiers=tuple(self._identifiers()),
            birth=tuple(self._births()),
            phone=self.phone,
            email=self.email,
            gender=self.gender,
            active=None if self.active == "any" else bool(self.active),
            typos=Typos(str(self.typos).lower()),
            **given,
        )

    def _identifiers(self) -> Iterable[tuple[str | None, str]]:
        if self.identifier is not None:
            yield self.identifier.system, self.identifier.value
        if self.mrn is not None:
            yield MRN_SYSTEM, self.mrn

    def _births(self) -> Iterable[DayRange]:
        if self.birth_date:
            yield DayRange(first_day(self.birth_date), last_day(self.birth_date))
        if self.born_since or self.born_until:
            first = first_day(self.born_since) if self.born_since else date.min
            yield DayRange(first, last_day(self.born_until) if self.born_until else date.max)


class PatientListing(BaseModel):
    """Filters that identify nobody; what is not given may be either."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    gender: Gender | None = None
    active: bool | None = None
    test: bool | None = None
    merged: bool | None = None
    restricted: bool | None = Field(default=None, description="of those that the caller may know of")
    registered_since: Moment | None = None
    registered_until: Moment | None = None
    limit: Limit = 20
    cursor: Cursor = None

    def listing(self) -> Listing:
        return Listing(
            gender=self.gender,
            active=self.active,
            test=self.test,
            merged=self.merged,
            restricted=self.restricted,
            since=self.registered_since,
            until=self.registered_until,
        )


class ReasonView(BaseModel):
    """Never a value. `former`: by what it was in the past."""

    field: str
    how: How
    former: bool = False


class HitView(PatientView):
    """A patient, and why they were found."""

    reasons: list[ReasonView]
    rank: int = Field(description="0 is best: how well the names match, and whether they are current ones")
    found_by: PatientId | None = Field(
        default=None, description="the merged record that was found; it leads to this patient"
    )


class FoundPatients(BaseModel):
    """`total` when it was asked for; `total_is_capped`: there are at least that many."""

    items: list[HitView]
    next_cursor: str | None = None
    total: int | None = None
    total_is_capped: bool | None = None

    @staticmethod
    def written(found: Found) -> bytes:
        counted = (
            {} if found.total is None else {"total": found.total, "total_is_capped": found.total_is_capped}
        )
        return _page(map(_hit, found.hits), {"next_cursor": found.next} | counted)


class PatientPage(BaseModel):
    items: list[PatientView]
    next_cursor: str | None = None

    @staticmethod
    def written(patients: Iterable[Patient], next_cursor: str | None) -> bytes:
        return _page(map(PatientView.written, patients), {"next_cursor": next_cursor})


def _page(items: Iterable[bytes], rest: dict[str, Any]) -> bytes:
    return b'{"items":[' + b",".join(items) + b"]," + to_json(rest)[1:]


def _hit(hit: Hit) -> bytes:
    reasons = [{"field": each.field, "how": each.how, "former": each.former} for each in hit.reasons]
    return PatientView.written(hit.patient, reasons=reasons, rank=hit.rank, found_by=hit.via)
