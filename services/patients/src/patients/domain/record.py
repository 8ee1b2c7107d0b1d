"""A person's record, in the words of FHIR R4 (Patient, HumanName, ContactPoint, Address, Identifier).

The same models are what the API takes and answers, what the service works with and what is stored.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool, model_validator
from pydantic_core import PydanticCustomError

from patients.domain.dates import PartialDate, PastDate, PastMoment, first_day, last_day
from patients.domain.text import Code, Language, LongText, System, Text


class Gender(StrEnum):
    FEMALE = "female"
    MALE = "male"
    OTHER = "other"
    UNKNOWN = "unknown"


class NameUse(StrEnum):
    USUAL = "usual"
    OFFICIAL = "official"
    TEMP = "temp"
    NICKNAME = "nickname"
    ANONYMOUS = "anonymous"
    OLD = "old"
    MAIDEN = "maiden"


class AddressUse(StrEnum):
    HOME = "home"
    WORK = "work"
    TEMP = "temp"
    OLD = "old"
    BILLING = "billing"


class AddressType(StrEnum):
    POSTAL = "postal"
    PHYSICAL = "physical"
    BOTH = "both"


class TelecomSystem(StrEnum):
    PHONE = "phone"
    FAX = "fax"
    EMAIL = "email"
    PAGER = "pager"
    URL = "url"
    SMS = "sms"
    OTHER = "other"


class TelecomUse(StrEnum):
    HOME = "home"
    WORK = "work"
    TEMP = "temp"
    OLD = "old"
    MOBILE = "mobile"


class IdentifierUse(StrEnum):
    USUAL = "usual"
    OFFICIAL = "official"
    TEMP = "temp"
    SECONDARY = "secondary"
    OLD = "old"


def _empty(value: Sequence[object]) -> bool:
    """A list that holds nothing is not said, as in FHIR."""
    return not value


class Part(BaseModel):
    """What all parts of a record share: unknown fields are refused, errors repeat no value."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Period(Part):
    """From the first to the last day, both within it; an end that is not given is open."""

    start: PartialDate | None = None
    end: PartialDate | None = None

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.start and self.end and last_day(self.end) < first_day(self.start):
            raise PydanticCustomError("period", "Must not end before it starts")
        return self


class Coding(Part):
    """A code of a system, and how to show it."""

    system: System | None = None
    code: Code
    display: Text | None = None


class HumanName(Part):
    """At least one of `family` and `given`: some people have one name only."""

    use: NameUse = NameUse.OFFICIAL
    family: Text | None = None
    given: Annotated[tuple[Text, ...], Field(max_length=20, exclude_if=_empty)] = ()
    prefix: Annotated[tuple[Text, ...], Field(max_length=10, exclude_if=_empty)] = ()
    suffix: Annotated[tuple[Text, ...], Field(max_length=10, exclude_if=_empty)] = ()
    period: Period | None = None

    @model_validator(mode="after")
    def _is_a_name(self) -> Self:
        if self.family is None and not self.given:
            raise PydanticCustomError("name", "Needs a family or a given name")
        return self


class Telecom(Part):
    """`value` of a phone, fax or SMS is E.164 where it can be told; else as it was given."""

    system: TelecomSystem
    value: Text
    use: TelecomUse | None = None
    rank: Annotated[int, Field(ge=1, le=1000)] | None = None
    period: Period | None = None


class Address(Part):
    """Of a place; `line` from the most to the least specific."""

    use: AddressUse | None = None
    type: AddressType | None = None
    text: LongText | None = None
    line: Annotated[tuple[Text, ...], Field(max_length=10, exclude_if=_empty)] = ()
    city: Text | None = None
    district: Text | None = None
    state: Text | None = None
    postal_code: Annotated[Text, Field(max_length=20)] | None = None
    country: Text | None = None
    period: Period | None = None


class Identifier(Part):
    """`system` is the URI of the domain that gives it out."""

    system: Annotated[System, Field(examples=["urn:example:national-id"])]
    value: Text
    use: IdentifierUse | None = None
    type: Coding | None = None
    period: Period | None = None
    assigner: Text | None = None


