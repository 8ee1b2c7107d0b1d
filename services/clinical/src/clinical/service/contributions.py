"""Contributions: several versions at once, each judged as if it came alone, committed together or not."""

import contextlib
import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4, uuid5

from openward_contracts.identifiers import TemplateId, VersionUid
from openward_servicekit import strict_json
from openward_servicekit.auth import Authorizer, Permission, Principal
from openward_servicekit.errors import Failure, UpstreamBroken, UpstreamTimeout

from clinical.domain import permissions
from clinical.domain.audits import party
from clinical.domain.contribution import VersionChange, read_contribution
from clinical.domain.errors import CompositionNotFound
from clinical.domain.intent import Intent, Kind
from clinical.domain.operations import OPENEHR
from clinical.domain.ports import Heads, Intents
from clinical.domain.record import PatientRecord
from clinical.domain.refusals import ContentRejected, RequestRefused, ResourceNotFound
from clinical.domain.stated import Stated, read_claim
from clinical.domain.upstream import Call, Upstream
from clinical.domain.xml_document import NAMESPACE, SUBJECT, text_at
from clinical.service.changes import Changed, Sent
from clinical.service.compositions import KEYED
from clinical.service.ehrs import EhrService
from clinical.service.explaining import Explainer
from clinical.service.rights import allow, inactive, unmerged
from clinical.service.writes import Ask, Perform, SafeWriter

_COMPOSITION = {
    Kind.CREATE: permissions.CREATE,
    Kind.UPDATE: permissions.UPDATE,
    Kind.DELETE: permissions.DELETE,
}
_FOLDER = {
    Kind.CREATE: permissions.CREATE_DIRECTORY,
    Kind.UPDATE: permissions.UPDATE_DIRECTORY,
    Kind.DELETE: permissions.DELETE_DIRECTORY,
}


@dataclass(frozen=True)
class _Version:
    """A change with what it is of, and the uid that it is to have."""

    change: VersionChange
    kind: Kind
    uid: VersionUid


