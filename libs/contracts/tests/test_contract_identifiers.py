import copy
import pickle
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from openward_contracts.identifiers import ContributionId, EhrId, ObjectId, PatientId, TemplateId, VersionUid
from pydantic import BaseModel, TypeAdapter, ValidationError

TEXT = "7d44b88c-4199-4bad-97dc-d78268e01398"
UID = f"{TEXT}::local.ehrbase.org::3"


class Record(BaseModel):
    patient_id: PatientId
    version_uid: VersionUid | None = None
    template_id: TemplateId | None = None


@pytest.mark.parametrize(
    "text",
    [
        "{7d44b88c-4199-4bad-97dc-d78268e01398}",
        "urn:uuid:7d44b88c-4199-4bad-97dc-d78268e01398",
        "7d44b88c41994bad97dcd78268e01398",
        "7d44b88c-41994bad-97dc-d782-68e01398",
        " 7d44b88c-4199-4bad-97dc-d78268e01398",
        "7d44b88c-4199-4bad-97dc-d78268e01398\n",
        "\u0667d44b88c-4199-4bad-97dc-d78268e0139",  # an Arabic seven
        "7d44b88c-4199-4bad-97dc-d78268e0139",
        "",
        7,
        None,
    ],
)
@pytest.mark.parametrize("identifier", [PatientId, EhrId, ObjectId, ContributionId])
def test_a_uuid_is_read_from_its_canonical_text_only(identifier: type[PatientId], text: object) -> None:
    with pytest.raises(ValidationError) as raised:
        TypeAdapter(identifier).validate_python(text)
    assert "not a UUID in canonical text" in str(raised.value)


def test_either_case_is_read_and_lower_case_is_written() -> None:
    assert str(PatientId(TEXT.upper())) == TEXT
    assert PatientId(TEXT.upper()) == PatientId(TEXT)


def test_a_uuid_of_the_standard_library_is_taken_as_it_is() -> None:
    assert Record(patient_id=UUID(TEXT)).patient_id == PatientId(TEXT)
    assert type(Record(patient_id=UUID(TEXT)).patient_id) is PatientId


def test_an_identifier_of_another_kind_is_refused() -> None:
    with pytest.raises(ValidationError):
        Record(patient_id=EhrId(TEXT))


def test_new_identifiers_differ() -> None:
    assert EhrId.new() != EhrId.new()
    assert EhrId.new().version == 4


def test_identifiers_survive_json_pickle_and_copy() -> None:
    record = Record(patient_id=PatientId(TEXT), version_uid=VersionUid(UID), template_id=TemplateId("a b"))
    again = Record.model_validate_json(record.model_dump_json())
    assert again == record
    assert [type(value) for value in again.__dict__.values()] == [PatientId, VersionUid, TemplateId]
    assert pickle.loads(pickle.dumps(record)) == copy.deepcopy(record) == record  # noqa: S301  our own bytes


def test_a_version_uid_names_its_parts() -> None:
    uid = VersionUid.parse(UID)
    assert (uid.object_id, uid.system_id, uid.version) == (ObjectId(TEXT), "local.ehrbase.org", 3)
    assert uid == UID
    assert VersionUid.of(uid.object_id, uid.system_id, uid.version) == uid


def test_the_successor_is_the_next_version_of_the_same_object() -> None:
    assert VersionUid(UID).successor() == f"{TEXT}::local.ehrbase.org::4"


def test_a_version_uid_has_one_text() -> None:
    assert VersionUid(f"{TEXT.upper()}::local.ehrbase.org::3") == UID
    assert VersionUid(f"{TEXT}::Hospital-A::3").system_id == "Hospital-A"


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        f"{TEXT}::local.ehrbase.org",
        f"{TEXT}::local.ehrbase.org::0",
        f"{TEXT}::local.ehrbase.org::03",
        f"{TEXT}::local.ehrbase.org::-1",
        f"{TEXT}::local.ehrbase.org::1.1.1",
        f"{TEXT}::local.ehrbase.org::2147483648",
        f"{TEXT}::local.ehrbase.org::1\n",
        f"{TEXT}::::1",
        f"{TEXT}::a::b::1",
        f"{TEXT}::a/b::1",
        f"{TEXT.replace('-', '')}::local.ehrbase.org::1",
        "",
    ],
)
def test_anything_else_is_no_version_uid(text: str) -> None:
    with pytest.raises(ValueError, match="not a version uid"):
        VersionUid.parse(text)


@pytest.mark.parametrize("text", ["IDCR - Laboratory Test Report.v0", "Überweisung", "a/b?c=d#e", "x" * 255])
def test_a_template_id_is_what_its_author_wrote(text: str) -> None:
    assert TemplateId(text) == text


@pytest.mark.parametrize("text", ["", "x" * 256, "a\nb", "a\x00", "a\x7f", "a\x85", "\ud800"])
def test_a_template_id_holds_nothing_unprintable(text: str) -> None:
    with pytest.raises(ValueError, match="not a template id"):
        TemplateId(text)


@pytest.mark.parametrize("text", ["{secret}", f"{{{TEXT}}}"])
def test_errors_do_not_repeat_the_value(text: str) -> None:
    for identifier in (PatientId, VersionUid):
        with pytest.raises(ValueError, match=r"^not a ") as raised:
            identifier(text)
        assert text not in str(raised.value)


async def _get(url: str) -> httpx.Response:
    app = FastAPI()

    @app.get("/patients/{patient_id}/compositions/{uid}")
    def read(
        patient_id: PatientId, uid: ObjectId | VersionUid, template_id: TemplateId | None = None
    ) -> list[str]:
        return [type(value).__name__ for value in (patient_id, uid, template_id)]

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as client:
        return await client.get(url)


@pytest.mark.parametrize(("uid", "kind"), [(TEXT, "ObjectId"), (UID, "VersionUid")])
async def test_identifiers_are_path_and_query_parameters(uid: str, kind: str) -> None:
    answer = await _get(f"/patients/{TEXT}/compositions/{uid}?template_id=a%20b")
    assert answer.json() == ["PatientId", kind, "TemplateId"]


async def test_a_path_with_another_spelling_is_refused() -> None:
    answer = await _get(f"/patients/{{{TEXT}}}/compositions/{TEXT}")
    assert answer.status_code == 422


async def test_openapi_says_uuid() -> None:
    [path] = (await _get("/openapi.json")).json()["paths"].values()
    schema = path["get"]["parameters"][0]["schema"]
    assert (schema["type"], schema["format"]) == ("string", "uuid")
