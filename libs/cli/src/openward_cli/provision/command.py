"""`openward provision`: the steps one by one, for jobs that prepare servers which something else starts."""

import asyncio
import sys
from enum import StrEnum

from openward_cli.provision.keycloak import provision_keycloak
from openward_cli.provision.nats_conf import nats_conf
from openward_cli.provision.secret_files import ensure_secrets
from openward_cli.provision.steps import provision_ehrbase, provision_servers
from openward_cli.provision.target import Target
from openward_cli.stack import Stack


class Part(StrEnum):
    """What to make; where, is in OPENWARD_PROVISION_*."""

    SECRETS = "secrets"
    NATS_CONF = "nats-conf"
    SERVERS = "servers"
    EHRBASE = "ehrbase"
    KEYCLOAK = "keycloak"


def run(stack: Stack, part: Part) -> None:
    """`nats-conf` goes to standard output; the others say nothing when all is well."""
    match part:
        case Part.SECRETS:
            ensure_secrets(stack)
        case Part.NATS_CONF:
            sys.stdout.write(nats_conf(stack))
        case Part.SERVERS:
            asyncio.run(provision_servers(stack))
        case Part.EHRBASE:
            asyncio.run(provision_ehrbase(stack))
        case Part.KEYCLOAK:
            asyncio.run(provision_keycloak(Target.of(stack)))
