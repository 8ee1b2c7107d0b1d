"""One model of a local stack: its folder, ports, names, secrets. All that runs locally reads it here."""

from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Self

from pydantic import Field, computed_field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

REPOSITORY = Path(__file__).resolve().parents[4]

#: Offsets of the stacks everybody uses; any other stack names its own by OPENWARD_PORT_OFFSET.
OFFSETS = {"dev": 0, "test": 10000, "test-2": 12000}
#: From the next port on Linux takes those of outgoing connections: any of them may be taken at any time.
HIGHEST_PORT = 32767


class Service(StrEnum):
    """The four bounded contexts, in the order in which they start."""

    PATIENTS = "patients"
    CLINICAL = "clinical"
    TEMPLATES = "templates"
    AUDIT = "audit"


class Port(StrEnum):
    """Servers of a stack other than the services."""

    GATEWAY = "gateway"
    GATEWAY_ADMIN = "gateway-admin"
    IDENTITY = "identity"
    EHRBASE = "ehrbase"
    NATS = "nats"
    POSTGRES = "postgres"


_PORTS = {
    Port.GATEWAY: 8080,
    Port.GATEWAY_ADMIN: 8081,
    Port.IDENTITY: 8201,
    Port.EHRBASE: 8301,
    Port.NATS: 4222,
    Port.POSTGRES: 5433,
}
_SERVICE_PORTS = {
    Service.PATIENTS: 8101,
    Service.CLINICAL: 8102,
    Service.TEMPLATES: 8103,
    Service.AUDIT: 8104,
}


class Stack(BaseSettings):
    """Read from the environment: OPENWARD_STACK, OPENWARD_REPLICAS, OPENWARD_PORT_OFFSET."""

    model_config = SettingsConfigDict(env_prefix="OPENWARD_", frozen=True, extra="ignore")

    stack: str = Field(default="dev", pattern=r"^[a-z][a-z0-9-]{0,15}$")
    replicas: int = Field(default=1, ge=1, le=9, description="processes of each service")
    port_offset: int = Field(default=-1, ge=-1, description="added to every port; -1: the stack's own")

    @model_validator(mode="after")
    def _has_ports(self) -> Self:
        if self.port_offset < 0 and self.stack not in OFFSETS:
            raise ValueError(f"OPENWARD_PORT_OFFSET is needed for the stack {self.stack!r}")
        return self

    @model_validator(mode="after")
    def _has_lasting_ports(self) -> Self:
        highest = HIGHEST_PORT - max(*_PORTS.values(), *_SERVICE_PORTS.values())
        if self.port_offset > highest:
            what = f"OPENWARD_PORT_OFFSET={self.port_offset} makes ports that outgoing connections are given"
            raise ValueError(f"{what}: {highest} is the highest that does not")
        return self

    @computed_field  # type: ignore[prop-decorator]  # pydantic's documented order
    @property
    def offset(self) -> int:
        return self.port_offset if self.port_offset >= 0 else OFFSETS[self.stack]

    @property
    def root(self) -> Path:
        return REPOSITORY

    @cached_property
    def run_dir(self) -> Path:
        return REPOSITORY / ".run" / self.stack

    @property
    def data_dir(self) -> Path:
        return self.run_dir / "data"

    @property
    def logs_dir(self) -> Path:
        return self.run_dir / "logs"

    @property
    def conf_dir(self) -> Path:
        return self.run_dir / "conf"

    @property
    def secrets_dir(self) -> Path:
        return self.run_dir / "secrets"

    def port(self, server: Port) -> int:
        return _PORTS[server] + self.offset

    def service_port(self, service: Service, replica: int = 0) -> int:
        return _SERVICE_PORTS[service] + 10 * replica + self.offset

    def process(self, service: Service, replica: int = 0) -> str:
        """The name under which a replica runs: `patients`, then `patients-1`, `patients-2` and so on."""
        return f"{service}-{replica}" if replica else str(service)

    @property
    def gateway_url(self) -> str:
        return f"http://127.0.0.1:{self.port(Port.GATEWAY)}"

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port(Port.IDENTITY)}"

    @property
    def ehrbase_url(self) -> str:
        return f"http://127.0.0.1:{self.port(Port.EHRBASE)}/ehrbase"

    @property
    def nats_url(self) -> str:
        return f"nats://127.0.0.1:{self.port(Port.NATS)}"

    def database_url(self, role: str, database: str) -> str:
        """Without a password: that is in the secret `<role>.db.password`."""
        return f"postgresql://{role}@127.0.0.1:{self.port(Port.POSTGRES)}/{database}"

    def secret(self, name: str) -> Path:
        return self.secrets_dir / name
