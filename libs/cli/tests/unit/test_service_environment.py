import pytest
from openward_cli.environment import service_environment
from openward_cli.stack import Service, Stack

STACK = Stack(stack="dev", replicas=2)


@pytest.mark.parametrize("service", Service)
def test_every_variable_has_the_prefix(service: Service) -> None:
    assert all(name.startswith("OPENWARD_") for name in service_environment(STACK, service))


@pytest.mark.parametrize("service", Service)
def test_a_secret_is_only_ever_a_file(service: Service) -> None:
    environment = service_environment(STACK, service)
    secret = {name for name in environment if "PASSWORD" in name or "SEED" in name}

    assert secret
    assert all(name.endswith("_FILE") for name in secret)


@pytest.mark.parametrize("service", Service)
def test_a_service_gets_the_secrets_of_no_other(service: Service) -> None:
    others = {f"/{other}." for other in Service if other is not service}
    values = service_environment(STACK, service).values()

    assert not [value for value in values if any(other in value for other in others)]


def test_replicas_differ_in_their_port_alone() -> None:
    first, second = (service_environment(STACK, Service.PATIENTS, replica).items() for replica in (0, 1))

    assert first - second == {("OPENWARD_PORT", "8101")}
    assert second - first == {("OPENWARD_PORT", "8111")}


def test_ehrbase_is_known_to_clinical_and_templates_alone() -> None:
    knowing = {s for s in Service if "OPENWARD_EHRBASE_URL" in service_environment(STACK, s)}

    assert knowing == {Service.CLINICAL, Service.TEMPLATES}


def test_the_administrator_of_ehrbase_is_known_to_templates_alone() -> None:
    for service in Service:
        told = " ".join(service_environment(STACK, service).values())
        assert ("ehrbase.admin" in told) == (service is Service.TEMPLATES)
