"""Resources of EHRbase passed on as they are, once the caller's right is clear and the access on record."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from openward_contracts.identifiers import EhrId, TemplateId, VersionUid
from openward_servicekit.auth import Authorizer, Principal
from openward_servicekit.errors import UpstreamBroken

from clinical.domain.errors import CompositionNotFound, EhrNotFound
from clinical.domain.operations import EHR_OF_SUBJECT, OPENEHR, Operation
from clinical.domain.ports import AccessLog, Heads
from clinical.domain.record import PatientRecord
from clinical.domain.refusals import ResourceNotFound
from clinical.domain.upstream import Answer, Call, Upstream
from clinical.service.records import Records
from clinical.service.rights import allow


@dataclass(frozen=True)
class Forwarder:
    upstream: Upstream
    records: Records
    heads: Heads
    access: AccessLog
    authorizer: Authorizer

    async def read(
        self,
        principal: Principal,
        operation: Operation,
        names: Mapping[str, str],
        params: Mapping[str, str],
        accept: str,
    ) -> Answer:
        """An answer that waits to be passed on; its access record is durable. Raises EhrNotFound."""
        path = operation.upstream_path(names)
        record = await self.records.by_id(principal, EhrId(UUID(names["ehr_id"])))
        template_id = await self._template(record, names.get("object_id"))
        instead = CompositionNotFound() if "object_id" in names else EhrNotFound()
        await allow(self.authorizer, principal, operation.permission, record, template_id, instead=instead)
        answer = await self.upstream.open(Call("GET", path, params, {"Accept": accept}))
        try:
            await self.released(principal, record, operation.resource, answer.uid, template_id)
        except BaseException:
            await answer.close()
            raise
        return answer

    async def ehr_of_subject(
        self, principal: Principal, params: Mapping[str, str], accept: str
    ) -> tuple[EhrId, Answer]:
        """The EHR whose EHR_STATUS names this subject, in either form in which EHRbase tells it."""
        call = Call("GET", f"{OPENEHR}{EHR_OF_SUBJECT.path}", params, {"Accept": "application/json"})
        try:
            found = json.loads(await (await self.upstream.open(call)).read())
            ehr_id = EhrId(found["ehr_id"]["value"])
        except ResourceNotFound:
            raise EhrNotFound from None
        except (ValueError, KeyError, TypeError):
            raise UpstreamBroken("EHRbase did not say which EHR it is.") from None
        operation = Operation("ehr", "/ehr/{ehr_id}", EHR_OF_SUBJECT.permission, EHR_OF_SUBJECT.resource)
        return ehr_id, await self.read(principal, operation, {"ehr_id": str(ehr_id)}, {}, accept)

    async def released(
        self,
        principal: Principal,
        record: PatientRecord,
        resource: str,
        uid: str,
        template_id: TemplateId | None = None,
    ) -> None:
        """Durably on record when this returns; `uid` is what the answer's ETag names."""
        version = VersionUid(uid) if uid.count("::") == 2 else None
        await self.access.read(principal.actor(), record.target, resource, version, template_id)

    async def _template(self, record: PatientRecord, object_id: str | None) -> TemplateId | None:
        """Of the composition that is asked for; one of another EHR is not found."""
        if object_id is None:
            return None
        head = await self.heads.head(UUID(object_id))
        if head is None or record.holding(head.ehr_id) is None:
            raise CompositionNotFound
        return head.template_id
