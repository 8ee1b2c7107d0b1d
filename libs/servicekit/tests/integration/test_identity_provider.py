"""Tokens of the provider that the stack runs, checked with keys that it serves."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from jwt.algorithms import ECAlgorithm
from openward_servicekit.auth.provider import open_authenticator
from openward_servicekit.auth.refusals import KeysUnavailable, TokenRejected
from openward_servicekit.ports import free_port
from openward_testkit.service import service_settings
from openward_testkit.tokens import SigningKey, TokenFactory

IDENTITY = Path(__file__).parents[4] / "infra" / "identity"
SECRET = "made up for this test"


@dataclass(frozen=True)
class Provider:
    issuer: str
    key_set: str

    async def service_token(self, scope: str) -> str:
        async with httpx.AsyncClient(auth=("svc-test", SECRET)) as http:
            form = {"grant_type": "client_credentials", "scope": scope}
            answer = await http.post(f"{self.issuer}/token", data=form)
            return str(answer.raise_for_status().json()["access_token"])


def write_secrets(folder: Path) -> str:
    """The provider's files; returns its private key set."""
    private = ECAlgorithm.to_jwk(SigningKey().private, as_dict=True)
    key_set = json.dumps({"keys": [{**private, "kid": "k1", "alg": "ES256", "use": "sig"}]})
    users = json.loads((IDENTITY / "users.json").read_text())
    (folder / "identity.jwks.json").write_text(key_set)
    (folder / "identity.clients.json").write_text(json.dumps({"svc-test": SECRET}))
    (folder / "identity.users.json").write_text(json.dumps(dict.fromkeys(users, SECRET)))
    return key_set


@pytest.fixture(scope="module")
async def provider(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Provider]:
    folder = tmp_path_factory.mktemp("identity")
    found = Provider(f"http://127.0.0.1:{free_port()}", write_secrets(folder))
    variables = {"OPENWARD_OIDC_ISSUER": found.issuer, "OPENWARD_SECRETS_DIR": str(folder)}
    process = await asyncio.create_subprocess_exec(
        "node", str(IDENTITY / "server.mjs"), env={**os.environ, **variables}
    )
    try:
        await answering(f"{found.issuer}/jwks")
        yield found
    finally:
        process.terminate()
        await process.wait()


async def answering(url: str) -> None:
    async with asyncio.timeout(60), httpx.AsyncClient() as http:
        while True:
            try:
                await http.get(url)
            except httpx.HTTPError:
                await asyncio.sleep(0.05)
            else:
                return


async def test_a_service_signs_in(provider: Provider) -> None:
    settings = service_settings(oidc_issuer=provider.issuer, oidc_jwks_url=f"{provider.issuer}/jwks")
    async with open_authenticator(settings) as authenticate:
        await authenticate.check()
        token = await provider.service_token("system/Patient.rs system/composition-a%20b.r")
        caller = await authenticate(f"Bearer {token}")

    assert (caller.sub, caller.is_service) == ("svc-test", True)
    assert [scope.target for scope in caller.scopes] == ["Patient", "a b"]


async def test_the_token_factory_can_sign_in_its_place(provider: Provider) -> None:
    factory = TokenFactory.of_private_keys(provider.key_set, issuer=provider.issuer)
    settings = service_settings(oidc_issuer=provider.issuer, oidc_jwks_url=f"{provider.issuer}/jwks")
    async with open_authenticator(settings) as authenticate:
        assert (await authenticate(f"Bearer {factory.token(sub='ada')}")).sub == "ada"


async def test_another_audiences_token_is_rejected(provider: Provider) -> None:
    jwks = {"oidc_issuer": provider.issuer, "oidc_jwks_url": f"{provider.issuer}/jwks"}
    async with open_authenticator(service_settings(**jwks, oidc_audience="urn:other")) as authenticate:
        with pytest.raises(TokenRejected) as rejected:
            await authenticate(f"Bearer {await provider.service_token('system/Patient.rs')}")

    assert rejected.value.reason == "audience"


async def test_an_answer_that_is_no_key_set_is_a_provider_that_is_away(provider: Provider) -> None:
    discovery = f"{provider.issuer}/.well-known/openid-configuration"
    settings = service_settings(oidc_issuer=provider.issuer, oidc_jwks_url=discovery)
    async with open_authenticator(settings) as authenticate:
        with pytest.raises(KeysUnavailable):
            await authenticate.check()


async def test_a_provider_that_is_away_is_not_the_callers_fault() -> None:
    factory = TokenFactory()
    settings = service_settings(oidc_jwks_url=f"http://127.0.0.1:{free_port()}/jwks")
    async with open_authenticator(settings) as authenticate:
        with pytest.raises(KeysUnavailable):
            await authenticate(f"Bearer {factory.token()}")
