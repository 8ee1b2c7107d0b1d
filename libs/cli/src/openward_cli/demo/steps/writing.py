"""Writing a composition as the clinician does, on the list of what the audit log has to hold."""

import secrets
from collections.abc import Mapping
from typing import Any

from openward_cli.demo import trail
from openward_cli.demo.checks import given
from openward_cli.demo.exchange import Exchange
from openward_cli.demo.scene import Scene
from openward_cli.demo.subject import Subject


def keyed(headers: Mapping[str, str] | None = None) -> dict[str, str]:
    """`headers` with a fresh Idempotency-Key: with the same key it is the same composition."""
    return {"Idempotency-Key": secrets.token_hex(8), **(headers or {})}


async def send(scene: Scene, subject: Subject, **request: Any) -> Exchange:
    path = f"{subject.record}/compositions"
    return await scene.call("ada", "POST", path, expect=201, show=("version_uid",), **request)


async def write(scene: Scene, subject: Subject, **request: Any) -> tuple[Exchange, str]:
    """The answer, and the version uid."""
    written = await send(scene, subject, **request)
    uid = str(given(written, "version_uid"))
    subject.did(trail.CREATED, written, uid)
    return written, uid
