import asyncio
import os

from oehrpy.client import BearerAuth, EHRBaseClient

FLAT = {
    "ctx/language": "en",
    "ctx/territory": "GB",
    "ctx/composer_name": "Dr. Example",
    "vital_signs/blood_pressure/any_event:0/systolic|magnitude": 120,
    "vital_signs/blood_pressure/any_event:0/systolic|unit": "mm[Hg]",
    "vital_signs/blood_pressure/any_event:0/position|code": "at1001",
}


async def main() -> None:
    url, token = os.environ["OPENWARD_URL"], os.environ["OPENWARD_TOKEN"]
    async with EHRBaseClient(base_url=f"{url}/ehrbase", auth_method=BearerAuth(token)) as client:
        ehr = await client.create_ehr()
        written = await client.create_composition(ehr.ehr_id, FLAT, "openward_vital_signs.v1")
        read = await client.get_composition(ehr.ehr_id, written.uid)
        aql = "SELECT c/uid/value AS uid FROM EHR e CONTAINS COMPOSITION c"
        found = await client.query(aql, ehr_id=ehr.ehr_id)
        print(read.template_id, read.uid == written.uid, found.rows == [[written.uid]])


asyncio.run(main())
