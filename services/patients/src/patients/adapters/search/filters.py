"""What must be so of a patient `p` beside being in a list; what is dear in SQL is left to the domain."""

from collections.abc import Iterator

from patients.adapters.search.parameters import Parameters
from patients.domain.patient import MRN_SYSTEM
from patients.domain.search.asking import Listing
from patients.domain.search.index import Query
from patients.domain.search.match import Exactly, Match
from patients.domain.search.places import Identified, Keyed, Named, Place

# A merged record is as restricted as the one that it leads to.
_LEADS_TO_RESTRICTED = """p.survivor_id is not null and exists (
    with recursive chain as (
        select s.survivor_id, s.restricted from patient s where s.id = p.survivor_id
        union all
        select s.survivor_id, s.restricted from chain c join patient s on s.id = c.survivor_id)
    select from chain where survivor_id is null and restricted)"""


def conditions(query: Query, place: Place, parameters: Parameters) -> list[str]:
    """Never more than was asked for; what is left out the domain compares anyway."""
    return [
        *_of_patient(query, parameters),
        *_of_birth(query, place, parameters),
        *_of_keys(query, place, parameters),
        *_of_identifiers(query, place, parameters),
    ]


def _of_patient(query: Query, parameters: Parameters) -> Iterator[str]:
    search = query.criteria.search
    if not query.restricted:
        yield "not p.restricted"
    if search.active is not None:
        # Of a merged record it is the survivor that has to be active, or not.
        yield f"(p.survivor_id is not null or {'' if search.active else 'not '}p.active)"
    if search.gender is not None:
        yield f"p.gender = {parameters.add(search.gender.value)}"


def _of_birth(query: Query, place: Place, parameters: Parameters) -> Iterator[str]:
    for days in query.criteria.search.birth:
        first = parameters.add(days.first.isoformat(), "date")
        column = "n.birth_date" if isinstance(place, Named) else "p.birth_date"
        if days.one_day:
            yield f"{column} = {first}"
        else:
            yield f"{column} between {first} and {parameters.add(days.last.isoformat(), 'date')}"


def _of_keys(query: Query, place: Place, parameters: Parameters) -> Iterator[str]:
    criteria = query.criteria
    contacts = (("phone", criteria.phone), ("email", criteria.email))
    wanted: list[tuple[tuple[str, Match], ...]] = [((kind, Exactly(key)),) for kind, key in contacts if key]
    wanted += [beginning.keys for beginning in criteria.beginnings]
    wanted += [(("maiden", criteria.maiden),)] if criteria.maiden else []
    for kinds in wanted:
        if not (isinstance(place, Keyed) and place.kind == kinds[0][0]):
            yield f"({' or '.join(_has_key(kind, match, parameters) for kind, match in kinds)})"


def _has_key(kind: str, match: Match, parameters: Parameters) -> str:
    # A subquery that is no join: the planner must not read everybody who lives in a city.
    where = " and ".join([f"k.kind = {parameters.add(kind)}", *parameters.matches("k.key", match)])
    return f"(select true from patient_key k where {where} and k.patient_id = p.id limit 1)"  # noqa: S608  fragments


def _of_identifiers(query: Query, place: Place, parameters: Parameters) -> Iterator[str]:
    for wanted in query.criteria.identifiers:
        if wanted != place and wanted.system is not None:
            yield _has_identifier(wanted, wanted.system, parameters)


def _has_identifier(wanted: Identified, system: str, parameters: Parameters) -> str:
    value = parameters.add(wanted.value_key)
    if system == MRN_SYSTEM:
        return f"p.mrn = {value}"
    where = f"i.system = {parameters.add(system)} and i.value_key = {value} and i.patient_id = p.id"
    return f"(select true from patient_identifier i where {where} limit 1)"  # noqa: S608  fragments


def of_listing(listing: Listing, parameters: Parameters, *, restricted: bool) -> list[str]:
    wanted = [] if restricted else ["not p.restricted", f"not ({_LEADS_TO_RESTRICTED})"]
    flags = {
        "p.active": listing.active,
        "p.restricted": listing.restricted,
        "p.survivor_id is not null": listing.merged,
        "p.record ? 'test'": listing.test,
    }
    wanted += [f"({sql})" if flag else f"not ({sql})" for sql, flag in flags.items() if flag is not None]
    if listing.gender is not None:
        wanted.append(f"p.gender = {parameters.add(listing.gender.value)}")
    for sign, moment in ((">=", listing.since), ("<=", listing.until)):
        if moment is not None:
            wanted.append(f"p.created_at {sign} {parameters.add(moment.isoformat(), 'timestamptz')}")
    return wanted
