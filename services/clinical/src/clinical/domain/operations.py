"""What is passed on to EHRbase as it comes: one row for each resource that is read.

Paths are those of ITS-REST below its base, which EHRbase shares; segments in braces are checked before they
go into a path of ours. What is not in a table is not reachable.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from openward_contracts.identifiers import VersionUid
from openward_servicekit.auth import Permission

from clinical.domain import permissions
from clinical.domain.refusals import ResourceNotFound

#: Where EHRbase has what is the same in ITS-REST but for the base.
OPENEHR: Final = "openehr/v1"
TAGS: Final = "experimental/tags"


@dataclass(frozen=True)
class Operation:
    """`resource` is what an access record calls it; `params` are the query parameters that are passed on.

    `tells`: who committed, and when; such answers are read here and told with the real author.
    A path with `{object_id}` is about that composition, and judged by its template.
    """

    name: str
    path: str
    permission: Permission
    resource: str
    params: tuple[str, ...] = ()
    base: str = OPENEHR
    upstream: str | None = None
    tells: bool = False

    def upstream_path(self, names: Mapping[str, str]) -> str:
        """Below EHRbase's `/rest`. Raises ResourceNotFound: what cannot be named cannot be there."""
        checked = {name: _segment(name, text) for name, text in names.items()}
        if "object_id" in checked and "version_uid" in checked:
            _of_object(checked["version_uid"], checked["object_id"])
        return self.base + (self.upstream or self.path).format(**checked)


def _segment(name: str, text: str) -> str:
    try:
        return str(VersionUid(text)) if name == "version_uid" else str(UUID(text))
    except ValueError:
        raise ResourceNotFound from None


def _of_object(version_uid: str, object_id: str) -> None:
    """EHRbase does not compare them: the right to one composition would open every other."""
    if not version_uid.startswith(f"{object_id}::"):
        raise ResourceNotFound


_EHR = "/ehr/{ehr_id}"
_STATUS, _DIRECTORY = f"{_EHR}/ehr_status", f"{_EHR}/directory"
_VERSIONED_STATUS = f"{_EHR}/versioned_ehr_status"
_VERSIONED = f"{_EHR}/versioned_composition/{{object_id}}"
_AT = ("version_at_time",)
_FOLDER = ("version_at_time", "path")
_TAG_FILTER = ("ids", "keys")
_SEE, _READ, _FOLDERS = permissions.SEE_EHR, permissions.READ, permissions.READ_DIRECTORY

READS: Final = (
    Operation("ehr", _EHR, _SEE, "ehr", tells=True),
    Operation("ehr_status", _STATUS, _SEE, "ehr_status", _AT),
    Operation("ehr_status_version", _STATUS + "/{version_uid}", _SEE, "ehr_status"),
    Operation("versioned_ehr_status", _VERSIONED_STATUS, _SEE, "ehr_status"),
    Operation("ehr_status_history", _VERSIONED_STATUS + "/revision_history", _SEE, "ehr_status", tells=True),
    Operation("ehr_status_at", _VERSIONED_STATUS + "/version", _SEE, "ehr_status", _AT, tells=True),
    Operation(
        "ehr_status_original",
        _VERSIONED_STATUS + "/version/{version_uid}",
        _SEE,
        "ehr_status",
        tells=True,
    ),
    Operation("versioned_composition", _VERSIONED, _READ, "composition"),
    Operation("composition_history", _VERSIONED + "/revision_history", _READ, "composition", tells=True),
    Operation("composition_at", _VERSIONED + "/version", _READ, "composition", _AT, tells=True),
    Operation(
        "composition_original", _VERSIONED + "/version/{version_uid}", _READ, "composition", tells=True
    ),
    Operation("directory", _DIRECTORY, _FOLDERS, "directory", _FOLDER),
    Operation("directory_version", _DIRECTORY + "/{version_uid}", _FOLDERS, "directory", ("path",)),
    Operation(
        "contribution",
        _EHR + "/contribution/{contribution_uid}",
        permissions.READ_CONTRIBUTION,
        "contribution",
        tells=True,
    ),
    Operation(
        "composition_tags",
        _EHR + "/composition/{object_id}/tags",
        _READ,
        "item_tag",
        _TAG_FILTER,
        TAGS,
        _EHR + "/composition/{object_id}/item_tag",
    ),
    Operation(
        "ehr_status_tags",
        _STATUS + "/{object_id}/tags",
        _SEE,
        "item_tag",
        _TAG_FILTER,
        TAGS,
        _STATUS + "/{object_id}/item_tag",
    ),
)
#: A composition as it was at a time; its latest and its named versions are read another way.
COMPOSITION_AT_TIME: Final = Operation(
    "composition_at_time",
    _EHR + "/composition/{object_id}",
    _READ,
    "composition",
    ("version_at_time", "format"),
)
EHR_OF_SUBJECT: Final = Operation("ehr_of_subject", "/ehr", _SEE, "ehr", ("subject_id", "subject_namespace"))
