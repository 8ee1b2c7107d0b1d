"""EHRbase 2.30 and newer answers in other forms than 2.16; either is understood."""

import json
from typing import Any, cast
from uuid import UUID

import pytest
from clinical.adapters.ehrbase import EhrbaseCdr
from clinical.adapters.ehrbase_upstream import EhrbaseUpstream
from clinical.domain.composition import Format, read_draft
from clinical.domain.errors import CompositionRejected, SubjectTaken, VersionMismatch
from clinical.domain.refusals import ContentRejected, RequestRefused
from clinical.domain.upstream import Call
from clinical.service.authorship import Authorship
from clinical.service.ehrs import EhrService
from clinical.service.forwarding import Forwarder
from clinical.service.records import Records
from openward_contracts.identifiers import EhrId, PatientId, TemplateId, VersionUid
from openward_servicekit.auth import Authorizer, Denial, Principal
from openward_servicekit.auth.principal import Role
from openward_servicekit.auth.scopes import parse_scopes
from openward_servicekit.errors import Failure
from openward_servicekit.http import AsyncBaseTransport, AsyncClient, Request, Response, make_client

EHR, PATIENT = EhrId.new(), PatientId.new()
UID = VersionUid.of(UUID("23e3aa57-58ad-45fe-b2d2-1571ecdcd4e7"), "openward.local", 1)
STATUS = {
    "_type": "EHR_STATUS",
    "uid": {"_type": "OBJECT_VERSION_ID", "value": str(UID)},
    "archetype_node_id": "openEHR-EHR-EHR_STATUS.generic.v1",
    "name": {"_type": "DV_TEXT", "value": "EHR Status"},
    "subject": {
        "_type": "PARTY_SELF",
        "external_ref": {
            "_type": "PARTY_REF",
            "namespace": "openward",
            "type": "PERSON",
            "id": {"_type": "GENERIC_ID", "value": str(PATIENT), "scheme": "uuid"},
        },
    },
    "is_queryable": True,
    "is_modifiable": True,
}
REFERENCE = {
    "_type": "OBJECT_REF",
    "namespace": "local",
    "type": "EHR_STATUS",
    "id": {"_type": "OBJECT_VERSION_ID", "value": str(UID)},
}
ADA = Principal("ada-1", "web", frozenset({Role.CLINICIAN}), parse_scopes("user/Patient.r"))
FLAT = read_draft(b'{"root/a": 1}', Format.FLAT, TemplateId("t"))


def ehr(status: dict[str, Any]) -> dict[str, Any]:
    return {
        "system_id": {"_type": "HIER_OBJECT_ID", "value": "openward.local"},
        "ehr_id": {"_type": "HIER_OBJECT_ID", "value": str(EHR)},
        "ehr_status": status,
        "time_created": {"_type": "DV_DATE_TIME", "value": "2026-11-23T04:26:15.518065Z"},
    }


class Ehrbase(AsyncBaseTransport):
    """Answers by the end of the path."""

    def __init__(self, **answers: Response) -> None:
        self._answers = answers

    async def handle_async_request(self, request: Request) -> Response:
        answer = self._answers[request.url.path.rpartition("/")[2].replace(str(EHR), "this")]
        return Response(answer.status_code, headers=answer.headers, content=answer.content)


def client(**answers: Response) -> AsyncClient:
    return make_client("http://ehrbase.test/ehrbase/", transport=Ehrbase(**answers))


class Nobody:
    """No patient is registered, no version was written here, and every access is put on record."""

    def __init__(self) -> None:
        self.read_resources: list[str] = []

    async def by_id(self, _ehr_id: EhrId) -> None:
        return None

    async def of_patient(self, _patient_id: PatientId) -> None:
        return None

    async def of(self, _versions: object) -> dict[str, Any]:
        return {}

    async def read(self, _actor: object, _ehr: object, resource: str, *_version: object) -> None:
        self.read_resources.append(resource)


