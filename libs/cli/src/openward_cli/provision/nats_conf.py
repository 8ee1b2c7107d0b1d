"""The NATS server's configuration: `infra/nats/nats.conf` with this stack's values in front."""

import json

from openward_cli.provision import nkey
from openward_cli.provision.secret_files import NATS_USERS, read
from openward_cli.provision.target import Target, source
from openward_cli.stack import Stack


def nats_conf(stack: Stack) -> str:
    """Complete and without secrets: it names public keys only."""
    return render(Target.of(stack))


def render(target: Target) -> str:
    values = {
        "NATS_SERVER_NAME": "openward",
        "NATS_LISTEN": target.nats_listen,
        "NATS_STORE_DIR": str(target.nats_store_dir),
        **{
            f"NATS_{user.upper()}_NKEY": nkey.public_key(read(target.secrets_dir, f"{user}.nk"))
            for user in NATS_USERS
        },
    }
    definitions = "".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items())
    return f"{definitions}\n{source('nats', 'nats.conf')}"
