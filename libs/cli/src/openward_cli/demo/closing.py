"""What to try next, once the demonstration has ended well."""

import json

from openward_cli.demo.screen import Screen
from openward_cli.demo.subject import Subject
from openward_cli.stack import OFFSETS, Stack


def show(screen: Screen, stack: Stack, subject: Subject) -> None:
    screen.heading("What to try next")
    screen.table(("address", ""), _addresses(stack))
    screen.table(("user", "role", "name"), _users(stack))
    here = _environment(stack)
    token = f'"Authorization: Bearer $({here}make -s token USER_NAME=ada)"'
    screen.command(f"passwords     {stack.secret('identity.users.json')}")
    screen.command(f"a token       {here}make token USER_NAME=ada")
    screen.command(f"the patient   curl -s -H {token} {stack.gateway_url}{subject.record}/ehr")
    screen.command(f"the servers   {here}make status; also logs, down, clean")


def _addresses(stack: Stack) -> list[tuple[str, str]]:
    return [
        (stack.gateway_url, "the gateway: everything is behind it"),
        (f"{stack.gateway_url}/docs", "the API, to read and to try out"),
        (stack.issuer, "the identity provider"),
    ]


def _users(stack: Stack) -> list[tuple[str, str, str]]:
    users = json.loads((stack.root / "infra/identity/users.json").read_text(encoding="utf-8"))
    return [(login, ", ".join(user["roles"]) or "none", user["name"]) for login, user in users.items()]


def _environment(stack: Stack) -> str:
    """What a command needs to mean this stack."""
    name = "" if stack.stack == "dev" else f"OPENWARD_STACK={stack.stack} "
    offset = "" if OFFSETS.get(stack.stack) == stack.offset else f"OPENWARD_PORT_OFFSET={stack.offset} "
    return name + offset
