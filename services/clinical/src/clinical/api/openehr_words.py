"""What EHRbase would have said: its status and its words, where this service refuses before EHRbase is asked.

A client written for EHRbase may read both. Where they differ all the same is in `docs/differences.md`.
"""

from collections.abc import Callable, Mapping
from typing import Final
from uuid import UUID

from fastapi import Request
from openward_servicekit.errors import Failure, Malformed, NotAcceptable, NotFound

from clinical.domain.errors import (
    CompositionNotFound,
    CompositionRejected,
    CompositionUnreadable,
    EhrNotFound,
    PatientInactive,
    TemplateUnknown,
    VersionMismatch,
    VersionRequired,
)
from clinical.domain.openehr_errors import EhrExists
from clinical.domain.refusals import (
    RequestRefused,
    ResourceConflict,
    ResourceNotFound,
    refusal,
    said,
    spoken,
)

_NO_EHR: Final = "No EHR found with given ID: {ehr_id}"
_NO_SUCH_EHR: Final = "EHR with id {ehr_id} not found"
_NO_UUID: Final = "{} not found, in fact, only UUID-type {} are supported"
_OUTDATED: Final = "If-Match version_uid does not match latest version"
_NOT_DELETABLE: Final = (
    "No EHR with the supplied ehr_id or no COMPOSITION with the supplied preceding_version_uid."
)

_SOME: Final = "00000000-0000-0000-0000-000000000000"
_Reader = Callable[[Mapping[str, str]], Failure | str]

_ALWAYS: Final[Mapping[type[Failure], str]] = {
    EhrExists: "EHR with id {ehr_id} already exists.",
    PatientInactive: "EHR with id {ehr_id} does not allow modification",
    TemplateUnknown: "Could not retrieve template for template Id: ",
    NotAcceptable: "No acceptable representation",
}
#: Of an EHR that is not there: by method and what follows its id in the path, the longest that fits.
_WITHOUT_EHR: Final[Mapping[tuple[str, str], str]] = {
    ("", ""): _NO_EHR,
    ("", "composition"): _NO_SUCH_EHR,
    ("GET", "composition"): "",
    ("DELETE", "composition"): _NOT_DELETABLE,
    ("PUT", "composition"): "",
    ("", "versioned_composition"): "No composition with this ID can be found.",
    ("PUT", "ehr_status"): "EHR {ehr_id} does not exist",
    ("", "directory"): _NO_SUCH_EHR,
    ("GET", "directory/{version_uid}"): "No EHR_FOLDER with given ID found",
}


def in_words_of_ehrbase(failure: Failure, request: Request) -> Failure:
    """The same failure with EHRbase's `message`, or with its status, too, where that is another one."""
    if isinstance(failure, VersionMismatch):
        return _outdated(failure, request)
    if (theirs := said(failure)) is not None:
        return theirs
    if "message" in failure.extensions:
        return failure
    told = _told(failure, request)
    if isinstance(told, Failure):
        return told
    failure.extensions |= spoken(told)
    return failure


def _outdated(failure: VersionMismatch, request: Request) -> Failure:
    """EHRbase says so of a deletion with 409."""
    theirs = said(failure)
    failure.extensions |= (theirs and theirs.extensions) or spoken(_OUTDATED)
    if request.method != "DELETE" or "ETag" not in failure.headers:
        return failure
    return ResourceConflict(failure.detail, headers=failure.headers, extensions=failure.extensions)


def _told(failure: Failure, request: Request) -> Failure | str:
    """EHRbase's words, or what it refuses with instead; empty where it has none that say more."""
    if isinstance(failure, VersionRequired):
        return _without_if_match(_resource(request))
    if isinstance(failure, CompositionUnreadable | CompositionRejected):
        extensions = failure.extensions | {"message": failure.detail}
        return RequestRefused(failure.detail, errors=failure.errors, extensions=extensions)
    if isinstance(failure, NotFound):
        return _not_found(failure, request)
    if type(failure) is Malformed and "if-match" in request.headers:
        return _misread_if_match(request)
    return next((words for kind, words in _ALWAYS.items() if isinstance(failure, kind)), "").format(
        **{"ehr_id": "", **request.path_params}
    )


def _without_if_match(resource: str) -> Failure | str:
    """Also of a path that should have named the version to delete, which EHRbase answers with 501."""
    kind = "ObjectVersionId" if resource.startswith("directory") else "String"
    message = f"Required request header 'If-Match' for method parameter type {kind} is not present"
    return refusal(400, message) or message


def _misread_if_match(request: Request) -> Failure | str:
    sent = request.headers["if-match"].strip().removeprefix("W/").strip('"')
    uid = request.path_params.get("uid", "").partition("::")[0]
    if not sent:
        return "Invalid UUID string: "
    if not (wrong := _wrong(sent, "")) and sent.count("::") == 2 and uid not in ("", sent.partition("::")[0]):
        return ResourceNotFound()
    return wrong


