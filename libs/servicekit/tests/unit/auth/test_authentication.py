import asyncio
import time
from dataclasses import dataclass, field

import pytest
from openward_servicekit.auth.authentication import Authenticator
from openward_servicekit.auth.jwks import JwksCache
from openward_servicekit.auth.refusals import KeysUnavailable, TokenMissing, TokenRejected
from openward_servicekit.auth.remembered import RememberedTokens
from openward_servicekit.auth.tokens import TokenVerifier
from openward_testkit.tokens import AUDIENCE, ISSUER, TokenFactory


@dataclass
class World:
    """A provider, the clocks, and the authenticator in between."""

    factory: TokenFactory = field(default_factory=TokenFactory)
    passed: float = 0.0
    capacity: int = 3
    away: bool = False

    def __post_init__(self) -> None:
        start = time.time()
        keys = JwksCache(self.fetch, clock=lambda: self.passed)
        verifier = TokenVerifier(
            keys=keys, issuer=ISSUER, audience=AUDIENCE, clock=lambda: start + self.passed
        )
        self.remembered = RememberedTokens(self.capacity)
        self.authenticate = Authenticator(verifier, self.remembered)

    async def fetch(self) -> bytes:
        if self.away:
            raise ConnectionRefusedError
        return self.factory.key_set()


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER ", "Bearer   "])
async def test_a_bearer_token_says_who_calls(scheme: str, world: World) -> None:
    assert (await world.authenticate(scheme + world.factory.token(sub="ada"))).sub == "ada"


@pytest.mark.parametrize("header", [None, "", "Basic YWRhOmFkYQ==", "Digest x", "Bearer,x", "token"])
async def test_without_a_bearer_token_the_challenge_names_no_error(header: str | None, world: World) -> None:
    with pytest.raises(TokenMissing) as missing:
        await world.authenticate(header)

    assert missing.value.headers == {"WWW-Authenticate": 'Bearer realm="openward"'}


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "Bearer x y", "Bearer é", 'Bearer "x"', "Bearer a.b.c, d"]
)
async def test_a_malformed_header_is_rejected(header: str, world: World) -> None:
    with pytest.raises(TokenRejected) as rejected:
        await world.authenticate(header)

    assert rejected.value.headers["WWW-Authenticate"].endswith('error="invalid_token"')


async def test_two_tokens_joined_by_a_proxy_are_rejected(world: World) -> None:
    one, other = world.factory.token(), world.factory.token(sub="eve")

    with pytest.raises(TokenRejected):
        await world.authenticate(f"Bearer {one}, Bearer {other}")


async def test_without_keys_it_is_unavailable_and_not_unauthenticated(world: World) -> None:
    world.away = True

    with pytest.raises(KeysUnavailable):
        await world.authenticate(f"Bearer {world.factory.token()}")
    with pytest.raises(KeysUnavailable):
        await world.authenticate.check()


async def test_the_same_token_is_verified_once(world: World) -> None:
    header = f"Bearer {world.factory.token()}"

    assert await world.authenticate(header) is await world.authenticate(header)


async def test_a_remembered_token_expires(world: World) -> None:
    header = f"Bearer {world.factory.token()}"
    await world.authenticate(header)

    world.passed = 295
    assert (await world.authenticate(header)).sub == "ada"
    world.passed = 311
    with pytest.raises(TokenRejected):
        await world.authenticate(header)


async def test_a_remembered_token_expires_even_if_its_key_is_still_good(world: World) -> None:
    header = f"Bearer {world.factory.token(exp=int(time.time()) + 60)}"
    await world.authenticate(header)

    world.passed = 75

    with pytest.raises(TokenRejected) as rejected:
        await world.authenticate(header)
    assert rejected.value.reason == "expired"


async def test_a_remembered_token_dies_with_its_key(world: World) -> None:
    header = f"Bearer {world.factory.token(exp=int(time.time()) + 3000)}"
    await world.authenticate(header)
    world.factory.rotate()
    world.factory.withdraw()

    world.passed = 301

    with pytest.raises(TokenRejected) as rejected:
        await world.authenticate(header)
    assert rejected.value.reason == "unknown-key"


async def test_a_remembered_token_dies_when_its_key_id_is_given_to_another_key(world: World) -> None:
    header = f"Bearer {world.factory.token(exp=int(time.time()) + 3000)}"
    await world.authenticate(header)
    kid = world.factory.keys[0].kid
    world.factory.rotate()
    world.factory.withdraw()
    object.__setattr__(world.factory.keys[0], "kid", kid)

    world.passed = 301

    with pytest.raises(TokenRejected) as rejected:
        await world.authenticate(header)
    assert rejected.value.reason == "signature"


async def test_a_remembered_token_does_not_outlive_the_keys(world: World) -> None:
    header = f"Bearer {world.factory.token(exp=int(time.time()) + 3600)}"
    await world.authenticate(header)
    world.away = True

    world.passed = 3605

    with pytest.raises(KeysUnavailable):
        await world.authenticate(header)


async def test_only_so_many_tokens_are_remembered(world: World) -> None:
    headers = [f"Bearer {world.factory.token(sub=name)}" for name in "abcd"]
    first = await world.authenticate(headers[0])
    for header in (headers[1], headers[2], headers[0], headers[3]):
        await world.authenticate(header)

    assert len(world.remembered._entries) == 3
    assert await world.authenticate(headers[0]) is first, "the longest unused leaves, not the oldest"


async def test_rejected_tokens_are_not_remembered(world: World) -> None:
    for _ in range(5):
        with pytest.raises(TokenRejected):
            await world.authenticate(f"Bearer {world.factory.token(aud='urn:other')}")

    assert not world.remembered._entries


async def test_the_tokens_themselves_are_not_kept(world: World) -> None:
    token = world.factory.token()
    await world.authenticate(f"Bearer {token}")

    assert token not in repr(world.remembered)
    assert token.rpartition(".")[2] not in repr(world.remembered)


async def test_many_callers_at_once_get_their_own_principal(world: World) -> None:
    names = [f"user-{n}" for n in range(20)]
    headers = [f"Bearer {world.factory.token(sub=name)}" for name in names]

    callers = await asyncio.gather(*(world.authenticate(header) for header in headers * 3))

    assert [caller.sub for caller in callers] == names * 3
