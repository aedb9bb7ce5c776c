"""From a group of evidence to the fact that it states, with all its citations."""

from __future__ import annotations

from typing import Any

from casebrief.service.domain.evidence import Evidence
from casebrief.service.domain.merging.grouping import head as surest
from casebrief.service.domain.merging.sources import Group, Sources
from casebrief.service.domain.schema import Citation, Fact, Position
from casebrief.service.domain.spans import Span

MOST_CONFIDENT = 0.98
DOUBT = 0.5
"""The part of the doubt that each further independent source leaves."""


def cite(sources: Sources, article: str, span: Span) -> Citation:
    """The citation of a span: every citation of a summary's facts is made here."""
    return Citation(article=article, start=span.start, end=span.end, quote=span.of(sources.texts[article]))


def fact(group: Group, sources: Sources, head: Evidence | None = None) -> Fact[Any]:
    """The fact that a group states, in the words of ``head``, or of its surest evidence."""
    head = head or surest(group, sources)
    rest = sorted(group, key=lambda item: (sources.order(item.article), item.span))
    citations = list(dict.fromkeys(cite(sources, item.article, span) for item in [head, *rest] for span in (item.span, item.basis) if span))
    found_by = {item.found_by for item in group}
    independent = sources.independent(group)
    return Fact(
        value=head.value,
        normalized=head.normalized,
        guarantee=head.guarantee,
        confidence=round(min(MOST_CONFIDENT, 1 - (1 - head.confidence) * DOUBT ** (independent - 1)), 4),
        independent_sources=independent,
        citations=citations,
        found_by=head.found_by if len(found_by) == 1 else "both",
    )


def position(group: Group, sources: Sources) -> Position:
    """What a group says in a conflict."""
    stated = fact(group, sources)
    return Position(value=stated.value, normalized=stated.normalized, citations=stated.citations)
