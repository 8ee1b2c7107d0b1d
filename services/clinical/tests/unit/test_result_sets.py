"""An answer to AQL is understood from its head, whatever the blocks it comes in; its rows stay bytes."""

import json
from typing import Any

import pytest
from clinical.domain.result_set import Reader, RowLimits, head_of_answer
from hypothesis import given, settings
from hypothesis import strategies as st
from openward_contracts.identifiers import EhrId
from openward_servicekit.errors import UpstreamBroken

LIMITS = RowLimits(default=10, maximum=100)
MARK = "0f" * 16
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(['"rows":[', MARK, "]", '\\"']),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=6,
)


def answer(rows: list[list[Any]], q: str = "SELECT x", columns: int = 1) -> bytes:
    meta = {"_type": "RESULTSET", "_executed_aql": "hidden", "fetch": 10, "resultsize": len(rows)}
    named = [{"path": "x", "name": f"#{number}"} for number in range(columns)]
    whole = {"meta": meta, "q": q, "columns": named, "rows": rows}
    return json.dumps(whole, separators=(",", ":"), ensure_ascii=False).encode(errors="surrogatepass")


def taken(content: bytes, size: int, mark: str | None = None) -> tuple[Reader, bytes]:
    out: list[bytes] = []
    reader = Reader(out.append, mark)
    for start in range(0, len(content), size):
        reader.take(content[start : start + size])
    reader.finish()
    return reader, b"".join(out)


def whole(reader: Reader, rows: bytes, **told: Any) -> Any:
    return json.loads(head_of_answer(reader.head, "mine", LIMITS, **told) + rows)


@given(st.lists(st.lists(JSON, min_size=1, max_size=3), max_size=5), st.text(), st.integers(1, 60))
@settings(deadline=None, max_examples=100)
def test_rows_come_out_as_they_went_in(rows: list[list[Any]], q: str, size: int) -> None:
    reader, passed = taken(answer(rows, q), size)

    assert whole(reader, passed)["rows"] == json.loads(answer(rows, q))["rows"]
    assert reader.rows == len(rows)


@given(st.lists(st.lists(JSON, max_size=3), max_size=5), st.integers(1, 60))
@settings(deadline=None, max_examples=100)
def test_marks_and_their_ehrs_are_taken_out(rows: list[list[Any]], size: int) -> None:
    ehrs = [str(EhrId.new()) for _ in rows]
    # Whoever could put the mark into a row would know it beforehand: nobody does.
    plain = json.loads(json.dumps(rows).replace(MARK, "x"))
    marked = [[*row, ehr, MARK] for row, ehr in zip(plain, ehrs, strict=True)]
    reader, passed = taken(answer(marked, columns=3), size, MARK)

    shown = whole(reader, passed)
    assert shown["rows"] == plain
    assert len(shown["columns"]) == 1
    assert {str(ehr) for ehr in reader.ehr_ids} == set(ehrs)


def test_what_the_caller_did_not_write_is_not_shown() -> None:
    reader, passed = taken(answer([[1]]), 7)

    shown = whole(reader, passed, name="a::b/1.0.0", href="/query/a::b")
    assert (shown["q"], shown["name"], shown["meta"]["_href"]) == ("mine", "a::b/1.0.0", "/query/a::b")
    assert "hidden" not in json.dumps(shown)


def test_the_lower_limit_is_told() -> None:
    reader, _ = taken(answer([]), 100)
    reader.head["meta"] |= {"max-fetch": 50, "max-limit": 5000}

    meta = whole(reader, b"]}")["meta"]
    assert (meta["default-limit"], meta["max-limit"], meta["max-fetch"]) == (10, 100, 50)


@pytest.mark.parametrize(
    "content", [b"", b"{}", b'{"meta":{},"rows":[]}', b'{"rows":[]}', b'{"meta" "rows":[']
)
def test_what_is_no_result_set_is_not_passed_on(content: bytes) -> None:
    with pytest.raises(UpstreamBroken):
        taken(content, 5)


def test_a_head_without_end_is_not_kept() -> None:
    with pytest.raises(UpstreamBroken):
        taken(b" " * 2**21, 2**16)
