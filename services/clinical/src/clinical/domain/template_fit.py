"""Whether compositions fit a version of their template, by the shared validator; nothing of what they say."""

import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import structlog
from openward_openehr.validation import CompiledTemplate, Format, Problem, compile, validate  # noqa: A004  its name
from openward_openehr.web_template import document
from openward_servicekit.errors import Invalid

from clinical.domain.migration_check import Finding, StoredComposition

_log = structlog.get_logger(__name__)

#: Bytes of JSON. The largest web templates in use have some megabytes.
_LARGEST: Final = 64 * 2**20
_GZIP: Final = zlib.MAX_WBITS | 16
_LONGEST_PATH: Final = 1000
_INDEX: Final = re.compile(r"/\d+(?=/|\Z)")
#: Of a composition that the validator itself could not deal with.
NOT_VALIDATED: Final = "not-validated"
#: Of one that EHRbase holds and cannot give out.
NOT_READABLE: Final = "not-readable"


class WebTemplateUnreadable(Invalid):
    slug = "web-template-unreadable"


@dataclass(frozen=True)
class TemplateFit:
    compiled: CompiledTemplate

    @classmethod
    def of(cls, web_template: bytes) -> "TemplateFit":
        """Of the full tree as JSON, compressed by gzip. Raises WebTemplateUnreadable."""
        try:
            unpacked = zlib.decompressobj(_GZIP).decompress(web_template, _LARGEST)
            template = document.read(json.loads(unpacked))
            return cls(compile(template, template))
        except (zlib.error, ValueError, LookupError, TypeError, AttributeError) as error:
            raise WebTemplateUnreadable("The web template of the version cannot be read.") from error

    def findings(self, composition: StoredComposition) -> tuple[Finding, ...]:
        """Each rule at each path of the template once."""
        uid = composition.version_uid
        if composition.content is None:
            return (Finding(uid, NOT_READABLE, ""),)
        try:
            problems = validate(self.compiled, composition.content, Format.CANONICAL)
        except Exception as error:  # noqa: BLE001  one odd composition must not end the check of all others
            _log.error("composition.not_validated", version_uid=str(uid), why=type(error).__name__)
            return (Finding(uid, NOT_VALIDATED, ""),)
        return tuple(Finding(uid, rule, path) for rule, path in dict.fromkeys(_told(problems)))


def _told(problems: list[Problem]) -> Iterator[tuple[str, str]]:
    """Without what EHRbase stores all the same. What the template does not name is told without indexes."""
    for problem in problems:
        if not problem.tolerated:
            path = problem.aql_path or _INDEX.sub("", problem.path)
            yield problem.rule.value, path[:_LONGEST_PATH]
