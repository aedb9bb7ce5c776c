"""Who says it: of the speakers that are marked, the one whose mention belongs to some words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from casebrief.service.domain.names import SUFFIX
from casebrief.service.domain.spans import Span

if TYPE_CHECKING:
    from casebrief.service.pipeline.typed import Tag

BROKEN = 120
"""The most characters of an attribution that breaks a quotation."""


def begun(text: str, tag: Tag, tags: Sequence[Tag], quoted: Sequence[Span], part: Span) -> int:
    """Where the first part of a quotation begins: parts stand near each other and are credited to one mention of a speaker."""
    start, credited = part.start, nearest(text, tag, tags, part)
    for before in reversed(quoted[: quoted.index(part)]):
        if credited is None or start - before.end > BROKEN or nearest(text, tag, tags, before) != credited:
            break
        start = before.start
    return start


_NOBODY = re.compile(r"the|an?|its|their|his|her", re.IGNORECASE)
"""What is left of a speaker of whom only the first word was marked."""

_PRONOUN = re.compile(r"(?:he|she|they|it|who|i|we)", re.IGNORECASE)


_SENTENCE_ENDS = re.compile(r"[.!?]\W*\s")


def nearest(text: str, tag: Tag, tags: Sequence[Tag], span: Span) -> Tag | None:
    """The speaker marked nearest to some words of the tag's paragraph, one of the same sentence before others."""

    def distance(other: Tag) -> tuple[bool, int]:
        first, second = sorted((other.span, span))
        return bool(_SENTENCE_ENDS.search(text, first.end, second.start)), max(0, second.start - first.end)

    speakers = [other for other in tags if other.label == "speaker" and other.paragraph == tag.paragraph]
    return min((other for other in speakers if not _NOBODY.fullmatch(other.span.of(text))), key=distance, default=None)


def speaker_of(text: str, tag: Tag, tags: Sequence[Tag]) -> str | None:
    """The speaker marked nearest in the paragraph; for a pronoun the one named last before it there, else nobody."""
    best = nearest(text, tag, tags, tag.span)
    if best is None or not _PRONOUN.fullmatch(best.span.of(text)):
        return best.span.of(text) if best else None
    person = bool(_PERSON.fullmatch(best.span.of(text)))
    before = [other for other in tags if other.paragraph == best.paragraph and other.span.start < best.span.start and not other.span.meets(tag.span)]
    named = [other for other in before if _names_somebody(text, other, person=person)]
    return max(named, key=lambda other: (other.span.end, other.span.end - other.span.start)).span.of(text) if named else None


_PERSON = re.compile(r"he|she", re.IGNORECASE)
_OF_PEOPLE = frozenset({"judge", "counsel"})
_OF_PARTIES = frozenset({"plaintiffs", "defendants"})
_A_PERSON = re.compile(r"[A-Z][\w’'-]+\s+(?:[A-Z]\.\s+)?[A-Z][\w’'-]+|[A-Z]\w+-[A-Z]\w+")
_A_BODY = re.compile(
    rf"(?:{SUFFIX})\.?$|&|\b(?:Bank|Group|Holdings|University|Department|Commission|Board|Agency|Authority|Ministry|Union|Association|City|County|State|Council)\b"
)


def _names_somebody(text: str, tag: Tag, *, person: bool) -> bool:
    """Whether a mark names who a pronoun may stand for: a speaker; for "he" and "she" a judge or lawyer as well, or a party by two words of a name."""
    words = tag.span.of(text)
    if tag.label == "speaker":
        return not _PRONOUN.fullmatch(words) and not _NOBODY.fullmatch(words)
    if not person or _BY.search(text, max(0, tag.span.start - len(" by ")), tag.span.start) or _A_BODY.search(words):
        return False
    return tag.label in _OF_PEOPLE or (tag.label in _OF_PARTIES and bool(_A_PERSON.fullmatch(words)))


_BY = re.compile(r"\bby\s+$")
"""What stands before one who did something to the next "he": "asked by Ada Quill, he said"."""
