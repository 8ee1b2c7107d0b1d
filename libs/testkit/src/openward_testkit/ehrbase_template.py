"""A template for EHRbase, past the services."""

import asyncio
from http import HTTPStatus

import httpx  # noqa: TID251 - speaks to EHRbase as a stranger would

_PAUSES_SECONDS = (0.2, 1.0, 5.0)


async def upload(ehrbase: httpx.AsyncClient, opt: bytes, base: str = "") -> None:
    """At `base` of `ehrbase` is its openEHR API (`…/rest/openehr/v1/`). A template that is there stays.

    Of two that bring the same new template at once EHRbase answers one with 500: asked again, it knows it.
    """
    url, headers = f"{base}definition/template/adl1.4", {"Content-Type": "application/xml"}
    answer = await ehrbase.post(url, content=opt, headers=headers)
    for pause in _PAUSES_SECONDS:
        if answer.status_code == HTTPStatus.INTERNAL_SERVER_ERROR:
            await asyncio.sleep(pause)
            answer = await ehrbase.post(url, content=opt, headers=headers)
    assert answer.status_code in (201, 204, 409), answer.text
