"""Access tokens from a stack's identity provider, got the way an application gets them."""

import asyncio
import base64
import hashlib
import html
import json
import re
import secrets
from typing import Final
from urllib.parse import parse_qs, urlsplit

import typer

from openward_cli.failure import Failure
from openward_cli.http import AsyncClient, HTTPError, Response, make_client
from openward_cli.stack import Stack

#: Nobody listens there: the code is read from the redirect. RFC 8252, section 7.3, leaves the port open.
_CALLBACK: Final = "http://127.0.0.1:5173/callback"
_MAX_REDIRECTS: Final = 5

#: What an application of that role would ask for. Scopes only restrict: the role decides what they are worth.
DEFAULT_SCOPES: Final = {
    "clerk": "user/Patient.cruds user/Organization.rs",
    "clinician": "user/Patient.rs user/Encounter.cruds user/Observation.rs "
    "user/composition-*.cruds user/aql-*.rs user/template-*.rs",
    "template-author": "user/template-*.cruds user/aql-*.cru",
    "privacy-officer": "user/Patient.rus",
    "auditor": "user/AuditEvent.rs",
    "patient": "patient/Patient.rs patient/Encounter.rs patient/Observation.rs "
    "patient/composition-*.rs patient/aql-*.rs",
    "admin": "user/*.cruds user/template-*.cruds",
    "service": "system/*.cruds system/composition-*.cruds system/aql-*.cruds system/template-*.cruds",
}


class TokenRefused(Failure):
    """The identity provider gave no token; it says at which step and why."""


def default_scope(roles: list[str]) -> str:
    """What is asked for when nothing is named. Without a role: as a clinician, so a 403 is the role's."""
    wanted = [DEFAULT_SCOPES[role] for role in roles] or [DEFAULT_SCOPES["clinician"]]
    return " ".join(dict.fromkeys(" ".join(wanted).split()))


def roles_of(stack: Stack, user: str) -> list[str]:
    users = json.loads((stack.root / "infra/identity/users.json").read_text(encoding="utf-8"))
    if user not in users:
        raise TokenRefused(f"there is no user {user!r}", f"there are {', '.join(sorted(users))}")
    return list(users[user]["roles"])


async def user_token(stack: Stack, user: str, scope: str | None = None) -> str:
    """Sign `user` in (authorization code with PKCE, RFC 7636) and give the access token.

    Raises TokenRefused, and HTTPError when the provider is not running.
    """
    scope = default_scope(roles_of(stack, user)) if scope is None else scope
    verifier = secrets.token_urlsafe(32)
    async with make_client(stack.issuer) as client:
        callback = await _sign_in(client, user, _secret(stack, "identity.users.json", user), scope, verifier)
        grant = {"grant_type": "authorization_code", "client_id": "web", "redirect_uri": _CALLBACK}
        code = {"code": callback["code"], "code_verifier": verifier}
        return _access_token(await client.post("/token", data=grant | code))


async def service_token(stack: Stack, client_id: str = "svc-demo", scope: str | None = None) -> str:
    """The access token of a service (client credentials, RFC 6749 section 4.4). Raises TokenRefused."""
    scope = DEFAULT_SCOPES["service"] if scope is None else scope
    secret = _secret(stack, "identity.clients.json", client_id)
    async with make_client(stack.issuer) as client:
        grant = {"grant_type": "client_credentials", "scope": scope}
        return _access_token(await client.post("/token", data=grant, auth=(client_id, secret)))


def link_patient(stack: Stack, user: str, patient_id: str) -> None:
    """From the next token on, `user` is the patient `patient_id`: the `patient` claim says so."""
    file = stack.secret("identity.links.json")
    links = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    new = file.with_suffix(".new")
    new.touch(mode=0o600)
    new.write_text(json.dumps(links | {user: {"patient": patient_id}}), encoding="utf-8")
    new.replace(file)  # the provider reads the file for every token


def token(user: str, scope: str | None = None) -> None:
    """Print an access token of the running stack, nothing else. `user` may be a service (`svc-…`)."""
    get = service_token if user.startswith("svc-") else user_token
    try:
        typer.echo(asyncio.run(get(Stack(), user, scope)))
    except HTTPError as error:
        raise TokenRefused("the identity provider does not answer", "start the stack first") from error


def _secret(stack: Stack, file: str, name: str) -> str:
    try:
        known: dict[str, str] = json.loads(stack.secret(file).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise TokenRefused(f"the stack {stack.stack!r} has no secrets yet", "start it first") from None
    if name not in known:
        raise TokenRefused(f"{file} does not name {name!r}", f"it has {', '.join(sorted(known))}")
    return known[name]


async def _sign_in(
    client: AsyncClient, user: str, password: str, scope: str, verifier: str
) -> dict[str, str]:
    """The parameters with which the provider calls the application back."""
    state = secrets.token_urlsafe(16)
    query = {"client_id": "web", "response_type": "code", "redirect_uri": _CALLBACK, "state": state}
    query |= {
        "scope": f"openid {scope}",
        "code_challenge": _challenge(verifier),
        "code_challenge_method": "S256",
    }
    page = await _follow(client, await client.get("/auth", params=query))
    form = {"csrf": _attribute(page, r'name="csrf" value="([^"]+)"'), "user": user, "password": password}
    answer = await _follow(client, await client.post(_attribute(page, r'action="([^"]+)"'), data=form))
    query_string = urlsplit(answer.headers.get("location", "")).query
    callback = {name: values[0] for name, values in parse_qs(query_string).items()}
    if "code" not in callback or callback.get("state") != state:
        raise TokenRefused(
            f"signing {user} in failed", callback.get("error") or f"status {answer.status_code}"
        )
    return callback


async def _follow(client: AsyncClient, answer: Response) -> Response:
    """The first answer that is a page or leads to the application."""
    for _ in range(_MAX_REDIRECTS):
        location = answer.headers.get("location")
        if location is None or location.startswith(_CALLBACK):
            return answer
        answer = await client.get(location)
    raise TokenRefused("the identity provider redirects without end", "see its log")


def _attribute(page: Response, pattern: str) -> str:
    found = re.search(pattern, page.text)
    if page.status_code != 200 or found is None:
        raise TokenRefused("the identity provider shows no login page", f"status {page.status_code}")
    return html.unescape(found.group(1))


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _access_token(answer: Response) -> str:
    body = answer.json()
    if answer.status_code != 200:
        raise TokenRefused(f"the token endpoint answered {answer.status_code}", str(body.get("error")))
    return str(body["access_token"])
