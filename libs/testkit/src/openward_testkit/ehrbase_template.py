"""A template for EHRbase, past the services."""

import httpx  # noqa: TID251 - speaks to EHRbase as a stranger would


async def upload(ehrbase: httpx.AsyncClient, opt: bytes, base: str = "") -> None:
    """At `base` of `ehrbase` is its openEHR API (`…/rest/openehr/v1/`). A template that is there stays."""
    headers = {"Content-Type": "application/xml"}
    answer = await ehrbase.post(f"{base}definition/template/adl1.4", content=opt, headers=headers)
    assert answer.status_code in (201, 409), answer.text
