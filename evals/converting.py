"""A marked case as a labelled one: the facts that its marks state, each with the places that state it.

One fact an id; where marks have none, one a name (parties, counsel, laws), one for what there is one of, else one a mark. Places are exact, so free text
needs no nugget: an item has the fact when it cites one of its places. The filing is an event of the timeline too, as the contract's cases have it; its
words are marked once.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from casebrief.evals.labels import CLOSED, SINGLE, Case, LabelledFact, Place
from casebrief.evals.marked import Mark, MarkedArticle, MarkedCase, MarkedConflict
from casebrief.service.pipeline.articles import Submitted

ONE = tuple(field for field in SINGLE if field not in CLOSED)
"""Fields of which there is one, and which are marked where they stand."""

NAMED = ("plaintiffs", "defendants", "counsel", "causes_of_action")
TOLD_KIND = {"certification": "other", "dismissal": "other", "verdict": "other", "sentence": "other"}
"""Kinds of rulings that the contract calls other."""

_RANK = {"filed": 0, "pending": 1, "dismissed": 2, "settled": 2, "decided": 2, "on_appeal": 3}
_PRECISION = {4: "year", 7: "month", 10: "day"}


@dataclass(frozen=True)
class Told:
    """A mark and the article that it stands in."""

    article: MarkedArticle
    mark: Mark

    @property
    def words(self) -> str:
        return self.article.text[self.mark.start : self.mark.end]

    @property
    def place(self) -> Place:
        return Place(self.article.id, self.mark.start, self.mark.end)


def labelled(case: MarkedCase) -> Case:
    """The case as the scorer of facts reads it."""
    groups: dict[tuple[str, str], list[Told]] = {}
    for told in told_by(case):
        if told.mark.field not in ("speaker", "proceeding", "status"):
            groups.setdefault((told.mark.field, fact_of(case, told)), []).append(told)
    facts = [_fact(case, field, group) for (field, _), group in groups.items()]
    facts += [_closed(case, "proceeding", case.kind)] if case.kind else []
    if newest := newest_status(case):
        facts.append(_closed(case, "status", newest))
    facts += [replace(filing, field="timeline", vital=False) for filing in facts if filing.field == "filed_on"]
    facts += [_conflict(case, conflict) for conflict in case.conflicts]
    articles = tuple(Submitted(a.id, a.text, publisher=a.publisher, published_on=a.published_on) for a in case.articles)
    digest = hashlib.sha256(repr(case).encode()).hexdigest()
    return Case(case.id, case.note, articles, tuple(facts), case.absent, (), digest)


def told_by(case: MarkedCase) -> list[Told]:
    """All marks of a case, in order."""
    return [Told(article, mark) for article in case.articles for mark in article.marks]


def newest_status(case: MarkedCase) -> str | None:
    """The status of the newest article; of several of one day the furthest on."""
    told = [article for article in case.articles if article.status in _RANK]
    return max(told, key=lambda a: (str(a.published_on or ""), _RANK[a.status])).status if told else None


def contract_member(mark: Mark) -> str | None:
    """A mark's member as the summary's typed form has it."""
    return TOLD_KIND.get(mark.member or "", mark.member) if mark.field == "rulings" else mark.member


def fact_of(case: MarkedCase, told: Told) -> str:
    """Which fact of its field a mark states: equal for marks of one."""
    mark = told.mark
    if mark.field in ONE:
        return "one"
    if mark.field in NAMED:
        return mark.id or _name_key(case, told.words)
    # Told in another sense (denied here, not commented on there) it is another fact, whatever the id.
    return f"{mark.id} {contract_member(mark)}" if mark.id else f"{told.article.id}:{mark.start}"


def _name_key(case: MarkedCase, words: str) -> str:
    for number, name in enumerate(case.names):
        if any(words == form or form in words for form in name.forms):
            return f"name {number}"
    return re.sub(r"\W+", " ", words.casefold()).strip()


def _fact(case: MarkedCase, field: str, group: Sequence[Told]) -> LabelledFact:
    chosen = _of_now(case, field, group) if field in ONE else list(group)
    forms = _forms(field, chosen, [form for name in case.names if name.kind == "person" for form in name.forms])
    vital = field in SINGLE or field in ("plaintiffs", "defendants") or any(told.mark.vital for told in group)
    evidence = tuple((told.article.id, told.words) for told in chosen)
    return LabelledFact(field, forms, (), vital, evidence, tuple(told.place for told in chosen))


def _of_now(case: MarkedCase, field: str, group: Sequence[Told]) -> list[Told]:
    """Of what there is one of: the marks of the newest position where one superseded another."""
    superseded = next((c for c in case.conflicts if c.field == field and c.kind == "superseded"), None)
    return [told for told in group if superseded is None or told.mark.id not in superseded.ids[:-1]] or list(group)


def _forms(field: str, group: Sequence[Told], people: Sequence[str]) -> tuple[Any, ...]:
    """The value in the field's typed form, and what is as right as it; ``people`` are the forms of the names of persons."""
    words = list(dict.fromkeys(told.words for told in group))
    mark = group[0].mark
    if field in ("filed_on", "timeline"):
        known = sorted({told.mark.value for told in group if told.mark.value and told.mark.value != "?"}, key=len, reverse=True)
        dated = [{"date": date, "precision": _PRECISION[len(date)]} for date in known]
        return (*dated, *({"date": None, "precision": None, "phrase": phrase} for phrase in words if not known))
    if field == "court":
        courts = dict.fromkeys((told.mark.value, told.words) for told in group)
        return tuple({"court_id": value, "name": name} for value, name in sorted(courts, key=lambda court: (court[0] is None, -len(court[1]))))
    if field == "counsel":
        return tuple({"name": name, "for": mark.member} for name in sorted(words, key=len, reverse=True))
    if field == "figures":
        counted = [(float(q), unit) for q, _, unit in (str(told.mark.value).partition(" ") for told in group)]
        shares = [(round(100 * quantity, 6), "percent") for quantity, unit in counted if unit == "share"]
        return tuple({"quantity": quantity, "unit": unit, "of": words[0]} for quantity, unit in dict.fromkeys([*counted, *shares]))
    if field == "responses":
        return tuple({"speaker": speaker, "stance": mark.member} for speaker in dict.fromkeys(speaker_of(told, people) for told in group))
    if field == "quotes":
        return tuple({"speaker": speaker_of(told, people), "text": told.words} for told in group)
    if field in ("relief_sought", "rulings"):
        return ({"kind": contract_member(mark), "what": words[0]},)
    return tuple(sorted(words, key=len, reverse=True))


