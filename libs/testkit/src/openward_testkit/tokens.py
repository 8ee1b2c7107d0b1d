"""Access tokens of our own making: the good ones, and any bad one by overriding a part."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Self
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

ISSUER: Final = "https://identity.test"
AUDIENCE: Final = "urn:openward"
#: As an override: leave this claim or header member out.
ABSENT: Final = object()


@dataclass(frozen=True)
class SigningKey:
    """An ES256 key; a new one unless given."""

    kid: str = field(default_factory=lambda: uuid4().hex)
    private: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def jwk(self) -> dict[str, Any]:
        """The public half, as a provider publishes it."""
        public = ECAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        return {**public, "kid": self.kid, "alg": "ES256", "use": "sig"}


@dataclass
class TokenFactory:
    """An identity provider without a server: its keys, the newest last, and the tokens it would issue."""

    issuer: str = ISSUER
    audience: str = AUDIENCE
    keys: list[SigningKey] = field(default_factory=lambda: [SigningKey()])

    @classmethod
    def of_private_keys(cls, key_set: str, *, issuer: str, audience: str = AUDIENCE) -> Self:
        """Issues what a running provider would: `key_set` is its private JWK set (EC P-256), as JSON text."""
        keys = []
        for key in json.loads(key_set)["keys"]:
            private = ECAlgorithm(ECAlgorithm.SHA256).from_jwk(key)
            assert isinstance(private, ec.EllipticCurvePrivateKey)
            keys.append(SigningKey(key["kid"], private))
        return cls(issuer, audience, keys)

    def token(
        self,
        *,
        sub: str = "ada",
        roles: Iterable[str] = ("clinician",),
        scope: str = "",
        header: Mapping[str, Any] | None = None,
        **overrides: Any,
    ) -> str:
        """A user's token for 300 seconds. `overrides` are claims (`exp=…`, `patient=…`, `aud=ABSENT`)."""
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": self.audience,
            "sub": sub,
            "client_id": "web",
            "jti": uuid4().hex,
            "iat": now,
            "exp": now + 300,
            "roles": list(roles),
            "scope": scope,
            **overrides,
        }
        return self.sign(_present(claims), header)

    def service_token(self, client_id: str = "svc-test", *, scope: str = "", **overrides: Any) -> str:
        """A token from client credentials: the client is its own subject."""
        parts = {"sub": client_id, "client_id": client_id, "roles": ["service"], "scope": scope}
        return self.token(**{**parts, **overrides})

    def sign(self, claims: Mapping[str, Any], header: Mapping[str, Any] | None = None) -> str:
        """Exactly these claims, with the newest key."""
        key = self.keys[-1]
        members = _present({"typ": "at+jwt", "kid": key.kid, **(header or {})})
        # PyJWT adds a `typ` of its own unless it is told that there is none.
        return jwt.encode(dict(claims), key.private, algorithm="ES256", headers={"typ": None, **members})

    def rotate(self) -> SigningKey:
        """Sign with a new key from now on; the old ones stay published. Returns the new one."""
        self.keys.append(SigningKey())
        return self.keys[-1]

    def withdraw(self) -> None:
        """Publish the newest key only."""
        del self.keys[:-1]

    def key_set(self) -> bytes:
        """The body of `jwks_uri`."""
        return json.dumps({"keys": [key.jwk() for key in self.keys]}).encode()

    async def fetch(self) -> bytes:
        """For `JwksCache(factory.fetch)`."""
        return self.key_set()

    @asynccontextmanager
    async def serving(self, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
        """The address of `jwks_uri` on a real socket while the block runs, for services in processes."""

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            body = self.key_set()
            head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
            writer.write(head.encode() + b"Connection: close\r\n\r\n" + body)
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(answer, host, port)
        async with server:
            yield f"http://{host}:{server.sockets[0].getsockname()[1]}/jwks"


def _present(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not ABSENT}
