"""Keycloak's realm with the demonstration's people and secrets, which are in no file of the repository."""

import json
from typing import Any

from openward_cli.provision.secret_files import read
from openward_cli.provision.target import Target, source


def realm(target: Target) -> dict[str, Any]:
    """`infra/identity/keycloak/realm.json`, clients with their secrets, users with their passwords."""
    described: dict[str, Any] = json.loads(source("identity", "keycloak", "realm.json"))
    people: dict[str, Any] = json.loads(source("identity", "users.json"))
    passwords = _secrets(target, "identity.users.json")
    secrets = _secrets(target, "identity.clients.json")
    clients = [client | _secret_of(client, secrets) for client in described["clients"]]
    users = [_user(name, person, passwords[name]) for name, person in people.items()]
    return described | {"clients": clients, "users": [*described["users"], *users]}


def _secrets(target: Target, name: str) -> dict[str, str]:
    values: dict[str, str] = json.loads(read(target.secrets_dir, name))
    return values


def _secret_of(client: dict[str, Any], secrets: dict[str, str]) -> dict[str, str]:
    return {} if client["publicClient"] else {"secret": secrets[client["clientId"]]}


def _user(name: str, person: dict[str, Any], password: str) -> dict[str, Any]:
    first, _, last = person["name"].partition(" ")
    attributes = {"practitioner_id": [person["practitioner_id"]]} if "practitioner_id" in person else {}
    return {
        "username": name,
        "enabled": True,
        "firstName": first,
        "lastName": last,
        "realmRoles": person["roles"],
        "attributes": attributes,
        "credentials": [{"type": "password", "value": password}],
    }
