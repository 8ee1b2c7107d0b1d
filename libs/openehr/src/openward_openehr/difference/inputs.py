"""What changed in the inputs of a node: units, codes, ranges, patterns."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from openward_openehr.difference.bounds import BoundsIncomparable, ways_of_ranges
from openward_openehr.difference.change import Value
from openward_openehr.difference.texts import differing_texts
from openward_openehr.web_template.model import Choice, Input, Range, Validation

_UNIT: Final = "unit"
_NO_VALIDATION: Final = Validation()


@dataclass(frozen=True, slots=True)
class InputChange:
    """A change, without the paths of the node; `suffix` of its input."""

    kind: str
    suffix: str | None
    before: Value = None
    after: Value = None
    about: str | None = None
    language: str | None = None


def changes_of_inputs(
    old: Collection[Input], new: Collection[Input], languages: Collection[str]
) -> Iterator[InputChange]:
    """`languages`: in which texts are compared."""
    was, now = ({each.suffix: each for each in inputs} for inputs in (old, new))
    for suffix in dict.fromkeys([*now, *was]):
        if suffix not in was:
            yield InputChange("input-added", suffix)
        elif suffix not in now:
            yield InputChange("input-removed", suffix)
        else:
            yield from _of_input(was[suffix], now[suffix], languages)


def _of_input(old: Input, new: Input, languages: Collection[str]) -> Iterator[InputChange]:
    suffix = new.suffix
    for kind, before, after in (
        ("input-type-changed", old.type, new.type),
        ("terminology-changed", old.terminology, new.terminology),
        ("default-changed", old.default_value, new.default_value),
    ):
        if before != after:
            yield InputChange(kind, suffix, before, after)
    yield from _of_validation(suffix, old.validation, new.validation)
    yield from _of_choices(old, new, languages)


def _of_choices(old: Input, new: Input, languages: Collection[str]) -> Iterator[InputChange]:
    """Without a list anything may be given, so that a list that comes or goes is no matter of its codes."""
    if _is_open(old) != _is_open(new):
        yield InputChange("list-opened" if _is_open(new) else "list-closed", new.suffix)
    elif old.list_open != new.list_open and bool(old.choices) == bool(new.choices):
        yield InputChange("list-opened" if new.list_open else "list-closed", new.suffix)
    was, now = ({choice.value: choice for choice in each.choices} for each in (old, new))
    what = "units" if new.suffix == _UNIT else "codes"
    if was and now:
        for value in (value for value in was if value not in now):
            yield InputChange(f"{what}-removed", new.suffix, value, None, value)
        for value in (value for value in now if value not in was):
            yield InputChange(f"{what}-added", new.suffix, None, value, value)
    for value in (value for value in now if value in was):
        yield from _of_choice(new.suffix, was[value], now[value], languages)


def _is_open(each: Input) -> bool:
    return bool(each.list_open) or not each.choices


def _of_choice(
    suffix: str | None, old: Choice, new: Choice, languages: Collection[str]
) -> Iterator[InputChange]:
    code = new.value
    if old.ordinal != new.ordinal:
        yield InputChange("ordinal-changed", suffix, old.ordinal, new.ordinal, code)
    if set(old.current_states) != set(new.current_states):
        before, after = (" ".join(sorted(each.current_states)) or None for each in (old, new))
        yield InputChange("transition-changed", suffix, before, after, code)
    yield from _of_validation(suffix, old.validation, new.validation, code)
    yield from _of_texts(suffix, old, new, languages)


def _of_texts(
    suffix: str | None, old: Choice, new: Choice, languages: Collection[str]
) -> Iterator[InputChange]:
    kind, code = "code-label-changed", new.value
    labels = [*differing_texts(old.localized_labels, new.localized_labels, languages)]
    if not labels and old.label != new.label:
        yield InputChange(kind, suffix, old.label, new.label, code)
    descriptions = differing_texts(old.localized_descriptions, new.localized_descriptions, languages)
    for language, before, after in (*labels, *descriptions):
        yield InputChange(kind, suffix, before, after, code, language)


def _of_validation(
    suffix: str | None, old: Validation | None, new: Validation | None, about: str | None = None
) -> Iterator[InputChange]:
    was, now = old or _NO_VALIDATION, new or _NO_VALIDATION
    yield from _of_range("range", suffix, was.range, now.range, about)
    yield from _of_range("precision", suffix, was.precision, now.precision, about)
    if was.pattern != now.pattern:
        way = "added" if not was.pattern else "removed" if not now.pattern else "changed"
        yield InputChange(f"pattern-{way}", suffix, was.pattern, now.pattern, about)


def _of_range(
    what: str, suffix: str | None, old: Range | None, new: Range | None, about: str | None
) -> Iterator[InputChange]:
    before, after = _written(old), _written(new)
    try:
        for way in sorted(ways_of_ranges(old, new)):
            yield InputChange(f"{what}-{way}", suffix, before, after, about)
    except BoundsIncomparable:
        yield InputChange(f"{what}-changed", suffix, before, after, about)


def _written(bounds: Range | None) -> str | None:
    """As `>=0 <=10`."""
    if bounds is None:
        return None
    lower = "" if bounds.min is None else f"{bounds.min_op or '>='}{bounds.min}"
    upper = "" if bounds.max is None else f"{bounds.max_op or '<='}{bounds.max}"
    return f"{lower} {upper}".strip() or None
