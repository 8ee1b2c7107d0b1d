from itertools import product
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openward_contracts.identifiers import PatientId
from openward_servicekit.auth.permissions import Decision, Permission, Reason, decide, foresee
from openward_servicekit.auth.principal import Principal, Role
from openward_servicekit.auth.scopes import parse_scopes

OWN = PatientId("7d44b88c-4199-4bad-97dc-d78268e01398")
OTHER = PatientId("0b4c9a5e-2f55-4c0e-8a0d-0c2f7c3d9e11")

READ_PATIENT = Permission(
    "patient.read",
    frozenset({Role.CLERK, Role.CLINICIAN, Role.PATIENT, Role.SERVICE}),
    "fhir",
    "r",
    "Patient",
)
READ = Permission(
    "composition.read", frozenset({Role.CLINICIAN, Role.PATIENT, Role.SERVICE}), "composition", "r"
)
CREATE = Permission("composition.create", frozenset({Role.CLINICIAN}), "composition", "c")
QUERY = Permission("query.run", frozenset({Role.CLINICIAN}), "aql", "s", "adhoc")

ALLOWED = Decision(allowed=True)
NO_ROLE = Decision(allowed=False, reason=Reason.ROLE)
NO_SCOPE = Decision(allowed=False, reason=Reason.SCOPE)
OTHER_PATIENT = Decision(allowed=False, reason=Reason.OTHER_PATIENT)
OTHER_OBJECT = Decision(allowed=False, reason=Reason.TARGET)


def user(scope: str, *roles: str, patient: PatientId | None = None) -> Principal:
    return Principal("u", "web", frozenset(map(Role, roles)), parse_scopes(scope), patient_id=patient)


def service(scope: str) -> Principal:
    return Principal("svc-x", "svc-x", frozenset({Role.SERVICE}), parse_scopes(scope), is_service=True)


ADA = user("user/composition-*.cruds user/Patient.rs user/aql-adhoc.s", "clinician")
PAT = user("patient/composition-*.rs patient/Patient.r", "patient", patient=OWN)


@pytest.mark.parametrize(
    ("principal", "permission", "object_", "expected"),
    [
        (ADA, READ_PATIENT, {"patient_id": OTHER}, ALLOWED),
        (ADA, READ, {"target": "T.v1", "patient_id": OTHER}, ALLOWED),
        (ADA, READ, {"target": "T.v1"}, ALLOWED),
        (ADA, QUERY, {}, ALLOWED),
        (ADA, QUERY, {"target": "adhoc"}, ALLOWED),
        # the object is of a kind that the permission is not for, or nobody said which
        (ADA, QUERY, {"target": "stored"}, OTHER_OBJECT),
        (ADA, READ, {}, OTHER_OBJECT),
        # a scope without the role, the role without a scope
        (user("user/Patient.rs"), READ_PATIENT, {}, NO_ROLE),
        (user("user/Patient.rs", "auditor", "admin"), READ_PATIENT, {}, NO_ROLE),
        (user("", "clinician"), READ_PATIENT, {}, NO_SCOPE),
        (user("user/Patient.s user/Observation.r", "clinician"), READ_PATIENT, {}, NO_SCOPE),
        (user("user/composition-*.rs", "clinician"), CREATE, {"target": "T.v1"}, NO_SCOPE),
        (user("user/composition-A::*.r", "clinician"), READ, {"target": "B::T"}, NO_SCOPE),
        (user("user/Patient.r?name=x", "clinician"), READ_PATIENT, {}, NO_SCOPE),
        # a user never reaches into system/, a service into nothing else
        (user("system/*.cruds", "clinician"), READ_PATIENT, {}, NO_SCOPE),
        (service("user/*.cruds patient/*.cruds"), READ_PATIENT, {}, NO_SCOPE),
        (service("system/Patient.r"), READ_PATIENT, {}, ALLOWED),
        (service("system/composition-*.c"), CREATE, {"target": "T.v1"}, NO_ROLE),
        # one's own record and no other, whoever one is when the scope is patient/
        (PAT, READ_PATIENT, {"patient_id": OWN}, ALLOWED),
        (PAT, READ_PATIENT, {"patient_id": OTHER}, OTHER_PATIENT),
        (PAT, READ_PATIENT, {}, OTHER_PATIENT),
        (PAT, READ, {"target": "T.v1", "patient_id": OWN}, ALLOWED),
        (PAT, READ, {"target": "T.v1", "patient_id": OTHER}, OTHER_PATIENT),
        (PAT, CREATE, {"target": "T.v1", "patient_id": OWN}, NO_ROLE),
        (user("user/Patient.r", "patient", patient=OWN), READ_PATIENT, {"patient_id": OTHER}, OTHER_PATIENT),
        (user("user/Patient.r", "patient", patient=OWN), READ_PATIENT, {"patient_id": OWN}, ALLOWED),
        (user("patient/Patient.r", "patient"), READ_PATIENT, {"patient_id": OWN}, OTHER_PATIENT),
        (user("patient/Patient.r", "patient"), READ_PATIENT, {}, OTHER_PATIENT),
        (
            user("patient/Patient.r", "clinician", patient=OWN),
            READ_PATIENT,
            {"patient_id": OTHER},
            OTHER_PATIENT,
        ),
        (user("patient/Patient.r", "clinician", patient=OWN), READ_PATIENT, {"patient_id": OWN}, ALLOWED),
        (
            user("user/Patient.r", "clinician", "patient", patient=OWN),
            READ_PATIENT,
            {"patient_id": OTHER},
            ALLOWED,
        ),
    ],
)
def test_decide(
    principal: Principal, permission: Permission, object_: dict[str, Any], expected: Decision
) -> None:
    assert decide(principal, permission, **object_) == expected


