"""`docs/openapi.json`: the API of all services, as the gateway serves it at `/openapi.json`."""

import importlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import typer

from openward_cli.failure import Failure
from openward_cli.openapi_join import Document, join, operations
from openward_cli.stack import REPOSITORY, Service

DOCUMENT: Final = REPOSITORY / "docs" / "openapi.json"
_INFO: Final = {
    "title": "Openward",
    "version": "1",
    "description": "The application-side backend for openEHR: patients, records, templates and their audit.",
}
_BEARER: Final = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": "Access token (RFC 9068) of the OpenID provider in `/.well-known/smart-configuration`.",
}
#: An app is built and not started: nothing of this is ever connected to or read.
_OFFLINE: Final = {
    "environment": "local",
    "port": 1,
    "public_url": "http://127.0.0.1:8080",
    "database_url": "postgresql://nobody@127.0.0.1:1/none",
    "database_password": "none",
    "nats_url": "nats://127.0.0.1:1",
    "nats_seed": "none",
    "oidc_issuer": "http://127.0.0.1:1",
    "oidc_jwks_url": "http://127.0.0.1:1/jwks",
    "ehrbase_url": "http://127.0.0.1:1/ehrbase",
    "ehrbase_user": "nobody",
    "ehrbase_password": "none",
    "ehrbase_admin_user": "nobody",
    "ehrbase_admin_password": "none",
    "evt_database_url": "postgresql://nobody@127.0.0.1:1/none",
    "evt_database_password": "none",
    "prisma_engine": "none",
    "prisma_client": "none",
    "cursor_key": "none",
}


def document(services: Iterable[Service] = tuple(Service)) -> Document:
    """The joined document of `services`, made from their code. Raises what their apps raise."""
    joined = join({str(service): _of(service) for service in services}, _INFO)
    joined["components"]["securitySchemes"] = {"bearer": _BEARER}
    for operation in operations(joined):
        if operation.get("security"):
            operation["security"] = [{"bearer": []}]
    return joined


def text() -> str:
    return json.dumps(document(), indent=1, ensure_ascii=False, sort_keys=False) + "\n"


def openapi(*, check: bool = False, file: Path = DOCUMENT) -> None:
    """Write the document, or with `check` fail when the file is not what the code says."""
    current = text()
    if not check:
        file.write_text(current, encoding="utf-8")
        typer.echo(f"wrote {file.relative_to(REPOSITORY) if file.is_relative_to(REPOSITORY) else file}")
    elif not file.exists() or file.read_text(encoding="utf-8") != current:
        raise Failure(f"{file.name} is not what the services' code says", "run `openward openapi`")


def _of(service: Service) -> Document:
    settings: Any = importlib.import_module(f"{service}.settings").Settings
    app: Any = importlib.import_module(f"{service}.app").create_app(settings(**_OFFLINE))
    made: Document = app.openapi()
    return made
