"""Secrets of a stack: made once, kept, never shown. To rotate one, delete its file and provision again."""

import json
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from openward_cli.failure import Failure
from openward_cli.provision import nkey, signing_key
from openward_cli.provision.roles import KEYCLOAK, ROLES
from openward_cli.provision.target import Target
from openward_cli.stack import Stack

NATS_USERS = ("patients", "clinical", "templates", "audit", "provision", "monitor")
#: Who can log in at the identity provider of a local stack; `norbert` has no role.
USERS = ("clara", "ada", "tomas", "ines", "olaf", "pat", "vera", "norbert")
#: `svc-integration` is a hospital's own program, with the roles of `infra/identity/services.json`.
CLIENTS = ("svc-demo", "svc-integration")


def ensure_secrets(stack: Stack) -> None:
    """Every secret that the servers and services read exists when this returns; existing ones are kept."""
    target = Target.of(stack)
    ensure_in(target.secrets_dir, for_containers=target.for_containers)


def ensure_in(folder: Path, *, for_containers: bool = False) -> None:
    """Files that only their owner reads. Containers run as other users: for them the folder alone is closed.

    Each container sees the files it is given and no folder.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    makers = _MAKERS | _FOR_CONTAINERS if for_containers else _MAKERS
    for name, make in makers.items():
        _ensure(folder / name, make, 0o444 if for_containers else 0o600)
    for name, known in (("identity.users.json", USERS), ("identity.clients.json", CLIENTS)):
        _complete(folder / name, known)


def read(folder: Path, name: str) -> str:
    """The secret's text. Raises `Failure` when it is missing or empty."""
    path = folder / name
    try:
        value = path.read_text().strip()
    except OSError as error:
        raise Failure(f"the secret {path} cannot be read", "`openward provision secrets` makes it") from error
    if not value:
        raise Failure(f"the secret {path} is empty", "delete the file and provision again")
    return value


def _ensure(path: Path, make: Callable[[], str], mode: int) -> None:
    if not path.exists():
        _write_new(path, make())
    path.chmod(mode)


def _complete(path: Path, names: tuple[str, ...]) -> None:
    """A stack that was made before a name was added gets a password for it; those that it has stay.

    What cannot be read is left to who reads it, and says so.
    """
    try:
        known: dict[str, str] = json.loads(path.read_text())
    except ValueError:
        return
    if missing := [name for name in names if name not in known]:
        unfinished = path.with_name(f".{path.name}.{os.getpid()}")
        _write_new(unfinished, json.dumps(known | {name: _password() for name in missing}))
        unfinished.chmod(path.stat().st_mode)
        unfinished.replace(path)


def _write_new(path: Path, value: str) -> None:
    """All or nothing, and never over a file that another process has made meanwhile."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(value)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(unfinished, path)
        except FileExistsError:
            return
    finally:
        unfinished.unlink()


def _password() -> str:
    return secrets.token_urlsafe(32)


def _passwords_of(names: tuple[str, ...]) -> Callable[[], str]:
    return lambda: json.dumps({name: _password() for name in names})


_MAKERS: dict[str, Callable[[], str]] = {
    "postgres.password": _password,
    **{f"{role.name}.db.password": _password for role in ROLES},
    **{f"{user}.nk": nkey.new_seed for user in NATS_USERS},
    "ehrbase.user.password": _password,
    "ehrbase.admin.password": _password,
    "identity.jwks.json": signing_key.new_jwks,
    "identity.users.json": _passwords_of(USERS),
    "identity.clients.json": _passwords_of(CLIENTS),
    "cursor.key": _password,
}
#: What a container stack has and a local one has not.
_FOR_CONTAINERS: dict[str, Callable[[], str]] = {f"{KEYCLOAK.name}.db.password": _password}
