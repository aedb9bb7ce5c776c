"""Values that read alone: a mark that says nothing by itself takes the words around it that make it a statement."""

from __future__ import annotations

import re
from collections.abc import Sequence
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

_CUT = re.compile(r"[,;:]\s+|\s[—–-]\s+")


def statement(group: Group, head: Evidence, material: Material) -> Fact[Any]:
    """The fact that a group states, in the words of ``head``, with those around them where it would be a fragment."""
    whole = _readable(head, material.of(head.field), material.sources)
    return fact([whole if item is head else item for item in group], material.sources, whole)


def _readable(item: Evidence, field: Sequence[Evidence], sources: Sources) -> Evidence:
    """The evidence, or where its words are a fragment ("found", "$1 million" of no kind) the same with its clause, else its sentence, still copied.

    The words around a fragment are not taken where they state another fact of the ``field``.
    """
    if item.guarantee != "copied" or not _is_fragment(item):
        return item
    text = sources.texts[item.article]
    sentence = sentence_of(text, item.span)
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


def _clause(text: str, sentence: Span, span: Span) -> Span | None:
    """The part of a sentence between commas, colons or dashes that holds a span."""
    cuts = [sentence.start, *(match.end() for match in _CUT.finditer(text, sentence.start, sentence.end)), sentence.end]
    start = max(cut for cut in cuts if cut <= span.start)
    end = min((match.start() for match in _CUT.finditer(text, span.end, sentence.end)), default=sentence.end)
    return trimmed(text, start, end)
