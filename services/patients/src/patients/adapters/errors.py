"""Prisma's errors in the registry's words."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from openward_servicekit.prisma import TRANSIENT_CODES

from patients.adapters.db import errors
from patients.adapters.db.engine import errors as engine
from patients.domain.errors import RegistryBusy, RegistryTimeout

#: The connection was lost, or the database too slow, in the middle: what was sent may have been committed.
_UNCERTAIN: Final = frozenset({"P1008", "P1017"})
#: SQLSTATEs after which the transaction is known not to be committed: busy, cancelled, serialization.
_BUSY: Final = frozenset({"40001", "40P01", "53300", "55P03", "57014", "57P01", "57P03"})


@asynccontextmanager
async def registry() -> AsyncIterator[None]:
    """What may be tried again as RegistryBusy, what nobody knows the end of as RegistryTimeout."""
    try:
        yield
    except errors.DataError as error:
        code = getattr(error, "code", None)
        if code in _UNCERTAIN:
            raise RegistryTimeout from None
        if code in TRANSIENT_CODES or sqlstate(error) in _BUSY:
            raise RegistryBusy from None
        raise
    except (errors.ClientNotConnectedError, engine.EngineConnectionError, errors.TransactionError):
        raise RegistryBusy from None


def sqlstate(error: errors.DataError) -> str | None:
    """PostgreSQL's code of an error in a raw query."""
    meta = error.data.get("user_facing_error", {}).get("meta") or {}
    return meta.get("code")


def violated(error: errors.DataError) -> str:
    """What PostgreSQL said about a raw query; it may hold values, so it is only for comparing."""
    meta = error.data.get("user_facing_error", {}).get("meta") or {}
    return str(meta.get("message", ""))
