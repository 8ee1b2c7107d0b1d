"""Prisma's errors in the catalogue's words."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from openward_servicekit.prisma import TRANSIENT_CODES

from templates.adapters.db import errors
from templates.adapters.db.engine import errors as engine
from templates.domain.errors import CatalogueBusy, TemplateBusy

_LOCK_NOT_AVAILABLE: Final = "55P03"


@asynccontextmanager
async def catalogue_errors() -> AsyncIterator[None]:
    """Raises TemplateBusy for a lock that another holds, CatalogueBusy when the same may work later."""
    try:
        yield
    except errors.RawQueryError as error:
        if (error.data["user_facing_error"].get("meta") or {}).get("code") == _LOCK_NOT_AVAILABLE:
            raise TemplateBusy from None
        raise
    except errors.DataError as error:
        if getattr(error, "code", None) in TRANSIENT_CODES:
            raise CatalogueBusy from None
        raise
    except (errors.ClientNotConnectedError, engine.EngineConnectionError, errors.TransactionExpiredError):
        raise CatalogueBusy from None
