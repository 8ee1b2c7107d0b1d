"""Tokens that must not be accepted (RFC 8725; advisories of JOSE libraries), each a step from a good one."""

import hashlib
import hmac
import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import RSAAlgorithm
from openward_servicekit.auth.jwks import JwksCache
from openward_servicekit.auth.refusals import TokenRejected
from openward_servicekit.auth.tokens import TokenVerifier
from openward_testkit.tokens import ABSENT, AUDIENCE, ISSUER, SigningKey, TokenFactory

ELSEWHERE = "https://evil.test"
PATIENT = "7d44b88c-4199-4bad-97dc-d78268e01398"


def b64(octets: bytes) -> str:
    return urlsafe_b64encode(octets).rstrip(b"=").decode()


@dataclass
class Forge:
    """A provider with an EC and an RSA key, and the tools of somebody who knows its public halves."""

    factory: TokenFactory = field(default_factory=lambda: TokenFactory(keys=[SigningKey("e1")]))
    rsa_key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))
    now: int = field(default_factory=lambda: int(time.time()))

    def key_set(self) -> bytes:
        rsa_jwk = {
            **RSAAlgorithm.to_jwk(self.rsa_key.public_key(), as_dict=True),
            "kid": "r1",
            "alg": "RS256",
        }
        return json.dumps({"keys": [self.ec_jwk(), rsa_jwk]}).encode()

    async def fetch(self) -> bytes:
        return self.key_set()

    def ec_jwk(self) -> dict[str, Any]:
        return self.factory.keys[0].jwk()

    def ec_pem(self) -> bytes:
        return (
            self.factory.keys[0]
            .private.public_key()
            .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        )

    def claims(self, **changes: Any) -> dict[str, Any]:
        claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "ada", "client_id": "web", "jti": "j"}
        times = {"iat": self.now, "exp": self.now + 300}
        return {k: v for k, v in {**claims, **times, **changes}.items() if v is not ABSENT}

    def header(self, **changes: Any) -> dict[str, Any]:
        header = {"alg": "ES256", "kid": "e1", "typ": "at+jwt", **changes}
        return {k: v for k, v in header.items() if v is not ABSENT}

    def good(self, header: Mapping[str, Any] | None = None, **claims: Any) -> str:
        """Signed by the provider's key, whatever it says."""
        return self.signed(json.dumps(self.header(**(header or {}))), json.dumps(self.claims(**claims)))

    def signed(self, header: str, payload: str) -> str:
        signing_input = f"{b64(header.encode())}.{b64(payload.encode())}"
        algorithm = jwt.get_algorithm_by_name("ES256")
        return f"{signing_input}.{b64(algorithm.sign(signing_input.encode(), self.factory.keys[0].private))}"

    def unsigned(self, signature: bytes = b"", **header: Any) -> str:
        parts = (json.dumps(self.header(**header)).encode(), json.dumps(self.claims()).encode(), signature)
        return ".".join(map(b64, parts))

    def hmac_signed(self, secret: bytes, **header: Any) -> str:
        signing_input = self.unsigned(**{"alg": "HS256", **header}).rpartition(".")[0]
        return f"{signing_input}.{b64(hmac.new(secret, signing_input.encode(), hashlib.sha256).digest())}"

    def by_another_key(self, **header: Any) -> str:
        key = ec.generate_private_key(ec.SECP256R1())
        return jwt.encode(self.claims(), key, algorithm="ES256", headers=self.header(**header))

    def by_rsa(self, **header: Any) -> str:
        return jwt.encode(
            self.claims(), self.rsa_key, algorithm="RS256", headers=self.header(alg="RS256", **header)
        )


@pytest.fixture(scope="module")
def forge() -> Forge:
    return Forge()


@pytest.fixture
def verifier(forge: Forge) -> TokenVerifier:
    return TokenVerifier(keys=JwksCache(forge.fetch), issuer=ISSUER, audience=AUDIENCE)


def tampered(forge: Forge) -> str:
    header, _, signature = forge.good().split(".")
    return f"{header}.{b64(json.dumps(forge.claims(sub='root')).encode())}.{signature}"


def embedded_key(forge: Forge) -> str:
    key = SigningKey("e1")
    return jwt.encode(forge.claims(), key.private, algorithm="ES256", headers=forge.header(jwk=key.jwk()))


def stripped_signature(forge: Forge) -> str:
    return forge.good().rpartition(".")[0] + "."


