"""What changed between two versions of a template, whom it breaks, and the version that follows.

Verdicts compare what both versions allow, as somebody sees it who knows the old version only:

* `safe-for-writers`: everything that could be written before can still be written, at the same paths. Readers
  may meet what they do not know: a node, a code, a value beyond the former range, a second occurrence.
* `safe-for-readers`: everything that can be written now could be written before. Writers may be refused, and
  so may stored compositions when they are checked against the new version.
* `safe`: both; no data changes, only texts and hints do.
* `breaking`: neither. A path that is another one in FLAT (`node-renamed`, `node-moved`) breaks writers and
  readers, though it is the same place in AQL.

So what widens is safe for writers, what narrows is safe for readers, and the reverse of a change has the
reverse verdict. A required node breaks both when it comes (old writers leave it out) and when it goes
(old readers count on it). `language-removed` changes no data, but readers lose its labels.

Kinds (openward_openehr.difference.change.VERDICTS): of the template `template-id-changed`, `language-added`,
`language-removed`, `default-language-changed`; of nodes `node-added`, `node-removed`, `required-node-added`,
`required-node-removed`, `node-renamed`, `node-moved`, `type-changed`, `path-changed`, `occurrences-widened`,
`occurrences-narrowed`, `required-added`, `required-removed`, `cardinality-widened`, `cardinality-narrowed`,
`proportion-types-added`, `proportion-types-removed`, `dependency-changed`, `label-changed`,
`description-changed`, `annotation-changed`, `binding-changed`, `context-changed`; of inputs `input-added`,
`input-removed`, `input-type-changed`, `units-added`, `units-removed`, `codes-added`, `codes-removed`,
`code-label-changed`, `ordinal-changed`, `transition-changed`, `list-opened`, `list-closed`, `range-widened`,
`range-narrowed`, `range-changed` (bounds that cannot be compared), `precision-widened`,
`precision-narrowed`, `precision-changed`, `pattern-added`, `pattern-removed`, `pattern-changed`,
`terminology-changed`, `default-changed`. The order of nodes and of codes is no change.
"""

from collections.abc import Iterator

from openward_openehr.difference.change import VERDICTS, Change, Verdict
from openward_openehr.difference.nodes import changes_between
from openward_openehr.difference.version import VersionMalformed, next_version
from openward_openehr.web_template.model import WebTemplate

__all__ = ["VERDICTS", "Change", "Verdict", "VersionMalformed", "difference", "next_version"]


def difference(old: WebTemplate, new: WebTemplate) -> list[Change]:
    """Every change, those of the template first, then those of nodes in the order of the new version."""
    languages = set(old.languages) & set(new.languages)
    return [*_of_template(old, new), *changes_between(old.tree, new.tree, languages)]


def _of_template(old: WebTemplate, new: WebTemplate) -> Iterator[Change]:
    root = new.tree.id
    if old.template_id != new.template_id:
        yield Change("template-id-changed", root, "", old.template_id, new.template_id)
    if old.default_language != new.default_language:
        yield Change("default-language-changed", root, "", old.default_language, new.default_language)
    for language in sorted(set(new.languages) - set(old.languages)):
        yield Change("language-added", root, "", None, language)
    for language in sorted(set(old.languages) - set(new.languages)):
        yield Change("language-removed", root, "", language, None)
