"""EHRbase without the service in front of it, and what AQL it is asked."""

import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest
from openward_cli.demo import vital_signs
from openward_cli.stack import Stack
from openward_testkit.ehrbase_template import upload

#: Only in the EHR that nobody asks about.
FOREIGN_SYSTOLIC = 177.25
_QUOTED_QUERY = re.compile(r"Cannot parse SELECT.*: (?P<reason>[^:]+)$", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True)
class Answer:
    """`kind` is what a refusal says, without places in the text and without the text itself."""

    status: int
    columns: list[dict[str, Any]]
    rows: list[Any]
    kind: str

    @property
    def in_any_order(self) -> tuple[int, list[str], str]:
        return self.status, sorted(json.dumps(row, sort_keys=True) for row in self.rows), self.kind


@dataclass(frozen=True)
class Ehrbase:
    """With two EHRs of one composition each, and what else other tests have left in it."""

    client: httpx.AsyncClient
    mine: str
    foreign: str
    foreign_uid: str

    async def ask(self, q: str, parameters: dict[str, Any] | None = None) -> Answer:
        given = {name: value for name, value in (parameters or {}).items() if f"${name}" in q}
        answer = await self.client.post("query/aql", json={"q": q, "query_parameters": given})
        body = answer.json()
        if answer.status_code != 200:
            return Answer(answer.status_code, [], [], _kind(body.get("message", "")))
        return Answer(200, body["columns"], body["rows"], "")

    async def ehr_ids(self) -> list[str]:
        return [row[0] for row in (await self.ask("SELECT e/ehr_id/value FROM EHR e")).rows]

    async def new_ehr(self) -> str:
        ehr_id = str(uuid4())
        await self._send("PUT", f"ehr/{ehr_id}")
        return ehr_id

    async def write(self, ehr_id: str, systolic: float) -> str:
        """The composition's object id."""
        body = vital_signs.flat(systolic, 80, "2026-11-22T10:00:00Z", composer="Ada")
        params = {"format": "FLAT", "templateId": vital_signs.TEMPLATE_ID}
        answer = await self._send("POST", f"ehr/{ehr_id}/composition", json=body, params=params)
        return answer.headers["etag"].strip('"').partition("::")[0]

    async def _send(self, method: str, path: str, **request: Any) -> httpx.Response:
        answer = await self.client.request(method, path, **request)
        assert answer.is_success, answer.text
        return answer


def _kind(message: str) -> str:
    if re.search(r"line \d+: char \d+", message):
        return "syntax"
    quoted = _QUOTED_QUERY.search(message)
    return quoted["reason"].strip() if quoted else message


@pytest.fixture(scope="module")
async def ehrbase(stack: Stack) -> AsyncIterator[Ehrbase]:
    login = ("openward", stack.secret("ehrbase.user.password").read_text().strip())
    base = f"{stack.ehrbase_url}/rest/openehr/v1/"
    async with httpx.AsyncClient(base_url=base, auth=login, timeout=60) as client:
        await upload(client, vital_signs.opt())
        empty = Ehrbase(client, "", "", "")
        mine, foreign = await empty.new_ehr(), await empty.new_ehr()
        await empty.write(mine, 120)
        yield Ehrbase(client, mine, foreign, await empty.write(foreign, FOREIGN_SYSTOLIC))