def speaker_of(told: Told, people: Sequence[str]) -> str | None:
    """The speaker marked nearest to the words, in their paragraph; for "he" and "she" the person named last before, where there is one."""
    text, mark = told.article.text, told.mark
    begin, end = text.rfind("\n", 0, mark.start) + 1, text.find("\n", mark.end)
    near = [other for other in told.article.marks if other.field == "speaker" and begin <= other.start < end]
    best = min(near, key=lambda other: min(abs(other.start - mark.end), abs(mark.start - other.end)), default=None)
    if best is None:
        return None
    words = text[best.start : best.end]
    if words.lower() not in ("he", "she"):
        return words
    named = {name: text.rfind(name, begin, best.start) for name in people}
    last = max(named, key=lambda name: (named[name], len(name)), default=words)
    return last if named.get(last, -1) >= 0 else words


def _closed(case: MarkedCase, field: str, value: str) -> LabelledFact:
    shown = [told for told in told_by(case) if told.mark.field == field and told.mark.member == value]
    return LabelledFact(field, (value,), (), True, tuple((t.article.id, t.words) for t in shown), tuple(t.place for t in shown))


def _conflict(case: MarkedCase, conflict: MarkedConflict) -> LabelledFact:
    told = {one: [t for t in told_by(case) if t.mark.field == conflict.field and t.mark.id == one] for one in conflict.ids}
    value = {"field": conflict.field, "about": conflict.ids[0], "kind": conflict.kind, "values": [t[0].words if t else one for one, t in told.items()]}
    places = tuple(replace(t.place, position=number) for number, found in enumerate(told.values()) for t in found)
    return LabelledFact("conflicts", (value,), (), False, tuple((t.article.id, t.words) for found in told.values() for t in found), places)
