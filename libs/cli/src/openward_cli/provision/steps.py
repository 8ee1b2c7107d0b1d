"""The two steps, in the order in which a stack starts: its servers, then EHRbase."""

from openward_cli.provision.capture import provision_capture
from openward_cli.provision.databases import provision_databases
from openward_cli.provision.jetstream import provision_streams
from openward_cli.provision.migrations import migrate
from openward_cli.provision.target import Target
from openward_cli.stack import Stack


async def provision_servers(stack: Stack) -> None:
    """When NATS and PostgreSQL run: streams, consumers, roles, databases, the tables of the services.

    Needs the secrets. Raises `Failure` with one line when something cannot be made as it should be.
    """
    target = Target.of(stack)
    await provision_streams(target)
    await provision_databases(target)
    await migrate(target)


async def provision_ehrbase(stack: Stack) -> None:
    """When EHRbase runs: the change capture in its database. No change made before this is captured."""
    await provision_capture(Target.of(stack))
