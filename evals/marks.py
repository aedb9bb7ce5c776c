"""The citations of a summary held against the marks of a marked case: near and touching, members, dates, statuses, leaks.

Two spans of one field are *near* when they share half of the longer one, *touching* when they share `matching.TOUCHING` of the shorter one. Counts are
kept a case, so that every figure is a ratio of sums over cases with a bootstrap interval over them. Where a second annotation exists, precision
counts what is right for *either* annotator, and recall what both marked (*agreed*): careful readers differ.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from casebrief.evals.converting import Told, contract_member, fact_of, newest_status, told_by
from casebrief.evals.figures import Figure, harmonic, share
from casebrief.evals.items import Item, all_items, cited_by, items_of, normalized, positions_of
from casebrief.evals.labels import CLOSED, FIELDS
from casebrief.evals.marked import Mark, MarkedArticle, MarkedCase
from casebrief.evals.matching import touch
from casebrief.service.domain.spans import Span, lines, sentences

CITED = tuple(field for field in FIELDS if field not in CLOSED and field != "conflicts")
"""Fields whose citations are held against marks; proceeding and status are one a case and compared by value."""

MEMBER_OF: dict[str, str] = {"counsel": "for", "relief_sought": "kind", "rulings": "kind", "responses": "stance"}
"""Where a summary's typed form tells a mark's member."""

NEAR = 0.5


@dataclass(frozen=True)
class Cited:
    """A citation of a summary's item: a span of an article, as evidence of a field."""

    article: str
    field: str
    start: int
    end: int
    member: str | None


@dataclass
class MarkScore:
    """Counts of one case, by what is counted and field; `cell` names them."""

    case: str
    counts: dict[str, float] = field(default_factory=dict)

    def add(self, what: str, name: str, value: float = 1) -> None:
        self.counts[cell(what, name)] = self.counts.get(cell(what, name), 0.0) + value


def cell(what: str, name: str = "") -> str:
    """The key of a count: of a field, or over all."""
    return f"{what} {name}".strip()


def score_marks(case: MarkedCase, second: MarkedCase | None, summary: dict[str, Any]) -> MarkScore:
    """Hold one summary against the marks of its case."""
    score = MarkScore(case.id)
    cited = list(citations(summary))
    for article in case.articles:
        other = next((one for one in second.articles if one.id == article.id), None) if second else None
        own = [one for one in cited if one.article == article.id]
        for name in CITED:
            marks = [mark for mark in article.marks if mark.field == name]
            theirs = [mark for mark in other.marks if mark.field == name] if other else None
            filed = [mark for mark in (*article.marks, *(other.marks if other else ())) if mark.field == "filed_on"] if name == "timeline" else []
            cited_here = [one for one in own if one.field == name and not any(_touching(one, mark) for mark in filed if mark not in marks)]
            _hold(score, name, cited_here, marks, theirs)
    known = {article.id for article in case.articles}
    for name in CITED:
        # What is cited from an article that nobody sent is wrong, whoever marked.
        _hold(score, name, [one for one in cited if one.field == name and one.article not in known], [], [] if second else None)
    _of_the_case(score, case, summary)
    _pairs(score, case, summary)
    _leaks(score, case, second, summary)
    return score


def citations(summary: dict[str, Any]) -> Iterator[Cited]:
    """Every span that a summary cites for a field, once: by the field's items, or by the positions of a conflict about it."""
    seen: set[tuple[str, str, int, int]] = set()
    for name, item in _citing(summary):
        told = normalized(item).get(MEMBER_OF.get(name, ""))
        for citation in cited_by(item):
            key = (str(citation.get("article")), name, citation.get("start", 0), citation.get("end", 0))
            if key not in seen:
                seen.add(key)
                yield Cited(*key, member=told)


def _citing(summary: dict[str, Any]) -> Iterator[tuple[str, Item]]:
    """What cites: items with their field, then positions of conflicts, for what was superseded stands there alone."""
    yield from all_items(summary, CITED)
    for conflict in items_of(summary, "conflicts"):
        if conflict.get("field") in CITED:
            yield from ((conflict["field"], position) for position in positions_of(conflict))


