"""Labels, and sentences on units and ranges, in one of the template's languages."""

from openward_openehr.schema.model import About, Limits
from openward_openehr.web_template.model import Choice, Input, Node, Range

_UNBOUNDED = Range()


def language_of(languages: tuple[str, ...], default: str, asked: str | None) -> str:
    """The language asked for, if the template has it, else its default language."""
    return asked if asked in languages and asked is not None else default


def label(node: Node, language: str) -> str:
    """Its name in this language, or the only one it has."""
    return node.localized_names.get(language) or node.localized_name or node.name


def choice_label(choice: Choice, language: str) -> str:
    return choice.localized_labels.get(language) or choice.label


def about(node: Node, language: str) -> About:
    """With a description of what is said of the node, its units and the range of its values."""
    said = node.localized_descriptions.get(language, "").strip()
    sentences = [said, *_values(node)]
    return About(
        label(node, language).strip(),
        " ".join(_ended(each) for each in sentences if each),
        node.aql_path,
        node.node_id,
    )


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."


def _values(node: Node) -> list[str]:
    sentences = [_input(each) for each in node.inputs]
    return [each for each in sentences if each]


def _input(each: Input) -> str:
    bounds = text_of_range(each.validation.range if each.validation else None, each.suffix or "value")
    if each.suffix not in ("unit", "units") or not each.choices:
        return f"Range: {bounds}" if bounds else ""
    units = [f"{choice.value}{_in_unit(choice)}" for choice in each.choices]
    return f"Unit: {', '.join(units)}" if len(units) == 1 else f"Units: {', '.join(units)}"


def _in_unit(choice: Choice) -> str:
    bounds = text_of_range(choice.validation.range if choice.validation else None, "magnitude")
    return f" ({bounds})" if bounds else ""


def text_of_range(bounds: Range | None, name: str) -> str:
    """As `0 <= magnitude < 300`; empty where there is no bound."""
    bounds = bounds or _UNBOUNDED
    lower = "" if bounds.min is None else f"{bounds.min} {'<' if bounds.min_op == '>' else '<='} "
    upper = "" if bounds.max is None else f" {bounds.max_op or '<='} {bounds.max}"
    return f"{lower}{name}{upper}" if lower or upper else ""


def limits_of(bounds: Range | None) -> Limits:
    """Bounds that are numbers; those of dates and durations are none."""
    bounds = bounds or _UNBOUNDED
    lower, upper = _number(bounds.min), _number(bounds.max)
    return Limits(
        minimum=None if bounds.min_op == ">" else lower,
        maximum=None if bounds.max_op == "<" else upper,
        above=lower if bounds.min_op == ">" else None,
        below=upper if bounds.max_op == "<" else None,
    )


def _number(bound: float | str | None) -> float | int | None:
    return None if isinstance(bound, str | bool) else bound
