import time
from typing import Any

import pytest
from openward_contracts.identifiers import EhrId, PatientId
from openward_servicekit.auth.jwks import JwksCache
from openward_servicekit.auth.principal import Principal, Role
from openward_servicekit.auth.refusals import TokenRejected
from openward_servicekit.auth.tokens import TokenVerifier
from openward_testkit.tokens import ABSENT, AUDIENCE, ISSUER, TokenFactory

PATIENT = "7d44b88c-4199-4bad-97dc-d78268e01398"
EHR = "0b4c9a5e-2f55-4c0e-8a0d-0c2f7c3d9e11"


@pytest.fixture
def factory() -> TokenFactory:
    return TokenFactory()


@pytest.fixture
def verifier(factory: TokenFactory) -> TokenVerifier:
    return TokenVerifier(keys=JwksCache(factory.fetch), issuer=ISSUER, audience=AUDIENCE)


async def principal_of(token: str, verifier: TokenVerifier) -> Principal:
    return (await verifier.verify(token)).claims.principal()


async def test_a_users_token_becomes_a_principal(factory: TokenFactory, verifier: TokenVerifier) -> None:
    token = factory.token(
        sub="ada",
        roles=["clinician"],
        scope="openid user/Patient.rs",
        patient=PATIENT,
        ehrId=EHR,
        purpose="TREAT",
    )

    caller = await principal_of(token, verifier)

    assert (caller.sub, caller.client_id, caller.roles) == ("ada", "web", frozenset({Role.CLINICIAN}))
    assert [(s.compartment, s.target, s.perms) for s in caller.scopes] == [
        ("user", "Patient", frozenset("rs"))
    ]
    assert (caller.patient_id, caller.ehr_id, caller.purpose) == (PatientId(PATIENT), EhrId(EHR), "TREAT")
    assert not caller.is_service


async def test_a_services_token_becomes_a_service(factory: TokenFactory, verifier: TokenVerifier) -> None:
    caller = await principal_of(factory.service_token("svc-lab", scope="system/Patient.rs"), verifier)

    assert caller.is_service
    assert (caller.sub, caller.roles) == ("svc-lab", frozenset({Role.SERVICE}))


async def test_a_user_called_like_a_client_stays_a_user(
    factory: TokenFactory, verifier: TokenVerifier
) -> None:
    caller = await principal_of(factory.token(sub="web", client_id="web", roles=["clerk"]), verifier)

    assert not caller.is_service


async def test_roles_that_are_not_openwards_are_dropped(
    factory: TokenFactory, verifier: TokenVerifier
) -> None:
    token = factory.token(roles=["offline_access", "Clinician", "auditor", "auditor", ""])

    assert (await principal_of(token, verifier)).roles == {Role.AUDITOR}


async def test_the_actor_says_what_the_principal_is(factory: TokenFactory, verifier: TokenVerifier) -> None:
    user = (
        await principal_of(factory.token(roles=["clinician", "admin"], purpose="TREAT"), verifier)
    ).actor()
    service = (await principal_of(factory.service_token(), verifier)).actor()

    assert (user.sub, user.client_id, user.roles, user.purpose) == (
        "ada",
        "web",
        ("admin", "clinician"),
        "TREAT",
    )
    assert (user.kind, service.kind) == ("user", "service_account")


@pytest.mark.parametrize("typ", ["at+jwt", "AT+JWT", "application/at+jwt", "Application/AT+jwt"])
async def test_every_spelling_of_the_type_is_read(
    typ: str, factory: TokenFactory, verifier: TokenVerifier
) -> None:
    assert (await verifier.verify(factory.token(header={"typ": typ}))).claims.sub == "ada"


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": [AUDIENCE, "urn:other"]},
        {"nbf": 0},
        {"scope": ABSENT},
        {"roles": []},
        {"patient": None, "ehrId": None, "purpose": None},
        {"unknown": {"deeply": ["nested"]}},
    ],
)
async def test_other_good_claims_are_accepted(
    claims: dict[str, Any], factory: TokenFactory, verifier: TokenVerifier
) -> None:
    assert (await principal_of(factory.token(**{"roles": [], **claims}), verifier)).sub == "ada"


async def test_without_roles_and_scopes_there_are_none(
    factory: TokenFactory, verifier: TokenVerifier
) -> None:
    now = int(time.time())
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "x",
        "client_id": "web",
        "jti": "j",
        "iat": now,
        "exp": now + 9,
    }

    caller = await principal_of(factory.sign(claims), verifier)

    assert (caller.roles, caller.scopes) == (frozenset(), ())


@pytest.mark.parametrize(("seconds", "accepted"), [(299, True), (309, True), (310, False), (10_000, False)])
async def test_a_token_ends_at_exp_plus_the_leeway(
    seconds: int, *, accepted: bool, factory: TokenFactory
) -> None:
    now = int(time.time())
    verifier = TokenVerifier(
        keys=JwksCache(factory.fetch),
        issuer=ISSUER,
        audience=AUDIENCE,
        leeway=10,
        clock=lambda: now + seconds,
    )
    token = factory.token(iat=now, exp=now + 300)

    if accepted:
        assert (await verifier.verify(token)).claims.exp == now + 300
    else:
        with pytest.raises(TokenRejected):
            await verifier.verify(token)


async def test_a_token_from_a_fast_clock_is_accepted_within_the_leeway(
    factory: TokenFactory, verifier: TokenVerifier
) -> None:
    soon = int(time.time()) + 5

    token = factory.token(iat=soon, nbf=soon, exp=soon + 300)

    assert (await verifier.verify(token)).claims.nbf == soon
