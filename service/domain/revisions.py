"""Where a report says that an earlier one no longer holds: "not the $310 million", "down from 163,000", "pushed back to March".

The words of change stand beside the new value; what they change must have been told by another article. Without such words
two numbers that differ are a contradiction, however old they are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from casebrief.service.domain.dates import date_phrases
from casebrief.service.domain.evidence import Evidence
from casebrief.service.domain.money import counts, sums
from casebrief.service.domain.schema import Date, Figure, Money
from casebrief.service.domain.spans import Span, sentences

_FROM = re.compile(
    r"\b(?:not the|down from|up from|rather than|instead of|(?:revised|raised|increased|reduced|lowered|cut|corrected) from)\s+"
    r"(?:an?\s+|the\s+|some\s+|about\s+|around\s+)*(?:\w+ed\s+|earlier\s+|original\s+|first\s+|previous\s+)?$",
    re.IGNORECASE,
)
_NOW = re.compile(
    r"\b(?:now|since then|by now|meanwhile|has (?:grown|risen|fallen|climbed)|have (?:grown|risen|fallen|climbed)|latest|updated|revised)\b", re.IGNORECASE
)
_MOVED = re.compile(
    r"\b(?:pushed|moved|put|extended|postponed|delayed|rescheduled|reset|adjourned|shifted)\b[^.;]{0,40}?\b(?:to|until|till)\s+(?:\w+day,?\s+)?$",
    re.IGNORECASE,
)

Quantity = tuple[int | float, str]
"""A number, and its currency or an empty string."""


def quantity(item: Evidence) -> Quantity | None:
    """What a figure or a sum comes to."""
    if isinstance(item.normalized, Figure):
        return item.normalized.quantity, item.normalized.unit if item.normalized.unit.isupper() else ""
    if isinstance(item.normalized, Money) and item.normalized.amount is not None:
        return item.normalized.amount, item.normalized.currency or ""
    return None


def sentence_of(text: str, span: Span) -> Span:
    """The sentence around a span, within its line."""
    start = text.rfind("\n", 0, span.start) + 1
    end = text.find("\n", span.end)
    line = Span(start, end if end >= 0 else len(text))
    return next((sentence for sentence in sentences(text, line) if sentence.holds(span)), line)


def revised(text: str, item: Evidence) -> list[Quantity]:
    """The quantities that the sentence of a new one says are no longer right."""
    sentence = sentence_of(text, item.span)
    found: list[Quantity] = [(one.amount, one.currency) for one in sums(text, sentence) if _FROM.search(text[sentence.start : one.span.start])]
    taken = [one.span for one in sums(text, sentence)]
    numbers = [count for count in counts(text, sentence) if not any(span.meets(count.span) for span in taken)]
    found += [(count.quantity, "") for count in numbers if _FROM.search(text[sentence.start : count.span.start])]
    return [old for old in found if old != quantity(item)]


def says_now(text: str, item: Evidence) -> bool:
    """Whether the sentence of a number says that it has changed."""
    sentence = sentence_of(text, item.span)
    return bool(_NOW.search(sentence.of(text))) or bool(revised(text, item))


def moved_from(text: str, item: Evidence, older: Sequence[Evidence]) -> Evidence | None:
    """The older report of a day that this event moves: its date stands within a sentence of the words of moving."""
    start = text.find(item.about, item.span.start) if item.about else -1
    sentence = sentence_of(text, item.span)
    if start < 0 or not _MOVED.search(text[sentence.start : start]):
        return None
    near = Span(sentence_of(text, Span(max(0, sentence.start - 3), max(1, sentence.start - 2))).start, sentence.end)
    told = {phrase.span.of(text) for phrase in date_phrases(text, near, None)}
    for other in older:
        if isinstance(other.normalized, Date) and other.normalized != item.normalized and _same_day(other, told):
            return other
    return None


def _same_day(item: Evidence, told: set[str]) -> bool:
    """Whether one of some date phrases may name an event's day; years aside, for newspapers leave them out."""
    assert isinstance(item.normalized, Date)
    wanted = item.normalized.date[5:]
    for words in told:
        dated = words if re.search(r"\d{4}", words) else f"{words} 2000"
        for phrase in date_phrases(dated, Span(0, len(dated)), None):
            if phrase.date and wanted and phrase.date.date[5:] == wanted:
                return True
    return False
