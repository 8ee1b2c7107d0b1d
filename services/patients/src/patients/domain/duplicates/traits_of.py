"""A patient's record as what it is compared by."""

import re
from collections.abc import Iterator

from patients.domain import check_digits
from patients.domain.dates import Precision, first_day, precision
from patients.domain.findable import CALLED, is_past
from patients.domain.identifier_domain import Domains
from patients.domain.keys import (
    city_key,
    email_key,
    identifier_key,
    line_key,
    phone_key,
    postal_key,
    search_key,
)
from patients.domain.matching.traits import AddressTraits, NameTraits, Traits
from patients.domain.record import Address, HumanName, Identifier, NameUse, PatientRecord, TelecomSystem

#: What begins a line that tells the flat and not the street.
_INDOORS = frozenset({"apt", "flat", "floor", "room", "suite", "unit"})
_HOUSE = re.compile(r"\d+[a-z]?")
_GENERATIONS = {"junior": "jr", "senior": "sr"} | {one: one for one in ("jr", "sr", "ii", "iii", "iv")}


def traits_of(record: PatientRecord, domains: Domains, region: str | None) -> Traits:
    """`region` (ISO 3166) is whose phone numbers are meant that have no country code."""
    suffixes = {_GENERATIONS.get(search_key(suffix), "") for name in record.names for suffix in name.suffix}
    identifiers = {_key(each): each for each in record.identifiers if domains.exclusive(each.system)}
    return Traits(
        names=tuple(dict.fromkeys(_name(name) for name in record.names if tells_who(name))),
        birth_date=first_day(record.birth_date) if record.birth_date else None,
        birth_precision=precision(record.birth_date) if record.birth_date else Precision.DAY,
        gender=record.gender.value,
        addresses=tuple(_address(address) for address in record.addresses),
        phones=frozenset(_phones(record, region)),
        emails=frozenset(email_key(t.value) for t in record.telecoms if t.system is TelecomSystem.EMAIL),
        identifiers=frozenset(identifiers),
        checked=frozenset(key for key, each in identifiers.items() if _is_checked(each, domains)),
        mothers_maiden=search_key(record.mothers_maiden_name or ""),
        suffix=max(suffixes, default=""),
        multiple_birth=bool(record.multiple_birth),
        birth_order=record.birth_order,
    )


def tells_who(name: HumanName) -> bool:
    """Not a name that was given to keep the real one out."""
    return name.use is not NameUse.ANONYMOUS


def _name(name: HumanName) -> NameTraits:
    given = tuple(dict.fromkeys(word for each in name.given for word in search_key(each).split()))
    return NameTraits(search_key(name.family or ""), given)


def _address(address: Address) -> AddressTraits:
    streets, houses = [], []
    for words in (line_key(line).split() for line in address.line):
        street = " ".join(word for word in words if not _HOUSE.fullmatch(word))
        if street and words[0] not in _INDOORS:
            streets.append(street)
            houses += [word for word in words if _HOUSE.fullmatch(word)]
    return AddressTraits(
        postal=postal_key(address.postal_code or ""),
        city=city_key(address.city or ""),
        lines=tuple(streets),
        house=houses[0] if houses else "",
    )


def _phones(record: PatientRecord, region: str | None) -> Iterator[str]:
    for telecom in record.telecoms:
        if telecom.system in CALLED and (number := phone_key(telecom.value, region)):
            yield number


def _key(identifier: Identifier) -> tuple[str, str]:
    return identifier.system, identifier_key(identifier.value)


def _is_checked(identifier: Identifier, domains: Domains) -> bool:
    """It keeps its domain's rule, and is not one that may be somebody else's by now."""
    domain = domains.by_system.get(identifier.system)
    if domain is None or domain.check_rule is None or is_past(identifier):
        return False
    try:
        check_digits.check(domain.check_rule, identifier.value)
    except (check_digits.CheckDigitWrong, check_digits.CheckRuleUnknown):
        return False
    return True
