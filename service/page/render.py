"""A response and the texts of its articles as HTML. All words are escaped by the templates; nothing is marked as safe but the page's own script and style."""

from __future__ import annotations

import base64
import datetime
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from casebrief.service.corrections.model import FIELDS
from casebrief.service.corrections.model import SINGLE as SINGLE_FIELDS
from casebrief.service.domain.schema import ArticleReport, Citation, LedgerLine, SummaryResponse
from casebrief.service.domain.view import harmless
from casebrief.service.exports.facts import Said, Stated, abstract_of, facts, positions
from casebrief.service.exports.wording import (
    DIFFER,
    IN_THEIR_WORDS,
    LABELS,
    LISTS,
    SINGLE,
    TIMELINE,
    UNPLACED,
    dated,
    day,
    headline,
    mended,
    name_of,
    origin,
    quoted,
    read_of,
    shown,
    speaker,
    unplaced,
)
from casebrief.service.page.marked import Piece, Place, pieces
from casebrief.service.page.mending import CaseFile, Mending
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

CONFIDENT = ((0.85, 3), (0.65, 2))
"""From which confidence how many of the three bars of a fact are full."""

GUARANTEE_WORDS = {"copied": "copied word for word", "normalized": "computed by rule", "inferred": "chosen by the model"}


@dataclass(frozen=True)
class Ref:
    """A link to one place of a fact."""

    anchor: str
    article: str
    quote: str


@dataclass(frozen=True)
class Row:
    """A fact as the page shows it. ``before`` stands before its value (a day), ``after`` behind it (a speaker); ``mended`` says who corrected it, ``to_come`` that its day lay ahead."""

    id: str
    label: str
    value: str
    guarantee: str
    bars: int
    sure: str
    refs: tuple[Ref, ...]
    before: str = ""
    after: str = ""
    mended: str = ""
    to_come: bool = False


@dataclass(frozen=True)
class Section:
    """Facts under one heading; ``kind`` tells the template how they look, ``adds`` to which field a fact can be added there."""

    id: str
    title: str
    kind: str
    rows: tuple[Row, ...]
    adds: str = ""


@dataclass(frozen=True)
class Side:
    """What one group of sources says in a conflict."""

    id: str
    number: int
    value: str
    refs: tuple[Ref, ...]


@dataclass(frozen=True)
class Quarrel:
    """A conflict, with its sides next to each other."""

    id: str
    about: str
    label: str
    kind: str
    sides: tuple[Side, ...]


@dataclass(frozen=True)
class SourceView:
    """An article as the page shows it. ``told`` is its ledger line, ``day`` its day in words."""

    id: str
    name: str
    day: str
    copy_of: str | None
    told: str
    reason: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class Field:
    """What the form shows of an article before it is read; ``number`` tells it from the others."""

    number: int
    text: str = ""
    publisher: str = ""
    published_on: str = ""


def form(fields: Sequence[Field], most: int, problem: str = "", *, more: int = 0, cases: Sequence[CaseFile] = (), keyed: bool = False) -> str:
    """The page that asks for articles: at most ``most``. ``problem`` says what was wrong with those sent; ``more`` is how many a longer form has; ``keyed``: the server asks for keys."""
    told = {"fields": fields, "blank": Field(0), "most": most, "more": more, "problem": _clean(problem), "cases": cases, "keyed": keyed}
    return _render("form.html", title="casebrief", **told)


def sign_in(to: str, problem: str = "") -> str:
    """The page that asks for a key before it leads to the address ``to``."""
    return _render("sign_in.html", title="casebrief: a key", to=to, problem=problem)


def served(response: SummaryResponse, texts: Mapping[str, str], on: datetime.date, formats: Mapping[str, str], case: CaseFile | None = None) -> str:
    """The page of a summary, as the service answers with it; ``formats`` names what it can be saved as, by name and label. One of a kept case can be corrected."""
    kept = f'{{"response": {response.model_dump_json(by_alias=True)}, "texts": {json.dumps(dict(texts))}}}'
    return _render("case.html", kept=kept, formats=formats, case=case, **_case(response, texts, on))


def mending(asked: Mending) -> str:
    """The page that corrects a fact of a kept case, or adds one."""
    return _render("mend.html", title=f"{asked.heading}: {asked.case.name}", asked=asked)


def addable(case: CaseFile, response: SummaryResponse) -> str:
    """The page that leads to the fields to which a fact can be added."""
    missing = [(field, LABELS[field]) for field in FIELDS if field not in SINGLE_FIELDS or getattr(response.summary, field) is None]
    return _render("addable.html", title=f"Add a fact: {case.name}", case=case, fields=missing)


def standalone(response: SummaryResponse, texts: Mapping[str, str], on: datetime.date) -> str:
    """The same page as one file that needs nothing else; its policy allows its own script and style by their hashes alone."""
    script, style = asset("page.js"), asset("page.css")
    policy = f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; img-src data:; base-uri 'none'; form-action 'none'"
    inline = {"script": Markup(script), "style": Markup(style), "policy": policy}  # noqa: S704 - our own files
    return _render("case.html", kept="", formats={}, case=None, inline=inline, **_case(response, texts, on))


def proof(told: str, faults: Sequence[str]) -> str:
    """The page that tells what was proved of a summary."""
    return _render("proof.html", title="casebrief: proof", told=told, faults=[_clean(fault) for fault in faults])


