"""What the payload models of all events have in common."""

from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

#: A word of a vocabulary that may grow (a resource, an action, a reason). Not an enumeration: a consumer that
#: met a new member of one would refuse the message.
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]

#: A code, possibly with its system; no blanks, so that it cannot be a sentence about somebody.
Code = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,255}$")]

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]

#: The version of an aggregate: 1 when it is made, one more with every change.
Version = Annotated[int, Field(ge=1)]


class Payload(BaseModel):
    """The data of one kind of event: ids and facts about the change, never clinical or personal content.

    A producer that names an unknown field is refused; a consumer ignores what it does not know (`decode`).
    A field that may be absent has a default: an absent value is left out of the message, it is not `null`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    #: NATS subject; the last token is the major version.
    subject: ClassVar[str]
    #: Rises by one with every field that is added within the major version.
    minor: ClassVar[int] = 0
    #: What the event's aggregate id identifies.
    aggregate: ClassVar[str]

    def occurrence(self) -> str:
        """What tells this event from another of its subject about the same aggregate version; mostly ""."""
        return ""

    @classmethod
    def dataschema(cls) -> str:
        """The URN of exactly this version of the contract; `$id` of the exported JSON Schema."""
        return f"urn:openward:schema:{cls.subject}.{cls.minor}"
