"""Who wrote which version, and what they said of it, by the write intents."""

from collections.abc import Collection, Mapping

import asyncpg
from openward_contracts.actor import Actor

from clinical.domain.audits import Author
from clinical.domain.stated import Stated

_OF = """
select version_uid, actor, roles, client_id, purpose, on_behalf_of, description, change_type, lifecycle_state,
       claimed_committer
from write_intent where version_uid = any($1) and state <> 'failed'
"""


class PostgresAuthors:
    """The Authors port. An open intent counts: whoever claimed a version that is there has written it."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def of(self, versions: Collection[str]) -> Mapping[str, Author]:
        return {row["version_uid"]: _author(row) for row in await self._pool.fetch(_OF, list(versions))}


def _author(row: asyncpg.Record) -> Author:
    actor = Actor(row["actor"], row["client_id"], tuple(row["roles"]), row["on_behalf_of"], row["purpose"])
    stated = row["description"], row["change_type"], row["lifecycle_state"], row["claimed_committer"]
    return Author(actor, Stated(*stated))
