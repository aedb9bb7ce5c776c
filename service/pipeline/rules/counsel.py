"""Lawyers and firms, where the story says for whom they act."""

from __future__ import annotations

import re
from collections.abc import Iterator

from casebrief.service.domain.article import View
from casebrief.service.domain.evidence import Evidence, copied
from casebrief.service.domain.names import NAME, clean, mentions
from casebrief.service.domain.schema import Counsel, Side
from casebrief.service.domain.spans import Span

_LAWYER = r"(?:attorneys?|lawyers?|lead counsel|co-lead counsel|class counsel|counsel|solicitors?|barristers?|litigators?)"
_WHOM = rf"(?:(?:the|its|his|her|their)\s+)?(?P<whom>{NAME}|plaintiffs?|claimants?|defendants?|workers|authors|company|couple|family|customers|users|investors|shareholders|class|employees|drivers|patients)(?:['’]s?)?"
_PATTERNS = (
    re.compile(rf"(?P<name>{NAME}),\s+(?:an?|the|one of the|lead)?\s*(?:[\w-]+\s+)?{_LAWYER}\s+(?:for|representing|who represents)\s+{_WHOM}"),
    re.compile(rf"(?P<name>{NAME}),\s+(?:the\s+)?(?:[A-Z]\w+\s+)?{_LAWYER}?\s*who\s+(?:represents|is representing)\s+{_WHOM}"),
    re.compile(rf"(?P<name>{NAME}),\s+which\s+represents\s+{_WHOM}"),
    re.compile(rf"\b(?:[Tt]he|[Aa])?\s*{_WHOM}\s+{_LAWYER},\s+(?P<name>{NAME})"),
    re.compile(rf"(?P<name>{NAME})\s+(?:argued|appeared|argued the motion)\s+for\s+{_WHOM}"),
    re.compile(rf"(?P<name>{NAME}),\s+for\s+{_WHOM},"),
    re.compile(rf"\b{_LAWYER}\s+for\s+{_WHOM},\s+(?P<name>{NAME})"),
)
_PLAINTIFFS = frozenset(
    "plaintiff plaintiffs claimant claimants workers authors couple family customers users investors shareholders class employees drivers patients".split()
)
_DEFENDANTS = frozenset({"defendant", "defendants", "company"})


def counsel(view: View) -> Iterator[Evidence]:
    """Named lawyers with their side; a lawyer whose side the text leaves open gets none."""
    text = view.article.text
    for sentence in view.own:
        for pattern in _PATTERNS:
            for match in pattern.finditer(text, sentence.span.start, sentence.span.end):
                start, end = match.span("name")
                firm = re.search(r"\s+of\s+(?=[A-Z])", text[start:end])
                span = clean(text, Span(start, start + firm.start() if firm else end))
                side = _side(match.group("whom"), view)
                if span is None or side is None or " " not in span.of(text) or any(mentions(span.of(text), name) for name in view.case.defendants):
                    continue
                normalized = Counsel(name=span.of(text), for_=side)
                yield copied("counsel", view.article.id, text, span, 0.88, normalized)
                if firm and (whose := clean(text, Span(start + firm.end(), end))):
                    yield copied("counsel", view.article.id, text, whose, 0.85, Counsel(name=whose.of(text), for_=side))


def _side(whom: str, view: View) -> Side | None:
    if whom.lower() in _PLAINTIFFS:
        return "plaintiff"
    if whom.lower() in _DEFENDANTS:
        return "defendant"
    if any(mentions(whom, name) for name in view.case.defendants):
        return "defendant"
    if any(mentions(whom, name) for name in view.case.plaintiffs):
        return "plaintiff"
    return None
