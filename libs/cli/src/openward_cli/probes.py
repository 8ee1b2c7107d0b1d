"""Is a server ready? Asked of the server itself, the way its users would ask."""

import asyncio
import base64
import http.client
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import asyncpg

from openward_cli.process import NotReady, Probe

TIMEOUT_SECONDS = 5.0
BODY_BYTES = 20_000
SHOWN_BYTES = 120


def postgres(port: int, password: Path) -> Probe:
    async def probe() -> None:
        secret = _secret(password)
        try:
            connection = await asyncpg.connect(
                host="127.0.0.1",
                port=port,
                user="postgres",
                database="postgres",
                password=secret,
                timeout=TIMEOUT_SECONDS,
            )
            await connection.close()
        except (OSError, asyncpg.PostgresError, TimeoutError) as error:
            raise NotReady(_why(error)) from error

    return probe


def nats(port: int) -> Probe:
    """NATS greets with INFO once it accepts clients, which is after JetStream has read its store."""

    async def probe() -> None:
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                greeting = await reader.readline()
                writer.close()
        except (OSError, TimeoutError) as error:
            raise NotReady(_why(error)) from error
        if not greeting.startswith(b"INFO "):
            raise NotReady("does not greet like a NATS server")

    return probe


def web(port: int, path: str, *, user: str = "", password: Path | None = None) -> Probe:
    """200 is ready."""

    async def probe() -> None:
        headers = {"Accept": "application/json"}
        if password is not None:
            pair = f"{user}:{_secret(password)}".encode()
            headers["Authorization"] = "Basic " + base64.b64encode(pair).decode()
        await _in_thread(lambda: _expect_200(port, path, headers))

    return probe


def _expect_200(port: int, path: str, headers: dict[str, str]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        body = answer.read(BODY_BYTES)
    except (OSError, http.client.HTTPException) as error:
        raise NotReady(_why(error)) from error
    finally:
        connection.close()
    if answer.status != 200:
        raise NotReady(explain(answer.status, body))


def explain(status: int, body: bytes) -> str:
    """A service names the neighbours that it misses; of anything else the beginning is shown."""
    try:
        states = {name: found["state"] for name, found in json.loads(body)["dependencies"].items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return f"HTTP {status} {' '.join(body[:SHOWN_BYTES].decode(errors='replace').split())}".strip()
    return ", ".join(f"{name} {state}" for name, state in states.items() if state != "up") or f"HTTP {status}"


def _in_thread(call: Callable[[], None]) -> Awaitable[None]:
    return asyncio.to_thread(call)


def _secret(file: Path) -> str:
    try:
        return file.read_text().strip()
    except FileNotFoundError:
        raise NotReady(f"the secret {file.name} is missing") from None


def _why(error: BaseException) -> str:
    if isinstance(error, ConnectionRefusedError) or "refused" in str(error).lower():
        return "does not listen yet"
    if isinstance(error, TimeoutError):
        return "does not answer in time"
    return str(error).splitlines()[0] if str(error) else type(error).__name__
