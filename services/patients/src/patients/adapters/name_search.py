"""Name search in SQL: Prisma has neither row comparison nor UNION."""

from collections.abc import Sequence
from typing import Any

from openward_contracts.identifiers import PatientId

from patients.adapters.db import Prisma
from patients.domain.ports import NamePosition

# The key columns are COLLATE "C", so a prefix is a range of their index and a cursor a seek in it. Each
# branch has its own limit, so that a common given name cannot make the sort large. A patient with several
# matching names shows once.
_PREFIX = """
with hits as (
    (select family_norm, given_norm, patient_id from patient_name
     where family_norm >= $1 and family_norm < $2
       and (family_norm, given_norm, patient_id) > ($3, $4, $5::uuid)
     order by family_norm, given_norm, patient_id limit $6 * 4)
    union
    (select family_norm, given_norm, patient_id from patient_name
     where given_norm >= $1 and given_norm < $2
       and (family_norm, given_norm, patient_id) > ($3, $4, $5::uuid)
     order by family_norm, given_norm, patient_id limit $6 * 4)
)
select family_norm, given_norm, patient_id::text from hits h
where not exists (
    select from patient_name o
    where o.patient_id = h.patient_id
      and ((o.family_norm >= $1 and o.family_norm < $2) or (o.given_norm >= $1 and o.given_norm < $2))
      and (o.family_norm, o.given_norm) < (h.family_norm, h.given_norm))
order by family_norm, given_norm, h.patient_id limit $6
"""
_LAST_CHARACTER = "\U0010ffff"
_START = ("", "", "00000000-0000-0000-0000-000000000000")


async def find(db: Prisma, prefix: str, after: NamePosition | None, limit: int) -> Sequence[NamePosition]:
    """Where names begin with `prefix`, in the order of family and given name, after a position."""
    start = (after.family_key, after.given_key, str(after.patient_id)) if after else _START
    found: list[dict[str, Any]] = await db.query_raw(_PREFIX, prefix, prefix + _LAST_CHARACTER, *start, limit)
    return [
        NamePosition(row["family_norm"], row["given_norm"], PatientId(row["patient_id"])) for row in found
    ]
