"""Who did it: carried from the access token to the audit log inside every event."""

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final, Literal, Self

from pydantic import BaseModel, ConfigDict

#: The CloudEvents authcontext extension's words for the kinds of principal that Openward knows.
ActorKind = Literal["user", "service_account", "system"]

SYSTEM_PREFIX: Final = "service:"
#: A login of the clinical data repository, where a change was made there and not through Openward.
CDR_PREFIX: Final = "ehrbase:"
SERVICE_ROLE: Final = "service"


@dataclass(frozen=True, slots=True)
class Actor:
    """A principal, by opaque identifiers only: no name, no address of a mail box.

    `sub` and `client_id` are the token's; `on_behalf_of` is the `sub` of the person a machine acts for;
    `purpose` a code of purpose of use (HL7 v3 PurposeOfUse, e.g. `TREAT`), never free text.
    """

    sub: str
    client_id: str
    roles: tuple[str, ...]
    on_behalf_of: str | None = None
    purpose: str | None = None

    @property
    def kind(self) -> ActorKind:
        """`system`: Openward itself; `service_account`: a machine, by its role or as a login; else `user`."""
        if self.sub.startswith(SYSTEM_PREFIX):
            return "system"
        is_machine = SERVICE_ROLE in self.roles or self.sub.startswith(CDR_PREFIX)
        return "service_account" if is_machine else "user"

    def claims(self) -> str:
        """All but `sub`: the `authclaims` attribute, compact JSON without the members that are absent."""
        return _written(self)

    @classmethod
    def from_claims(cls, sub: str, claims: str) -> Self:
        """The reverse of `claims`; unknown members are ignored. Raises ValueError on what is no claims."""
        found = _Claims.model_validate_json(claims)
        return cls(sub, found.client_id, found.roles, found.on_behalf_of, found.purpose)


class _Claims(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)

    client_id: str = ""
    roles: tuple[str, ...] = ()
    on_behalf_of: str | None = None
    purpose: str | None = None


@lru_cache(maxsize=1024)
def _written(actor: Actor) -> str:
    """Kept, since the same few people come again and again."""
    claims = _Claims(
        client_id=actor.client_id,
        roles=actor.roles,
        on_behalf_of=actor.on_behalf_of,
        purpose=actor.purpose,
    )
    return claims.model_dump_json(exclude_none=True)


@cache
def SYSTEM_ACTOR(name: str) -> Actor:  # noqa: N802  one fixed value per service, read like a constant
    """What a service does on its own account; `name` is the service's, e.g. `clinical`."""
    return Actor(sub=f"{SYSTEM_PREFIX}{name}", client_id=name, roles=(SERVICE_ROLE,))
