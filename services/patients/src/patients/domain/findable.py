"""What a patient is found by: the rows that stand beside the record."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from openward_contracts.identifiers import PatientId

from patients.domain.dates import first_day, last_day
from patients.domain.identifier_domain import Domains
from patients.domain.keys import (
    city_key,
    email_key,
    family_keys,
    given_keys,
    identifier_key,
    line_key,
    phone_key,
    postal_key,
    search_key,
)
from patients.domain.record import Address, HumanName, Identifier, IdentifierUse, PatientRecord, TelecomSystem

CALLED = frozenset({TelecomSystem.PHONE, TelecomSystem.FAX, TelecomSystem.SMS, TelecomSystem.PAGER})

NameKey = tuple[str, str]
"""Family key, given key."""
OtherKey = tuple[str, str]
"""Kind, key."""
IdentifierKey = tuple[str, str, str]
"""System, value key, holder: empty where nobody else may have the value now."""


@dataclass(frozen=True, slots=True)
class Findable:
    names: frozenset[NameKey]
    birth_date: date | None
    keys: frozenset[OtherKey]
    identifiers: frozenset[IdentifierKey]

    def words(self) -> frozenset[tuple[str, str]]:
        """Kind and word of every name, for the dictionary."""
        family = {("family", name[0]) for name in self.names if name[0]}
        return frozenset(family | {("given", name[1]) for name in self.names if name[1]})


def findable(patient_id: PatientId, record: PatientRecord, domains: Domains, region: str | None) -> Findable:
    """`region` (ISO 3166) is whose phone numbers are meant that have no country code."""
    return replace(
        named(record),
        keys=frozenset(_other_keys(record, region)),
        identifiers=frozenset(_identifier(patient_id, i, domains) for i in record.identifiers),
    )


def named(record: PatientRecord) -> Findable:
    """By names and the day of birth alone: the rest costs ten times that."""
    return Findable(
        names=frozenset(pair for name in record.names for pair in name_keys(name)),
        birth_date=first_day(record.birth_date) if record.birth_date else None,
        keys=frozenset(),
        identifiers=frozenset(),
    )


def name_keys(name: HumanName) -> set[NameKey]:
    return {(family, given) for family in family_keys(name.family) for given in given_keys(name.given)}


def _other_keys(record: PatientRecord, region: str | None) -> set[OtherKey]:
    found: set[tuple[str, str | None]] = set()
    for telecom in record.telecoms:
        if telecom.system in CALLED:
            found.add(("phone", phone_key(telecom.value, region)))
        elif telecom.system == TelecomSystem.EMAIL:
            found.add(("email", email_key(telecom.value)))
    for address in record.addresses:
        found |= _address_keys(address)
    if record.mothers_maiden_name:
        found.add(("maiden", search_key(record.mothers_maiden_name)))
    return {(kind, key) for kind, key in found if key}


def _address_keys(address: Address) -> set[tuple[str, str | None]]:
    return {
        ("postal", address.postal_code and postal_key(address.postal_code)),
        ("city", address.city and city_key(address.city)),
        ("state", address.state and search_key(address.state)),
        ("country", address.country and search_key(address.country)),
        *(("line", line_key(line)) for line in address.line),
    }


def _identifier(patient_id: PatientId, identifier: Identifier, domains: Domains) -> IdentifierKey:
    held = domains.exclusive(identifier.system) and not is_past(identifier)
    return identifier.system, identifier_key(identifier.value), "" if held else str(patient_id)


def is_past(identifier: Identifier) -> bool:
    """It still finds the person, but may be somebody else's by now."""
    end = identifier.period.end if identifier.period else None
    if identifier.use == IdentifierUse.OLD:
        return True
    return end is not None and last_day(end) < datetime.now(UTC).date()