class Contact(Part):
    """Next of kin, guardian, or whom to call."""

    relationship: Annotated[tuple[Coding, ...], Field(max_length=10, exclude_if=_empty)] = ()
    name: HumanName | None = None
    telecoms: Annotated[tuple[Telecom, ...], Field(max_length=20, exclude_if=_empty)] = ()
    address: Address | None = None
    gender: Gender | None = None
    period: Period | None = None


class Communication(Part):
    language: Language
    preferred: bool = False


class Practitioner(Part):
    """A general practitioner: who, in their own domain."""

    identifier: Identifier | None = None
    display: Text | None = None

    @model_validator(mode="after")
    def _is_somebody(self) -> Self:
        if self.identifier is None and self.display is None:
            raise PydanticCustomError("practitioner", "Needs an identifier or a display name")
        return self


#: Fields that decide whether a record may be compared with others.
KEEPS_OUT = frozenset({"active", "test", "unidentified", "newborn"})


class PatientRecord(Part):
    """What a caller may say about a patient; `PUT` replaces all of it."""

    names: Annotated[tuple[HumanName, ...], Field(max_length=30, exclude_if=_empty)] = ()
    gender: Gender = Gender.UNKNOWN
    gender_identity: Coding | None = None
    birth_date: PastDate | None = None
    marital_status: Coding | None = None
    multiple_birth: StrictBool | Annotated[int, Field(ge=1, le=20)] | None = Field(
        default=None, description="whether it was one, or the patient's place in its order"
    )
    deceased: bool = False
    deceased_at: PastMoment | None = None
    identifiers: Annotated[tuple[Identifier, ...], Field(max_length=50, exclude_if=_empty)] = ()
    telecoms: Annotated[tuple[Telecom, ...], Field(max_length=50, exclude_if=_empty)] = ()
    addresses: Annotated[tuple[Address, ...], Field(max_length=30, exclude_if=_empty)] = ()
    contacts: Annotated[tuple[Contact, ...], Field(max_length=30, exclude_if=_empty)] = ()
    communications: Annotated[tuple[Communication, ...], Field(max_length=20, exclude_if=_empty)] = ()
    general_practitioners: Annotated[tuple[Practitioner, ...], Field(max_length=20, exclude_if=_empty)] = ()
    mothers_maiden_name: Text | None = None
    active: bool = True
    restricted: bool = Field(default=False, description="only for those with the right to restricted records")
    test: bool = Field(default=False, description="nobody: a record to try things with")
    unidentified: bool = Field(default=False, description="a person whose identity is not known yet")
    newborn: bool = Field(default=False, description="not named yet: known by the mother")

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if not (self.names or self.identifiers or self.unidentified or self.newborn):
            raise PydanticCustomError("nobody", "Needs a name or an identifier")
        if self.deceased_at is not None and not self.deceased:
            raise PydanticCustomError("deceased", "A time of death needs deceased: true")
        if self.deceased_at and self.birth_date and _before(self.deceased_at[:10], self.birth_date):
            raise PydanticCustomError("deceased", "Death must not be before birth")
        return self

    @property
    def birth_order(self) -> int | None:
        """The place in the order of a multiple birth, where it is known."""
        return None if isinstance(self.multiple_birth, bool) else self.multiple_birth

    @property
    def matchable(self) -> bool:
        """Whether it may be compared with others. What is unknown about a person must not find them."""
        return self.active and not (self.test or self.unidentified or self.newborn)

    def changed_from(self, before: Self) -> tuple[str, ...]:
        """Names of the fields that differ."""
        fields = type(self).model_fields
        return tuple(name for name in fields if getattr(self, name) != getattr(before, name))

    def document(self) -> dict[str, Any]:
        """As JSON, without what is not said: what a merge patch applies to."""
        return self.model_dump(mode="json", exclude_none=True)


def _before(one: str, other: str) -> bool:
    return last_day(one) < first_day(other)