def swapped_signature(forge: Forge) -> str:
    return forge.good().rpartition(".")[0] + "." + forge.good(sub="eve").rpartition(".")[2]


def twice(forge: Forge, member: str) -> str:
    """The claim `member` first as something else, then as it should be."""
    return '{"' + member + '": "root", ' + json.dumps(forge.claims())[1:]


Make = Callable[[Forge], str]

SIGNATURES: dict[str, Make] = {
    "alg none": lambda f: f.unsigned(alg="none"),
    "alg nOnE": lambda f: f.unsigned(alg="nOnE"),
    "alg none with a signature": lambda f: f.unsigned(b"x" * 64, alg="none"),
    "no alg": lambda f: f.good({"alg": ABSENT}),
    "alg null": lambda f: f.good({"alg": None}),
    "alg list": lambda f: f.good({"alg": ["ES256"]}),
    "alg lower case": lambda f: f.good({"alg": "es256"}),
    "empty signature": lambda f: f.unsigned(),
    "signature removed": stripped_signature,
    "signature of another token": swapped_signature,
    "all-zero signature (CVE-2022-21449)": lambda f: f.unsigned(b"\0" * 64),
    "signature with s = n": lambda f: f.unsigned(b"\0" * 31 + b"\1" + b"\xff" * 32),
    "short signature": lambda f: f.unsigned(b"\1" * 32),
    "DER signature": lambda f: f.unsigned(f.factory.keys[0].private.sign(b"x", ec.ECDSA(SHA256()))),
    "HS256 with the public key as PEM": lambda f: f.hmac_signed(f.ec_pem()),
    "HS256 with the public key as JWK": lambda f: f.hmac_signed(json.dumps(f.ec_jwk()).encode()),
    "HS256 with the kid of the RSA key": lambda f: f.hmac_signed(f.ec_pem(), kid="r1"),
    "HS256 with no secret": lambda f: f.hmac_signed(b""),
    "HS256 with the key set": lambda f: f.hmac_signed(f.key_set()),
    "another EC key": lambda f: f.by_another_key(),
    "RS256 with the kid of the EC key": lambda f: f.by_rsa(kid="e1"),
    "ES256 with the kid of the RSA key": lambda f: f.good({"kid": "r1"}),
    "PS256 with the RSA key": lambda f: jwt.encode(
        f.claims(), f.rsa_key, algorithm="PS256", headers=f.header(alg="PS256", kid="r1")
    ),
    "RS512 with the RSA key": lambda f: jwt.encode(
        f.claims(), f.rsa_key, algorithm="RS512", headers=f.header(alg="RS512", kid="r1")
    ),
    "payload changed": tampered,
}

HEADERS: dict[str, Make] = {
    "embedded jwk (CVE-2026-27962)": embedded_key,
    "jku": lambda f: f.good({"jku": f"{ELSEWHERE}/jwks"}),
    "x5u": lambda f: f.good({"x5u": ELSEWHERE}),
    "x5c": lambda f: f.good({"x5c": ["AA"]}),
    "crit with a known claim": lambda f: f.good({"crit": ["exp"], "exp": 1}),
    "crit with an unknown extension (CVE-2026-32597)": lambda f: f.good({"crit": ["x"], "x": 1}),
    "empty crit": lambda f: f.good({"crit": []}),
    "b64 false": lambda f: f.good({"b64": False, "crit": ["b64"]}),
    "b64 true": lambda f: f.good({"b64": True}),
    "zip": lambda f: f.good({"zip": "DEF"}),
    "enc": lambda f: f.good({"enc": "A256GCM"}),
    "cty": lambda f: f.good({"cty": "JWT"}),
    "no kid": lambda f: f.good({"kid": ABSENT}),
    "empty kid": lambda f: f.good({"kid": ""}),
    "kid null": lambda f: f.good({"kid": None}),
    "kid list": lambda f: f.good({"kid": ["e1"]}),
    "kid number": lambda f: f.good({"kid": 1}),
    "kid with a path": lambda f: f.good({"kid": "../../dev/null"}),
    "kid with SQL": lambda f: f.good({"kid": "x' UNION SELECT 'a"}),
    "kid with NUL": lambda f: f.good({"kid": "e1\0"}),
    "kid in another case": lambda f: f.good({"kid": "E1"}),
    "long kid": lambda f: f.good({"kid": "a" * 5000}),
    "typ of an ID token": lambda f: f.good({"typ": "JWT"}),
    "typ of a logout token": lambda f: f.good({"typ": "logout+jwt"}),
    "no typ": lambda f: f.good({"typ": ABSENT}),
    "typ null": lambda f: f.good({"typ": None}),
    "typ list": lambda f: f.good({"typ": ["at+jwt"]}),
    "alg twice": lambda f: f.signed('{"alg":"none",' + json.dumps(f.header())[1:], json.dumps(f.claims())),
    "kid twice": lambda f: f.signed('{"kid":"r1",' + json.dumps(f.header())[1:], json.dumps(f.claims())),
    "header is a list": lambda f: f.signed(json.dumps([f.header()]), json.dumps(f.claims())),
    "header is no JSON": lambda f: f.signed("{alg: ES256}", json.dumps(f.claims())),
    "header in UTF-16": lambda f: (
        b64(json.dumps(f.header()).encode("utf-16")) + "." + f.good().partition(".")[2]
    ),
}

