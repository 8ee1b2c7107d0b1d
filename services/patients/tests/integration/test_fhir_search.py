"""IHE PDQm ITI-78: what finds whom, on which page, and what a URL gives away."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from openward_contracts.access import RecordRead
from openward_testkit.events import EventCatcher
from openward_testkit.nats import NatsServer

MOTHER = "http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName"


async def found(fhir: Any, **parameters: Any) -> list[str]:
    """Ids of the matches."""
    bundle = await fhir.ask("GET", "/Patient", "Bundle", params=parameters)
    return ids(bundle)


def ids(bundle: Any, mode: str = "match") -> list[str]:
    return [each["resource"]["id"] for each in bundle.get("entry", []) if each["search"]["mode"] == mode]


@pytest.fixture
async def family(fhir: Any, people: Callable[[], Any]) -> list[dict[str, Any]]:
    """Three of one family name, registered."""
    name = people()["names"][0]["family"]
    registered: list[dict[str, Any]] = []
    for given in ("Anna", "Bela", "Cyd"):
        person = people()
        person["names"] = [{"family": name, "given": [given, *person["names"][0]["given"]]}]
        more = {
            "telecom": [{"system": "email", "value": f"{person['names'][0]['given'][2]}@example.org"}],
            "address": [{"line": [f"{len(registered)} High St"], "city": "Ely", "state": "Cambs",
                         "postalCode": "CB1 2AB", "country": "GB"}],
            "extension": [{"url": MOTHER, "valueString": f"Byrne {given}"}],
        }  # fmt: skip
        registered.append(
            await fhir.ask(
                "POST", "/Patient?confirm=duplicates", "Patient", 201,
                json=fhir.of(person) | more, headers={"Change-Reason": "sisters"},
            )
        )  # fmt: skip
    return registered


async def test_a_name_is_found_by_its_beginning_in_any_spelling(fhir: Any, family: Any) -> None:
    name = family[0]["name"][0]["family"]

    assert set(await found(fhir, family=name[:8].upper())) == {each["id"] for each in family}
    assert await found(fhir, **{"family:exact": name.lower()}) == []
    assert len(await found(fhir, **{"family:exact": name})) == 3


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("given", "anna"),
        ("address", "0 high"),
        ("mothersMaidenName", "byrne an"),
        ("address-city", "ely"),
        ("address-country", "gb"),
        ("address-postalcode", "cb1"),
        ("address-state", "camb"),
        ("gender", "female"),
        ("gender", "http://hl7.org/fhir/administrative-gender|female"),
        ("active", "true"),
        ("birthdate", "le2100"),
        ("name", "anna"),
        ("name:exact", "Anna"),
    ],
)
async def test_every_parameter_narrows_a_family(fhir: Any, family: Any, parameter: str, value: str) -> None:
    name = family[0]["name"][0]["family"]

    assert family[0]["id"] in await found(fhir, family=name, **{parameter: value})


async def test_a_comma_is_or_and_a_repeated_parameter_is_and(fhir: Any, family: Any) -> None:
    name = family[0]["name"][0]["family"]
    anna, bela, _ = [each["id"] for each in family]

    assert set(await found(fhir, family=name, given="anna,bela")) == {anna, bela}
    assert await found(fhir, family=name, given=["anna", "bela"]) == []
    assert await found(fhir, family=name, address=["0 high", "ely"]) == [anna]
    bundle = await fhir.ask("GET", "/Patient", "Bundle", params={"_id": f"{anna},{bela},nobody"})
    assert (set(ids(bundle)), bundle["total"]) == ({anna, bela}, 2)


@pytest.mark.parametrize(
    ("prefix", "expected"), [("", 1), ("eq", 1), ("ge", 1), ("le", 1), ("gt", 0), ("lt", 0)]
)
async def test_birth_dates_are_compared(fhir: Any, family: Any, prefix: str, expected: int) -> None:
    anna = family[0]

    hits = await found(fhir, _id=anna["id"], birthdate=f"{prefix}{anna['birthDate']}")

    assert len(hits) == expected


async def test_an_identifier_is_found_with_and_without_its_system(fhir: Any, family: Any) -> None:
    value = family[0]["identifier"][0]["value"]
    mrn, ehr = [each["value"] for each in family[0]["identifier"][1:]]

    for token in (
        f"urn:example:mrn|{value}", value, f"|{value}", f"urn:openward:mrn|{mrn}", f"urn:openward:ehr|{ehr}"
    ):  # fmt: skip
        assert await found(fhir, identifier=token) == [family[0]["id"]]
    assert await found(fhir, identifier=f"urn:other|{value}") == []


async def test_a_system_alone_restricts_the_identifiers_shown(fhir: Any, family: Any) -> None:
    name = family[0]["name"][0]["family"]

    bundle = await fhir.ask(
        "GET", "/Patient", "Bundle", params={"family": name, "identifier": "urn:example:mrn|"}
    )

    systems = {each["system"] for e in bundle["entry"] for each in e["resource"]["identifier"]}
    assert (bundle["total"], systems) == (3, {"urn:example:mrn"})


async def test_a_domain_that_nobody_knows_is_not_found(fhir: Any) -> None:
    await fhir.ask(
        "GET", "/Patient", "OperationOutcome", 404, params={"family": "mohr", "identifier": "urn:no|"}
    )


async def test_a_mail_address_finds_its_owner(fhir: Any, family: Any) -> None:
    mail = family[1]["telecom"][0]["value"]

    assert await found(fhir, telecom=mail) == [family[1]["id"]]
    assert await found(fhir, telecom=f"email|{mail}") == [family[1]["id"]]


@pytest.mark.parametrize("given", [None, "anna,bela,cyd"])
async def test_pages_hold_each_once_and_their_links_no_name(
    fhir: Any, family: Any, given: str | None
) -> None:
    name = family[0]["name"][0]["family"]
    query = {"family": name, "_count": "1"} | ({"given": given} if given else {})
    bundle = await fhir.ask("POST", "/Patient/_search", "Bundle", data=query)
    seen = ids(bundle)

    while following := [each["url"] for each in bundle["link"] if each["relation"] == "next"]:
        url = urlsplit(following[0])
        assert list(parse_qs(url.query)) == ["_cursor"]
        assert name.lower() not in following[0].lower()
        bundle = await fhir.ask("GET", "/Patient", "Bundle", params=url.query)
        seen += ids(bundle)

    assert sorted(seen) == sorted(each["id"] for each in family)


async def test_a_link_to_a_page_is_good_for_one_caller(fhir: Any, registry: Any, family: Any) -> None:
    name = family[0]["name"][0]["family"]
    bundle = await fhir.ask("GET", "/Patient", "Bundle", params={"family": name, "_count": "1"})
    query = urlsplit(bundle["link"][1]["url"]).query

    await fhir.ask(
        "GET", "/Patient", "OperationOutcome", 422, params=query, headers=registry.headers("clinician")
    )


async def test_the_self_link_shows_what_was_used(fhir: Any, family: Any) -> None:
    name = family[0]["name"][0]["family"]

    bundle = await fhir.ask("GET", "/Patient", "Bundle", params={"family": name, "shoe-size": "44"})

    used = parse_qs(urlsplit(bundle["link"][0]["url"]).query)
    assert used == {"family": [name], "_count": ["20"]}
    assert bundle["total"] == 3


async def test_strict_handling_refuses_an_unknown_parameter(fhir: Any) -> None:
    outcome = await fhir.ask(
        "GET", "/Patient", "OperationOutcome", 400,
        params={"family": "mohr", "shoe-size": "44"}, headers={"Prefer": "handling=strict"},
    )  # fmt: skip

    assert outcome["issue"][1]["expression"] == ["http.shoe-size"]


@pytest.mark.parametrize("only", [{"_count": "0"}, {"_summary": "count"}])
async def test_a_count_of_none_answers_the_total_alone(fhir: Any, family: Any, only: dict[str, str]) -> None:
    name = family[0]["name"][0]["family"]

    bundle = await fhir.ask("GET", "/Patient", "Bundle", params={"family": name} | only)

    assert (bundle["total"], bundle.get("entry")) == (3, None)


async def test_a_merged_patient_brings_the_survivor(fhir: Any, registry: Any, family: Any) -> None:
    anna, bela, _ = family
    name = anna["name"][0]["family"]
    own = [(await registry.get(f"/api/patients/v1/patients/{each['id']}")).json() for each in (bela, anna)]
    await registry.merge(*own)

    bundle = await fhir.ask("GET", "/Patient", "Bundle", params={"family": name, "given": "bela"})

    assert (ids(bundle), ids(bundle, "include")) == ([anna["id"]], [bela["id"]])
    merged = bundle["entry"][1]["resource"]
    assert merged["active"] is False
    assert merged["link"] == [{"other": {"reference": f"Patient/{anna['id']}"}, "type": "replaced-by"}]
    assert await found(fhir, family=name, given="bela", active="true") == [anna["id"]]


async def test_it_is_on_record_that_the_merged_patient_was_shown(
    fhir: Any, registry: Any, people: Callable[[], Any], nats_server: NatsServer
) -> None:
    source, target = await fhir.register(people()), await fhir.register(people())
    own = [
        (await registry.get(f"/api/patients/v1/patients/{each['id']}")).json() for each in (source, target)
    ]
    await registry.merge(*own)
    clinician = registry.headers("clinician")

    async with (
        await nats_server.connect("monitor") as nats,
        EventCatcher(nats, "ACCESS").watching() as catcher,
    ):
        query = {"_id": source["id"]}
        await fhir.ask("GET", "/Patient", "Bundle", params=query, headers=clinician)
        await catcher.wait_for(
            RecordRead,
            lambda e: str(e.data.patient_id) == source["id"] and e.envelope.authid == "clinician-1",
        )


async def test_who_is_restricted_is_not_found(fhir: Any, registry: Any, person: dict[str, Any]) -> None:
    label = {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}
    created = await fhir.register(person, meta={"security": [label]})
    query = {"identifier": f"urn:example:mrn|{person['identifiers'][0]['value']}"}

    assert await found(fhir, **query) == []
    officer = registry.headers("privacy-officer")
    bundle = await fhir.ask("GET", "/Patient", "Bundle", params=query, headers=officer)
    assert ids(bundle) == [created["id"]]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("family=m", 422),
        ("", 422),
        ("family:contains=mohr", 400),
        ("birthdate=ap1980", 400),
        ("birthdate=1980-13", 400),
        ("gender=x", 400),
        ("active=yes", 400),
        ("_count=-1&family=mohr", 400),
        ("_cursor=x", 422),
        ("family=%ff", 400),
        ("family=%00mohr", 400),
        ("identifier=|", 400),
        ("given=a,b,c,d,e&family=a,b,c,d,e", 400),
    ],
)
async def test_what_cannot_be_searched_is_an_outcome(fhir: Any, query: str, status: int) -> None:
    await fhir.ask("GET", f"/Patient?{query}", "OperationOutcome", status)


async def test_a_search_form_is_a_form(fhir: Any) -> None:
    await fhir.ask("POST", "/Patient/_search", "OperationOutcome", 415, json={"family": "mohr"})
