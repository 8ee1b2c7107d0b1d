"""Where the servers to provision are: a local stack's, unless OPENWARD_PROVISION_* names others."""

from pathlib import Path
from typing import Self

from pydantic import Field
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from openward_cli.stack import REPOSITORY, Port, Stack


class Target(BaseSettings):
    """Each value can be replaced from the environment, as a job in Compose or Kubernetes does."""

    model_config = SettingsConfigDict(env_prefix="OPENWARD_PROVISION_", frozen=True, extra="ignore")

    secrets_dir: Path
    for_containers: bool = Field(default=False, description="secrets that other users than ours have to read")
    postgres_host: str
    postgres_port: int
    postgres_user: str = Field(default="postgres", description="a superuser; secret `postgres.password`")
    nats_url: str
    nats_listen: str = Field(description="address:port in the NATS configuration")
    nats_store_dir: Path = Field(description="JetStream's folder in the NATS configuration")
    stream_replicas: int = Field(default=1, ge=1, le=5, description="3 in production")
    wait_seconds: float = Field(default=60, ge=0, description="for a server that does not answer yet")

    @classmethod
    def of(cls, stack: Stack) -> Self:
        return cls(
            secrets_dir=stack.secrets_dir,
            postgres_host="127.0.0.1",
            postgres_port=stack.port(Port.POSTGRES),
            nats_url=stack.nats_url,
            nats_listen=f"127.0.0.1:{stack.port(Port.NATS)}",
            nats_store_dir=stack.data_dir / "nats",
        )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic-settings passes all by name
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment comes before what `of` says."""
        return env_settings, init_settings


def source(*path: str) -> str:
    """A text below `infra/`, which is where SQL and configuration of the servers are."""
    return REPOSITORY.joinpath("infra", *path).read_text()
