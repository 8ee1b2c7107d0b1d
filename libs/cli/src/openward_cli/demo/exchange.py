"""A request to the gateway and what came back, in a form that may be shown."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from openward_cli.http import Response

_UUID = re.compile(r"\b([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
#: Headers of a request that say something about it. The others stay out: one of them is the token.
_SHOWN = ("If-Match", "Idempotency-Key")


@dataclass(frozen=True)
class Exchange:
    """`user` is empty for a request without a token; `body` is the answer's JSON, else its text."""

    user: str
    method: str
    path: str
    sent: Mapping[str, str]
    status: int
    milliseconds: float
    headers: Mapping[str, str]
    body: Any

    @classmethod
    def of(cls, user: str, response: Response, milliseconds: float) -> "Exchange":
        request = response.request
        return cls(
            user=user,
            method=request.method,
            path=unquote(request.url.raw_path.decode()),
            sent={name: request.headers[name] for name in _SHOWN if name in request.headers},
            status=response.status_code,
            milliseconds=milliseconds,
            headers=response.headers,
            body=_content(response),
        )

    @property
    def request_id(self) -> str:
        """Under which the gateway, the services and the audit log know this request."""
        return self.headers.get("x-request-id", "")

    def value(self, path: str) -> Any:
        """What is at a dotted path of the answer, such as `errors.0.path`; None when it is not there."""
        found = self.body
        for name in path.split("."):
            if isinstance(found, list) and name.isdecimal() and int(name) < len(found):
                found = found[int(name)]
            elif isinstance(found, dict):
                found = found.get(name)
            else:
                return None
        return found


def short(text: str) -> str:
    """The same with the beginnings of its UUIDs only."""
    return _UUID.sub(r"\1…", text)


def _content(response: Response) -> Any:
    is_json = "json" in response.headers.get("content-type", "") and response.content
    return response.json() if is_json else response.text
