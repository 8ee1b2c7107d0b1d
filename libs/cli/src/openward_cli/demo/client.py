"""Speaks to a stack's gateway as one of its users, with tokens got the way an application gets them."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

from openward_cli.demo.exchange import Exchange
from openward_cli.http import AsyncClient
from openward_cli.stack import Stack
from openward_cli.token import user_token

#: Tokens live for 300 s; one that is older than this is not used any more.
_TOKEN_SECONDS: Final = 240.0
#: Longer than the gateway's own patience, so that it is the one to say that a service does not answer.
ANSWER_SECONDS: Final = 70.0


class Client:
    def __init__(self, stack: Stack, http: AsyncClient) -> None:
        self._stack = stack
        self._http = http
        self._tokens: dict[str, tuple[str, float]] = {}
        self._signing_in: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def send(
        self, user: str, method: str, path: str, *, headers: Mapping[str, str] | None = None, **request: Any
    ) -> Exchange:
        """`request` is what httpx takes. Without a user no token is sent.

        Raises HTTPError when no answer comes, TokenRefused when the identity provider gives no token.
        """
        authorization = {"Authorization": f"Bearer {await self.token(user)}"} if user else {}
        sent = {**(headers or {}), **authorization}
        began = time.monotonic()
        response = await self._http.request(method, path, headers=sent, **request)
        return Exchange.of(user, response, (time.monotonic() - began) * 1000)

    async def token(self, user: str) -> str:
        async with self._signing_in[user]:
            token, since = self._tokens.get(user, ("", 0.0))
            if not token or time.monotonic() - since > _TOKEN_SECONDS:
                token, since = await user_token(self._stack, user), time.monotonic()
                self._tokens[user] = token, since
            return token
