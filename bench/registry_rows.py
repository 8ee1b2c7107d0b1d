"""A made-up person as rows of the registry in the text format of COPY: what registering would write."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final, NamedTuple
from uuid import UUID

from openward_contracts.identifiers import PatientId
from patients.domain.findable import findable
from patients.domain.identifier_domain import Domains
from patients.domain.mrn import mrn
from patients.domain.record import Address, PatientRecord

from bench.population import Household, Person, as_record

TABLES: Final = {
    "patient": (
        *("id", "mrn", "record", "gender", "birth_date", "ehr_id", "ehr_state", "created_at", "updated_at"),
        *("updated_by", "changed"),
    ),
    "patient_name": ("family_key", "given_key", "patient_id", "birth_date"),
    "patient_key": ("kind", "key", "patient_id"),
    "patient_identifier": ("system", "value_key", "holder", "patient_id"),
}
_BEGAN: Final = datetime(2020, 1, 1, tzinfo=UTC)
_BY: Final = json.dumps({"sub": "bench", "client_id": "bench", "roles": []})
_DOMAINS: Final = Domains()


class Row(NamedTuple):
    """What `TABLES` hold of one person, each the text of no, one or more lines."""

    patient: str
    names: str
    keys: str
    identifiers: str


class Records:
    """Records of people who come household by household: its address is checked once."""

    def __init__(self) -> None:
        self._household: Household | None = None
        self._addresses: tuple[Address, ...] = ()

    def of(self, person: Person) -> PatientRecord:
        body = as_record(person)
        if person.household is not self._household:
            self._household = person.household
            self._addresses = tuple(map(Address.model_validate, body["addresses"]))
        return PatientRecord.model_validate(body | {"addresses": self._addresses})


def patient_number(number: int) -> PatientId:
    """In the order of time, as the registry's own are (RFC 9562, UUID version 7)."""
    return PatientId(UUID(int=(0x018C_0000_0000 + number << 80) | (7 << 76) | (2 << 62) | number))


def row(number: int, record: PatientRecord) -> Row:
    """No text of the population needs an escape."""
    patient = patient_number(number)
    one = str(patient)
    keys = findable(patient, record, _DOMAINS, None)
    return Row(
        _patient(number, one, record),
        _lines(f"{family}\t{given}\t{one}\t{keys.birth_date}" for family, given in keys.names),
        _lines(f"{kind}\t{key}\t{one}" for kind, key in keys.keys),
        _lines(f"{system}\t{key}\t{holder}\t{one}" for system, key, holder in keys.identifiers),
    )


def _patient(number: int, one: str, record: PatientRecord) -> str:
    at = datetime.fromtimestamp(_BEGAN.timestamp() + number / 10, UTC).isoformat()
    ehr = UUID(int=UUID(one).int ^ 1 << 61)
    document = record.model_dump_json(exclude_defaults=True)
    return (
        f"{one}\t{mrn(number + 1)}\t{document}\t{record.gender.value}\t{record.birth_date}\t{ehr}\tready"
        f"\t{at}\t{at}\t{_BY}\t{{}}\n"
    )


def _lines(rows: Iterable[str]) -> str:
    return "".join(f"{each}\n" for each in rows)
