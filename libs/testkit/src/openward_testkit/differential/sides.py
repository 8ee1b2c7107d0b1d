"""EHRbase and the gateway, asked the same with ids of their own; what they answer, told in the same names."""

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

import httpx  # noqa: TID251  speaks to both as a stranger would

from openward_testkit.differential.asking import Ask
from openward_testkit.differential.bodies import Bodies

_NAME: Final = re.compile(r"\{([a-z][a-z_0-9]*)\}")
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?")
_HTTP_TIME: Final = re.compile(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT")
#: Times this near to now were made by a server; their digits are not compared, their form is.
_RECENT: Final = timedelta(minutes=30)

Memory = dict[str, str]


class NameUnknownError(Exception):
    """An ask needs what no earlier answer of this side gave."""


@dataclass(frozen=True)
class Answer:
    """`told` says the same of texts in names instead of ids, addresses and times."""

    status: int
    headers: Mapping[str, str]
    text: str
    told: Callable[[str], str] = field(repr=False)


@dataclass(frozen=True)
class Side:
    """`root` is scheme and host, `base` the path below which ITS-REST is. `authorize`: headers for a user."""

    name: str
    http: httpx.AsyncClient
    root: str
    base: str
    bodies: Bodies
    authorize: Callable[[str], Awaitable[Mapping[str, str]]]
    alias: str = ""

    async def send(self, ask: Ask, path: str, memory: Memory) -> Answer:
        """Raises NameUnknownError. What the ask keeps of the answer is in `memory` afterwards."""
        base = self.alias if ask.alias and self.alias else self.base
        below_root = path.startswith("root:")
        below = _filled(path.removeprefix("root:"), memory, quoted=True)
        content, media_type = self.bodies.of(ask, memory)
        headers = {"Content-Type": media_type} if content is not None else {}
        headers |= await self.authorize(ask.user)
        headers |= {name: _filled(value, memory) for name, value in ask.headers.items() if value is not None}
        for name in (name for name, value in ask.headers.items() if value is None):
            headers.pop(name, None)
        url = f"{self.root}{'' if below_root else base}{below}"
        answer = await self.http.request(
            ask.method,
            url,
            content=_filled(content, memory) if content is not None else None,
            headers=headers,
        )
        self._keep(ask, answer, memory)
        known = dict(memory)
        return Answer(answer.status_code, answer.headers, answer.text, lambda text: self._told(text, known))

    def _keep(self, ask: Ask, answer: httpx.Response, memory: Memory) -> None:
        for name, source in ask.keep.items():
            if (value := _found(answer, source)) is not None:
                memory[name] = value
                if "::" in value:
                    memory[f"{name}_id"] = value.partition("::")[0]

    def _told(self, text: str, memory: Memory) -> str:
        for name, value in sorted(memory.items(), key=lambda item: -len(item[1])):
            for written in dict.fromkeys((value, quote(value, safe=":"), quote(value, safe=""))):
                text = text.replace(written, f"{{{name}}}")
        for base in (self.alias, self.base):
            text = text.replace(f"{self.root}{base}", "{base}") if base else text
        text = text.replace(self.root, "{root}")
        numbers: dict[str, int] = {}
        text = _UUID.sub(lambda found: f"{{uuid {numbers.setdefault(found[0], len(numbers) + 1)}}}", text)
        return _HTTP_TIME.sub("{date}", _TIME.sub(_time, text))


def _filled(text: str, memory: Mapping[str, str], *, quoted: bool = False) -> str:
    def value(found: re.Match[str]) -> str:
        if found[1] not in memory:
            raise NameUnknownError(f"nothing is known of {found[0]}")
        return quote(memory[found[1]], safe=":") if quoted else memory[found[1]]

    return _NAME.sub(value, text)


def _found(answer: httpx.Response, source: str) -> str | None:
    if source == "etag":
        return answer.headers.get("etag", "").removeprefix("W/").strip('"') or None
    if source == "location":
        return answer.headers.get("location", "").rpartition("/")[2] or None
    try:
        value: Any = answer.json()
        for name in source.strip("/").split("/"):
            value = value[int(name)] if isinstance(value, list) else value[name]
    except (json.JSONDecodeError, LookupError, TypeError, ValueError):
        return None
    return str(value)


def _time(found: re.Match[str]) -> str:
    try:
        at = datetime.fromisoformat(found[0].replace(",", "."))
    except ValueError:
        return found[0]
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    if abs(datetime.now(UTC) - at) > _RECENT:
        return found[0]
    return re.sub(r"\d+", "0", re.sub(r"[.,]\d+", "", found[0]))
