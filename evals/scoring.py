"""From a summary and its labels to the score of a case: assignment of items to facts, errors by class.

Recall and precision are sums of credit (`matching`) over labelled facts and over reported items. Fields that a case does not label are not judged in it.
Absent fields are true negatives, apart from recall. `totals` sums cases up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from casebrief.evals.items import Item, all_items, cited_by, items_of, positions_of
from casebrief.evals.labels import FIELDS, Case, LabelledFact
from casebrief.evals.matching import Match, match, right_speaker
from casebrief.service.domain.spans import Span
from casebrief.service.domain.view import Seen, seen

ErrorClass = Literal["missed", "spurious", "wrong value", "wrong role", "partial", "ungrounded", "not resolved"]


@dataclass(frozen=True)
class FactScore:
    """One labelled fact, and what became of it; ``found`` is the text of the item that was matched with it."""

    field: str
    vital: bool
    credit: float
    expected: str
    found: str | None


@dataclass(frozen=True)
class ErrorLine:
    """One thing that is wrong, with the texts; ``cost`` is the credit that it lost."""

    case: str
    field: str
    kind: ErrorClass
    cost: float
    expected: str | None
    found: str | None


@dataclass
class CaseScore:
    """How one case was answered."""

    case: str
    facts: list[FactScore] = field(default_factory=list)
    reported: dict[str, int] = field(default_factory=dict)
    credited: dict[str, float] = field(default_factory=dict)
    errors: list[ErrorLine] = field(default_factory=list)
    absent: dict[str, bool] = field(default_factory=dict)
    quotes: int = 0
    speakers: list[bool] = field(default_factory=list)
    distractors: list[str] = field(default_factory=list)
    twice: dict[str, int] = field(default_factory=dict)
    confused: int = 0
    ungrounded: int = 0
    citations: int = 0
    confidences: list[tuple[float, float]] = field(default_factory=list)

    def recall(self, *, vital: bool | None = None, fields: Iterable[str] = FIELDS) -> float | None:
        """Credit a labelled fact, 0 to 1, or ``None`` without facts; ``vital`` asks for the vital ones alone, or for the others."""
        chosen = [fact.credit for fact in self.facts if fact.field in set(fields) and vital in (None, fact.vital)]
        return sum(chosen) / len(chosen) if chosen else None

    def precision(self, fields: Iterable[str] = FIELDS) -> float | None:
        """Credit a reported item, 0 to 1, or ``None`` when nothing was reported."""
        count = sum(self.reported.get(name, 0) for name in fields)
        return sum(self.credited.get(name, 0.0) for name in fields) / count if count else None


def score_case(case: Case, response: dict[str, Any]) -> CaseScore:
    """Judge one response against its case."""
    score = CaseScore(case.id)
    summary = response.get("summary") or {}
    texts = {article.id: article.text for article in case.articles}
    for name in sorted(case.scored, key=FIELDS.index):
        facts = [fact for fact in case.facts if fact.field == name]
        items = items_of(summary, name)
        if name in case.absent:
            score.absent[name] = not items
        _score_field(score, name, facts, items)
    _look_at_grounds(score, summary, texts)
    score.confused = _confused(case, summary)
    told = _told(summary)
    score.distractors = [text for text in case.distractors if text.casefold() in told]
    return score


def _score_field(score: CaseScore, name: str, facts: Sequence[LabelledFact], items: Sequence[Item]) -> None:
    pairs = assign(facts, items)
    matched = {i for i, _, _ in pairs}
    for i, j, found in pairs:
        _count(score, name, facts[i], items[j], found)
    for i, fact in enumerate(facts):
        if i not in matched:
            score.facts.append(FactScore(name, fact.vital, 0.0, shown(fact.value), None))
            near = _nearest(fact, items)
            kind: ErrorClass = near.fault if near and near.fault == "not resolved" else "missed"
            score.errors.append(ErrorLine(score.case, name, kind, 1.0 + fact.vital, shown(fact.value), None))
    used = {j for _, j, _ in pairs}
    for j, item in enumerate(items):
        if j not in used:
            _look_at_confidence(score, item, 0.0)
            score.twice[name] = score.twice.get(name, 0) + any(match(fact, item).credit > 0 for fact in facts)
            score.errors.append(ErrorLine(score.case, name, "spurious", 1.0, None, _value(item)))
    score.reported[name] = len(items)
    score.credited[name] = sum(found.credit for _, _, found in pairs)


def _count(score: CaseScore, name: str, fact: LabelledFact, item: Item, found: Match) -> None:
    score.facts.append(FactScore(name, fact.vital, found.credit, shown(fact.value), _value(item)))
    _look_at_confidence(score, item, found.credit)
    if name == "quotes":
        known = any(not isinstance(form, dict) or form["speaker"] for form in fact.forms)
        score.quotes += known
        if known and (item.get("normalized") or {}).get("speaker"):
            score.speakers.append(right_speaker(fact, item))
    if found.credit < 1:
        kind: ErrorClass = found.fault or "partial"
        score.errors.append(ErrorLine(score.case, name, kind, (1.0 + fact.vital) * (1 - found.credit), shown(fact.value), _value(item)))


def assign(facts: Sequence[LabelledFact], items: Sequence[Item]) -> list[tuple[int, int, Match]]:
    """Facts and items paired so that the sum of credit is greatest; the order of the items never matters."""
    if not facts or not items:
        return []
    table = [[match(fact, item) for item in items] for fact in facts]
    credit = np.array([[found.credit for found in row] for row in table])
    from scipy.optimize import linear_sum_assignment  # takes half a second, and the service must start without it

    rows, columns = linear_sum_assignment(credit, maximize=True)
    return [(int(i), int(j), table[i][j]) for i, j in zip(rows, columns, strict=True) if table[i][j].credit > 0]


APART = ("allegations", "rulings", "responses")
"""What was done, what was decided and what is answered: a reader must be able to keep them apart."""


def _confused(case: Case, summary: dict[str, Any]) -> int:
    """Items whose every citation lies in words that the labels give as evidence for another one of `APART`, and for their own never."""
    count = 0
    for name, item in all_items(summary, APART):
        cited = [(citation.get("article"), str(citation.get("quote"))) for citation in cited_by(item)]

        def meets(fact: LabelledFact, cited: list[tuple[Any, str]] = cited) -> bool:
            return any(a == article and (quote in words or words in quote) for article, words in cited for a, quote in fact.evidence)

        told = {fact.field for fact in case.facts if meets(fact)}
        count += bool(told & set(APART)) and name not in told
    return count


def _nearest(fact: LabelledFact, items: Sequence[Item]) -> Match | None:
    return next((found for item in items if (found := match(fact, item)).fault == "not resolved"), None)


def _look_at_grounds(score: CaseScore, summary: dict[str, Any], texts: dict[str, str]) -> None:
    """Citations that do not slice back, and copied values that are not what the view of the text has for their quote."""
    views = {article: seen(text) for article, text in texts.items()}
    for name, item in all_items(summary, [*FIELDS[:-1]]):
        citations = cited_by(item)
        broken = [c for c in citations if texts.get(str(c.get("article")), "")[c.get("start", 0) : c.get("end", 0)] != c.get("quote")]
        score.citations += len(citations)
        invented = not citations or (not broken and item.get("guarantee") == "copied" and item.get("value") != _read(citations[0], views))
        if broken or invented:
            score.ungrounded += 1
            score.errors.append(ErrorLine(score.case, name, "ungrounded", 2.0, None, _value(item)))


def _read(citation: dict[str, Any], views: Mapping[str, Seen]) -> str | None:
    """What the product's view of the article has for the words of a citation that slices back."""
    view = views.get(str(citation.get("article")))
    return view.words(Span(citation["start"], citation["end"])) if view else None


