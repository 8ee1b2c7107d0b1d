"""What goes over the wire at `/api/patients/v1`."""

import unicodedata
from datetime import UTC, date, datetime
from typing import Annotated, Any

from openward_contracts.identifiers import EhrId, PatientId
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from patients.domain.patient import Demographics, EhrState, Gender, Identifier, Name, NameUse, Patient

#: Unicode categories that no name or identifier contains: control, unassigned surrogate, private use.
_REFUSED = frozenset({"Cc", "Cs", "Co"})
#: They would show a name in another order than it is stored.
_BIDIRECTIONAL = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_EARLIEST_BIRTH = date(1850, 1, 1)


def _readable(value: str) -> str:
    text = value.strip()
    if not text:
        raise PydanticCustomError("blank", "Must not be blank")
    if any(unicodedata.category(c) in _REFUSED or c in _BIDIRECTIONAL for c in text):
        raise PydanticCustomError("characters", "Must hold no control or direction characters")
    return text


def _born(value: date) -> date:
    if not _EARLIEST_BIRTH <= value <= datetime.now(UTC).date():
        raise PydanticCustomError("birth_date", "Must be a date from 1850 to today")
    return value


Text = Annotated[str, Field(max_length=200), AfterValidator(_readable)]
System = Annotated[str, Field(max_length=255, pattern=r"^[a-z][a-z0-9+.\-]*:[\x21-\x7e]+$")]
BirthDate = Annotated[date, AfterValidator(_born)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class NameModel(_Model):
    """FHIR HumanName: at least one of `family` and `given`."""

    use: NameUse = NameUse.OFFICIAL
    family: Text | None = None
    given: Annotated[list[Text], Field(max_length=20)] = Field(default_factory=list)

    def model_post_init(self, _context: Any, /) -> None:
        if self.family is None and not self.given:
            raise PydanticCustomError("name", "Needs a family or a given name")


class IdentifierModel(_Model):
    """FHIR Identifier: `value` is unique within `system`."""

    system: Annotated[System, Field(examples=["urn:example:mrn"])]
    value: Text


class PatientIn(_Model):
    """What a caller may say about a patient."""

    names: Annotated[list[NameModel], Field(max_length=20)] = Field(default_factory=list)
    birth_date: BirthDate | None = None
    gender: Gender = Gender.UNKNOWN
    identifiers: Annotated[list[IdentifierModel], Field(max_length=50)] = Field(default_factory=list)

    def demographics(self) -> Demographics:
        return Demographics(
            names=tuple(Name(n.use, n.family, tuple(n.given)) for n in self.names),
            birth_date=self.birth_date,
            gender=self.gender,
            identifiers=tuple(sorted({Identifier(i.system, i.value) for i in self.identifiers})),
        )

    @staticmethod
    def document(known: Demographics) -> dict[str, Any]:
        """The JSON that a merge patch applies to."""
        return {
            "names": [{"use": n.use, "family": n.family, "given": list(n.given)} for n in known.names],
            "birth_date": known.birth_date.isoformat() if known.birth_date else None,
            "gender": known.gender,
            "identifiers": [{"system": i.system, "value": i.value} for i in known.identifiers],
        }


class EhrLink(BaseModel):
    """The patient's EHR; `ready` once it exists in the clinical data repository."""

    ehr_id: EhrId
    state: EhrState


class PatientView(BaseModel):
    id: PatientId
    version: int
    names: list[NameModel]
    birth_date: date | None
    gender: Gender
    identifiers: list[IdentifierModel]
    ehr: EhrLink
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, patient: Patient) -> "PatientView":
        known = patient.demographics
        return cls(
            id=patient.id,
            version=patient.version,
            names=[NameModel(use=n.use, family=n.family, given=list(n.given)) for n in known.names],
            birth_date=known.birth_date,
            gender=known.gender,
            identifiers=[IdentifierModel(system=i.system, value=i.value) for i in known.identifiers],
            ehr=EhrLink(ehr_id=patient.ehr_id, state=patient.ehr_state),
            created_at=patient.created_at,
            updated_at=patient.updated_at,
        )


class PatientSearch(_Model):
    """Either an identifier or the beginning of a family or given name. In a body: names stay out of URLs."""

    identifier: IdentifierModel | None = None
    name: Annotated[str | None, Field(max_length=200)] = None
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    cursor: Annotated[str | None, Field(max_length=4096)] = None
