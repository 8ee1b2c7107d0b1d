"""Examples of templates, written to EHRbase and read back: what it takes, and what it makes of it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import httpx  # noqa: TID251 - speaks to EHRbase as a stranger would
from openward_openehr.examples import Detail, Format, example
from openward_openehr.examples.canonical_xml import xml
from openward_openehr.opt import Opt, read
from openward_openehr.web_template import compiling
from openward_openehr.web_template.model import WebTemplate

from openward_testkit.read_back import unlike

_MINIMAL: Final = {"Prefer": "return=minimal"}
_JSON: Final = {"Accept": "application/json"}
_XML: Final = {"Content-Type": "application/xml"}
_CREATED: Final = (201, 204)
_REFUSED: Final = 400


@dataclass(frozen=True)
class Sample:
    """One example. `as_xml`: canonical, written as XML."""

    format: Format
    detail: Detail
    seed: int = 0
    as_xml: bool = False


@dataclass(frozen=True)
class Outcome:
    """`refusal` is what EHRbase said; `unlike` are the paths that it gave back otherwise."""

    sample: Sample
    refusal: str | None = None
    unlike: tuple[str, ...] = ()

    @property
    def is_good(self) -> bool:
        return self.refusal is None and not self.unlike


async def new_ehr(ehrbase: httpx.AsyncClient) -> str:
    answer = await ehrbase.post("ehr", headers=_MINIMAL)
    assert answer.status_code in _CREATED, answer.text
    return answer.headers["ETag"].strip('"')


async def sweep(
    ehrbase: httpx.AsyncClient, ehr_id: str, template: bytes, samples: Iterable[Sample]
) -> list[Outcome]:
    """Writes each sample of the operational template to the EHR. Whatever EHRbase answers is an outcome."""
    opt = read(template)
    writing = _Writing(ehrbase, f"ehr/{ehr_id}/composition", opt)
    return [await writing.outcome(each) for each in samples]


class _Writing:
    def __init__(self, ehrbase: httpx.AsyncClient, path: str, opt: Opt) -> None:
        self._ehrbase = ehrbase
        self._path = path
        self._template: WebTemplate = compiling.compile(opt)
        self._full = compiling.compile_full(opt)

    async def outcome(self, sample: Sample) -> Outcome:
        written = example(self._template, sample.format, sample.detail, sample.seed, full=self._full)
        params = {} if sample.format == Format.CANONICAL else {"format": sample.format.value}
        answer = await self._ehrbase.post(
            self._path,
            params=params and {**params, "templateId": self._template.template_id},
            headers=_MINIMAL | (_XML if sample.as_xml else {"Content-Type": "application/json"}),
            content=xml(written) if sample.as_xml else json.dumps(written),
        )
        if answer.status_code >= _REFUSED:
            return Outcome(sample, f"{answer.status_code} {answer.text}")
        uid = answer.headers["ETag"].strip('"')
        given = await self._ehrbase.get(f"{self._path}/{uid}", params=params, headers=_JSON)
        return Outcome(sample, unlike=tuple(unlike(written, given.json(), sample.format)))
