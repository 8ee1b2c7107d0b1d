import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import httpx
import pytest
from openward_cli.demo import client as module
from openward_cli.demo.client import Client
from openward_cli.stack import Stack


class Provider:
    """Gives a new token each time it is asked."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()

    async def user_token(self, _: Stack, user: str) -> str:
        await asyncio.sleep(0)
        self.asked[user] += 1
        return f"{user}-{self.asked[user]}"


@pytest.fixture(autouse=True)
def provider(monkeypatch: pytest.MonkeyPatch) -> Provider:
    made = Provider()
    monkeypatch.setattr(module, "user_token", made.user_token)
    return made


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    """Its gateway answers with the authorization that it got."""

    def echo(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"authorization": request.headers.get("authorization")})

    transport = httpx.MockTransport(echo)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as http:
        yield Client(Stack(stack="dev"), http)


async def authorization(client: Client, user: str) -> object:
    return (await client.send(user, "GET", "/")).value("authorization")


async def test_each_user_has_a_token(client: Client) -> None:
    assert await authorization(client, "ada") == "Bearer ada-1"
    assert await authorization(client, "clara") == "Bearer clara-1"


async def test_nobody_has_none(client: Client, provider: Provider) -> None:
    assert await authorization(client, "") is None
    assert provider.asked.total() == 0


async def test_a_token_is_got_once_for_requests_at_the_same_time(client: Client, provider: Provider) -> None:
    await asyncio.gather(*(authorization(client, "ada") for _ in range(5)))

    assert provider.asked["ada"] == 1


async def test_a_token_is_renewed_before_it_expires(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    await authorization(client, "ada")
    monkeypatch.setattr(module, "_TOKEN_SECONDS", -1.0)

    assert await authorization(client, "ada") == "Bearer ada-2"
