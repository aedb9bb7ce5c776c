"""Values that read alone: a mark that says nothing by itself takes the words around it that make it a statement."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from casebrief.service.domain.evidence import Evidence
from casebrief.service.domain.merging.facts import fact
from casebrief.service.domain.merging.likeness import stems
from casebrief.service.domain.merging.sources import Group, Material, Sources
from casebrief.service.domain.revisions import sentence_of
from casebrief.service.domain.schema import Fact, Money
from casebrief.service.domain.spans import Span, trimmed

LONGEST = 200
"""Characters of a statement; a longer sentence leaves a fragment as it is."""

_JOINS = re.compile(r"(?:and|but|or|that)\s+", re.IGNORECASE)
_CUT = re.compile(r"[,;:]\s+|\s[—–-]\s+")


def statement(group: Group, head: Evidence, material: Material) -> Fact[Any]:
    """The fact that a group states, in the words of ``head``, with those around them where it would be a fragment."""
    whole = _readable(head, material.of(head.field), material.sources)
    return fact([whole if item is head else item for item in group], material.sources, whole)


def _readable(item: Evidence, field: Sequence[Evidence], sources: Sources) -> Evidence:
    """The evidence, or where its words are a fragment ("found", "$1 million" of no kind) the same with its clause, else its sentence, still copied.

    Words that what stands before them turns round, or that lack whom it was done to, begin with their clause. The words around are not taken where they
    state another fact of the ``field``.
    """
    if item.guarantee != "copied":
        return item
    text = sources.texts[item.article]
    sentence = sentence_of(text, item.span)
    if not _is_fragment(item):
        begins = (start for start in _beginnings(text, sentence, item) if item.span.end - start <= LONGEST)
        spans = (Span(start, item.span.end) for start in begins)
        whole = next((span for span in spans if not _holds_another(span, item, field)), item.span)
        return replace(item, span=whole, value=whole.of(text))
    for span in (_clause(text, sentence, item.span), trimmed(text, sentence.start, sentence.end)):
        if span and len(stems(span.of(text))) > ENOUGH and span.end - span.start <= LONGEST and not _holds_another(span, item, field):
            whole = Span(span.start, span.end - 1) if text[span.end - 1] == "." and span.end > item.span.end else span
            return replace(item, span=whole, value=whole.of(text))
    return item


def _holds_another(span: Span, item: Evidence, field: Sequence[Evidence]) -> bool:
    return any(other.article == item.article and span.meets(other.span) and not item.span.meets(other.span) for other in field)


ENOUGH = 2
"""Words up to which a value is a fragment; of a sum, words that tell something."""


def _is_fragment(item: Evidence) -> bool:
    """Whether words say neither what was done nor, of a sum, what it is."""
    told = item.normalized
    if isinstance(told, Money) and told.amount is not None:
        return told.kind == "other" and len(stems(item.value)) <= ENOUGH
    return len(item.value.split()) <= ENOUGH


_TURNED = re.compile(
    r"(?:\b(?:not|never|no longer|without|instead of|rather than|unable to|(?:fail|refus|declin|neglect|promis|pledg|vow)\w* to)|n[’']t)\s+(?:\w+ly\s+)?$",
    re.IGNORECASE,
)
"""Before some words: what they tell was not done, or promised. Of 10,900 acts and decisions that the training corpus marks 11 stand behind such words."""

_BE = r"(?:was|were|is|are|been|being|be)"
_UNDERGONE = re.compile(rf"{_BE}\b", re.IGNORECASE)
_IS = re.compile(rf"\b{_BE}\s+$", re.IGNORECASE)


def _beginnings(text: str, sentence: Span, item: Evidence) -> Iterator[int]:
    """Where an act or a decision may begin that lacks the words that turn it round, or an act that lacks whom it was done to; the fullest first."""
    before = text[sentence.start : item.span.start]
    turned = _TURNED.search(before) if item.field in ("allegations", "rulings") else None
    if turned or (item.field == "allegations" and (_UNDERGONE.match(item.value) or _IS.search(before))):
        yield sentence.start
        yield _clause_begins(text, sentence, item.span)
    if turned:
        yield sentence.start + turned.start()


def _clause_begins(text: str, sentence: Span, span: Span) -> int:
    """Where the part of a sentence between commas, colons or dashes begins that holds a span, behind its conjunction."""
    start = max(cut for cut in (sentence.start, *(match.end() for match in _CUT.finditer(text, sentence.start, sentence.end))) if cut <= span.start)
    joined = _JOINS.match(text, start, span.start)
    return joined.end() if joined else start


def _clause(text: str, sentence: Span, span: Span) -> Span | None:
    """The part of a sentence between commas, colons or dashes that holds a span."""
    end = min((match.start() for match in _CUT.finditer(text, span.end, sentence.end)), default=sentence.end)
    return trimmed(text, _clause_begins(text, sentence, span), end)
