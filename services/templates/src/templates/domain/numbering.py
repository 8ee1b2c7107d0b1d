"""Which semantic version a document gets."""

from templates.domain.errors import TemplateRetired, VersionTaken, VersionTooLow
from templates.domain.opt import Opt
from templates.domain.record import Record
from templates.domain.semantic_version import FIRST, SemanticVersion
from templates.domain.version import State


def number_for(
    record: Record, opt: Opt, stated: SemanticVersion | None, demanded: SemanticVersion | None
) -> SemanticVersion:
    """As the caller has `stated`, else as the document says, else the lowest that is `demanded` and free.

    What the document says does not count where its author may have left it as it was: if nothing is published
    or no data changes. Raises VersionTooLow below what is demanded; VersionTaken, TemplateRetired.
    """
    said = stated or opt.version
    if said and not record.has(said) and (demanded is None or said >= demanded):
        return said
    if stated and record.has(stated):
        raise _taken(record, stated)
    if said and demanded and said < demanded and (stated or not demanded.patch):
        raise VersionTooLow(str(demanded))
    return _free(record, demanded or FIRST)


def _taken(record: Record, number: SemanticVersion) -> TemplateRetired | VersionTaken:
    if record.version(number).state is State.RETIRED:
        return TemplateRetired()
    return VersionTaken("This version of the template has other bytes.")


def _free(record: Record, lowest: SemanticVersion) -> SemanticVersion:
    if not record.has(lowest):
        return lowest
    return max(version.number for version in record.versions).next_patch()