async def denied(denial: Denial) -> None:
    raise AssertionError(denial)


@pytest.mark.parametrize("status", [STATUS, REFERENCE])
async def test_the_ehr_of_a_subject_is_found_and_dated_in_either_form(status: dict[str, Any]) -> None:
    nobody = cast("Any", Nobody())
    http = client(
        ehr=Response(200, json=ehr(status)),
        this=Response(
            200, json=ehr(status), headers={"ETag": f'"{EHR}"', "Last-Modified": "Fri, 02 Jan 1970"}
        ),
        ehr_status=Response(200, json=STATUS),
    )
    ehrs = EhrService(nobody, EhrbaseCdr(http))
    records = Records(ehrs, nobody, Authorizer(denied))
    forwarder = Forwarder(EhrbaseUpstream(http), records, nobody, nobody, Authorizer(denied))

    found, answer = await forwarder.ehr_of_subject(ADA, {"subject_id": "x"}, "application/json")
    dated = await Authorship(nobody, ehrs, nobody, "openward.local").answered(answer, found, "ehr")

    assert found == EHR
    assert json.loads(await dated.read()) == ehr(status)
    assert dated.headers["last-modified"] == "Mon, 23 Nov 2026 04:26:15 GMT"
    assert nobody.read_resources == ["ehr"]


@pytest.mark.parametrize("body", [ehr(STATUS), ehr(REFERENCE), {}])
async def test_an_ehr_that_is_there_is_known_by_its_status_and_not_by_the_refusal(
    body: dict[str, Any],
) -> None:
    http = client(this=Response(409, json=body), ehr_status=Response(200, json=STATUS))

    await EhrbaseCdr(http).create_ehr(EHR, PATIENT)

    with pytest.raises(SubjectTaken):
        await EhrbaseCdr(http).create_ehr(EHR, PatientId.new())


@pytest.mark.parametrize("etag", [f'"{UID}"', f'W/"{UID}"', str(UID)])
async def test_a_version_is_confirmed_by_a_weak_etag_as_well(etag: str) -> None:
    """ITS-REST 1.1 wants ETags to be weak."""
    http = client(composition=Response(204, headers={"ETag": etag}))

    await EhrbaseCdr(http).create(EHR, FLAT, UID)
    answer = await EhrbaseUpstream(http).open(Call("POST", f"openehr/v1/ehr/{EHR}/composition"))

    assert answer.uid == str(UID)


@pytest.mark.parametrize("status", [400, 422])
async def test_content_is_rejected_with_either_status(status: int) -> None:
    message = {"error": "x", "message": "/content[a]: Attribute items does not match existence 1..1"}

    with pytest.raises(CompositionRejected):
        await EhrbaseCdr(client(composition=Response(status, json=message))).create(EHR, FLAT, UID)


@pytest.mark.parametrize(("status", "refusal"), [(400, RequestRefused), (422, ContentRejected)])
async def test_what_is_passed_on_keeps_the_status_that_ehrbase_gave(
    status: int, refusal: type[Failure]
) -> None:
    """Of a bad EHR_STATUS, for one, 2.16 and newer ones say different things."""
    http = client(ehr_status=Response(status, json={"message": "bad"}))

    with pytest.raises(refusal) as refused:
        await EhrbaseUpstream(http).open(Call("PUT", f"openehr/v1/ehr/{EHR}/ehr_status"))

    assert refused.value.extensions["message"] == "bad"


@pytest.mark.parametrize(
    "answer",
    [Response(409, json={"message": "If-Match does not match"}), Response(412, json={"message": "x"})],
)
async def test_an_outdated_deletion_is_told_with_either_status(answer: Response) -> None:
    http = make_client("http://ehrbase.test/ehrbase/", transport=Ehrbase(**{str(UID): answer}))

    with pytest.raises(VersionMismatch):
        await EhrbaseCdr(http).delete(EHR, UID)
