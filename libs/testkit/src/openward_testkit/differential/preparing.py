"""A running stack made ready: both sides, and the bodies that they are sent."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any, Final
from urllib.parse import quote

import httpx  # noqa: TID251  speaks to both as a stranger would
from openward_cli.demo import vital_signs
from openward_cli.servers.ehrbase import USER
from openward_cli.stack import Stack
from openward_cli.token import user_token

from openward_testkit import corpus
from openward_testkit.differential.bodies import Bodies
from openward_testkit.differential.sides import Memory, Side

_BASE: Final = "/openehr/v1"
_ALIAS: Final = "/ehrbase/rest/openehr/v1"
_TEMPLATES: Final = f"{_ALIAS}/definition/template/adl1.4"
_FORMS: Final = ("JSON", "FLAT", "STRUCTURED", "XML")
_AT: Final = "2026-11-22T10:00:00Z"
_AUTHOR: Final = "tomas"
#: A clinician whose application may do all that a clinician may.
_SCOPES: Final = {
    "ada": "user/composition-*.cruds user/aql-*.cruds user/template-*.rs user/Patient.cruds",
    _AUTHOR: "user/template-*.cruds user/aql-*.cruds",
}
_SECONDS: Final = 60


@dataclass(frozen=True)
class Sides:
    """`known`: what each knows from the start: `run`, a word of its own of the same length."""

    theirs: Side
    ours: Side
    known: tuple[Memory, Memory]


@asynccontextmanager
async def prepared(
    stack: Stack, named: Mapping[str, Any], test_data: tuple[str, ...]
) -> AsyncIterator[Sides]:
    """Both sides, with the templates of openEHR_SDK's `test_data` (by file name) and `named` bodies."""
    password = stack.secret("ehrbase.user.password").read_text().strip()
    async with AsyncExitStack() as opened:
        direct = await opened.enter_async_context(_client((USER, password)))
        through = await opened.enter_async_context(_client(None))
        ehrbase, tokens = stack.ehrbase_url.removesuffix("/ehrbase"), _Tokens(stack)
        opts = [vital_signs.opt(), *await asyncio.to_thread(_opts, test_data)]
        await _publish(through, stack, await tokens.of(_AUTHOR), opts)
        bodies = Bodies({**named, **await _bodies(direct, ehrbase)})
        word = token_hex(4)
        yield Sides(
            Side("EHRbase", direct, ehrbase, _ALIAS, bodies, _nobody),
            Side("here", through, stack.gateway_url, _BASE, bodies, tokens.of, _ALIAS),
            ({"run": f"{word}e"}, {"run": f"{word}o"}),
        )


def _client(auth: tuple[str, str] | None) -> httpx.AsyncClient:
    return httpx.AsyncClient(auth=auth, timeout=_SECONDS, trust_env=False)


async def _nobody(_user: str) -> Mapping[str, str]:
    """EHRbase has one user, whom the client names."""
    return {}


@dataclass(frozen=True)
class _Tokens:
    stack: Stack
    _known: dict[str, str] = field(default_factory=dict)

    async def of(self, user: str) -> Mapping[str, str]:
        if user and user not in self._known:
            self._known[user] = await user_token(self.stack, user, _SCOPES[user])
        return {"Authorization": f"Bearer {self._known[user]}"} if user else {}


def _opts(names: tuple[str, ...]) -> list[bytes]:
    return [corpus.opt(name).read() for name in names]


async def _publish(
    http: httpx.AsyncClient, stack: Stack, author: Mapping[str, str], opts: list[bytes]
) -> None:
    for opt in opts:
        headers = {"Content-Type": "application/xml", **author}
        url = f"{stack.gateway_url}/api/templates/v1/templates"
        answer = await http.post(url, content=opt, headers=headers)
        assert answer.status_code in (200, 201), answer.text


async def _bodies(direct: httpx.AsyncClient, ehrbase: str) -> dict[str, Any]:
    """Vital signs and an example of every template, in every format that EHRbase can show."""
    flat = vital_signs.flat(120, 80, _AT, composer="Ada")
    listed = (await direct.get(f"{ehrbase}{_TEMPLATES}")).json()
    found = {"opt": _own_opt(), "vitals FLAT": flat} | await _vitals(direct, f"{ehrbase}{_ALIAS}/ehr", flat)
    for template_id in (template["template_id"] for template in listed):
        url = f"{ehrbase}{_TEMPLATES}/{quote(template_id, safe='')}/example"
        for form in _FORMS:
            accept = {"Accept": "application/xml" if form == "XML" else "application/json"}
            answer = await direct.get(url, params={"format": form}, headers=accept)
            if answer.is_success:
                found[f"example {template_id} {form}"] = _read(answer)
    return found


async def _vitals(direct: httpx.AsyncClient, ehrs: str, flat: Mapping[str, object]) -> dict[str, Any]:
    ehr = (await direct.post(ehrs)).headers["location"].rpartition("/")[2]
    params = {"format": "FLAT", "templateId": vital_signs.TEMPLATE_ID}
    written = await direct.post(f"{ehrs}/{ehr}/composition", params=params, json=flat)
    url = f"{ehrs}/{ehr}/composition/{written.headers['etag'].strip(chr(34))}"
    shown: dict[str, Any] = {}
    for form in ("JSON", "STRUCTURED"):
        shown[f"vitals {form}"] = _unnamed(_read(await direct.get(url, params={"format": form})))
    xml = (await direct.get(url, headers={"Accept": "application/xml"})).text
    begin, end = xml.index("<uid"), xml.index("</uid>") + len("</uid>")
    contribution = _contribution(shown["vitals JSON"])
    return {**shown, "vitals XML": xml[:begin] + xml[end:], "contribution": contribution}


def _contribution(composition: dict[str, Any]) -> dict[str, Any]:
    """That creates this composition."""
    coded = {"terminology_id": {"_type": "TERMINOLOGY_ID", "value": "openehr"}}
    made = {"_type": "DV_CODED_TEXT", "value": "creation", "defining_code": {**coded, "code_string": "249"}}
    audit = {
        "_type": "AUDIT_DETAILS",
        "system_id": "elsewhere",
        "change_type": made,
        "committer": {"_type": "PARTY_IDENTIFIED", "name": "Ada"},
    }
    complete = {"_type": "DV_CODED_TEXT", "value": "complete"}
    state = {**complete, "defining_code": {**coded, "code_string": "532"}}
    version = {"_type": "ORIGINAL_VERSION", "commit_audit": audit, "lifecycle_state": state}
    return {"_type": "CONTRIBUTION", "audit": audit, "versions": [{**version, "data": composition}]}


def _unnamed(document: dict[str, Any]) -> dict[str, Any]:
    """Without the uid that it was stored under, and what EHRbase shows and does not take back."""
    document.pop("uid", None)
    tree = document.get("vital_signs")
    if isinstance(tree, dict):
        tree.pop("_uid", None)
        for event in tree["pulse_oximetry"][0]["any_event"]:
            event["spo2"][0].pop("|value", None)
    return document


def _own_opt() -> str:
    """An OPT for each side: of one EHRbase, both cannot upload the same."""
    return vital_signs.opt().decode().replace(vital_signs.TEMPLATE_ID, "openward_{run}_{template}")


def _read(answer: httpx.Response) -> Any:
    return answer.json() if "json" in answer.headers["content-type"] else answer.text
