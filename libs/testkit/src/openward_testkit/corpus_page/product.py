"""The running product, and EHRbase beside it, as the page asks them."""

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

import httpx  # noqa: TID251  speaks to both as a stranger would
from openward_cli.servers.ehrbase import USER
from openward_cli.stack import Stack
from openward_cli.token import service_token

from openward_testkit.corpus_page.row import Row

TEMPLATES: Final = "/api/templates/v1/templates"
#: A program that may upload templates and write compositions.
PROGRAM: Final = "svc-integration"
_TOKEN_SECONDS: Final = 100.0
_OPENEHR: Final = "/openehr/v1"
_JSON: Final = "application/json"
#: By the names of the formats: what a composition in them is called.
MEDIA_TYPES: Final[Mapping[str, str]] = {
    "FLAT": _JSON,
    "STRUCTURED": _JSON,
    "CANONICAL": _JSON,
    "XML": "application/xml",
}
_IN_QUERY: Final = {"CANONICAL": "JSON"}


@dataclass
class Product:
    """Through the gateway; `ehrbase` past it."""

    stack: Stack
    http: httpx.AsyncClient
    ehrbase: httpx.AsyncClient
    ehr_id: str = ""
    _token: tuple[str, float] = field(default=("", 0.0), init=False)

    async def upload(self, source: bytes) -> httpx.Response:
        headers = {"Content-Type": "application/xml"}
        return await self._send("POST", TEMPLATES, content=source, headers=headers)

    async def derived(self, row: Row, what: str, **query: str) -> httpx.Response:
        """Of the version that the row is about."""
        path = f"{TEMPLATES}/{quote(row.template_id, safe='')}/{what}"
        return await self._send("GET", path, params={**query, "version": row.version})

    async def write(self, template_id: str, form: str, body: bytes) -> httpx.Response:
        return await self._send(
            "POST",
            f"{_OPENEHR}/ehr/{self.ehr_id}/composition",
            params={"templateId": template_id, "format": _IN_QUERY.get(form, form)},
            content=body,
            headers={"Content-Type": MEDIA_TYPES[form], "Prefer": "return=minimal"},
        )

    async def read(self, uid: str, form: str) -> Any:
        path = f"{_OPENEHR}/ehr/{self.ehr_id}/composition/{uid}"
        query = {"format": _IN_QUERY.get(form, form)}
        answer = await self._send("GET", path, params=query)
        return answer.raise_for_status().json()

    async def web_template_of_ehrbase(self, template_id: str) -> Any:
        path = f"definition/template/adl1.4/{quote(template_id, safe='')}"
        answer = await self.ehrbase.get(path, headers={"Accept": "application/openehr.wt+json"})
        return answer.raise_for_status().json()

    async def example_of_ehrbase(self, template_id: str) -> httpx.Response:
        path = f"definition/template/adl1.4/{quote(template_id, safe='')}/example"
        return await self.ehrbase.get(path, params={"format": "FLAT"})

    async def make_ehr(self) -> None:
        """One that is nobody's: compositions go there."""
        answer = await self._send("POST", f"{_OPENEHR}/ehr", headers={"Prefer": "return=minimal"})
        self.ehr_id = answer.raise_for_status().headers["etag"].strip('"')

    async def _send(self, method: str, path: str, **request: Any) -> httpx.Response:
        headers = {**request.pop("headers", {}), "Authorization": f"Bearer {await self._current_token()}"}
        return await self.http.request(method, path, headers=headers, **request)

    async def _current_token(self) -> str:
        token, since = self._token
        if not token or time.monotonic() - since > _TOKEN_SECONDS:
            self._token = token, _ = await service_token(self.stack, PROGRAM), time.monotonic()
        return token


@asynccontextmanager
async def product(stack: Stack) -> AsyncIterator[Product]:
    """Of a stack that runs, with an EHR."""
    password = stack.secret("ehrbase.user.password").read_text().strip()
    base = f"{stack.ehrbase_url}/rest/openehr/v1/"
    async with (
        httpx.AsyncClient(base_url=stack.gateway_url, timeout=120, trust_env=False) as http,
        httpx.AsyncClient(base_url=base, auth=(USER, password), timeout=120, trust_env=False) as ehrbase,
    ):
        made = Product(stack, http, ehrbase)
        await made.make_ehr()
        yield made
