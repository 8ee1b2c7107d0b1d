"""Pages stay what they were begun as: whoever writes meanwhile, whoever asks with whose cursor."""

import asyncio
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

EVERY = {"limit": 3}


async def pages(products: Any, path: str, between: Any = None, **params: Any) -> list[list[dict[str, Any]]]:
    found, cursor = [], None
    while True:
        answer = await products.get(path, **params, **({"cursor": cursor} if cursor else {}))
        assert answer.status_code == 200, answer.text
        found.append(answer.json()["items"])
        cursor = answer.json().get("next_cursor")
        if cursor is None:
            return found
        if between is not None:
            await between()


async def test_pages_hold_every_row_once_while_others_are_written(clinic: Any, products: Any) -> None:
    """As many before the place as after it, in the same second too, and corrections of what was told."""
    patient_id, _ = await clinic.patient()
    times = [f"2026-11-22T10:0{n // 3}:00Z" for n in range(11)]
    uids = [await products.written(patient_id, 100 + n, at) for n, at in enumerate(times)]
    await products.put(products.one())
    count = iter(range(100))

    async def write() -> None:
        n = next(count)
        await asyncio.gather(
            products.written(patient_id, 200, f"2026-11-23T10:0{n}:00Z"),
            products.written(patient_id, 200, f"2026-11-22T10:0{n % 4}:00Z"),
            products.written(patient_id, 200, f"2026-11-21T10:0{n}:00Z"),
        )

    found = await pages(products, products.of(patient_id), write, limit=3)

    rows = [row for page in found for row in page]
    assert sorted(row["uid"] for row in rows if row["systolic"] != 200) == sorted(uids)
    assert len({row["uid"] for row in rows}) == len(rows)
    assert [row["at"] for row in rows] == sorted((row["at"] for row in rows), reverse=True)
    assert {len(page) for page in found[:-1]} == {3}


async def test_pages_over_all_records_go_on_where_they_ended(clinic: Any, products: Any) -> None:
    for n in range(4):
        patient_id, _ = await clinic.patient()
        await asyncio.gather(
            *(products.written(patient_id, 985, f"2026-11-22T10:0{n}:00Z") for _ in range(2))
        )
    await products.put(products.all())
    path = f"{products.path}/{products.name}/1.0.0/rows"

    whole = (await products.get(path, least=985)).json()["items"]
    found = await pages(products, path, limit=3, least=985)

    assert len(whole) >= 8
    assert [row for page in found for row in page] == whole


async def test_pages_by_count_hold_every_row(clinic: Any, products: Any) -> None:
    patient_id, _ = await clinic.patient()
    uids = [await products.written(patient_id, 100 + n) for n in range(5)]
    text = products.one()["aql"].replace(
        "ORDER BY c/context/start_time/value DESC,", "ORDER BY c/name/value,"
    )
    text = text.replace("c/context/start_time/value AS at", "c/name/value AS at")
    columns = [
        column | ({"type": "string"} if column["name"] == "at" else {})
        for column in products.one()["columns"]
    ]
    stored = await products.put(products.one(aql=text, columns=columns))

    found = await pages(products, products.of(patient_id), limit=2)

    assert (stored.json()["paging"], stored.json()["findings"][0]["code"]) == ("offset", "paging-by-offset")
    assert sorted(row["uid"] for page in found for row in page) == sorted(uids)


async def test_a_page_can_be_one_of_lines(clinic: Any, products: Any) -> None:
    patient_id, _ = await clinic.patient()
    uids = [await products.written(patient_id, 100 + n, f"2026-11-2{n}T10:00:00Z") for n in range(3)]
    await products.put(products.one())
    lines = {"Accept": "application/x-ndjson"}

    first = await products.get(products.of(patient_id), limit=2, least=50, headers=lines)
    address = urlsplit(first.headers["link"].split(">")[0].strip("<"))
    cursor = parse_qs(address.query)["cursor"][0]
    second = await products.get(products.of(patient_id), limit=2, least=50, cursor=cursor, headers=lines)

    told = [json.loads(line)["uid"] for answer in (first, second) for line in answer.text.splitlines()]
    assert told == uids[::-1]
    assert address.path == products.of(patient_id)
    assert "link" not in second.headers


async def test_no_more_rows_than_its_limit_are_given_out(clinic: Any, products: Any) -> None:
    patient_id, _ = await clinic.patient()
    for n in range(4):
        await products.written(patient_id, 100 + n)
    limit = {"rows": 3, "seconds": 5}
    await products.put(products.one(aql=products.one()["aql"].replace("LIMIT 1000", "LIMIT 3"), limits=limit))

    whole = await products.get(products.of(patient_id))
    found = await pages(products, products.of(patient_id), limit=2)
    last = await products.get(products.of(patient_id), headers={"Accept": "text/csv"})

    assert (len(whole.json()["items"]), whole.json()["limit_reached"]) == (3, True)
    assert [len(page) for page in found] == [2, 1]
    assert (len(last.text.splitlines()), last.headers["openward-limit-reached"]) == (4, "true")


@pytest.mark.parametrize("what", ["values", "version", "patient", "caller", "forged", "foreign"])
async def test_a_cursor_is_of_one_query_and_one_caller(clinic: Any, products: Any, what: str) -> None:
    (mine, _), (other, _) = await clinic.patient(), await clinic.patient()
    for n in range(3):
        await products.written(mine, 100 + n)
    await products.put(products.one())
    await products.put(products.one(title="another"), "1.0.1")
    page = {"limit": 1, "least": 50}
    cursor = (await products.get(products.of(mine, "1.0.0"), **page)).json()["next_cursor"]
    path, claims = products.of(mine, "1.0.0"), {}
    match what:
        case "values":
            page["least"] = 51
        case "version":
            path = products.of(mine, "1.0.1")
        case "patient":
            path = products.of(other, "1.0.0")
        case "caller":
            claims = {"sub": "somebody-else"}
        case "forged":
            cursor = cursor[:-2] + ("AA" if cursor[-2:] != "AA" else "BB")
        case "foreign":
            listed = await clinic.get(f"{path.split('/query-products')[0]}/compositions?limit=1")
            cursor = listed.json()["next_cursor"]

    refused = await products.get(path, **page, cursor=cursor, claims=claims)

    assert (refused.status_code, refused.json()["code"]) == (400, "cursor-invalid")
