"""One OpenAPI 3.1 document out of several: what is the same stays one, what differs is named by service."""

import copy
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

Document = dict[str, Any]
_Component = tuple[str, str]
_METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_COMPONENTS: Final = "#/components/"


class DocumentsConflictError(Exception):
    """Two services claim the same path or the same operation id."""


def join(documents: Mapping[str, Document], info: Mapping[str, Any]) -> Document:
    """Of `documents` by service. An operation without tags gets that of its service.

    Raises DocumentsConflictError.
    """
    clashing = _clashing(documents)
    own = {service: _renamed(document, service, clashing) for service, document in documents.items()}
    _check_operation_ids(own)
    joined: Document = {"openapi": "3.1.0", "info": dict(info), "servers": [{"url": "/"}], "paths": {}}
    components: dict[str, dict[str, Any]] = {}
    for service, document in own.items():
        for path, item in document.get("paths", {}).items():
            if path in joined["paths"]:
                raise DocumentsConflictError(f"{path} is defined twice, the second time by {service}")
            joined["paths"][path] = item
        for section, entries in document.get("components", {}).items():
            components.setdefault(section, {}).update(entries)
    joined["components"] = {section: dict(sorted(entries.items())) for section, entries in components.items()}
    groups = {service: _tag_operations(service, document) for service, document in own.items()}
    joined["tags"] = [{"name": tag} for tag in dict.fromkeys(tag for tags in groups.values() for tag in tags)]
    joined["x-tagGroups"] = [{"name": service, "tags": tags} for service, tags in groups.items()]
    return joined


def operations(document: Document) -> Iterator[dict[str, Any]]:
    for item in document.get("paths", {}).values():
        yield from (item[method] for method in _METHODS if method in item)


def _clashing(documents: Mapping[str, Document]) -> set[_Component]:
    """Components that several services have and that are not the same, or refer to one that is not."""
    seen: dict[_Component, list[str]] = {}
    for document in documents.values():
        for section, entries in document.get("components", {}).items():
            for name, value in entries.items():
                seen.setdefault((section, name), []).append(json.dumps(value, sort_keys=True))
    clashing = {component for component, values in seen.items() if len(set(values)) > 1}
    shared = {component: values[0] for component, values in seen.items() if len(values) > 1}
    while True:
        references = {f'"{_pointer(component)}"' for component in clashing}
        more = {c for c, text in shared.items() if c not in clashing and any(r in text for r in references)}
        if not more:
            return clashing
        clashing |= more


def _renamed(document: Document, service: str, clashing: set[_Component]) -> Document:
    document = copy.deepcopy(document)
    names = {
        _pointer((section, name)): _pointer((section, f"{service}.{name}"))
        for section, name in clashing
        if name in document.get("components", {}).get(section, {})
    }
    for section, entries in document.get("components", {}).items():
        document["components"][section] = {
            **{name: value for name, value in entries.items() if (section, name) not in clashing},
            **{
                f"{service}.{name}": _titled(value, service)
                for name, value in entries.items()
                if (section, name) in clashing
            },
        }
    renamed = _with_references(document, names)
    assert isinstance(renamed, dict)  # noqa: S101  what goes in as a mapping comes out as one
    return renamed


def _titled(component: dict[str, Any], service: str) -> dict[str, Any]:
    """Generators name classes by titles: these have to differ, too."""
    return (
        component | {"title": f"{service.capitalize()}{component['title']}"}
        if "title" in component
        else component
    )


def _with_references(value: Any, names: Mapping[str, str]) -> Any:
    """References are the only strings of this form: those of `$ref` and of a discriminator's mapping."""
    if isinstance(value, dict):
        return {key: _with_references(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_references(item, names) for item in value]
    return names.get(value, value) if isinstance(value, str) else value


def _pointer(component: _Component) -> str:
    return _COMPONENTS + "/".join(component)


def _check_operation_ids(documents: Mapping[str, Document]) -> None:
    seen: dict[str, str] = {}
    for service, document in documents.items():
        for operation in operations(document):
            name = operation.get("operationId")
            if name in seen:
                raise DocumentsConflictError(
                    f"the operation id {name} is used by {seen[name]} and by {service}"
                )
            if name:
                seen[name] = service


def _tag_operations(service: str, document: Document) -> list[str]:
    tags: dict[str, None] = {}
    for operation in operations(document):
        tags |= dict.fromkeys(operation.setdefault("tags", [service]))
    return list(tags)