PARTIES: dict[str, Make] = {
    "another issuer": lambda f: f.good(iss=ELSEWHERE),
    "issuer as a prefix": lambda f: f.good(iss=f"{ISSUER}.evil.test"),
    "issuer with a slash": lambda f: f.good(iss=f"{ISSUER}/"),
    "issuer in upper case": lambda f: f.good(iss=ISSUER.upper()),
    "issuer list": lambda f: f.good(iss=[ISSUER]),
    "no issuer": lambda f: f.good(iss=ABSENT),
    "another audience": lambda f: f.good(aud="urn:other"),
    "audience as a prefix": lambda f: f.good(aud=f"{AUDIENCE}:x"),
    "client id as the audience": lambda f: f.good(aud="web"),
    "no audience": lambda f: f.good(aud=ABSENT),
    "no audience in the list": lambda f: f.good(aud=[]),
    "audience list with a number": lambda f: f.good(aud=[AUDIENCE, 1]),
    "audience object": lambda f: f.good(aud={AUDIENCE: True}),
    "no subject": lambda f: f.good(sub=ABSENT),
    "empty subject": lambda f: f.good(sub=""),
    "subject number": lambda f: f.good(sub=1),
    "subject null": lambda f: f.good(sub=None),
    "subject with a line break": lambda f: f.good(sub="ada\r\nroot"),
    "subject with a final line break": lambda f: f.good(sub="ada\n"),
    "subject of the system's own": lambda f: f.good(sub="service:clinical"),
    "subject of a login": lambda f: f.good(sub="ehrbase:openward"),
    "long subject": lambda f: f.good(sub="a" * 256),
    "no client": lambda f: f.good(client_id=ABSENT),
    "client list": lambda f: f.good(client_id=["web"]),
    "no jti": lambda f: f.good(jti=ABSENT),
    "user with the role service": lambda f: f.good(roles=["service"]),
    "service that is a patient": lambda f: f.good(
        sub="svc", client_id="svc", roles=["service"], patient=PATIENT
    ),
    "service with an EHR": lambda f: f.good(sub="svc", client_id="svc", roles=["service"], ehrId=PATIENT),
}

TIMES: dict[str, Make] = {
    "expired": lambda f: f.good(iat=f.now - 700, exp=f.now - 60),
    "no exp": lambda f: f.good(exp=ABSENT),
    "exp null": lambda f: f.good(exp=None),
    "exp in 30 years": lambda f: f.good(exp=f.now + 10**9),
    "exp huge": lambda f: f.good(exp=10**400),
    "exp text": lambda f: f.good(exp="never"),
    "exp number as text": lambda f: f.good(exp=str(f.now + 300)),
    "exp true": lambda f: f.good(exp=True),
    "exp Infinity": lambda f: f.good(exp=float("inf")),
    "exp 1e999": lambda f: f.signed(
        json.dumps(f.header()), json.dumps(f.claims(exp=7)).replace("7}", "1e999}")
    ),
    "exp before iat": lambda f: f.good(iat=f.now + 5, exp=f.now + 1),
    "no iat": lambda f: f.good(iat=ABSENT),
    "iat in the future": lambda f: f.good(iat=f.now + 600, exp=f.now + 900),
    "iat long ago, still valid": lambda f: f.good(iat=f.now - 10**6),
    "nbf in the future": lambda f: f.good(nbf=f.now + 200),
    "nbf text": lambda f: f.good(nbf="now"),
}

