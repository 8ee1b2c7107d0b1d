"""Tokens from the real identity provider, got as the command line gets them."""

import asyncio
import json
import os
import random
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from openward_cli.ports import holder
from openward_cli.provision import ensure_secrets
from openward_cli.servers import identity
from openward_cli.stack import Stack
from openward_cli.token import TokenRefused, default_scope, link_patient, service_token, user_token

IDENTITY_PORT = 8201
PATIENT = "7d44b88c-4199-4bad-97dc-d78268e01398"


class FolderStack(Stack):
    """A stack that lives in a folder of its own."""

    folder: Path

    @cached_property
    def run_dir(self) -> Path:
        return self.folder


def free_offset() -> int:
    while holder(IDENTITY_PORT + (offset := random.randrange(20000, 24001))):  # noqa: S311
        pass
    return offset


@contextmanager
def provider(stack: Stack) -> Iterator[None]:
    process = identity.process(stack)
    running = subprocess.Popen(process.command, cwd=process.directory, env=_environment(process.environment))
    try:
        yield
    finally:
        running.terminate()
        assert running.wait(30) == 0


def _environment(own: Any) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], **own}


async def answering(stack: Stack) -> None:
    async with asyncio.timeout(60), httpx.AsyncClient() as client:
        while True:
            try:
                await client.get(f"{stack.issuer}/jwks")
            except httpx.HTTPError:
                await asyncio.sleep(0.1)
            else:
                return


@pytest.fixture(scope="module")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    stack = FolderStack(stack="own", port_offset=free_offset(), folder=tmp_path_factory.mktemp("stack"))
    ensure_secrets(stack)
    with provider(stack):
        await answering(stack)
        yield stack


async def verified(stack: Stack, token: str) -> dict[str, Any]:
    async with httpx.AsyncClient() as client:
        keys = jwt.PyJWKSet.from_dict((await client.get(f"{stack.issuer}/jwks")).json())
    key = keys[jwt.get_unverified_header(token)["kid"]]
    claims: dict[str, Any] = jwt.decode(
        token, key, algorithms=["ES256"], audience="urn:openward", issuer=stack.issuer
    )
    return claims


@pytest.mark.parametrize(
    ("user", "roles"),
    [
        ("clara", ["clerk"]),
        ("ada", ["clinician"]),
        ("tomas", ["template-author"]),
        ("ines", ["auditor"]),
        ("pat", ["patient"]),
        ("olaf", ["admin"]),
        ("vera", ["privacy-officer"]),
        ("norbert", []),
    ],
)
async def test_a_user_gets_the_roles_and_all_scopes_of_the_default(
    stack: Stack, user: str, roles: list[str]
) -> None:
    claims = await verified(stack, await user_token(stack, user))

    assert (claims["sub"], claims["client_id"], claims["roles"]) == (user, "web", roles)
    assert set(claims["scope"].split()) == set(default_scope(roles).split())


async def test_a_named_scope_is_asked_for_and_no_other(stack: Stack) -> None:
    scope = "user/composition-IDCR%20-%20Report.v0.rs"

    assert (await verified(stack, await user_token(stack, "ada", scope)))["scope"] == scope


async def test_a_service_gets_a_token_of_its_own(stack: Stack) -> None:
    claims = await verified(stack, await service_token(stack, "svc-demo", "system/Patient.rs"))

    assert (claims["sub"], claims["roles"], claims["scope"]) == ("svc-demo", ["service"], "system/Patient.rs")


async def test_a_user_linked_to_a_patient_carries_the_claim(stack: Stack) -> None:
    link_patient(stack, "pat", PATIENT)

    assert (await verified(stack, await user_token(stack, "pat")))["patient"] == PATIENT
    assert stack.secret("identity.links.json").stat().st_mode & 0o077 == 0


async def test_a_wrong_password_is_refused(stack: Stack) -> None:
    file = stack.secret("identity.users.json")
    right = file.read_text()
    file.write_text(json.dumps({**json.loads(right), "ada": "wrong"}))
    try:
        with pytest.raises(TokenRefused, match="signing ada in failed: status 401"):
            await user_token(stack, "ada")
    finally:
        file.write_text(right)


async def test_an_unknown_service_is_refused(stack: Stack) -> None:
    with pytest.raises(TokenRefused, match="svc-demo"):
        await service_token(stack, "svc-other")


async def test_a_token_outlives_a_restart_of_the_provider(tmp_path: Path) -> None:
    stack = FolderStack(stack="own", port_offset=free_offset(), folder=tmp_path)
    ensure_secrets(stack)
    with provider(stack):
        await answering(stack)
        token = await user_token(stack, "ada")
    with provider(stack):
        await answering(stack)

        assert (await verified(stack, token))["sub"] == "ada"