@dataclass(frozen=True)
class ContributionService:
    upstream: Upstream
    ehrs: EhrService
    heads: Heads
    writer: SafeWriter
    intents: Intents
    authorizer: Authorizer
    system_id: str
    explainer: Explainer

    async def check(
        self, principal: Principal, record: PatientRecord, content: object
    ) -> tuple[VersionChange, ...]:
        """The versions in it, all of which the caller may make.

        Raises ContributionUnreadable, PermissionDenied, EhrLockedByMerge, CompositionNotFound,
        SubjectReserved.
        """
        # Judged version by version, so the permission to send any at all decides nothing.
        self.authorizer.permitted(principal, permissions.COMMIT_CONTRIBUTION, ())
        unmerged(principal, record, record.target)
        changes = read_contribution(content)
        for change in changes:
            await self._check(principal, record, change)
        return changes

    async def commit(
        self,
        principal: Principal,
        record: PatientRecord,
        content: dict[str, Any],
        changes: Sequence[VersionChange],
        sent: Sent,
    ) -> Changed:
        """All versions are committed when this returns. Raises OutcomeUnknown: repeat it with its key."""
        ehr = await self.ehrs.writable(record.target)
        versions = [self._named(principal, change, place, sent.key) for place, change in enumerate(changes)]
        claimed = [read_claim(version["commit_audit"]) for version in content["versions"]]
        intents = [
            _intent(principal, record, version, sent, stated)
            for version, stated in zip(versions, claimed, strict=True)
        ]
        uid = str(_chosen(principal, "itself", sent.key))
        new = {"uid": {"_type": "HIER_OBJECT_ID", "value": uid}}
        named = [(v.change.data, _uid(v.uid)) for v in versions if v.change.preceding is None]
        body = strict_json.changed(
            sent.body, content, [(content, new), *self._audited(principal, content), *named]
        )
        call = Call("POST", f"{OPENEHR}/ehr/{ehr.ehr_id}/contribution", {}, sent.headers, body)
        answers: list[Changed] = []

        async def perform() -> None:
            answer = await self.upstream.open(call)
            shown = await answer.read()
            if answer.uid != uid:
                raise UpstreamBroken("EHRbase has confirmed another contribution than it was asked to store.")
            answers.append(Changed(created=True, uid=answer.uid, headers=answer.headers, body=shown))

        status_only = all(change.data_type == "EHR_STATUS" for change in changes)
        try:
            await self._together(
                intents,
                perform,
                None if status_only else inactive(record),
                lambda: self._is_committed(f"{call.path}/{uid}", intents),
            )
        except (RequestRefused, ContentRejected) as refused:
            templates = [change.template_id for change in changes]
            await self.explainer.explain_contribution(sent.body, templates, refused)
            raise
        return answers[0] if answers else Changed(created=True, uid=uid, headers={})

    async def _together(
        self, intents: Sequence[Intent], perform: Perform, instead: Failure | None, is_done: Ask
    ) -> None:
        """Every version is claimed before, as if it came alone; the contribution tells the outcome."""
        first, *others = intents

        async def claimed() -> None:
            for intent in others:
                await self.writer.claim(intent)
            await perform()

        try:
            await self.writer.write(first, claimed, instead=instead, is_done=is_done)
        except Failure as failure:
            if not isinstance(failure, UpstreamBroken | UpstreamTimeout):
                await self._each(self.intents.failed, others)
            raise
        with contextlib.suppress(Exception):  # they are done; open claims keep their author
            await self._each(self.intents.committed, others)

    async def _is_committed(self, path: str, intents: Sequence[Intent]) -> bool:
        """Its uid is ours; under a key that was used long ago for another one, its versions are others."""
        question = Call("GET", path, headers={"Accept": "application/json"}, is_question=True)
        try:
            committed = await (await self.upstream.open(question)).json()
            uids = {version["id"]["value"] for version in committed["versions"]}
        except ResourceNotFound:
            return False
        except (KeyError, TypeError):
            raise UpstreamBroken("EHRbase does not say what is in the contribution.") from None
        return not uids.isdisjoint(intent.version_uid for intent in intents)

    async def _each(self, step: Callable[[Intent], Awaitable[None]], intents: Sequence[Intent]) -> None:
        for intent in intents:
            await step(intent)

    async def _check(self, principal: Principal, record: PatientRecord, change: VersionChange) -> None:
        if change.data_type == "EHR_STATUS":
            await self._allow(principal, permissions.UPDATE_STATUS, record)
            subject = text_at(change.data, NAMESPACE), text_at(change.data, SUBJECT)
            await self.ehrs.check_subject(record.target.ehr_id, *subject)
        elif change.data_type == "FOLDER":
            await self._allow(principal, _FOLDER[change.kind], record)
        else:
            await self._check_composition(principal, record, change)

    async def _check_composition(
        self, principal: Principal, record: PatientRecord, change: VersionChange
    ) -> None:
        """By the template that it names, and by that of the version before it, which is in this EHR."""
        permission = _COMPOSITION[change.kind]
        if change.template_id:
            await self._allow(principal, permission, record, change.template_id)
        if change.preceding:
            head = await self.heads.head(change.preceding.object_id)
            if head is None or record.holding(head.ehr_id) is None:
                raise CompositionNotFound
            await self._allow(principal, permission, record, head.template_id)

    async def _allow(
        self,
        principal: Principal,
        permission: Permission,
        record: PatientRecord,
        template_id: TemplateId | None = None,
    ) -> None:
        await allow(self.authorizer, principal, permission, record, template_id)

    def _named(self, principal: Principal, change: VersionChange, place: int, key: str | None) -> _Version:
        """With the uid that it is to have; what is new gets one of ours, the same for the same key."""
        if change.preceding:
            kind = {"EHR_STATUS": Kind.STATUS, "FOLDER": Kind.DIRECTORY}.get(
                change.data_type or "", change.kind
            )
            return _Version(change, kind, change.preceding.successor())
        uid = VersionUid.of(_chosen(principal, str(place), key), self.system_id, 1)
        return _Version(change, Kind.CREATE if change.data_type == "COMPOSITION" else Kind.DIRECTORY, uid)

    def _audited(self, principal: Principal, content: dict[str, Any]) -> strict_json.Changes:
        """Its real committer, whomever the client has named; EHRbase keeps that.

        Client libraries leave the system to the server, or send a time; EHRbase refuses either. Without an
        audit of the whole, which EHRbase fails over, that of its first version stands for it.
        """
        ours = {"committer": party(principal.actor())}

        def audited(audit: Mapping[str, Any]) -> dict[str, Any]:
            kept = {name: value for name, value in audit.items() if name != "time_committed"}
            return {"system_id": self.system_id, **kept, **ours}

        audits = [audited(version["commit_audit"]) for version in content["versions"]]
        for version, commit_audit in zip(content["versions"], audits, strict=True):
            yield version, {"commit_audit": commit_audit}
        if isinstance(audit := content.get("audit") or audits[0], dict):
            yield content, {"audit": audited(audit)}


def _uid(uid: VersionUid) -> dict[str, Any]:
    return {"uid": {"_type": "OBJECT_VERSION_ID", "value": str(uid)}}


def _chosen(principal: Principal, what: str, key: str | None) -> UUID:
    return uuid5(KEYED, f"contribution {what} {principal.sub} {key}") if key else uuid4()


def _intent(
    principal: Principal, record: PatientRecord, version: _Version, sent: Sent, stated: Stated
) -> Intent:
    ehr_id = record.target.ehr_id
    request = hashlib.sha256(f"contribution {ehr_id} {version.uid} ".encode())
    request.update(sent.body)
    template_id = version.change.template_id
    actor, named_id, digest = principal.actor(), record.named_id, request.digest()
    return Intent(version.uid, ehr_id, version.kind, actor, template_id, digest, named_id, stated)
