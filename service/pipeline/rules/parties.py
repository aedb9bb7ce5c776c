"""Plaintiffs and defendants: the sides of the caption, and names that a verb of suing puts on a side."""

from __future__ import annotations

import re
from collections.abc import Iterator

from casebrief.service.domain.article import View
from casebrief.service.domain.captions import captions
from casebrief.service.domain.evidence import Evidence, copied
from casebrief.service.domain.names import SUFFIX, clean, same_name
from casebrief.service.domain.parties import party_mentions
from casebrief.service.domain.schema import Name, Side
from casebrief.service.domain.spans import Span

FIELD: dict[Side, str] = {"plaintiff": "plaintiffs", "defendant": "defendants"}


def parties(view: View) -> Iterator[Evidence]:
    """Parties with their side. A name that the caption puts on the other side is passed over."""
    text = view.article.text
    for sentence in view.own:
        for found in captions(view.article, sentence):
            for side, name in (("plaintiff", found.plaintiff), ("defendant", found.defendant)):
                start = text.find(name, found.span.start, found.span.end)
                span = clean(text, Span(start, start + len(name))) if start >= 0 else None
                if span:
                    yield _party(view, side, span, 0.95)  # type: ignore[arg-type]
        for side, known in (("plaintiff", view.case.plaintiffs[:1]), ("defendant", view.case.defendants[:1])):
            for name in known:
                for span in full_names(text, sentence.span, name):
                    yield _party(view, side, span, 0.93)  # type: ignore[arg-type]
        for mention in party_mentions(text, sentence.span):
            others = view.case.plaintiffs if mention.side == "defendant" else view.case.defendants
            if not any(same_name(mention.name, other) for other in others):
                known = view.case.defendants if mention.side == "defendant" else view.case.plaintiffs
                yield _party(view, mention.side, mention.span, 0.92 if any(same_name(mention.name, name) for name in known) else 0.75)


def full_names(text: str, within: Span, surname: str) -> Iterator[Span]:
    """Where a person known by surname is named in full: "Lenora Ashgrove" for "Ashgrove"; never an organisation."""
    if re.search(SUFFIX, surname) or len(surname.split()) > 3 or surname.isupper() or surname in ("United States", "U.S."):
        return
    pattern = re.compile(rf"(?<![\w.] )\b(?:[A-Z][\w’'-]+\s(?:[A-Z]\.\s)?){{1,2}}{re.escape(surname)}(?![\w-])")
    for match in pattern.finditer(text, within.start, within.end):
        if re.search(r"\b(?:Judge|Justice|Magistrate)\s", text[max(0, match.start() - 12) : match.end()]):
            continue
        span = clean(text, Span(match.start(), match.end()))
        if span and len(span.of(text)) > len(surname):
            yield span


def _party(view: View, side: Side, span: Span, confidence: float) -> Evidence:
    name = span.of(view.article.text)
    return copied(FIELD[side], view.article.id, view.article.text, span, confidence, Name(name=name))
