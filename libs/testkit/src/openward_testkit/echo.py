"""Says what reached it, for tests of the gateway: `python -m openward_testkit.echo <name> <port>`.

The query says what to do: `sleep=<seconds>`, `die=<name>` (that one ends without an answer), `etag`,
`size=<bytes>` of padding, `rows=<n>` (a stream, a row every fifth of a second).
`PUT /control/ready?<true|false>` sets what `/readyz` says, `GET /control/seen` counts requests by path.
"""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs

import uvicorn

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_PAUSE_SECONDS = 0.2


class Echo:
    """An ASGI application. What it counts is how often each path was asked for."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._ready = True
        self._seen: dict[str, int] = {}

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        length = await _length(receive)
        query = parse_qs(scope["query_string"].decode(), keep_blank_values=True)
        path = scope["path"]
        if path == "/readyz":
            return await _answer(send, 200 if self._ready else 503, {})
        if path == "/control/ready":
            self._ready = "true" in query
            return await _answer(send, 200, {})
        if path == "/control/seen":
            return await _answer(send, 200, self._seen)
        self._seen[path] = self._seen.get(path, 0) + 1
        await self._obey(query)
        if "rows" in query:
            return await _stream(send, int(query["rows"][0]))
        headers = [(b"server", b"echo"), *([(b"etag", b'"v1"')] if "etag" in query else [])]
        return await _answer(send, 200, self._report(scope, length, query), headers)

    async def _obey(self, query: dict[str, list[str]]) -> None:
        if query.get("die") == [self._name]:
            os._exit(1)
        await asyncio.sleep(float(query.get("sleep", ["0"])[0]))

    def _report(self, scope: Message, length: int, query: dict[str, list[str]]) -> dict[str, Any]:
        return {
            "name": self._name,
            "method": scope["method"],
            "path": scope["raw_path"].decode("latin1"),
            "headers": [[name.decode("latin1"), value.decode("latin1")] for name, value in scope["headers"]],
            "length": length,
            "padding": "x" * int(query.get("size", ["0"])[0]),
        }


async def _length(receive: Receive) -> int:
    length = 0
    while True:
        message = await receive()
        length += len(message.get("body", b""))
        if not message.get("more_body"):
            return length


async def _answer(
    send: Send, status: int, body: Any, headers: list[tuple[bytes, bytes]] | None = None
) -> None:
    content_type = (b"content-type", b"application/json")
    await send({"type": "http.response.start", "status": status, "headers": [content_type, *(headers or [])]})
    await send({"type": "http.response.body", "body": json.dumps(body).encode()})


async def _stream(send: Send, rows: int) -> None:
    headers = [(b"content-type", b"application/x-ndjson")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    for row in range(rows):
        await send({"type": "http.response.body", "body": b'{"row":%d}\n' % row, "more_body": True})
        await asyncio.sleep(_PAUSE_SECONDS)
    await send({"type": "http.response.body", "body": b""})


def serve(name: str, port: int) -> None:
    uvicorn.run(
        Echo(name),
        host="127.0.0.1",
        port=port,
        log_level="warning",
        lifespan="off",
        server_header=False,
        timeout_keep_alive=75,  # as the services
    )


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]))
