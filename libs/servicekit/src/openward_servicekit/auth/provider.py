"""The authenticator of a service process: the provider's keys over HTTP, as the settings say."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from openward_servicekit.auth.authentication import Authenticator
from openward_servicekit.auth.jwks import JwksCache
from openward_servicekit.auth.tokens import TokenVerifier
from openward_servicekit.http import make_client
from openward_servicekit.settings import ServiceSettings

_MAX_KEY_SET: Final = 256 * 1024


@asynccontextmanager
async def open_authenticator(settings: ServiceSettings) -> AsyncIterator[Authenticator]:
    """Nothing is fetched before the first token, so a service starts without its identity provider."""
    folder, _, name = settings.oidc_jwks_url.rpartition("/")
    async with make_client(folder, max_response_bytes=_MAX_KEY_SET) as client:

        async def fetch() -> bytes:
            answer = await client.get(name)
            return answer.raise_for_status().content

        keys = JwksCache(fetch)
        yield Authenticator(
            TokenVerifier(keys=keys, issuer=settings.oidc_issuer, audience=settings.oidc_audience)
        )
