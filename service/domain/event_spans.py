"""The words around a date that tell what happened on it."""

from __future__ import annotations

import re

from casebrief.service.domain.spans import Span, trimmed
from casebrief.service.domain.story import without_dateline

LONGEST_EVENT = 260
"""Characters of a timeline entry; a longer sentence is cut at its commas around the date."""


def event_around(text: str, sentence: Span, phrase: Span) -> Span:
    """What a sentence tells of a date in it: without its dateline, and of a long one the clauses around the date."""
    told = without_dateline(text, sentence)
    event = _event_span(text, told if told.start <= phrase.start else sentence, phrase)
    return Span(min(event.start, phrase.start), max(event.end, phrase.end))


def _event_span(text: str, sentence: Span, phrase: Span) -> Span:
    """The sentence, or where it is long the run of its clauses around the date, as long as it may be."""
    if sentence.end - sentence.start <= LONGEST_EVENT:
        return _without_stop(text, sentence)
    cuts = [sentence.start]
    cuts += [match.end() for match in re.finditer(r"[,;:]\s+(?=\D)", sentence.of(text))]
    bounds = [sentence.start, *(sentence.start + cut for cut in cuts[1:]), sentence.end]
    first = max(index for index, bound in enumerate(bounds) if bound <= phrase.start)
    last = first + 1
    while bounds[last] < phrase.end:
        last += 1
    while first > 0 and bounds[last] - bounds[first - 1] <= LONGEST_EVENT:
        first -= 1
    while last < len(bounds) - 1 and bounds[last + 1] - bounds[first] <= LONGEST_EVENT:
        last += 1
    start, end = bounds[first], bounds[last]
    while end > start and text[end - 1] in ",;: \n":
        end -= 1
    return _without_stop(text, trimmed(text, start, min(end, start + 600)) or phrase)


def _without_stop(text: str, span: Span) -> Span:
    return Span(span.start, span.end - 1) if text[span.end - 1] == "." and span.end - span.start > 1 else span
