"""What live events are, one model for each subject that is told."""

from functools import reduce
from operator import or_
from typing import Any, Final
from uuid import UUID

from openward_contracts.catalogue import PAYLOADS
from openward_contracts.payload import Payload
from pydantic import AwareDatetime, BaseModel, Field, RootModel, create_model

from clinical.domain.live import is_told


def _event(payload: type[Payload]) -> type[BaseModel]:
    """`type` is the subject, and tells what `data` is."""
    return create_model(
        f"Live{payload.__name__}",
        id=(UUID, Field(description="of the event, however often it comes")),
        type=(str, Field(json_schema_extra={"const": payload.subject})),
        time=(AwareDatetime, ...),
        data=(payload, ...),
    )


_EVENTS: Final = [_event(payload) for subject, payload in PAYLOADS.items() if is_told(subject)]
_UNION: Final[Any] = RootModel.__class_getitem__(reduce(or_, _EVENTS))
#: One of them.
LiveEvent: Final[Any] = create_model("LiveEvent", __base__=_UNION)
