from urllib.parse import unquote, urlsplit

import pytest
from openward_servicekit.prisma import prisma_url


@pytest.mark.parametrize("password", ["simple", "p@ss/w:?#[]%25 &=+ö\"'", "%"])
def test_a_password_comes_through_whatever_it_holds(password: str) -> None:
    parts = urlsplit(prisma_url("postgresql://patients@db:5433/patients", password=password, pool_size=4))
    assert unquote(parts.password or "") == password
    assert (parts.username, parts.hostname, parts.port, parts.path) == ("patients", "db", 5433, "/patients")


def test_the_pool_size_is_what_prisma_calls_connection_limit() -> None:
    url = prisma_url("postgresql://patients@db/patients", password="x", pool_size=4)
    assert url == "postgresql://patients:x@db/patients?connection_limit=4"


def test_what_the_address_already_asks_for_is_kept() -> None:
    url = prisma_url("postgresql://patients@[::1]:5/p?sslmode=verify-full", password="x", pool_size=4)
    assert url == "postgresql://patients:x@[::1]:5/p?sslmode=verify-full&connection_limit=4"
