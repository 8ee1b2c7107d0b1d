from dataclasses import dataclass, field

import pytest
from openward_contracts.identifiers import EhrId, PatientId
from openward_servicekit.auth import Authorizer, Denial, Permission, PermissionDenied, Principal, Reason, Role
from openward_servicekit.auth.refusals import DenialNotRecorded
from openward_servicekit.auth.scopes import parse_scopes
from openward_servicekit.errors import NotFound

READ = Permission("composition.read", frozenset({Role.CLINICIAN}), "composition", "r")
PATIENT = PatientId("7d44b88c-4199-4bad-97dc-d78268e01398")
EHR = EhrId("0b4c9a5e-2f55-4c0e-8a0d-0c2f7c3d9e11")
ADA = Principal("ada", "web", frozenset({Role.CLINICIAN}), parse_scopes("user/composition-A::*.r"))


@dataclass
class Record:
    """Where denials go; `broken` as when its database is down."""

    denials: list[Denial] = field(default_factory=list)
    broken: bool = False

    async def __call__(self, denial: Denial) -> None:
        if self.broken:
            raise ConnectionRefusedError
        self.denials.append(denial)


@pytest.fixture
def record() -> Record:
    return Record()


@pytest.fixture
def authorizer(record: Record) -> Authorizer:
    return Authorizer(record)


async def test_what_is_allowed_leaves_no_denial(authorizer: Authorizer, record: Record) -> None:
    await authorizer.authorize(ADA, READ, target="A::T", patient_id=PATIENT, ehr_id=EHR)

    assert record.denials == []


async def test_a_denial_is_on_record_before_it_is_answered(authorizer: Authorizer, record: Record) -> None:
    with pytest.raises(PermissionDenied) as denied:
        await authorizer.authorize(ADA, READ, target="B::T", patient_id=PATIENT, ehr_id=EHR)

    assert record.denials == [Denial(ADA, READ, Reason.SCOPE, PATIENT, EHR)]
    assert "composition.read" in str(denied.value)


async def test_the_refusal_names_no_object(authorizer: Authorizer) -> None:
    with pytest.raises(PermissionDenied) as denied:
        await authorizer.authorize(ADA, READ, target="B::T", patient_id=PATIENT, ehr_id=EHR)

    assert not any(part in str(denied.value) for part in ("B::T", str(PATIENT), str(EHR), "ada"))


async def test_a_denial_that_cannot_be_recorded_is_not_answered(
    authorizer: Authorizer, record: Record
) -> None:
    record.broken = True

    with pytest.raises(DenialNotRecorded):
        await authorizer.authorize(ADA, READ, target="B::T")


async def test_what_must_not_be_known_is_not_found_and_still_recorded(
    authorizer: Authorizer, record: Record
) -> None:
    with pytest.raises(NotFound):
        await authorizer.authorize(ADA, READ, target="B::T", instead=NotFound())

    assert [denial.reason for denial in record.denials] == [Reason.SCOPE]


async def test_hiding_does_not_help_when_the_record_is_broken(authorizer: Authorizer, record: Record) -> None:
    record.broken = True

    with pytest.raises(DenialNotRecorded):
        await authorizer.authorize(ADA, READ, target="B::T", instead=NotFound())


def test_a_list_shows_what_is_permitted_and_records_nothing(authorizer: Authorizer, record: Record) -> None:
    shown = authorizer.permitted(ADA, READ, ["A::T", "A::U", "B::T", "A::T"])

    assert shown == {"A::T", "A::U"}
    assert record.denials == []


async def test_a_rule_of_the_services_own_can_refuse_too(authorizer: Authorizer, record: Record) -> None:
    with pytest.raises(PermissionDenied):
        await authorizer.deny(Denial(ADA, READ, Reason.ROLE, PATIENT))

    assert [denial.patient_id for denial in record.denials] == [PATIENT]
