"""Ids of imported patients: UUIDv7 (RFC 9562, 5.7): neighbours in the file are neighbours in every index.

A line has the same id whenever it is sent: whatever goes wrong in the middle, no patient can be there twice.
"""

from datetime import datetime
from hashlib import blake2b
from uuid import UUID

from openward_contracts.identifiers import PatientId

_VERSION = 7 << 76
_VARIANT = 2 << 62


def patient_id(import_id: UUID, began: datetime, line: int) -> PatientId:
    """Of the millisecond when the import began, the line (36 bits, a counter as in 6.2), a hash (38 bits)."""
    digest = blake2b(import_id.bytes + line.to_bytes(8, "big"), digest_size=5).digest()
    milliseconds = int(began.timestamp() * 1000)
    value = milliseconds << 80 | _VERSION | (line >> 24 & 0xFFF) << 64 | _VARIANT
    return PatientId(UUID(int=value | (line & 0xFFFFFF) << 38 | int.from_bytes(digest, "big") >> 2))
