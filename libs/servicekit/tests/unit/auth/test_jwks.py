"""Key rotation, key ids made up by attackers, and a provider that is away."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm
from openward_servicekit.auth.jwks import Freshness, JwksCache
from openward_servicekit.auth.keys import read_key_set
from openward_servicekit.auth.refusals import KeysUnavailable
from openward_testkit.tokens import SigningKey, TokenFactory


@dataclass
class Provider:
    """Publishes the factory's keys, counts who asks, and can be away or slow."""

    factory: TokenFactory = field(default_factory=lambda: TokenFactory(keys=[SigningKey("first")]))
    fetches: int = 0
    away: bool = False
    gate: asyncio.Event | None = None

    async def fetch(self) -> bytes:
        self.fetches += 1
        if self.gate is not None:
            await self.gate.wait()
        if self.away:
            raise ConnectionRefusedError
        return self.factory.key_set()


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keys(provider: Provider, clock: Clock) -> JwksCache:
    return JwksCache(provider.fetch, clock=clock)


async def settled() -> None:
    """Let a fetch in the background end."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_keys_are_fetched_once_and_kept(keys: JwksCache, provider: Provider, clock: Clock) -> None:
    for _ in range(3):
        clock.now += 90
        assert await keys.key("first")

    assert provider.fetches == 1


async def test_made_up_key_ids_do_not_reach_the_provider(keys: JwksCache, provider: Provider) -> None:
    await keys.key("first")

    assert [await keys.key(f"made-up-{n}") for n in range(200)] == [None] * 200
    assert provider.fetches == 1


async def test_made_up_key_ids_cause_one_fetch_per_gap(
    keys: JwksCache, provider: Provider, clock: Clock
) -> None:
    await keys.key("first")
    for n in range(300):
        clock.now += 1
        await keys.key(f"made-up-{n}")

    assert provider.fetches == 1 + 300 // 30


async def test_a_new_key_is_known_after_the_gap(keys: JwksCache, provider: Provider, clock: Clock) -> None:
    await keys.key("first")
    new = provider.factory.rotate()
    assert await keys.key(new.kid) is None

    clock.now += 30

    assert await keys.key(new.kid)
    assert await keys.key("first")


async def test_a_withdrawn_key_dies_within_the_ttl(keys: JwksCache, provider: Provider, clock: Clock) -> None:
    await keys.key("first")
    provider.factory.rotate()
    provider.factory.withdraw()

    clock.now += 301

    assert await keys.key("first") is None


async def test_everybody_shares_one_fetch(keys: JwksCache, provider: Provider) -> None:
    found = await asyncio.gather(*(keys.key("first") for _ in range(50)))

    assert all(found)
    assert provider.fetches == 1


async def test_nobody_gets_an_expired_key_while_the_next_fetch_runs(
    keys: JwksCache, provider: Provider, clock: Clock
) -> None:
    await keys.key("first")
    provider.factory.rotate()
    provider.factory.withdraw()
    provider.gate = asyncio.Event()
    clock.now += 301

    askers = [asyncio.create_task(keys.key("first")) for _ in range(5)]
    await settled()
    assert not any(asker.done() for asker in askers)
    provider.gate.set()

    assert await asyncio.gather(*askers) == [None] * 5


async def test_a_caller_that_goes_away_leaves_the_fetch_to_the_others(
    keys: JwksCache, provider: Provider
) -> None:
    provider.gate = asyncio.Event()
    impatient, patient = (asyncio.create_task(keys.key("first")) for _ in range(2))
    await settled()

    impatient.cancel()
    await settled()
    provider.gate.set()

    assert await patient
    assert provider.fetches == 1


async def test_old_keys_serve_while_the_provider_is_away(
    keys: JwksCache, provider: Provider, clock: Clock
) -> None:
    await keys.key("first")
    provider.away = True

    clock.now += 3599

    assert await keys.key("first")


async def test_old_keys_do_not_serve_for_ever(keys: JwksCache, provider: Provider, clock: Clock) -> None:
    await keys.key("first")
    provider.away = True

    clock.now += 3601

    with pytest.raises(KeysUnavailable) as unavailable:
        await keys.key("first")
    assert unavailable.value.retry_after == 5


async def test_with_keys_at_hand_nobody_waits_for_a_provider_that_just_failed(
    keys: JwksCache, provider: Provider, clock: Clock
) -> None:
    await keys.key("first")
    provider.away = True
    clock.now += 301
    await keys.key("first")
    provider.gate = asyncio.Event()

    clock.now += 60

    async with asyncio.timeout(10):
        assert await keys.key("first")
    provider.gate.set()
    await settled()
    assert provider.fetches == 3


async def test_a_provider_that_is_away_is_asked_once_per_gap(
    keys: JwksCache, provider: Provider, clock: Clock
) -> None:
    provider.away = True
    for _ in range(20):
        clock.now += 1
        with pytest.raises(KeysUnavailable):
            await keys.key("first")

    assert provider.fetches == 4


async def test_the_provider_is_found_again(keys: JwksCache, provider: Provider, clock: Clock) -> None:
    provider.away = True
    with pytest.raises(KeysUnavailable):
        await keys.key("first")

    provider.away = False
    clock.now += 5

    assert await keys.key("first")


async def test_a_provider_that_never_answers_is_given_up(provider: Provider) -> None:
    provider.gate = asyncio.Event()
    keys = JwksCache(provider.fetch, Freshness(timeout=0.01))

    with pytest.raises(KeysUnavailable):
        await keys.key("first")


async def test_readiness_depends_on_keys_and_does_not_flood(
    keys: JwksCache, provider: Provider, clock: Clock
) -> None:
    provider.away = True
    with pytest.raises(KeysUnavailable):
        await keys.check()
    provider.away = False
    clock.now += 5
    for _ in range(100):
        clock.now += 1
        await keys.check()

    assert provider.fetches == 2


@pytest.mark.parametrize(
    "answer", [b"", b"[]", b"{}", b'{"keys": {}}', b'{"keys": []}', b"<html>", b"\xff" * 8]
)
async def test_an_answer_that_is_no_key_set_leaves_the_old_keys(
    answer: bytes, keys: JwksCache, clock: Clock
) -> None:
    async def fetch() -> bytes:
        return answer

    await keys.key("first")
    keys.fetch = fetch
    clock.now += 301

    assert await keys.key("first")


def ec_jwk(curve: ec.EllipticCurve | None = None, **changes: Any) -> dict[str, Any]:
    key = ec.generate_private_key(curve or ec.SECP256R1()).public_key()
    return {**ECAlgorithm.to_jwk(key, as_dict=True), "kid": "k", "alg": "ES256", **changes}


def rsa_jwk(bits: int = 2048, **changes: Any) -> dict[str, Any]:
    key = rsa.generate_private_key(65537, bits).public_key()
    return {**RSAAlgorithm.to_jwk(key, as_dict=True), "kid": "k", "alg": "RS256", **changes}


def private_jwk() -> dict[str, Any]:
    return {**ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1()), as_dict=True), "kid": "k"}


def ed_jwk() -> dict[str, Any]:
    key = ed25519.Ed25519PrivateKey.generate().public_key()
    return {**OKPAlgorithm.to_jwk(key, as_dict=True), "kid": "k", "alg": "EdDSA"}


def without(jwk: dict[str, Any], *members: str) -> dict[str, Any]:
    return {name: value for name, value in jwk.items() if name not in members}


UNUSABLE: dict[str, Callable[[], Any]] = {
    "no kid": lambda: without(ec_jwk(), "kid"),
    "empty kid": lambda: ec_jwk(kid=""),
    "kid that is no text": lambda: ec_jwk(kid=1),
    "kid that no token may have": lambda: ec_jwk(kid="k" * 200),
    "for encryption": lambda: ec_jwk(use="enc"),
    "not for verifying": lambda: ec_jwk(key_ops=["sign"]),
    "shared secret": lambda: {"kty": "oct", "kid": "k", "alg": "HS256", "k": "c2VjcmV0" * 8},
    "shared secret without alg": lambda: {"kty": "oct", "kid": "k", "k": "c2VjcmV0" * 8},
    "published private key": private_jwk,
    "RSA below 2048 bits": lambda: rsa_jwk(1024),
    "RSA with PSS": lambda: rsa_jwk(alg="PS256"),
    "curve that is not the algorithm's": lambda: ec_jwk(ec.SECP384R1()),
    "ES384": lambda: ec_jwk(ec.SECP384R1(), alg="ES384"),
    "EC key said to be RSA's": lambda: ec_jwk(alg="RS256"),
    "point off the curve": lambda: ec_jwk(x="A" * 43, y="A" * 43),
    "no coordinates": lambda: without(ec_jwk(), "x"),
    "coordinate that is no text": lambda: ec_jwk(x=7),
    "unknown type": lambda: {"kty": "XYZ", "kid": "k"},
    "no object": lambda: "k",
}


@pytest.mark.parametrize("make", UNUSABLE.values(), ids=UNUSABLE.keys())
def test_an_unusable_key_is_passed_over(make: Callable[[], Any]) -> None:
    document = json.dumps({"keys": [make(), ec_jwk(kid="good")]}).encode()

    assert read_key_set(document).keys() == {"good"}


@pytest.mark.parametrize("make", [ec_jwk, rsa_jwk, ed_jwk, lambda: ec_jwk(use="sig", key_ops=["verify"])])
@pytest.mark.parametrize("left_out", [(), ("alg",)])
def test_usable_keys_are_read(make: Callable[[], dict[str, Any]], left_out: tuple[str, ...]) -> None:
    document = json.dumps({"keys": [without(make(), *left_out)]}).encode()

    assert read_key_set(document).keys() == {"k"}


def test_of_two_keys_with_one_name_the_first_counts() -> None:
    first, second = ec_jwk(), ec_jwk()

    [key] = read_key_set(json.dumps({"keys": [first, second]}).encode()).values()

    assert key._jwk_data["x"] == first["x"]


def test_a_set_of_thousands_is_cut() -> None:
    document = json.dumps({"keys": [{**ec_jwk(), "kid": str(n)} for n in range(50)]}).encode()

    assert len(read_key_set(document)) == 20
