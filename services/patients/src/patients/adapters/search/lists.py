"""Each list of a search as a SELECT: its first rows after a place, in the order of an index."""

from patients.adapters.search.filters import conditions
from patients.adapters.search.parameters import Parameters
from patients.domain.patient import MRN_SYSTEM
from patients.domain.search.index import Mark, Query
from patients.domain.search.match import Exactly, Match
from patients.domain.search.places import Identified, Keyed, Listed, Named, Place

_NOTHING = "''::text collate \"C\""

# Few systems, many identifiers: each system is looked up instead of every identifier.
_ANY_SYSTEM = """
(with recursive each as (
    (select system from patient_identifier order by system limit 1)
    union all
    select (select i.system from patient_identifier i where i.system > each.system order by i.system limit 1)
    from each where each.system is not null)
select i.patient_id from each join patient_identifier i on i.system = each.system and i.value_key = {value}
union select id from patient where mrn = {value}) n
"""


# Read from the side of the word that fewer names begin with. Counted here, since the planner guesses wrong; a
# side that is not read costs nothing. Both are in one order: the next page may be read from the other side.
_TWICE = """
(with counted as materialized (
    select (select count(*) from (select from patient_name n where {first} limit 2000) c)
        <= (select count(*) from (select from patient_name m where {second} limit 2000) c) as from_first)
select n.* from patient_name n
where (select from_first from counted) and {first}
  and exists (select from patient_name m
              where m.{other} = n.{other} and m.patient_id = n.patient_id and {second})
union all
select n.* from (select distinct m.{other}, m.patient_id from patient_name m
                 where not (select from_first from counted) and {second}) m
join patient_name n on n.{other} = m.{other} and n.patient_id = m.patient_id and {first}) n
"""


def union(query: Query, after: Mark | None, parameters: Parameters, size: int) -> str:
    """Rows of `list, k1, k2, id`: at most `size` of each list."""
    limit = parameters.add(size, "int")
    selects = [
        _select(query, number, place, _start(number, after), parameters) + f" limit {limit}"
        for number, place in query.lists
    ]
    return " union all ".join(f"({select})" for select in selects)


def _start(number: int, after: Mark | None) -> Mark | None:
    return after if after is not None and after[0][0] == number else None


def _select(query: Query, number: int, place: Place, after: Mark | None, parameters: Parameters) -> str:
    source, columns, where = _source(place, parameters, started=after is not None)
    order = [*columns, "n.patient_id"]
    if after is not None:
        keys = [*after[0][1][: len(columns)], str(after[1])]
        # An index is read from where one condition says: beside a lower bound or an equal key, from there.
        same = int(isinstance(_leading(place), Exactly))
        where = [*where, parameters.beyond(order[same:], keys[same:])]
    k1, k2, *_ = [*columns, _NOTHING, _NOTHING]
    where = [*where, *conditions(query, place, parameters)]
    return (
        f"select {number} as list, {k1} as k1, {k2} as k2, n.patient_id as id"  # noqa: S608  fragments
        f" from {source} join patient p on p.id = n.patient_id"
        f" where {' and '.join(where) or 'true'} order by {', '.join(order)}"
    )


def _leading(place: Place) -> Match | None:
    """What the first key of the order must be."""
    match place:
        case Named():
            return place.family if place.by == "family" else place.given
        case Keyed():
            return place.match
        case _:
            return None


def _source(place: Place, parameters: Parameters, *, started: bool) -> tuple[str, list[str], list[str]]:
    """Where the rows `n` are from, the columns of their order before the patient's id, what they must be."""
    match place:
        case Named():
            return _names(place, parameters, started=started)
        case Keyed(kind, match):
            where = [f"n.kind = {parameters.add(kind)}", *parameters.matches("n.key", match, started=started)]
            return "patient_key n", ["n.key"], where
        case Identified(system, value):
            return _identifiers(system, parameters.add(value), parameters)
        case Listed(ids):
            every = parameters.add(tuple(map(str, ids)), "uuid[]")
            return f"(select id as patient_id from patient where id = any ({every})) n", [], []  # noqa: S608  fragments


def _names(place: Named, parameters: Parameters, *, started: bool) -> tuple[str, list[str], list[str]]:
    where = [
        *parameters.matches("n.family_key", place.family, started=started and place.by == "family"),
        *parameters.matches("n.given_key", place.given, started=started and place.by == "given"),
    ]
    column, other = ("family_key", "given_key") if place.by == "family" else ("given_key", "family_key")
    order = [f"n.{column}", f"n.{other}"]
    if place.both is None:
        return "patient_name n", order, where
    first = " and ".join(parameters.matches(f"n.{column}", getattr(place, place.by)))
    second = " and ".join(parameters.matches(f"m.{column}", place.both))
    return _TWICE.format(column=column, other=other, first=first, second=second), order, where


def _identifiers(system: str | None, value: str, parameters: Parameters) -> tuple[str, list[str], list[str]]:
    if system is None:
        return _ANY_SYSTEM.format(value=value), [], []
    if system == MRN_SYSTEM:
        return f"(select id as patient_id from patient where mrn = {value}) n", [], []  # noqa: S608  fragments
    return "patient_identifier n", [], [f"n.system = {parameters.add(system)}", f"n.value_key = {value}"]
