"""What every container has: no more rights, room and neighbours than it needs."""

from collections.abc import Iterable, Sequence
from typing import Any

from openward_cli.compose.places import SECRETS

#: Anything of Compose's own model.
Container = dict[str, Any]


def confined(*, user: str, memory: str, cpus: str, tmpfs: Sequence[str] = ("/tmp",)) -> Container:  # noqa: S108
    """No root, no capabilities, no file system to write to, and limits. `tmpfs` are kept in memory."""
    limits = {"cpus": cpus, "memory": memory, "pids": 512}
    return {
        "user": user,
        "read_only": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        "tmpfs": list(tmpfs),
        "deploy": {"resources": {"limits": limits}},
    }


def runs_on(stop_seconds: int) -> Container:
    """Started again until somebody stops it, and then given this long to end by itself."""
    return {"restart": "unless-stopped", "stop_grace_period": f"{stop_seconds}s"}


def healthy(*test: str, start_seconds: int = 60) -> Container:
    timing = {"interval": "5s", "timeout": "5s", "retries": 5, "start_period": f"{start_seconds}s"}
    return {"healthcheck": {"test": list(test), **timing}}


def after(*, healthy: Iterable[str] = (), done: Iterable[str] = ()) -> Container:
    """Starts when these servers are healthy and these jobs have ended well."""
    conditions = dict.fromkeys(healthy, "service_healthy")
    conditions |= dict.fromkeys(done, "service_completed_successfully")
    return {"depends_on": {name: {"condition": condition} for name, condition in conditions.items()}}


def secrets_in(environment: dict[str, str]) -> list[str]:
    """Names of the secrets whose files the variables point to."""
    folder = f"{SECRETS}/"
    return sorted(value.removeprefix(folder) for value in environment.values() if value.startswith(folder))
