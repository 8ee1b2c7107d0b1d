"""The project's own services."""

from openward_cli.compose import images, places
from openward_cli.compose.containers import Container, after, confined, runs_on, secrets_in
from openward_cli.environment import USES_PRISMA_CLIENT, environment_at
from openward_cli.stack import Service

_USES_RECORDS = {Service.CLINICAL, Service.TEMPLATES}


def service(name: Service) -> Container:
    """Its health check is the image's."""
    environment = environment_at(places.place(name), name)
    # Prisma's engine is a process of its own beside the service.
    memory = "768m" if name in USES_PRISMA_CLIENT else "512m"
    return {
        **images.service(name),
        "init": True,
        "environment": environment,
        "secrets": secrets_in(environment),
        "networks": ["api", "data", *(["records"] if name in _USES_RECORDS else [])],
        **confined(user=places.USER, memory=memory, cpus="1"),
        **after(
            healthy=["nats", "postgres"],
            # No change of a record before the capture is there.
            done=["provision", *(["capture"] if name is Service.CLINICAL else [])],
        ),
        **runs_on(20),
    }
