"""TypeScript types for the STRUCTURED compositions of a template; they are all there is, nothing runs."""

from typing import Final

from openward_openehr.schema import typed
from openward_openehr.schema.model import Model, Record, Scalar
from openward_openehr.schema.naming import one_line, typescript_text
from openward_openehr.schema.typed import TypedClass, TypedField
from openward_openehr.simplified import Kind

_TYPES: Final = {Kind.INTEGER: "number", Kind.DECIMAL: "number", Kind.BOOLEAN: "boolean"}
#: Names of the language and of its library that would mean something else.
RESERVED: Final = frozenset(
    {"Array", "Boolean", "Number", "Object", "String", "Symbol", "Function", "Omit", "Record"}
)


def module(model: Model) -> str:
    """Its whole text; `Composition` is what is sent."""
    head = _comment(f"Compositions of the template {model.template_id}, in the STRUCTURED format.", "")
    return "\n".join([head, *(_interface(each) for each in typed.classes(model, RESERVED))])


def _interface(each: TypedClass) -> str:
    inherits = f" extends {each.base}" if each.base else ""
    lines = [line for field in each.fields for line in _property(field)]
    return "\n".join(
        [_comment(_said(each.record), ""), f"export interface {each.name}{inherits} {{", *lines, "}", ""]
    )


def _property(field: TypedField) -> list[str]:
    of = field.field.of
    told = [_comment(_said(of), "  ")] if isinstance(of, Record) else _of_scalar(field)
    mark = "" if field.required else "?"
    return [*told, f"  {typescript_text(field.field.key)}{mark}: {_type(field)};"]


def _of_scalar(field: TypedField) -> list[str]:
    of = field.field.of
    if field.field.only_read:
        return [_comment("EHRbase gives it, and refuses to be given it.", "  ")]
    if isinstance(of, Scalar) and of.limits:
        bounds = {
            ">=": of.limits.minimum,
            ">": of.limits.above,
            "<=": of.limits.maximum,
            "<": of.limits.below,
        }
        text = " and ".join(f"{sign} {bound}" for sign, bound in bounds.items() if bound is not None)
        return [_comment(f"Range: {text}", "  ")]
    return []


def _said(record: Record) -> str:
    about = record.about
    if about is None:
        return f"{record.name} of the reference model."
    return f"{about.title}: {about.description}" if about.description else about.title


def _comment(text: str, indent: str) -> str:
    """Nothing in the text can end the comment, or be a tag of TSDoc."""
    safe = one_line(text).replace("*/", "*\\/").replace("@", "\\@").replace("{", "\\{").replace("}", "\\}")
    return f"{indent}/** {safe} */"


def _type(field: TypedField) -> str:
    of = field.field.of
    if isinstance(of, Scalar):
        one = _scalar(of)
        return f"{one} | ({one})[]" if field.field.repeats else one
    kinds = [] if field.bare is None else [_scalar(field.bare)]
    kinds += [field.class_of] if field.class_of else []
    kinds += ["Null"] if field.or_null else []
    together = " | ".join(kinds)
    if not field.field.is_list:
        return together
    return f"[{together}]" if field.field.most == 1 else f"({together})[]"


def _scalar(of: Scalar) -> str:
    if typed.is_listed(of):
        return " | ".join(dict.fromkeys(_literal(code.value) for code in of.codes))
    return _TYPES.get(of.kind, "string")


def _literal(value: str | int) -> str:
    if isinstance(value, str):
        return typescript_text(value)
    return str(value).lower()
