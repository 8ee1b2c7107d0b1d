"""Restricting a query to compositions of some templates, in its text."""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from lark import Token

from clinical.domain.aql.query import TEMPLATE_PATH, ClassExpression, Source
from clinical.domain.aql.rewriting import Rewriting, quoted

_PATH: Final = "/".join(TEMPLATE_PATH)
#: What an EHR says of itself; the rest leads to compositions and folders, or nowhere.
_OF_THE_EHR: Final = frozenset(("ehr_id", "ehr_status", "ehr_access", "system_id", "time_created"))


def restrict_templates(rewriting: Rewriting, template_ids: Sequence[str]) -> None:
    """A condition on each COMPOSITION; what is asked of none that the query names gets one around it.

    EHR, EHR_STATUS and FOLDER are of no template and stay as they are. What cannot be said in a predicate is
    required of every row.

    Raises:
        QueryNotBound: a COMPOSITION has a predicate of its own that cannot be combined with the condition.
    """
    _TemplateRestriction(rewriting, [quoted(template_id) for template_id in template_ids]).apply()


class _TemplateRestriction:
    def __init__(self, rewriting: Rewriting, templates: list[str]) -> None:
        self.rewriting = rewriting
        self.query = rewriting.query
        #: None is found where there is no template with the empty id.
        self.templates = templates or ["''"]
        self.predicate = " OR ".join(f"{_PATH}={template}" for template in self.templates)

    def apply(self) -> None:
        self._refuse_paths_out_of_the_ehr()
        self._visit(self.query.source, always=True)

    def _visit(self, source: Source, *, always: bool) -> None:
        """`always`: no row comes out without it, so that WHERE may speak of it."""
        if not isinstance(source, ClassExpression):
            for member in source.members:
                self._visit(member, always=always and source.operator == "AND")
            return
        match source.type.upper():
            case "COMPOSITION":
                self._restrict(source, always=always)
            case "EHR_STATUS":
                pass
            case "EHR" | "FOLDER" | "VERSION" if source.contains is not None:
                self._visit(source.contains, always=always and not source.negated)
            case "EHR" | "FOLDER":
                pass
            case _:
                self.rewriting.insert(source.start, f"(COMPOSITION[{self.predicate}] CONTAINS")
                self.rewriting.insert(source.end, ")")

    def _restrict(self, composition: ClassExpression, *, always: bool) -> None:
        """In its predicate, which takes no parentheses and in EHRbase few alternatives; else in WHERE."""
        predicate = composition.predicate
        if predicate is None:
            self.rewriting.insert(composition.named, f"[{self.predicate}]")
        elif len(predicate.alternatives) == len(self.templates) == 1:
            self.rewriting.insert(predicate.end - 1, f"AND {self.predicate}")
        elif always:
            alias = self._alias(composition)
            self.rewriting.require(f"{alias}/{_PATH} MATCHES {{{', '.join(self.templates)}}}")
        else:
            reason = "its predicate cannot be combined with the templates that you may see; move it to WHERE"
            raise self.query.not_bound(predicate.start, reason)

    def _alias(self, composition: ClassExpression) -> str:
        if composition.alias is None:
            alias = self.query.free_name(f"openward_composition_{composition.start}")
            self.rewriting.insert(composition.named, alias)
            return alias
        same = [other for other in self.query.classes if other.alias == composition.alias]
        if len(same) > 1:
            raise self.query.not_bound(same[1].start, "its alias is that of another")
        return composition.alias

    def _refuse_paths_out_of_the_ehr(self) -> None:
        ehrs = {each.alias for each in self.query.classes if each.type.upper() == "EHR" and each.alias}
        for index, step in _first_steps(self.query.tokens, ehrs):
            if step not in _OF_THE_EHR:
                raise self.query.not_bound(
                    index, "an EHR's own attributes only; name what it CONTAINS in FROM"
                )


def _first_steps(tokens: Sequence[Token], aliases: AbstractSet[str | None]) -> Iterator[tuple[int, str]]:
    """What follows `e/` and `e[…]/`, and where."""
    for index, token in enumerate(tokens):
        if (
            token.type != "IDENTIFIER"
            or token not in aliases
            or (index and tokens[index - 1].type == "SLASH")
        ):
            continue
        end = _after_predicate(tokens, index + 1)
        if end + 1 < len(tokens) and tokens[end].type == "SLASH":
            yield end + 1, str(tokens[end + 1])


def _after_predicate(tokens: Sequence[Token], index: int) -> int:
    depth = 0
    while index < len(tokens) and (depth or tokens[index].type == "LSQB"):
        depth += {"LSQB": 1, "RSQB": -1}.get(tokens[index].type, 0)
        index += 1
    return index
