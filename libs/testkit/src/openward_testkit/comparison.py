"""The ledgers of a stack compared: no event missing, none twice, none out of order."""

from collections import Counter, defaultdict

from openward_contracts.catalogue import STREAMS
from openward_contracts.clinical import CompositionCreated, CompositionDeleted, CompositionUpdated, EhrCreated
from openward_contracts.event import Event
from openward_contracts.patients import PatientRegistered
from openward_contracts.payload import Payload

from openward_testkit.ledger import Ledger


async def compare_all(ledger: Ledger) -> None:
    await compare_versions(ledger)
    await compare_patients(ledger)
    for stream in STREAMS:
        await compare_audit(ledger, stream)
        await compare_order(ledger, stream)


async def compare_versions(ledger: Ledger) -> None:
    """Every version in EHRbase has one event, and every event a version."""
    ehrs = await ledger.ehrs()
    events = await ledger.stream("CLINICAL")
    kinds = CompositionCreated | CompositionUpdated | CompositionDeleted
    written = [e.data for e in events if isinstance(e.data, kinds)]
    made = [e.data for e in events if isinstance(e.data, EhrCreated)]

    said = Counter(str(data.version_uid) for data in written if data.ehr_id in ehrs)
    assert said == await ledger.versions("comp")
    assert Counter(data.ehr_id for data in made if data.ehr_id in ehrs) == Counter(ehrs)


async def compare_patients(ledger: Ledger) -> None:
    """Every patient has one event, and every event a patient."""
    events = await ledger.stream("PATIENTS")
    said = Counter(str(e.data.patient_id) for e in events if isinstance(e.data, PatientRegistered))

    assert said == await ledger.patients()


async def compare_audit(ledger: Ledger, stream: str) -> None:
    """The log has every message of the stream once, in the stream's order."""
    sent = [str(event.id) for event in await ledger.stream(stream)]

    assert await ledger.entries(stream) == sent
    assert len(set(sent)) == len(sent)
    assert await ledger.gaps() == 0


async def compare_order(ledger: Ledger, stream: str) -> None:
    """The versions of each aggregate rise."""
    of_aggregate: dict[str, list[Event[Payload]]] = defaultdict(list)
    for event in await ledger.stream(stream):
        of_aggregate[event.envelope.aggregate_id].append(event)

    for events in of_aggregate.values():
        versions = [event.envelope.aggregate_version for event in events]
        assert versions == sorted(versions)
