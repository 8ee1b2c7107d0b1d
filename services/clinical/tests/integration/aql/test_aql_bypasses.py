"""Whoever tries to see another EHR does not: whatever is forwarded, EHRbase gives no row of it."""

import json
from typing import Any

import pytest
from clinical.domain.aql import bind_to_ehrs
from clinical.domain.errors import QueryNotBound, QueryUnreadable
from openward_contracts.identifiers import EhrId

ALL = "SELECT c/uid/value, e/ehr_id/value FROM EHR e"
C = "CONTAINS COMPOSITION c"

#: {foreign} becomes the id of the EHR that is not to be seen.
ATTEMPTS = {
    "nothing asked": f"{ALL} {C}",
    "no ehr": "SELECT c/uid/value FROM COMPOSITION c",
    "status": "SELECT s/uid/value FROM EHR_STATUS s",
    "entries": "SELECT o/data[at0001]/events/data/items/value/magnitude FROM OBSERVATION o",
    "named": f"{ALL}[ehr_id/value='{{foreign}}'] {C}",
    "named by parameter": f"{ALL}[ehr_id/value=$foreign] {C}",
    "named or": f"{ALL}[ehr_id/value='x' OR ehr_id/value='{{foreign}}'] {C}",
    "named or not": f"{ALL}[ehr_id/value!='x' OR ehr_id/value='x'] {C}",
    "named and or": f"{ALL}[ehr_id/value='x' AND ehr_id/value='x' OR ehr_id/value!='x'] {C}",
    "named in where": f"{ALL} {C} WHERE e/ehr_id/value='{{foreign}}'",
    "or in where": f"{ALL} {C} WHERE c/name/value='x' OR e/ehr_id/value!='x'",
    "not in where": f"{ALL} {C} WHERE NOT e/ehr_id/value='{{mine}}'",
    "closed early": f"{ALL} {C} WHERE (c/name/value != 'x') OR (c/name/value='x'",
    "closed too often": f"{ALL} {C} WHERE c/name/value != 'x') OR (c/name/value='x'",
    "bracket closed": f"{ALL}[ehr_id/value='x'] OR EHR f[ehr_id/value='{{foreign}}'] {C}",
    "bracket open": f"{ALL}[ehr_id/value='{{foreign}}'] {C} -- ]",
    "two predicates": f"{ALL}[ehr_id/value='{{foreign}}'][ehr_id/value='x'] {C}",
    "nested predicate": f"{ALL}[ehr_id[value='x' OR value!='x']/value='{{foreign}}'] {C}",
    "predicate without space": f"SELECT c/uid/value FROM EHR[ehr_id/value='{{foreign}}']{C}",
    "second ehr": f"SELECT c/uid/value FROM EHR e, EHR f {C}",
    "second ehr and": f"SELECT c/uid/value FROM EHR e AND EHR f {C}",
    "second ehr or": f"SELECT c/uid/value FROM EHR f {C} OR EHR e",
    "second ehr inside": f"SELECT c/uid/value FROM EHR e CONTAINS EHR f {C}",
    "second ehr beside": f"SELECT c/uid/value FROM EHR e CONTAINS (EHR_STATUS s OR (EHR f {C}))",
    "ehr inside": "SELECT c/uid/value FROM COMPOSITION c CONTAINS EHR e",
    "outside": "SELECT c/uid/value FROM EHR e OR COMPOSITION c",
    "outside first": "SELECT c/uid/value FROM COMPOSITION c OR EHR e",
    "outside parentheses": "SELECT c/uid/value FROM (EHR e CONTAINS EHR_STATUS s) OR COMPOSITION c",
    "small ehr": f"SELECT c/uid/value FROM ehr e {C}",
    "mixed ehr": f"SELECT c/uid/value FROM Ehr e CONTAINS EHR f {C}",
    "mixed keywords": "sElEcT c/uid/value fRoM COMPOSITION c oR EHR e",
    "comment": f"SELECT c/uid/value FROM COMPOSITION c -- {C} EHR e",
    "comment to the line": f"{ALL} --\n[ehr_id/value='{{foreign}}'] {C}",
    "comment in predicate": f"{ALL}[ehr_id/value= -- '{{mine}}'\n'{{foreign}}'] {C}",
    "comment return": f"{ALL} {C} -- x\rOR COMPOSITION d",
    "comment tight": f"SELECT c/uid/value FROM EHR e--[ehr_id/value='{{mine}}']\n{C}",
    "comment in string": f"{ALL} {C} WHERE c/name/value != '-- ' OR c/name/value = ' --'",
    "comment dash term": f"{ALL} {C} --a::b",
    "block comment": f"{ALL} /* {C} */ OR COMPOSITION c",
    "string quotes": f'{ALL} {C} WHERE c/name/value != "\'" OR c/name/value = "\' OR EHR f"',
    "string escape": rf"{ALL} {C} WHERE c/name/value != '\' OR c/name/value = ' OR 1=1'",
    "string escape end": rf"{ALL} {C} WHERE c/name/value != '\\' OR c/name/value = '\\'",
    "string unicode quote": rf"{ALL} {C} WHERE c/name/value != '\u0027 OR e/ehr_id/value != \u0027'",
    "string octal quote": rf"{ALL} {C} WHERE c/name/value != '\47 OR e/ehr_id/value != \47'",
    "string unknown escape": rf"{ALL} {C} WHERE c/name/value != '\z' OR c/name/value = '\x27'",
    "string open": f"{ALL} {C} WHERE c/name/value != 'x",
    "string lines": f"{ALL} {C} WHERE c/name/value != 'x\n-- ' OR c/name/value = '\n'",
    "string sql": f"{ALL} {C} WHERE c/name/value != 'x'' OR 1=1 --'",
    "like sql": f"{ALL} {C} WHERE c/name/value LIKE '%'' OR ''1''=''1'",
    "regex hides a quote": "SELECT c[name/value matches {/'/}]/x FROM COMPOSITION c WHERE c/x = ' FROM EHR'",
    "regex hides from": "SELECT c[name/value matches {/x FROM EHR e/}]/uid/value FROM COMPOSITION c",
    "regex escaped": r"SELECT c[name/value matches {/\/} FROM EHR e/}]/uid/value FROM COMPOSITION c",
    "uri hides a quote": f"{ALL} {C} WHERE c/name/value matches {{a:'}} OR c/name/value != '",
    "uri hides brackets": f"{ALL} {C} WHERE c/name/value matches {{a://[0000::0000]/}} OR c/x != 'x'",
    "term hides a quote": f"SELECT c[at0001, a::b|'|]/uid/value FROM EHR e {C} WHERE c/name/value != '|]'",
    "term hides from": "SELECT c[at0001, a::b| FROM EHR e |]/uid/value FROM COMPOSITION c",
    "term hides a line": f"SELECT c[at1, a::b|\n--|]/uid/value FROM EHR e {C}",
    "name space hides": f"{ALL} CONTAINS COMPOSITION c[a::b-c-d.e.v1,'x'] OR COMPOSITION d",
    "space no-break": f"SELECT c/uid/value FROM EHR\u00a0e {C}",
    "space ideographic": f"SELECT c/uid/value FROM EHR\u3000e {C}",
    "space none": f"SELECT c/uid/value FROM EHR\u200be {C}",
    "space vertical": f"SELECT c/uid/value FROM EHR\x0be\x0c {C}",
    "space next line": f"SELECT c/uid/value FROM EHR e --\u0085 {C}",
    "space line separator": f"{ALL} -- \u2028 {C}",
    "byte order mark": "\ufeffSELECT c/uid/value FROM\ufeffCOMPOSITION\ufeffc",
    "byte order mark inside": "SELECT c/uid/value FROM E\ufeffHR e OR COMPOSITION c",
    "byte order mark spelled": "SELECT c/uid/value FROM\x00FEFFCOMPOSITION\uefbbBFc",
    "null": f"SELECT c/uid/value FROM EHR e\x00 {C}",
    "null in string": f"{ALL} {C} WHERE c/name/value != '\x00'",
    "half a character": f"{ALL} {C} WHERE c/name/value != '\ud800'",
    "greek letters": f"SELECT c/uid/value FROM \u0395\u0397\u0052 e {C}",
    "wide letters": f"SELECT c/uid/value FROM \uff25\uff28\uff32 e {C}",
    "dotless i": "SELECT c/uid/value FROM COMPOSITION c L\u0131MIT 1",
    "kelvin": f"{ALL} {C} WHERE c/name/value L\u0130\u212aE '*'",
    "right to left": f"SELECT c/uid/value FROM EHR\u202e e {C}",
    "our parameter": f"{ALL}[ehr_id/value=$openward_ehr_id_0] {C}",
    "alias of ours": "SELECT EHR/ehr_id/value FROM COMPOSITION EHR",
    "alias twice": "SELECT e/uid/value FROM EHR e CONTAINS COMPOSITION e WHERE e/ehr_id/value='{foreign}'",
    "class as alias": "SELECT EHR/ehr_id/value FROM EHR EHR[ehr_id/value='{foreign}']",
    "aggregates": f"SELECT MAX(e/ehr_id/value), MAX(c/uid/value) FROM EHR e {C}",
    "aggregate of numbers": "SELECT MAX(o/data/events/data/items/value/magnitude) FROM OBSERVATION o",
    "version": "SELECT v/uid/value FROM VERSION v CONTAINS COMPOSITION c",
    "all versions": "SELECT v/uid/value FROM VERSION v[ALL_VERSIONS] CONTAINS COMPOSITION c",
    "version predicate": "SELECT c/uid/value FROM VERSION v[uid/value!='x'] CONTAINS COMPOSITION c",
    "not contains": "SELECT e/ehr_id/value FROM EHR e NOT CONTAINS CLUSTER x",
    "not contains root": "SELECT c/uid/value FROM COMPOSITION c NOT CONTAINS EHR e",
    "other ehr path": "SELECT e/compositions/uid/value, e/ehr_status/uid/value FROM EHR e",
    "order and limit": f"{ALL} {C} ORDER BY e/ehr_id/value DESC LIMIT 100 OFFSET 0",
    "two statements": f"{ALL} {C}; SELECT c/uid/value FROM COMPOSITION c",
    "two selects": f"{ALL} {C} SELECT c/uid/value FROM COMPOSITION c",
    "union": f"{ALL} {C} UNION SELECT c/uid/value FROM COMPOSITION c",
    "sub-select": f"{ALL} {C} WHERE c/uid/value MATCHES {{SELECT d/uid/value FROM COMPOSITION d}}",
}
#: Values that a caller gives to `$x` in the EHR's predicate.
VALUES = [
    "{foreign}",
    "x' OR ehr_id/value != 'x",
    "*",
    "%",
    ["{foreign}"],
    {"a": "{foreign}"},
    None,
    True,
    "\x00",
]