RIGHTS: dict[str, Make] = {
    "scope list": lambda f: f.good(scope=["user/Patient.rs"]),
    "scope null": lambda f: f.good(scope=None),
    "roles text": lambda f: f.good(roles="clinician"),
    "roles object": lambda f: f.good(roles={"clinician": True}),
    "roles with a number": lambda f: f.good(roles=["clinician", 1]),
    "100 roles": lambda f: f.good(roles=["x"] * 100),
    "patient that is no UUID": lambda f: f.good(patient="pat-1"),
    "patient as a URN": lambda f: f.good(patient=f"urn:uuid:{PATIENT}"),
    "patient list": lambda f: f.good(patient=[PATIENT]),
    "ehrId that is no UUID": lambda f: f.good(ehrId="*"),
    "purpose in prose": lambda f: f.good(purpose="because I want to"),
    "sub twice": lambda f: f.signed(json.dumps(f.header()), twice(f, "sub")),
    "scope twice": lambda f: f.signed(
        json.dumps(f.header()), '{"scope":"a","scope":"b",' + json.dumps(f.claims())[1:]
    ),
}

FORMS: dict[str, Make] = {
    "empty": lambda _: "",
    "no token": lambda _: "abc",
    "two dots": lambda _: "..",
    "one part too few": lambda f: f.good().rpartition(".")[0],
    "one part too many": lambda f: f.good() + ".x",
    "five parts, as a JWE": lambda _: "a.b.c.d.e",
    "too long": lambda f: f.good(x="a" * 9000),
    "very long": lambda _: "a" * 10**6 + "." * 2,
    "NUL": lambda _: "\0.\0.\0",
    "not ASCII": lambda _: "é.é.é",
    "surrogate": lambda _: "\ud800.\ud800.\ud800",
    "line break at the end": lambda f: f.good() + "\n",
    "blank in front": lambda f: " " + f.good(),
    "padding": lambda f: f.good().replace(".", "=.", 1),
    "standard base64 alphabet": lambda f: "+/+/" + f.good(),
    "payload is a list": lambda f: f.signed(json.dumps(f.header()), "[]"),
    "payload is a number": lambda f: f.signed(json.dumps(f.header()), "1"),
    "payload is no JSON": lambda f: f.signed(json.dumps(f.header()), "sub=ada"),
    "payload is empty": lambda f: f.signed(json.dumps(f.header()), ""),
    "payload nested deeply": lambda f: f.signed(json.dumps(f.header()), "[" * 4000),
    "claims with NaN": lambda f: f.good(x=float("nan")),
    "JSON serialisation": lambda f: json.dumps({"payload": f.good().split(".")[1], "signatures": []}),
}

#: Which check has to find it. A group's tokens are properly signed unless the signature is what is wrong.
GROUPS: dict[str, tuple[dict[str, Make], set[str]]] = {
    "signature": (SIGNATURES, {"signature", "header"}),
    "header": (HEADERS, {"header", "unknown-key"}),
    "parties": (PARTIES, {"issuer", "audience", "service-with-user", "claim"}),
    "times": (TIMES, {"expired", "not-yet-valid", "lifetime", "claim", "claims"}),
    "rights": (RIGHTS, {"claim", "claims"}),
    "form": (FORMS, {"not-a-jws", "too-long", "header", "signature", "claim", "claims"}),
}
CASES = [
    pytest.param(make, reasons, id=f"{group}: {name}")
    for group, (tokens, reasons) in GROUPS.items()
    for name, make in tokens.items()
]


@pytest.mark.parametrize(("make", "reasons"), CASES)
async def test_rejected(make: Make, reasons: set[str], forge: Forge, verifier: TokenVerifier) -> None:
    with pytest.raises(TokenRejected) as rejection:
        await verifier.verify(make(forge))

    reason = rejection.value.reason
    assert (reason if reason in reasons else reason.partition("-")[0]) in reasons
    assert rejection.value.detail is None
    assert rejection.value.headers == {"WWW-Authenticate": 'Bearer realm="openward", error="invalid_token"'}


async def test_the_tokens_they_derive_from_are_good(forge: Forge, verifier: TokenVerifier) -> None:
    assert (await verifier.verify(forge.good())).claims.sub == "ada"
    assert (await verifier.verify(forge.by_rsa(kid="r1"))).claims.sub == "ada"
