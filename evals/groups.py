"""By what a run reads well and badly: the main figures of marked cases by country, kind, articles, length, dates and furniture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from casebrief.evals import marks, totals
from casebrief.evals.figures import Estimate
from casebrief.evals.judging import Judged
from casebrief.evals.marked import MarkedCase

SHORT, LONG = 2000, 3000
"""Characters of all articles of a case below which it is a short one, and from which on a long one."""


@dataclass(frozen=True)
class Group:
    """Cases that share something, and what is reached in them, by the names of the figures."""

    name: str
    cases: int
    figures: dict[str, Estimate]


def _country(case: MarkedCase) -> str:
    return {"UK": "GB"}.get(case.country, case.country) or "not told"


def _length(case: MarkedCase) -> str:
    length = sum(len(article.text) for article in case.articles)
    return f"{LONG} characters and more" if length >= LONG else f"{SHORT} to {LONG}" if length >= SHORT else f"under {SHORT}"


def _dated(case: MarkedCase) -> str:
    known = [article.published_on is not None for article in case.articles]
    return "every article" if all(known) else "some articles" if any(known) else "no article"


WAYS: dict[str, Callable[[MarkedCase], str]] = {
    "place": lambda case: "United States" if case.country == "US" else "elsewhere",
    "country": _country,
    "kind of proceeding": lambda case: case.kind.replace("_", " "),
    "articles": lambda case: str(len(case.articles)),
    "length": _length,
    "dated": _dated,
    "page furniture": lambda case: "with" if any(article.furniture for article in case.articles) else "without",
}
"""What divides cases, by its name in reports."""


def by_what(judged: Judged) -> dict[str, list[Group]]:
    """The groups of each way to divide the cases; nothing where cases are not marked."""
    answered = [case for name, case in judged.of.marked.items() if name in judged.mark_table.cases]
    return {way: _groups(judged, answered, key) for way, key in WAYS.items()} if answered else {}


def _groups(judged: Judged, cases: list[MarkedCase], key: Callable[[MarkedCase], str]) -> list[Group]:
    names: dict[str, list[str]] = {}
    for case in cases:
        names.setdefault(key(case), []).append(case.id)
    return [_group(judged, name, found) for name, found in sorted(names.items(), key=lambda named: (-len(named[1]), named[0]))]


def _group(judged: Judged, name: str, cases: list[str]) -> Group:
    of_marks, of_facts = judged.mark_table.of(cases), judged.fact_table.of(cases)
    told = {label: of_marks.estimate(marks.figures()[label]) for label in (*marks.STEERING, marks.TOUCHING_F)}
    told |= {label: of_facts.estimate(totals.figures()[label]) for label in (totals.VITAL, totals.PRECISION)}
    return Group(name, len(cases), told)
