"""Whatever is written of whatever template is read: each data value once, as it was written."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openward_openehr.examples import Detail, Format, example
from openward_openehr.opt import read as read_opt
from openward_openehr.recorded.labels import Labels
from openward_openehr.recorded.model import Value
from openward_openehr.recorded.reading import read
from openward_openehr.web_template import compiling
from openward_testkit import corpus

#: When something was, who took part, what it is called and where it came from: not told as values.
NOT_VALUES = {"name", "time", "origin", "feeder_audit", "links", "other_participations", "provider", "uid"}
BYTES = {"data", "thumbnail"}


def leaves(item: Any) -> Iterator[str]:
    """Each data value within, as its JSON; of what is missing its null flavour."""
    if isinstance(item, list):
        for each in item:
            yield from leaves(each)
    elif isinstance(item, dict) and str(item.get("_type")).startswith("DV_"):
        yield json.dumps({name: each for name, each in item.items() if name not in BYTES}, sort_keys=True)
    elif isinstance(item, dict):
        for name, each in item.items():
            if name == "null_flavour":
                yield f"missing: {each['defining_code']['code_string']}"
            elif name not in NOT_VALUES:
                yield from leaves(each)


def told(value: Value) -> str:
    if value.null_flavour:
        return f"missing: {value.null_flavour.code}"
    return json.dumps(value.content, sort_keys=True)


def written(composition: dict[str, Any]) -> Counter[str]:
    other_context = composition.get("context", {}).get("other_context", {})
    return Counter(leaves([other_context, composition.get("content", [])]))


@pytest.mark.parametrize("opt", corpus.opts(), ids=[opt.name for opt in corpus.opts()])
def test_each_value_is_told_once_as_it_was_written(opt: corpus.Opt) -> None:
    template = read_opt(opt.read())
    web_template, full = compiling.compile(template), compiling.compile_full(template)
    labels = Labels.of(web_template)

    @settings(max_examples=8, deadline=None, database=None)
    @given(st.integers(0, 10**9), st.sampled_from(Detail))
    def check(seed: int, detail: Detail) -> None:
        composition = example(web_template, Format.CANONICAL, detail, seed, full=full)
        recorded = read(composition)
        assert Counter(told(each) for entry in recorded.entries for each in entry.values) == written(
            composition
        )
        paths = [entry.path + value.path for entry in recorded.entries for value in entry.values]
        assert len(set(paths)) == len(paths)
        for entry in recorded.entries:
            for value in entry.values:
                assert value.text, value
                assert len(labels.value(entry, value, "de")) == len(value.names)

    check()
