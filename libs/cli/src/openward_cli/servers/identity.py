"""The OpenID provider for development: `infra/identity/server.mjs` on Node."""

from openward_cli import probes
from openward_cli.environment import AUDIENCE
from openward_cli.process import Process
from openward_cli.stack import Port, Stack


def process(stack: Stack) -> Process:
    program = stack.root / "infra" / "identity"
    port = stack.port(Port.IDENTITY)
    return Process(
        name="identity",
        command=("node", str(program / "server.mjs")),
        port=port,
        probe=probes.web(port, "/.well-known/openid-configuration"),
        directory=program,
        environment={
            "OPENWARD_OIDC_ISSUER": stack.issuer,
            "OPENWARD_OIDC_AUDIENCE": AUDIENCE,
            "OPENWARD_SECRETS_DIR": str(stack.secrets_dir),
        },
        settle_seconds=2,
        reads=(program, *(stack.secret(f"identity.{name}.json") for name in ("jwks", "clients", "users"))),
    )
