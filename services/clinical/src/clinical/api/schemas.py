"""What goes over the wire at `/api/clinical/v1`."""

from typing import Annotated, Any

from openward_contracts.identifiers import EhrId, TemplateId, VersionUid
from pydantic import BaseModel, ConfigDict, Field

from clinical.service.queries import MAX_ROWS


class EhrView(BaseModel):
    """A patient's EHR; `state` is `ready` once EHRbase holds it."""

    ehr_id: EhrId
    state: Annotated[str, Field(examples=["ready"], pattern="^(pending|ready)$")]


class Written(BaseModel):
    """A version that EHRbase has confirmed."""

    version_uid: VersionUid
    ehr_id: EhrId
    template_id: TemplateId | None


class AqlQuery(BaseModel):
    """An AQL query as ITS-REST has it; its EHR is bound by the service."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    q: Annotated[
        str, Field(max_length=65536, examples=["SELECT c/uid/value FROM EHR e CONTAINS COMPOSITION c"])
    ]
    query_parameters: dict[str, Any] = Field(default_factory=dict)
    fetch: Annotated[int, Field(ge=1, le=MAX_ROWS)] = MAX_ROWS
    offset: Annotated[int, Field(ge=0, le=1_000_000)] = 0