def _near(cited: Cited, mark: Mark) -> bool:
    shared = min(cited.end, mark.end) - max(cited.start, mark.start)
    return shared > 0 and shared >= NEAR * max(cited.end - cited.start, mark.end - mark.start)


def _touching(cited: Cited, mark: Mark) -> bool:
    return touch(cited.start, cited.end, mark.start, mark.end)


def _hold(score: MarkScore, name: str, cited: Sequence[Cited], marks: Sequence[Mark], second: Sequence[Mark] | None) -> None:
    """One field of one article."""

    def both(what: str, value: float) -> None:
        score.add(what, name, value)
        score.add(what, "", value)

    both("cited", len(cited))
    both("marked", len(marks))
    ways: tuple[tuple[str, Callable[[Cited, Mark], bool]], ...] = (("near", _near), ("touching", _touching))
    for way, meets in ways:
        both(f"{way} right", sum(any(meets(one, mark) for mark in marks) for one in cited))
        both(f"{way} found", sum(any(meets(one, mark) for one in cited) for mark in marks))
    if second is not None:
        agreed = [mark for mark in marks if any(touch(mark.start, mark.end, other.start, other.end) for other in second)]
        both("cited twice", len(cited))
        both("either right", sum(any(_touching(one, mark) for mark in (*marks, *second)) for one in cited))
        both("agreed", len(agreed))
        both("agreed found", sum(any(_touching(one, mark) for one in cited) for mark in agreed))
    if name in MEMBER_OF:
        for one in cited:
            met = [mark for mark in marks if _touching(one, mark)]
            if met:
                both("members", 1)
                both("members right", any(contract_member(mark) == one.member for mark in met))


def _of_the_case(score: MarkScore, case: MarkedCase, summary: dict[str, Any]) -> None:
    """Proceeding, newest status, day of filing and days of events."""
    newest = newest_status(case)
    for name, wanted in (("proceeding", case.kind), ("status", newest)):
        if wanted:
            score.add("closed", name)
            score.add("closed right", name, [item.get("value") for item in items_of(summary, name)] == [wanted])
    # The filing is an event too, but its words are marked once: as neither right nor wrong among the events.
    neither = set().union(*_days(case, "filed_on")) - set().union(*_days(case, "timeline"))
    for name, what in (("filed_on", "filing"), ("timeline", "events")):
        wanted_days = _days(case, name)
        told = {str(day) for item in items_of(summary, name) if (day := normalized(item).get("date"))} - (neither if name == "timeline" else set())
        score.add("days", what, len(wanted_days))
        score.add("days found", what, sum(bool(told & days) for days in wanted_days))
        score.add("days told", what, len(told))
        score.add("days right", what, len(told & set().union(*wanted_days)))


def _days(case: MarkedCase, name: str) -> set[frozenset[str]]:
    """The days to be told, each with the forms that are as right; of the filing there is one, whatever the articles say of it."""
    marks = [mark for article in case.articles for mark in article.marks if mark.field == name and mark.value not in (None, "?")]
    groups: dict[str, set[str]] = {}
    for mark in marks:
        groups.setdefault("one" if name == "filed_on" else mark.id or str(mark.value), set()).add(str(mark.value))
    return {frozenset(days) for days in groups.values()}


JOINED = ("allegations", "relief_sought", "rulings", "timeline", "figures", "quotes", "responses")
"""Fields in which marks say by an id which places state the same fact."""


def _pairs(score: MarkScore, case: MarkedCase, summary: dict[str, Any]) -> None:
    """Pairs of marks that are cited: those that one fact of the summary cites, against those that one fact of the labels holds."""
    for name in JOINED:
        cited = [(n, c) for n, item in enumerate(items_of(summary, name)) for c in cited_by(item)]
        places = {told: items for told in told_by(case) if told.mark.field == name and (items := _citing_best(told, cited))}
        for one, other in itertools.combinations(places, 2):
            same, as_told = fact_of(case, one) == fact_of(case, other), bool(places[one] & places[other])
            for what, counts in (("pairs", same), ("pairs told", as_told), ("pairs right", same and as_told)):
                score.add(what, name, counts)
                score.add(what, "", counts)


