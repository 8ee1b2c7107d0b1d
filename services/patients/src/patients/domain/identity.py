"""What makes a record this person's.

Identifiers that keep their domain's rules, and changes that do not make somebody else of them.
"""

from datetime import UTC, datetime

from openward_servicekit.errors import FieldError

from patients.domain import check_digits
from patients.domain.dates import Precision, first_day, precision
from patients.domain.errors import IdentifierInvalid, MrnGiven
from patients.domain.findable import CALLED
from patients.domain.identifier_domain import Domains
from patients.domain.keys import phone_key, search_key
from patients.domain.patient import MRN_SYSTEM
from patients.domain.record import Gender, HumanName, Identifier, NameUse, PatientRecord, Telecom


def checked(record: PatientRecord, domains: Domains, region: str | None) -> PatientRecord:
    """The record with phone numbers in E.164. Raises IdentifierInvalid, MrnGiven."""
    for position, identifier in enumerate(record.identifiers):
        if identifier.system == MRN_SYSTEM:
            raise MrnGiven(f"/identifiers/{position}/system")
    errors = [
        error
        for position, identifier in enumerate(record.identifiers)
        if (error := _broken_rule(identifier, domains, f"/identifiers/{position}"))
    ]
    if errors:
        raise IdentifierInvalid(errors)
    telecoms = tuple(_normal(telecom, region) for telecom in record.telecoms)
    return record if telecoms == record.telecoms else record.model_copy(update={"telecoms": telecoms})


def contradicted(record: PatientRecord, domains: Domains) -> list[FieldError]:
    """The identifiers that tell another birth date; what they say of the sex proves nothing."""
    if record.birth_date is None or precision(record.birth_date) != Precision.DAY:
        return []
    born = first_day(record.birth_date)
    return [
        FieldError("birth-date", "tells another birth date", pointer=f"/identifiers/{position}/value")
        for position, identifier in enumerate(record.identifiers)
        if (domain := domains.by_system.get(identifier.system))
        and domain.check_rule
        and "birth_date" in check_digits.contradictions(domain.check_rule, identifier.value, born, None)
    ]


def overlaid(before: PatientRecord, after: PatientRecord) -> tuple[str, ...]:
    """The fields by which an update seems to make another person of the patient; empty when it does not.

    Family name, given name and birth date together, or two of them and the sex; not spelling alone.
    What was not known before cannot be overlaid, and a name that is kept as a former one is no overlay.
    """
    if before.unidentified or before.newborn:
        return ()
    old, new = official_name(before), official_name(after)
    names_kept = {_whole(name) for name in after.names}
    lost = old is not None and _whole(old) not in names_kept
    changes = {
        "family": lost and _differ(_family(old), _family(new)),
        "given": lost and _differ(_given(old), _given(new)),
        "birth_date": _differ(before.birth_date, after.birth_date),
        "gender": before.gender not in {Gender.UNKNOWN, after.gender},
    }
    persons = [name for name in ("family", "given", "birth_date") if changes[name]]
    if len(persons) == len(("family", "given", "birth_date")) or (len(persons) > 1 and changes["gender"]):
        named = {"family": "names", "given": "names"}
        return tuple(dict.fromkeys(named.get(name, name) for name, changed in changes.items() if changed))
    return ()


def _broken_rule(identifier: Identifier, domains: Domains, pointer: str) -> FieldError | None:
    domain = domains.by_system.get(identifier.system)
    if domain is None:
        return None
    if not domain.in_use(datetime.now(UTC).date()):
        return FieldError(
            "domain-closed", "its domain gives out no identifiers now", pointer=f"{pointer}/system"
        )
    if domain.check_rule:
        try:
            check_digits.check(domain.check_rule, identifier.value)
        except check_digits.CheckDigitWrong:
            return FieldError(
                "check-digit", f"breaks the rule {domain.check_rule}", pointer=f"{pointer}/value"
            )
    return None


def _normal(telecom: Telecom, region: str | None) -> Telecom:
    if telecom.system not in CALLED:
        return telecom
    number = phone_key(telecom.value, region)
    return telecom.model_copy(update={"value": number}) if number else telecom


def official_name(record: PatientRecord) -> HumanName | None:
    """The name a person goes by, of the current ones if there is one."""
    past = {NameUse.OLD, NameUse.MAIDEN}
    order = {NameUse.OFFICIAL: 0, NameUse.USUAL: 1}
    current = [name for name in record.names if name.use not in past]
    return min(current, key=lambda name: order.get(name.use, len(order)), default=None)


def _family(name: HumanName | None) -> str | None:
    return name.family if name else None


def _given(name: HumanName | None) -> str:
    return " ".join(name.given) if name else ""


def _whole(name: HumanName) -> tuple[str, str]:
    return search_key(name.family or ""), search_key(" ".join(name.given))


def _differ(before: str | None, after: str | None) -> bool:
    """Both known, and not the same; of a partial date and a fuller one, not when one begins the other."""
    old, new = search_key(before or ""), search_key(after or "")
    return bool(old and new) and not (old.startswith(new) or new.startswith(old))
