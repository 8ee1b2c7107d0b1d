"""A query that an author stores is run by its name, over one record or over all, through the gateway."""

from uuid import uuid4

import pytest
from openward_cli.demo.client import Client
from openward_cli.stack import Stack
from openward_testkit.clinic import AUTHOR, CLINICIAN, Clinic

Q = "SELECT c/uid/value AS uid FROM EHR e CONTAINS COMPOSITION c WHERE c/uid/value = $uid"


@pytest.mark.parametrize("base", ["/openehr/v1", "/ehrbase/rest/openehr/v1"])
async def test_a_stored_query_is_run_by_its_name(
    stack: Stack, clinic: Clinic, client: Client, base: str
) -> None:
    person, other = await clinic.register(), await clinic.register()
    for each in (person, other):
        await clinic.until_ready(each)
    uid, name = await clinic.record(person, 120), f"org.openward::e2e_{uuid4().hex}"
    query = f"{base}/query/{name}"

    stored = await client.send(AUTHOR, "PUT", f"{base}/definition/query/{name}", json={"q": Q})
    refused = await client.send(CLINICIAN, "PUT", f"{base}/definition/query/{name}", json={"q": Q})
    bound = {"uid": uid, "ehr_id": person.ehr_id}
    mine = await client.send(CLINICIAN, "GET", f"{query}/1", params=bound)
    foreign = await client.send(CLINICIAN, "GET", query, params=bound | {"ehr_id": other.ehr_id})
    everybody = await client.send(CLINICIAN, "POST", query, json={"query_parameters": {"uid": uid}})

    assert (stored.value("version"), refused.status) == ("1.0.0", 403)
    assert mine.value("meta")["_href"] == f"{stack.gateway_url}{query}/1"
    assert (mine.value("rows"), foreign.value("rows"), everybody.value("rows")) == ([[uid]], [], [[uid]])
