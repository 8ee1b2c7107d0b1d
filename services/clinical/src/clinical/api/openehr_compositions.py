"""Compositions of ITS-REST by EHR id, on the same use cases as the patient-centred API."""

from contextlib import suppress
from dataclasses import dataclass

from fastapi import Request, Response
from openward_contracts.identifiers import EhrId, VersionUid
from openward_servicekit.auth import Principal
from openward_servicekit.idempotency import StoredAnswer, fingerprint, idempotent, key_of

from clinical.api.dependencies import (
    CompositionUid,
    Corrector,
    Creator,
    Deleter,
    IdempotencyKey,
    OfEhr,
    Preceding,
    Services,
)
from clinical.api.negotiation import (
    JSON,
    Prefer,
    Preference,
    SentComposition,
    WantedFormat,
)
from clinical.api.openehr_answers import base_of
from clinical.api.openehr_versions import version_headers, version_response
from clinical.api.schemas import UidView
from clinical.domain.composition import Format
from clinical.domain.errors import VersionRequired
from clinical.domain.record import PatientRecord
from clinical.service.clinical import Clinical


@dataclass(frozen=True)
class _Asked:
    """How a write is to be answered: `status` with a body, 204 without."""

    request: Request
    caller: Principal
    record: PatientRecord
    services: Clinical
    form: Format
    prefer: Prefer
    status: int


async def openehr_create_composition(  # noqa: PLR0913, PLR0917  what a route is given, it names
    caller: Creator,
    record: OfEhr,
    draft: SentComposition,
    services: Services,
    request: Request,
    prefer: Preference,
    wanted: WantedFormat,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    await services.compositions.may_create(caller, record, draft)

    async def perform() -> StoredAnswer:
        """Which version it is; how it is shown is read again, its access on record again."""
        stored = await services.compositions.create(caller, record, draft, key_of(idempotency_key))
        return StoredAnswer(201, {"ETag": stored.version_uid, "EHR": str(stored.ehr.ehr_id)}, b"")

    answer = await idempotent(
        services.idempotency,
        key=idempotency_key,
        actor=caller.sub,
        request_hash=fingerprint(request.url.path, prefer, draft.format, draft.template_id, draft.source),
        perform=perform,
        repeatable=True,
    )
    form = _shown(request, wanted, draft.format)
    asked = _Asked(request, caller, record, services, form, prefer, 201)
    return await _written(asked, EhrId(answer.headers["EHR"]), VersionUid(answer.headers["ETag"]))


async def openehr_update_composition(  # noqa: PLR0913, PLR0917  what a route is given, it names
    caller: Corrector,
    record: OfEhr,
    preceding: Preceding,
    draft: SentComposition,
    services: Services,
    request: Request,
    prefer: Preference,
    wanted: WantedFormat,
) -> Response:
    stored = await services.compositions.correct(caller, record, draft, preceding)
    form = _shown(request, wanted, draft.format)
    asked = _Asked(request, caller, record, services, form, prefer, 200)
    return await _written(asked, stored.ehr.ehr_id, stored.version_uid)


async def openehr_delete_composition(
    caller: Deleter, record: OfEhr, uid: CompositionUid, services: Services, request: Request
) -> Response:
    """The path names the version to delete (ITS-REST: `preceding_version_uid`)."""
    if not isinstance(uid, VersionUid):
        raise VersionRequired
    stored = await services.compositions.delete(caller, record, uid)
    return Response(
        status_code=204,
        headers=version_headers(base_of(request), stored.ehr.ehr_id, stored.version_uid, stored.version_uid),
    )


def _shown(request: Request, wanted: Format, sent: Format) -> Format:
    """A client that does not say gets back what it sent in JSON."""
    says = "format" in request.query_params or request.headers.get("accept", "*/*") not in {"", "*/*"}
    return wanted if says or sent is Format.XML else sent


async def _written(asked: _Asked, ehr_id: EhrId, uid: VersionUid) -> Response:
    headers = version_headers(base_of(asked.request), ehr_id, uid, uid.object_id)
    if asked.prefer is Prefer.IDENTIFIER:
        headers["Preference-Applied"] = asked.prefer
        return Response(UidView(uid=uid).model_dump_json(), asked.status, headers, JSON)
    if asked.prefer is Prefer.REPRESENTATION:
        # What cannot be shown is written all the same, and a preference may be ignored.
        with suppress(Exception):
            shown = await asked.services.versions.read(asked.caller, asked.record, uid, asked.form)
            headers["Preference-Applied"] = asked.prefer
            return version_response(shown, headers, status=asked.status)
    return Response(status_code=204, headers=headers)
