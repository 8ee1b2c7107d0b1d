"""What an answer of EHRbase means, and what is made of a body for it."""

import json
from typing import Any
from uuid import uuid4

import pytest
from clinical.adapters.ehrbase import EhrbaseCdr
from clinical.domain.composition import Draft, Format, read_draft
from clinical.domain.errors import (
    CompositionRejected,
    CompositionUnreadable,
    EhrNotFound,
    SubjectTaken,
    TemplateUnknown,
    VersionMismatch,
)
from openward_contracts.identifiers import EhrId, PatientId, TemplateId, VersionUid
from openward_servicekit.errors import UpstreamBroken, UpstreamTimeout
from openward_servicekit.http import AsyncBaseTransport, Request, Response, make_client

UID = VersionUid.of(uuid4(), "openward.local", 1)
OTHER = VersionUid.of(uuid4(), "openward.local", 1)


class Answers(AsyncBaseTransport):
    """Gives these, one after the other."""

    def __init__(self, *answers: Response) -> None:
        self._answers = list(answers)

    async def handle_async_request(self, _request: Request) -> Response:
        return self._answers.pop(0)


def ehrbase(*answers: Response) -> EhrbaseCdr:
    return EhrbaseCdr(make_client("http://ehrbase.test/ehrbase", transport=Answers(*answers)))


def draft(content: Any, form: Format = Format.FLAT) -> Draft:
    return read_draft(json.dumps(content).encode(), form, TemplateId("t"))


FLAT = draft({"root/a": 1})


async def test_a_version_is_stored_when_ehrbase_names_it() -> None:
    stored = Response(204, headers={"ETag": f'"{UID}"'})

    await ehrbase(stored).create(EhrId.new(), FLAT, UID)


@pytest.mark.parametrize("headers", [{}, {"ETag": f'"{OTHER}"'}])
async def test_another_version_than_the_one_asked_for_is_no_success(headers: dict[str, str]) -> None:
    with pytest.raises(UpstreamBroken):
        await ehrbase(Response(204, headers=headers)).create(EhrId.new(), FLAT, UID)

    with pytest.raises(UpstreamBroken):
        await ehrbase(Response(204, headers=headers)).update(EhrId.new(), FLAT, UID)


@pytest.mark.parametrize("status", [502, 503, 504])
async def test_a_proxy_that_gave_up_leaves_the_outcome_unknown(status: int) -> None:
    with pytest.raises(UpstreamTimeout):
        await ehrbase(Response(status)).create(EhrId.new(), FLAT, UID)


async def test_of_a_refusal_that_is_too_long_nothing_is_read() -> None:
    path = "/content[openEHR-EHR-OBSERVATION.pulse.v2]"
    endless = Response(422, json={"message": f"{path}: {'x' * 300_000}"})

    with pytest.raises(CompositionRejected) as rejected:
        await ehrbase(endless).create(EhrId.new(), FLAT, UID)

    assert [each.path for each in rejected.value.said] == [""]


async def test_a_patient_whose_ehr_has_another_id_is_a_conflict() -> None:
    """A message about it is pointless to repeat, which a failure of EHRbase would not be."""
    taken, nothing = Response(409, json={}), Response(404, json={})

    with pytest.raises(SubjectTaken):
        await ehrbase(taken, nothing).create_ehr(EhrId.new(), PatientId.new())


async def test_an_ehr_status_that_somebody_else_has_changed_is_told_apart() -> None:
    with pytest.raises(VersionMismatch):
        await ehrbase(Response(412, json={})).update_ehr_status(EhrId.new(), UID, {})


async def test_an_ehr_without_a_status_is_not_there() -> None:
    with pytest.raises(EhrNotFound):
        await ehrbase(Response(404, json={})).ehr_status(EhrId.new())


@pytest.mark.parametrize("form", [Format.FLAT, Format.STRUCTURED])
def test_a_body_is_stored_under_our_uid_and_no_other(form: Format) -> None:
    content: dict[str, Any] = {"ctx/language": "en", "root/_uid": OTHER}
    if form is Format.STRUCTURED:
        content = {"ctx": {}, "root": {"_uid": [OTHER]}}

    assert str(OTHER).encode() not in b"".join(draft(content, form).stored_as(UID))


def test_a_structured_body_names_its_root_once() -> None:
    """EHRbase takes the second name for a path, and the uid from there."""
    with pytest.raises(CompositionUnreadable):
        draft({"root": {}, "root/_uid": [OTHER]}, Format.STRUCTURED).stored_as(UID)


@pytest.mark.parametrize("name", ["", "a\nb", "x" * 256])
def test_a_name_that_no_template_has_is_unknown(name: str) -> None:
    content = {"archetype_details": {"template_id": {"value": name}}}

    with pytest.raises(TemplateUnknown):
        read_draft(json.dumps(content).encode(), Format.CANONICAL, None)