def asset(name: str) -> str:
    """The page's script or style."""
    return files("casebrief.service.page").joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("casebrief.service.page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.globals |= {"inline": None, "mends": None}
    return made


def _render(template: str, **values: Any) -> str:
    return _environment().get_template(template).render(**values)


def _clean(text: str) -> str:
    """Words on one line, without characters that nobody sees."""
    return " ".join(harmless(text).split())


# ---------------------------------------------------------------------- the case


def _case(response: SummaryResponse, texts: Mapping[str, str], on: datetime.date) -> dict[str, Any]:
    stated, quarrels = facts(response), positions(response)
    short = abstract_of(response)
    ledger = {line.article: line for line in response.ledger}
    places = _places([*stated, *short, *(said for sides in quarrels for said in sides)])
    rows = {one.id: _row(one) for one in (*stated, *short)}
    by_field: dict[str, list[Stated]] = {}
    for one in stated:
        by_field.setdefault(one.field, []).append(one)
    title = _clean(headline(response))
    return {
        "title": title,
        "response": response,
        "facts": len(stated),
        "abstract": [rows[one.id] for one in short],
        "caption": rows[by_field["caption"][0].id] if "caption" in by_field else None,
        "sections": tuple(_sections(by_field, rows)),
        "differ": DIFFER,
        "quarrels": [_quarrel(number, sides) for number, sides in enumerate(quarrels, 1)],
        "sources": [_source(report, ledger[report.id], texts.get(report.id), places.get(report.id, [])) for report in response.articles],
        "names": _names([*stated, *short], quarrels),
        "unplaced_head": UNPLACED,
        "unplaced": [tuple(map(_clean, one)) for one in unplaced(response)],
        "origin": [(name, _clean(told)) for name, told in origin(response, on)],
    }


def _sections(by_field: Mapping[str, Sequence[Stated]], rows: Mapping[str, Row]) -> Iterator[Section]:
    def of(*fields: str) -> tuple[Row, ...]:
        return tuple(rows[one.id] for field in fields for one in by_field.get(field, ()))

    sections = [Section("the-case", "The case", "pairs", of(*(field for _, field in SINGLE)))]
    sections += [Section(field.replace("_", "-"), label, "list", of(field), field) for label, field in LISTS]
    sections += [Section("quotes", IN_THEIR_WORDS, "quotes", of("quotes"), "quotes"), Section("timeline", TIMELINE, "timeline", of("timeline"), "timeline")]
    return (section for section in sections if section.rows)


def _row(one: Stated) -> Row:
    fact, value, before, after = one.fact, shown(one.field, one.fact), "", ""
    if one.field == "quotes":
        value, after = quoted(fact), speaker(fact)
    elif one.field == "timeline":
        before = dated(fact.model_copy(update={"to_come": False}))  # it has a mark of its own
    sources = "1 independent source" if fact.independent_sources == 1 else f"{fact.independent_sources} independent sources"
    sure = f"{GUARANTEE_WORDS[fact.guarantee]}, confidence {fact.confidence:.0%}, {sources}"
    bars = next((count for least, count in CONFIDENT if fact.confidence >= least), 1)
    refs = _refs(one.id, fact.citations)
    return Row(one.id, LABELS[one.field], _clean(value), fact.guarantee, bars, sure, refs, _clean(before), _clean(after), _clean(mended(fact)), fact.to_come)


def _refs(key: str, citations: Sequence[Citation]) -> tuple[Ref, ...]:
    return tuple(Ref(f"{key}-{number}", citation.article, _clean(citation.quote)) for number, citation in enumerate(citations, 1))


def _quarrel(number: int, sides: Sequence[Said]) -> Quarrel:
    conflict = sides[0].conflict
    told = tuple(Side(said.id, place, _clean(said.position.value), _refs(said.id, said.citations)) for place, said in enumerate(sides, 1))
    return Quarrel(f"k{number}", _clean(conflict.about), LABELS.get(conflict.field, conflict.field), conflict.kind, told)


def _places(cited: Sequence[Stated | Said]) -> dict[str, list[Place]]:
    """By article, the places of all that is cited; of the abstract's sentences too, which are whole sentences of the text."""
    found: dict[str, list[Place]] = {}
    for one in cited:
        side = int(one.id.rpartition("-")[2]) if isinstance(one, Said) else 0
        for ref, citation in zip(_refs(one.id, one.citations), one.citations, strict=True):
            found.setdefault(citation.article, []).append(Place(one.id, ref.anchor, citation.start, citation.end, side))
    return found


def _names(stated: Sequence[Stated], quarrels: Sequence[Sequence[Said]]) -> dict[str, str]:
    """What rests at a place, in a few words, by the key of the fact."""
    names = {one.id: f"{LABELS[one.field]}: {_clean(shown(one.field, one.fact))}" if one.field != "abstract" else LABELS["abstract"] for one in stated}
    return names | {said.id: f"{DIFFER}: {_clean(said.conflict.about)}" for sides in quarrels for said in sides}


def _source(report: ArticleReport, line: LedgerLine, text: str | None, places: Sequence[Place]) -> SourceView:
    published = day(report.published_on) if report.published_on else "no date known"
    cut = tuple(pieces(report, text, places)) if text is not None else ()
    return SourceView(report.id, _clean(name_of(report)), published, report.copy_of, read_of(line), _clean(line.reason or ""), cut)
