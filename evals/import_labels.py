"""Labelled cases of corrected case files: the fields of which people looked at every fact. What nobody looked at is not judged."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from casebrief.evals.labels import NUGGETS, SINGLE
from casebrief.service.corrections.model import Correction
from casebrief.service.corrections.stating import choice_of, speaker_of
from casebrief.service.domain.schema import Court, Date, Fact, Figure, Money, SummaryResponse
from casebrief.service.exports.facts import facts

VITAL = frozenset({*SINGLE, "plaintiffs", "defendants"})
TELLING = 3
"""The longest words of a fact that an item must have to be it."""


def labelled_document(name: str, response: SummaryResponse, corrections: Sequence[Correction]) -> dict[str, Any]:
    """The labels of a corrected case, as ``case.yaml`` has them; ``response`` is the summary as it is corrected."""
    by_field: dict[str, list[Fact[Any]]] = {}
    for one in facts(response):
        by_field.setdefault(one.field, []).append(one.fact)
    told = {field: [_label(field, fact) for fact in found] for field, found in by_field.items() if all(fact.corrected for fact in found)}
    judged = {field: [label for label in labels if label] for field, labels in told.items() if all(labels)}
    deleted = {one.field for one in corrections if one.action == "delete"} - set(by_field)
    return {
        "id": name,
        "note": "a case file: the fields of which people looked at every fact",
        "articles": [
            {"id": one.id, "file": f"{one.id}.txt", "publisher": one.publisher, "published_on": one.published_on, "copy_of": one.copy_of}
            for one in response.articles
        ],
        "facts": [label for labels in judged.values() for label in labels],
        "absent": sorted(deleted),
    }


def _label(field: str, fact: Fact[Any]) -> dict[str, Any] | None:
    """A fact as its label; ``None`` where labels need what it does not tell."""
    value = _value(field, fact)
    if value is None:
        return None
    label = {"field": field, "value": value, "importance": "vital" if field in VITAL else "okay"}
    if field in NUGGETS:
        label["nugget"] = [[word] for word in sorted(set(re.findall(r"[^\W\d_]+", fact.citations[0].quote)), key=lambda word: (-len(word), word))[:TELLING]]
    return label | {"evidence": [{"article": one.article, "quote": one.quote} for one in fact.citations]}


def _value(field: str, fact: Fact[Any]) -> Any:
    form = fact.normalized
    if field in ("filed_on", "timeline"):
        return form.model_dump() if isinstance(form, Date) else {"date": None, "precision": None, "phrase": fact.citations[-1].quote}
    if field == "figures":
        return {"quantity": form.quantity, "unit": form.unit, "of": fact.value} if isinstance(form, Figure) else None
    if isinstance(form, Court):
        return {"court_id": form.court_id, "name": form.name}
    if field == "counsel":
        return {"name": fact.value, "for": choice_of(fact)}
    if field == "responses":
        return {"speaker": speaker_of(fact), "stance": choice_of(fact)}
    if field == "quotes":
        return {"speaker": speaker_of(fact), "text": fact.value}
    if field in ("relief_sought", "rulings"):
        return form.model_dump() if isinstance(form, Money) else {"kind": choice_of(fact), "what": fact.value}
    return fact.value
