"""Everything that is tried with one template, through the gateway of a running stack."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx  # noqa: TID251  the answers are its
from jsonschema import Draft202012Validator

from openward_testkit.corpus import Opt
from openward_testkit.corpus_page.product import MEDIA_TYPES, Product
from openward_testkit.corpus_page.row import Row, Step

_SIMPLIFIED: Final = ("FLAT", "STRUCTURED")
_LONGEST: Final = 160


@dataclass(frozen=True)
class Verdict:
    """Of EHRbase, on a composition in this format."""

    form: str
    what: str
    body: Any
    refusal: str

    @property
    def accepted(self) -> bool:
        return not self.refusal

    def against(self) -> str:
        """What a schema of the other opinion is told."""
        if self.accepted:
            return f"it refuses {self.what} ({self.form}), which EHRbase takes"
        return f"it takes {self.what} ({self.form}), which EHRbase refuses: {self.refusal}"


async def tried(product: Product, opt: Opt, types: Path) -> Row:
    """`types`: the folder that gets the generated sources, by the row's name."""
    row = Row(opt.name)
    uploaded = await product.upload(opt.read())
    row.done[Step.UPLOAD] = _refusal(uploaded)
    if row.done[Step.UPLOAD]:
        return row
    known = uploaded.json()
    row.template_id, row.version = known["template_id"], known["version"]
    row.findings = Counter(finding["severity"] for finding in known["findings"])
    row.done[Step.WEB_TEMPLATE] = await _web_template(product, row)
    verdicts = await _examples(product, row)
    row.done[Step.SCHEMA] = await _schema(product, row, verdicts)
    for step, what, suffix in ((Step.PYTHON, "python", "py"), (Step.TYPESCRIPT, "typescript", "ts")):
        made = await product.derived(row, f"types/{what}")
        row.done[step] = _refusal(made)
        if made.is_success:
            (types / f"{module(row.name)}.{suffix}").write_bytes(made.content)
    return row


def module(name: str) -> str:
    """A name that Python and TypeScript can import."""
    return "t_" + "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in name)


async def _web_template(product: Product, row: Row) -> str:
    ours = await product.derived(row, "web-template")
    if refusal := _refusal(ours):
        return refusal
    theirs = await product.web_template_of_ehrbase(row.template_id)
    different = sorted(set(_leaves(ours.json())) ^ set(_leaves(theirs)))
    return f"{len(different)} differences, first at {different[0][0]}" if different else ""


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Paths and values of a JSON document, members in any order."""
    if isinstance(value, Mapping):
        for name, member in value.items():
            yield from _leaves(member, f"{path}/{name}")
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _leaves(item, f"{path}/{number}")
    else:
        yield path, json.dumps(float(value) if type(value) is int else value)


async def _examples(product: Product, row: Row) -> list[Verdict]:
    """Writes each; what EHRbase says of those in the simplified formats."""
    verdicts = []
    for step in (Step.MINIMAL, Step.FULL):
        refusals = []
        for form in MEDIA_TYPES:
            made = await product.derived(row, "example", format=form, detail=step, seed="7")
            written = await product.write(row.template_id, form, made.content) if made.is_success else made
            if refusal := _refusal(written):
                refusals.append(f"{form}: {refusal}")
            if form in _SIMPLIFIED and made.is_success:
                verdicts.append(Verdict(form, f"the {step} example", made.json(), _refusal(written)))
            if form == "FLAT" and step is Step.FULL and written.is_success:
                row.done[Step.READ_BACK] = await _read_back(product, written, made.json())
        row.done[step] = "; ".join(refusals)
    theirs = await product.example_of_ehrbase(row.template_id)
    if theirs.is_success:
        accepted = await product.write(row.template_id, "FLAT", theirs.content)
        verdicts.append(Verdict("FLAT", "EHRbase's own example", theirs.json(), _refusal(accepted)))
    return verdicts


async def _read_back(product: Product, written: httpx.Response, sent: Mapping[str, Any]) -> str:
    """Every value that was sent is there; EHRbase adds some, and numbers the first of several or does not."""
    read = await product.read(written.headers["etag"].strip('"'), "FLAT")
    found = {_unnumbered(path): value for path, value in read.items()}
    lost = [
        path
        for path, value in sent.items()
        if not path.startswith("ctx/") and not _same(found.get(_unnumbered(path), _unsaid(path)), value)
    ]
    return f"{len(lost)} of {len(sent)} values differ, first {lost[0]}" if lost else ""


def _unnumbered(path: str) -> str:
    return path.replace(":0", "")


def _unsaid(path: str) -> bool | None:
    """What EHRbase means where it writes nothing: bounds of intervals are included."""
    return True if path.endswith(("|lower_included", "|upper_included")) else None


def _same(found: Any, sent: Any) -> bool:
    numbers = isinstance(found, int | float) and isinstance(sent, int | float)
    return found == sent or (numbers and abs(found - sent) < 1e-9)


async def _schema(product: Product, row: Row, verdicts: list[Verdict]) -> str:
    """Valid by itself, and of the same opinion about the examples as EHRbase."""
    wrong = []
    for form in _SIMPLIFIED:
        made = await product.derived(row, "json-schema", format=form)
        if refusal := _refusal(made):
            return refusal
        schema = made.json()
        Draft202012Validator.check_schema(schema)
        validator = Draft202012Validator(schema)
        wrong += [
            each.against()
            for each in verdicts
            if each.form == form and validator.is_valid(each.body) != each.accepted
        ]
    return "; ".join(wrong)


def _refusal(answer: httpx.Response) -> str:
    """Empty for a success; else what the problem says."""
    if answer.is_success:
        return ""
    try:
        problem = answer.json()
    except ValueError:
        return f"status {answer.status_code}"
    about_template = str(problem.get("code")).startswith("template")  # and errors are what a linter found
    errors = (not about_template and problem.get("errors")) or [{}]
    where, what = errors[0].get("path") or errors[0].get("pointer") or "", errors[0].get("detail") or ""
    said = f"{where} {what}".strip() or problem.get("detail") or problem.get("message") or ""
    return f"{answer.status_code} {' '.join(said.split())}"[:_LONGEST]
