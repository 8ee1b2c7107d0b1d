"""What the servers read at their start: written by the job `configure` into a folder for each of them."""

import json
import shutil
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from openward_cli.compose import places
from openward_cli.compose.realm import realm
from openward_cli.discovery import Provider
from openward_cli.gateway import Address, Edge, Pages, render_for
from openward_cli.provision.nats_conf import render as nats_conf
from openward_cli.provision.roles import KEYCLOAK
from openward_cli.provision.secret_files import read
from openward_cli.provision.target import Target
from openward_cli.stack import REPOSITORY, Service, Stack

#: Of Swagger UI, what the gateway serves.
_SWAGGER: Final = ("swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png")


class Choices(BaseSettings):
    """OPENWARD_PUBLIC_URL, OPENWARD_GATEWAY_ORIGINS (a JSON list), …_RATE_PER_ADDRESS and …_TRUSTED_HOPS."""

    model_config = SettingsConfigDict(env_prefix="OPENWARD_", frozen=True)

    public_url: str = Field(default=places.PUBLIC_URL_DEFAULT, pattern=r"^https?://[^/]+$")
    gateway_origins: tuple[str, ...] = ()
    gateway_rate_per_address: int = Field(default=200, ge=1)
    gateway_trusted_hops: int = Field(default=0, ge=0)


def configure(folder: Path) -> None:
    target = Target.of(Stack())
    _write(folder / "nats-configuration" / "nats.conf", nats_conf(target))
    _write(folder / "keycloak" / "openward-realm.json", json.dumps(realm(target)))
    _write(folder / "keycloak" / "keycloak.conf", _keycloak_conf(target))
    _lay_out_pages(folder / "gateway")
    _write(folder / "gateway" / "envoy.yaml", render_for(edge(Choices())))


def edge(choices: Choices) -> Edge:
    """The gateway as it is in a container; paths are as it sees them."""
    files = places.GATEWAY_FILES
    return Edge(
        bind="0.0.0.0",  # noqa: S104 - of a container
        port=places.GATEWAY_PORT,
        admin_port=places.GATEWAY_ADMIN_PORT,
        public_url=choices.public_url,
        # The second is how its own health check calls it.
        domains=(urlsplit(choices.public_url).netloc, f"127.0.0.1:{places.GATEWAY_PORT}"),
        origins=choices.gateway_origins,
        provider=_provider(choices.public_url + places.REALM),
        replicas={name: (Address(str(name), places.service_port(name)),) for name in Service},
        pages=Pages(swagger=files / "swagger", reference=files / "reference", documents=files / "documents"),
        rate_per_address=choices.gateway_rate_per_address,
        trusted_hops=choices.gateway_trusted_hops,
        identity_paths=places.SIGN_IN,
    )


def _provider(issuer: str) -> Provider:
    at = f"{issuer}/protocol/openid-connect"
    inside = places.identity_url(places.KEYS)
    return Provider(issuer, f"{at}/certs", f"{at}/auth", f"{at}/token", keys_from=inside)


def _keycloak_conf(target: Target) -> str:
    """The one setting that is a secret; the others are in the environment."""
    return f"db-password={read(target.secrets_dir, f'{KEYCLOAK.name}.db.password')}\n"


def _lay_out_pages(folder: Path) -> None:
    swagger = REPOSITORY / "node_modules" / "swagger-ui-dist"
    reference = REPOSITORY / "infra" / "gateway" / "docs"
    sources = {
        "swagger": [swagger / name for name in _SWAGGER],
        "reference": [reference / name for name in ("index.html", "start.js")],
        "documents": [REPOSITORY / "docs" / name for name in Pages.names],
    }
    for name, files in sources.items():
        (folder / name).mkdir(exist_ok=True)
        for file in files:
            shutil.copyfile(file, folder / name / file.name)


def _write(path: Path, value: str) -> None:
    """For whoever has the volume: the servers run as other users."""
    unfinished = path.with_name(f".{path.name}")
    unfinished.unlink(missing_ok=True)
    unfinished.write_text(value, encoding="utf-8")
    unfinished.chmod(0o444)
    unfinished.replace(path)