async def shown(ehrbase: Any, text: str, parameters: dict[str, Any]) -> str:
    """What comes out; nothing if it is refused, here or there."""
    try:
        bound = bind_to_ehrs(text, [ehrbase.mine])
    except (QueryNotBound, QueryUnreadable):
        return ""
    answer = await ehrbase.ask(bound, parameters)
    return json.dumps(answer.rows)


def no_foreign_row(ehrbase: Any, said: str) -> bool:
    return not any(one in said for one in (ehrbase.foreign, ehrbase.foreign_uid, "177.25"))


@pytest.mark.parametrize("attempt", ATTEMPTS)
async def test_no_row_of_another_ehr_comes_out(ehrbase: Any, attempt: str) -> None:
    text = ATTEMPTS[attempt].replace("{foreign}", ehrbase.foreign).replace("{mine}", ehrbase.mine)

    said = await shown(ehrbase, text, {"foreign": ehrbase.foreign, "openward_ehr_id_0": ehrbase.foreign})

    assert no_foreign_row(ehrbase, said)


@pytest.mark.parametrize("value", VALUES)
async def test_no_value_of_a_parameter_reaches_another_ehr(ehrbase: Any, value: Any) -> None:
    given = json.loads(json.dumps(value).replace("{foreign}", ehrbase.foreign))

    said = await shown(ehrbase, f"{ALL}[ehr_id/value=$x OR ehr_id/value!=$x] {C}", {"x": given})

    assert no_foreign_row(ehrbase, said)


async def test_the_attempts_would_show_it_if_they_were_not_bound(ehrbase: Any) -> None:
    answer = await ehrbase.ask(f"{ALL} {C}")

    assert not no_foreign_row(ehrbase, json.dumps(answer.rows))


@pytest.mark.parametrize("what", ["COUNT(*)", "COUNT(c)", "COUNT(DISTINCT c/uid/value)"])
@pytest.mark.parametrize("source", [f"EHR e {C}", "COMPOSITION c", f"VERSION v {C}"])
async def test_only_what_is_in_the_ehr_is_counted(ehrbase: Any, what: str, source: str) -> None:
    answer = await ehrbase.ask(bind_to_ehrs(f"SELECT {what} FROM {source}", [ehrbase.mine]))

    assert answer.rows == [[1]]


async def test_an_ehr_without_anything_shows_nothing(ehrbase: Any) -> None:
    answer = await ehrbase.ask(bind_to_ehrs(f"{ALL} {C}", [EhrId.new()]))

    assert (answer.status, answer.rows) == (200, [])
