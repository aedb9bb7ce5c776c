"""One self-contained HTML page of a run: scores, calibration, and every case with its articles, where a click on a fact goes to its words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

from casebrief.evals.items import cited_by, items_of
from casebrief.evals.judging import Judged
from casebrief.evals.labels import FIELDS, Case, LabelledFact
from casebrief.evals.scoring import CaseScore, shown
from casebrief.evals.tables import MARKS_HEAD, group_tables, headline, mark_fields
from casebrief.evals.tables import shown as digits
from jinja2 import Environment, StrictUndefined

PLOT = 220
"""Side of the reliability plot in pixels."""


@dataclass(frozen=True)
class Mark:
    """Words of an article that a label or a citation points at; ``id`` names the fact."""

    start: int
    end: int
    kind: str
    id: str


@dataclass(frozen=True)
class Segment:
    """A run of an article's text with the same marks."""

    text: str
    kinds: str
    ids: str


def write_report(out: Path, judged: Judged, others: Mapping[str, Judged], complaints: str | None = None) -> None:
    """Write the page; ``others`` stand beside the run, ``complaints`` are those right, "4 of 43". It loads nothing from anywhere."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(files("casebrief.evals").joinpath("report.html").read_text(encoding="utf-8"))
    baseline = others["baseline"].totals if "baseline" in others else None
    page = template.render(
        header=judged.run.header,
        rows=headline(judged, complaints),
        rivals={name: dict(headline(other)) for name, other in others.items()},
        bars=list(_bars(judged.totals, baseline)),
        tables=[(MARKS_HEAD, mark_fields(judged)), *group_tables(judged)] if judged.marks else [],
        plot=_plot(judged.totals["calibration"]["bins"]),
        side=PLOT,
        cases=[_case(case, score, dict(reversed(judged.answers))[case.id]) for case in judged.of.cases for score in _first(judged.facts, case)],
        errors=[{"case": s.case, "error": s.error} for s in judged.run.errors],
    )
    out.write_text(page, encoding="utf-8")


def _first(scores: Sequence[CaseScore], case: Case) -> Sequence[CaseScore]:
    """A case's score in the first repeat, if it was answered."""
    return [score for score in scores if score.case == case.id][:1]


def _bars(reached: dict[str, Any], baseline: dict[str, Any] | None) -> Iterator[dict[str, Any]]:
    for name, field in reached["fields"].items():
        before = (baseline or {"fields": {}})["fields"].get(name, {}).get("f1")
        yield {
            "field": name,
            "f1": digits(field["f1"]),
            "width": round(100 * (field["f1"] or 0)),
            "before": round(100 * before) if before is not None else None,
            "recall": digits(field["recall"]),
            "precision": digits(field["precision"]),
            "facts": field["facts"],
        }


def _plot(bins: Sequence[Sequence[float]]) -> list[dict[str, float]]:
    most = max((count for _, _, count in bins), default=1)
    return [{"x": PLOT * c, "y": PLOT * (1 - k), "r": 3 + 7 * count / most, "count": count} for c, k, count in bins]


def _case(case: Case, score: CaseScore, answer: dict[str, Any]) -> dict[str, Any]:
    summary: dict[str, Any] = answer.get("summary") or {}
    marks: dict[str, list[Mark]] = {article.id: [] for article in case.articles}
    labelled = []
    for number, fact in enumerate(case.facts):
        name = f"{case.id}-label-{number}"
        for article, start, end in _stated(case, fact):
            marks[article].append(Mark(start, end, "label", name))
        labelled.append({"id": name, "field": fact.field, "value": shown(fact.value), "vital": fact.vital})
    found = []
    for field in FIELDS[:-1]:
        for number, item in enumerate(items_of(summary, field)):
            name = f"{case.id}-{field}-{number}"
            for citation in cited_by(item):
                if citation.get("article") in marks and "start" in citation:
                    marks[citation["article"]].append(Mark(citation["start"], citation["end"], "found", name))
            found.append({"id": name, "field": field, "value": str(item.get("value"))})
    return {
        "id": case.id,
        "note": case.note,
        "recall": digits(score.recall()),
        "precision": digits(score.precision()),
        "labelled": labelled,
        "found": found,
        "errors": sorted(score.errors, key=lambda error: -error.cost),
        "articles": [{"id": a.id, "publisher": a.publisher or "", "segments": list(segments(a.text, marks[a.id]))} for a in case.articles],
    }


def _stated(case: Case, fact: LabelledFact) -> Iterator[tuple[str, int, int]]:
    """Where a fact stands, by its places or else by its evidence: (article, start, end)."""
    if fact.places:
        yield from ((place.article, place.start, place.end) for place in fact.places)
        return
    texts = {article.id: article.text for article in case.articles}
    for article, quote in fact.evidence:
        start = texts[article].find(quote)
        yield article, start, start + len(quote)


def segments(text: str, marks: Sequence[Mark]) -> Iterator[Segment]:
    """The text cut at every edge of a mark; together the segments are the text."""
    edges = sorted({0, len(text), *(mark.start for mark in marks), *(mark.end for mark in marks)})
    for start, end in pairwise(edges):
        over = [mark for mark in marks if mark.start <= start and end <= mark.end]
        kinds = " ".join(sorted({mark.kind for mark in over}))
        yield Segment(text[start:end], kinds, " ".join(dict.fromkeys(mark.id for mark in over)))