def _told(summary: dict[str, Any]) -> str:
    """All words of a summary, for distractors."""
    words: list[str] = []

    def walk(node: Any) -> None:
        if isinstance(node, str):
            words.append(node)
        elif isinstance(node, dict):
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(summary)
    return "\n".join(words).casefold()


def _look_at_confidence(score: CaseScore, item: Item, credit: float) -> None:
    """Keep a confidence beside what it was worth; a conflict carries none."""
    if isinstance(item.get("confidence"), int | float):
        score.confidences.append((float(item["confidence"]), credit))


def _value(item: Item) -> str:
    if "positions" in item:
        return " / ".join(str(position.get("value")) for position in positions_of(item))
    return str(item.get("value"))


def shown(value: Any) -> str:
    """A label's value in one line."""
    if not isinstance(value, dict):
        return str(value)
    return ", ".join(f"{key}: {part}" for key, part in value.items() if part is not None)


# ---------------------------------------------------------------------- several cases


def mean(values: Iterable[float | None]) -> float | None:
    """The mean of what is there, or ``None`` when nothing is."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def by_case(scores: Sequence[CaseScore]) -> dict[str, list[CaseScore]]:
    """The scores of each case, one for each repeat: the case is the cluster of every interval and test."""
    found: dict[str, list[CaseScore]] = {}
    for score in scores:
        found.setdefault(score.case, []).append(score)
    return found