def _not_found(failure: NotFound, request: Request) -> Failure | str:
    names, resource = request.path_params, _resource(request)
    if "ehr_id" not in names:
        return "No EHR with supplied subject parameters found" if isinstance(failure, EhrNotFound) else ""
    if not _is_uuid(names["ehr_id"]):
        return _unnamed_ehr(request.method, resource, names["ehr_id"])
    if isinstance(failure, EhrNotFound) and (words := _without_ehr(request.method, resource)):
        return words.format(**names)
    if isinstance(failure, ResourceNotFound | CompositionNotFound | EhrNotFound):
        return _unnamed(request.method, resource, names) or _without(request.method, resource, names)
    return ""


def _without_ehr(method: str, resource: str) -> str:
    kind = resource.partition("/")[0]
    keys = ((method, resource), (method, kind), ("", kind), ("", ""))
    return next(_WITHOUT_EHR[key] for key in keys if key in _WITHOUT_EHR)


def _unnamed_ehr(method: str, resource: str, ehr_id: str) -> Failure | str:
    if resource.partition("/")[0] in ("ehr_status", "directory"):
        return _refused(f"Invalid UUID string: {ehr_id}")
    if not resource and method == "PUT":
        return _refused("EHR ID format not a UUID")
    return _NO_UUID.format("EHR", "IDs")


def _unnamed(method: str, resource: str, names: Mapping[str, str]) -> Failure | str:
    """An identifier below the EHR that is none: EHRbase says what of it cannot be read."""
    kind = resource.partition("/")[0]
    read = _READ.get((method, kind)) or _READ.get(("", kind))
    return read(names) if read else ""


def _object_named(name: str, what: str) -> _Reader:
    return lambda names: (
        "" if _is_uuid(names.get(name, _SOME)) else _NO_UUID.format(what, "versionedObjectUids")
    )


def _in_versioned_composition(names: Mapping[str, str]) -> Failure | str:
    if _is_uuid(names["object_id"]) and _wrong(names.get("version_uid", ""), "no version"):
        return _refused("Composition parameters are not matching.")
    return _object_named("object_id", "Composition")(names)


def _composition_named(names: Mapping[str, str]) -> Failure | str:
    return _refused(wrong) if (wrong := _wrong(names.get("uid", ""), "")) else ""


def _folder_named(names: Mapping[str, str]) -> Failure | str:
    if "version_uid" not in names:
        return ""
    if names["version_uid"].count("::") < 2:
        return _refused("Invalid OBJECT_VERSION_ID. Needs to have CREATING_SYSTEM_ID.")
    return _refused("Invalid object. Version needs to be 1- or 3-part numeric identifier.")


def _status_named(without_version: str, before: str) -> _Reader:
    def read(names: Mapping[str, str]) -> Failure | str:
        wrong = _wrong(names.get("version_uid", ""), without_version)
        return _refused(f"{before}{wrong}") if wrong else ""

    return read


#: By method and first part of what follows the EHR in the path.
_READ: Final[Mapping[tuple[str, str], _Reader]] = {
    ("", "contribution"): _object_named("contribution_uid", "Contribution"),
    ("", "versioned_composition"): _in_versioned_composition,
    ("PUT", "composition"): _object_named("uid", "Composition"),
    ("", "composition"): _composition_named,
    ("", "directory"): _folder_named,
    ("", "ehr_status"): _status_named("VERSION UID parameter does not contain a version", ""),
    ("", "versioned_ehr_status"): _status_named(
        "no version found", "VERSION UID parameter has wrong format: "
    ),
}


def _without(method: str, resource: str, names: Mapping[str, str]) -> str:
    """What is not in this EHR, or in none."""
    kind = resource.partition("/")[0]
    if kind == "versioned_composition":
        return "No EHR with this ID can be found"
    if kind != "composition" or method == "PUT":
        return ""
    if method == "DELETE":
        return _NOT_DELETABLE
    uid = names.get("uid") or names.get("object_id", "")
    return "No COMPOSITION with given ID found" if "::" in uid else f"No COMPOSITION with given id: {uid}"


def _wrong(uid: str, without_version: str) -> str:
    """What cannot be read of a version uid; of an object id, that it is one, if that is wrong here."""
    object_id, *more = uid.split("::")
    if uid and not _is_uuid(object_id):
        return f"Invalid UUID string: {object_id}"
    if len(more) < 2:
        return without_version if uid else ""
    if not more[-1].isdecimal():
        return f'For input string: "{more[-1]}"'
    return "" if int(more[-1]) else "Version can't be zero or negative."


def _refused(message: str) -> Failure:
    return RequestRefused("An identifier in the path cannot be read.", extensions=spoken(message))


def _resource(request: Request) -> str:
    """What follows the EHR in the route's path: `composition/{uid}`."""
    path: str = request.scope["route"].path
    return path.partition("{ehr_id}")[2].strip("/")


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
