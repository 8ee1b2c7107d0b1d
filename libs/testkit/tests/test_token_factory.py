import json
import time

import httpx
import jwt
from jwt.algorithms import ECAlgorithm
from openward_testkit.tokens import ABSENT, AUDIENCE, ISSUER, SigningKey, TokenFactory


def read(token: str, key: SigningKey) -> dict[str, object]:
    return jwt.decode(token, key.private.public_key(), algorithms=["ES256"], audience=AUDIENCE, issuer=ISSUER)


def test_a_token_is_as_rfc_9068_wants_it() -> None:
    factory = TokenFactory()
    token = factory.token(sub="ada", roles=("clinician",), scope="user/Patient.r")

    claims = read(token, factory.keys[0])

    assert jwt.get_unverified_header(token) == {"alg": "ES256", "kid": factory.keys[0].kid, "typ": "at+jwt"}
    assert claims.keys() == {"iss", "aud", "sub", "client_id", "jti", "iat", "exp", "roles", "scope"}
    assert (claims["sub"], claims["roles"], claims["scope"]) == ("ada", ["clinician"], "user/Patient.r")


def test_every_part_can_be_replaced_or_left_out() -> None:
    factory = TokenFactory()
    token = factory.token(header={"typ": ABSENT, "x": 1}, jti=ABSENT, exp=int(time.time()) + 7, patient="p")

    assert jwt.get_unverified_header(token) == {"alg": "ES256", "kid": factory.keys[0].kid, "x": 1}
    claims = read(token, factory.keys[0])
    assert "jti" not in claims
    assert claims["patient"] == "p"


def test_a_service_is_its_own_subject() -> None:
    factory = TokenFactory()

    claims = read(factory.service_token("svc-lab", scope="system/Patient.r"), factory.keys[0])

    assert (claims["sub"], claims["client_id"], claims["roles"]) == ("svc-lab", "svc-lab", ["service"])


def test_the_key_set_is_public_and_follows_rotation() -> None:
    factory = TokenFactory()
    old = factory.keys[0].kid
    new = factory.rotate().kid

    published = json.loads(factory.key_set())["keys"]
    assert [key["kid"] for key in published] == [old, new]
    assert not any("d" in key for key in published)
    assert jwt.get_unverified_header(factory.token())["kid"] == new

    factory.withdraw()
    assert [key["kid"] for key in json.loads(factory.key_set())["keys"]] == [new]


def test_it_can_speak_for_a_provider_whose_keys_are_known() -> None:
    key = SigningKey("known")
    private = {**ECAlgorithm.to_jwk(key.private, as_dict=True), "kid": "known", "alg": "ES256", "use": "sig"}

    factory = TokenFactory.of_private_keys(json.dumps({"keys": [private]}), issuer=ISSUER)

    assert read(factory.token(), key)["sub"] == "ada"


async def test_its_keys_are_served_over_http() -> None:
    factory = TokenFactory()
    async with factory.serving() as jwks_uri, httpx.AsyncClient() as http:
        answer = await http.get(jwks_uri)

    assert answer.content == factory.key_set()