def _citing_best(told: Told, cited: Sequence[tuple[int, dict[str, Any]]]) -> frozenset[int]:
    """The facts, by number, that cite a mark, those with the words nearest to it: a sentence of two events is cited by both."""
    mark = told.mark
    here = [(n, c.get("start", 0), c.get("end", 0)) for n, c in cited if c.get("article") == told.article.id]
    near = {n: 0.0 for n, _, _ in here}
    for n, start, end in here:
        if touch(start, end, mark.start, mark.end):
            near[n] = max(near[n], (min(end, mark.end) - max(start, mark.start)) / (max(end, mark.end) - min(start, mark.start)))
    best = max(near.values(), default=0.0)
    return frozenset(n for n, share in near.items() if share == best > 0)


def _leaks(score: MarkScore, case: MarkedCase, second: MarkedCase | None, summary: dict[str, Any]) -> None:
    """Facts that cite an article about something else, and facts none of whose citations lies in a sentence with a mark."""
    unrelated = {article.id for article in case.articles if not article.related}
    stating = {article.id: list(_stating(article, second)) for article in case.articles}
    for _, item in all_items(summary, CITED):
        cited = cited_by(item)
        score.add("facts", "")
        foreign = any(str(one.get("article")) in unrelated for one in cited)
        score.add("leaks", "unrelated", foreign)
        rests = any(span.start < one.get("end", 0) and one.get("start", 0) < span.end for one in cited for span in stating.get(str(one.get("article")), ()))
        score.add("leaks", "unmarked", not foreign and not rests)


def _stating(article: MarkedArticle, second: MarkedCase | None) -> Iterator[Span]:
    """The sentences in which either annotator marked something."""
    marks: list[Mark] = [*article.marks]
    for other in second.articles if second else ():
        marks += other.marks if other.id == article.id else ()
    for line in lines(article.text):
        for span in sentences(article.text, line):
            if any(mark.start < span.end and span.start < mark.end for mark in marks):
                yield span


# ---------------------------------------------------------------------- figures

LESS_IS_BETTER = {"leaks: from articles about something else": "unrelated", "leaks: from sentences without a mark": "unmarked"}
"""Figures of what should not be there, by their names, and what they count."""

EITHER, AGREED = "right for either annotator", "found of what both marked"
STEERING = (EITHER, AGREED)
"""The two figures to steer by, where a second annotation exists."""

SAME_FACT = "places of one fact: F of pairs"

TOUCHING_F = "touching: F"
"""The figure to steer by where there is one annotation."""


def of_field(way: str, name: str = "") -> tuple[Figure, Figure, Figure]:
    """Precision, recall and F of a way of matching, in a field or over all."""
    precision, recall = share(cell(f"{way} right", name), cell("cited", name)), share(cell(f"{way} found", name), cell("marked", name))
    return precision, recall, harmonic(precision, recall)


def either_and_agreed(name: str = "") -> tuple[Figure, Figure]:
    """Precision for either annotator, recall of what both marked; in the cases that both annotated."""
    return share(cell("either right", name), cell("cited twice", name)), share(cell("agreed found", name), cell("agreed", name))


def of_pairs(name: str = "") -> tuple[Figure, Figure, Figure]:
    """Precision, recall and F of which places state the same fact, in a field or over all."""
    precision, recall = (share(cell("pairs right", name), cell(what, name)) for what in ("pairs told", "pairs"))
    return precision, recall, harmonic(precision, recall)


def figures() -> dict[str, Figure]:
    """Every figure over all, by its name in reports."""
    named: dict[str, Figure] = {}
    named[EITHER], named[AGREED] = either_and_agreed()
    for way in ("near", "touching"):
        for label, figure in zip(("precision", "recall", "F"), of_field(way), strict=True):
            named[f"{way}: {label}"] = figure
    named[SAME_FACT] = of_pairs()[2]
    named["members right"] = share("members right", "members")
    for name in ("proceeding", "status"):
        named[f"{name} right, of cases"] = share(cell("closed right", name), cell("closed", name))
    for what, label in (("filing", "day of filing"), ("events", "days of events")):
        named[f"{label}: precision"] = share(cell("days right", what), cell("days told", what))
        named[f"{label}: recall"] = share(cell("days found", what), cell("days", what))
    for label, what in LESS_IS_BETTER.items():
        named[label] = share(cell("leaks", what), "facts")
    return named
