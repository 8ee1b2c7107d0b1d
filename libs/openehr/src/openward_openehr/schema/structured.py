"""JSON Schema 2020-12 of the STRUCTURED format."""

from typing import Any, Final

from openward_openehr.schema import fragments
from openward_openehr.schema.model import ITSELF, Field, Model, Record, Scalar

Json = dict[str, Any]
_CLOSED: Final = {"additionalProperties": False}


def schema(model: Model) -> Json:
    """Of `{"<root>": {…}, "ctx": {…}}`: nodes stand in lists, values under `|suffix`."""
    root = _record(model.root)
    return {
        **fragments.head(model, "STRUCTURED"),
        "type": "object",
        "properties": {model.root_key: root, "ctx": _context(model.context)},
        "required": [model.root_key],
        **_CLOSED,
        "allOf": [_given_once(model.root_key, key, once) for key, once in model.given_once.items()],
        "$defs": {
            **{name: _record(each) for name, each in model.shared.items()},
            **fragments.code_sets(model.scalars()),
        },
    }


def _given_once(root_key: str, key: str, once: tuple[str, ...]) -> Json:
    something = {"minItems": 1, "items": {"minProperties": 1}}
    there = {"properties": {root_key: {"required": [key], "properties": {key: something}}}}
    by_default = [{"required": ["ctx"], "properties": {"ctx": {"required": [name]}}} for name in once]
    return {"anyOf": [there, *by_default]}


def _context(context: Record) -> Json:
    properties = {each.key: _of_context(each) for each in context.fields}
    title = "Defaults for the whole composition"
    return {"title": title, "type": "object", "properties": properties, **_CLOSED}


def _of_context(field: Field) -> Json:
    one = fragments.scalar(field.of) if isinstance(field.of, Scalar) else _of(field)
    return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1, **_most(field)}]}


def _most(field: Field) -> Json:
    return {} if field.most is None else {"maxItems": field.most}


def _record(record: Record) -> Json:
    told = fragments.told(record.about)
    object_form = _object(record)
    if record.bare is None:
        return {**told, **_based(record), "type": "object", **object_form}
    bare = fragments.scalar(record.bare)
    if record.base is None:
        only_itself = all(each.key == ITSELF for each in record.fields)
        return {**told, **(bare if only_itself else {"anyOf": [bare, object_form]})}
    return {**told, **_based(record), **_bare_narrowed(record, bare), **object_form}


def _based(record: Record) -> Json:
    return {} if record.base is None else {"$ref": f"#/$defs/{record.base}"}


def _bare_narrowed(record: Record, bare: Json) -> Json:
    """Bounds and patterns say nothing of objects; codes have to be said beside them."""
    if record.bare is not None and record.bare.codes and record.bare.closed:
        return {"anyOf": [bare, {"type": "object"}]}
    return {key: value for key, value in bare.items() if key != "type"} if record.fields else {}


def _object(record: Record) -> Json:
    properties = {each.key: _field(each) for each in record.fields}
    made: Json = {"type": "object"} if record.base is None else {}
    if properties:
        made["properties"] = properties
    if record.base is None:
        made |= _CLOSED
    return made | _required(record)


def _field(field: Field) -> Json | bool:
    if field.only_read:
        return False
    if isinstance(field.of, Scalar):
        return fragments.scalar(field.of)
    least = {"minItems": field.least} if field.required or field.least > 1 else {}
    return {"type": "array", "items": _of(field), **least, **_most(field)}


def _of(field: Field) -> Json:
    if isinstance(field.of, Record):
        return _record(field.of)
    return {"$ref": f"#/$defs/{field.of}"}


def _required(record: Record) -> Json:
    always = [each.key for each in record.fields if each.required]
    always += [each[0] for each in record.needs if len(each) == 1]
    rules: list[Json] = [
        {"anyOf": [{"required": [key]} for key in each]} for each in record.needs if len(each) > 1
    ]
    if record.labels:
        rules.append(_code_or_label(record.labels))
    if record.ways:
        rules.append({"anyOf": [{"required": list(each)} for each in record.ways]})
    needed = {
        key: [each for each in all_of if each != key] for keys, all_of in record.together for key in keys
    }
    if needed:
        rules.append({"dependentRequired": needed})
    rules += fragments.unit_rules(record.units)
    required: Json = {"required": list(dict.fromkeys(always))} if always else {}
    return required | ({"allOf": rules} if rules else {})


def _code_or_label(labels: tuple[str, ...]) -> Json:
    by_label = {"required": ["|value"], "properties": {"|value": {"enum": list(labels)}}}
    others = [{"required": [key]} for key in ("|code", ITSELF, "|other", "_null_flavour")]
    return {"anyOf": [*others, by_label]}