@pytest.mark.parametrize(
    ("principal", "permission", "patient_id", "expected"),
    [
        (ADA, READ_PATIENT, None, ALLOWED),
        (ADA, READ_PATIENT, OTHER, ALLOWED),
        (ADA, READ, None, None),
        (ADA, READ, OTHER, None),
        (user("user/composition-A::*.r", "clinician"), READ, None, None),
        (user("user/composition-*.c", "clinician"), READ, None, NO_SCOPE),
        (user("user/composition-*.r", "clerk"), READ, None, NO_ROLE),
        (PAT, READ_PATIENT, None, None),
        (PAT, READ_PATIENT, OWN, ALLOWED),
        (PAT, READ_PATIENT, OTHER, OTHER_PATIENT),
        (PAT, READ, OWN, None),
        (PAT, READ, OTHER, OTHER_PATIENT),
        (user("", "clinician"), READ_PATIENT, OTHER, NO_SCOPE),
    ],
)
def test_foresee(
    principal: Principal, permission: Permission, patient_id: PatientId | None, expected: Decision | None
) -> None:
    assert foresee(principal, permission, patient_id=patient_id) == expected


_SCOPES = [
    f"{compartment}/{resource}.{perms}"
    for compartment, resource, perms in product(
        ("user", "patient", "system"),
        ("Patient", "*", "composition-*", "composition-A::*", "aql-*"),
        ("r", "c", "cruds"),
    )
]
principals = st.builds(
    lambda scopes, roles, patient, is_service: Principal(
        "u", "c", frozenset(roles), parse_scopes(" ".join(scopes)), patient_id=patient, is_service=is_service
    ),
    st.lists(st.sampled_from(_SCOPES), max_size=4),
    st.sets(st.sampled_from(Role)),
    st.sampled_from([None, OWN, OTHER]),
    st.booleans(),
)
permissions = st.sampled_from([READ_PATIENT, READ, CREATE, QUERY])
patients = st.sampled_from([None, OWN, OTHER])
targets = st.sampled_from(["A::T", "B::T"])


@given(principals, permissions, patients, targets)
def test_what_is_foreseen_is_what_is_decided(
    principal: Principal, permission: Permission, patient_id: UUID | None, target: str
) -> None:
    foreseen = {patient: foresee(principal, permission, patient_id=patient) for patient in (None, patient_id)}
    decided = decide(principal, permission, target=permission.target or target, patient_id=patient_id)

    for decision in foreseen.values():
        assert decision is None or decision.allowed == decided.allowed


@given(principals, permissions, patients, targets)
def test_what_is_allowed_needs_a_role_a_scope_and_the_right_compartment(
    principal: Principal, permission: Permission, patient_id: UUID | None, target: str
) -> None:
    name = permission.target or target
    if not decide(principal, permission, target=name, patient_id=patient_id).allowed:
        return

    granting = {s.compartment for s in principal.scopes if s.grants(permission.kind, permission.perm, name)}
    assert principal.roles & permission.roles
    if principal.is_service:
        assert "system" in granting
    else:
        own = patient_id is not None and patient_id == principal.patient_id
        assert "user" in granting or ("patient" in granting and own)
        assert own or principal.roles & permission.roles != {Role.PATIENT}


@given(principals, permissions, patients, targets, st.sampled_from(_SCOPES), st.sampled_from(Role))
def test_a_scope_or_role_taken_away_never_allows_more(
    principal: Principal, permission: Permission, patient_id: UUID | None, target: str, scope: str, role: Role
) -> None:
    more = Principal(
        principal.sub,
        principal.client_id,
        principal.roles | {role},
        (*principal.scopes, *parse_scopes(scope)),
        patient_id=principal.patient_id,
        is_service=principal.is_service,
    )
    name = permission.target or target

    if decide(principal, permission, target=name, patient_id=patient_id).allowed:
        assert decide(more, permission, target=name, patient_id=patient_id).allowed


@pytest.mark.parametrize(
    "wrong",
    [
        {"roles": frozenset()},
        {"roles": frozenset({"doctor"})},
        {"kind": "ehr"},
        {"perm": "x"},
        {"perm": "rs"},
        {"kind": "fhir", "target": None},
        {"name": "read"},
        {"name": "Patient.read"},
        {"name": "patient.read.all"},
        {"name": "patient.read\n"},
    ],
)
def test_a_permission_that_could_never_be_granted_is_not_declared(wrong: dict[str, Any]) -> None:
    good: dict[str, Any] = {
        "name": "a.b",
        "roles": frozenset({Role.CLERK}),
        "kind": "fhir",
        "perm": "r",
        "target": "X",
    }

    with pytest.raises(ValueError, match=r".+"):
        Permission(**{**good, **wrong})


def test_a_permission_says_what_denials_record() -> None:
    assert (READ.resource, READ.action) == ("composition", "read")
