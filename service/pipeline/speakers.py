"""Who says it: of the speakers that are marked, the one whose mention belongs to some words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from casebrief.service.domain.spans import Span

if TYPE_CHECKING:
    from casebrief.service.pipeline.typed import Tag

BROKEN = 120
"""The most characters of an attribution that breaks a quotation."""


def begun(text: str, tag: Tag, speakers: Sequence[Tag], quoted: Sequence[Span], part: Span) -> int:
    """Where the first part of a quotation begins: parts stand near each other and are credited to one mention of a speaker."""
    start, credited = part.start, nearest(text, tag, speakers, part)
    for before in reversed(quoted[: quoted.index(part)]):
        if credited is None or start - before.end > BROKEN or nearest(text, tag, speakers, before) != credited:
            break
        start = before.start
    return start


_NOBODY = re.compile(r"the|an?|its|their|his|her", re.IGNORECASE)
"""What is left of a speaker of whom only the first word was marked."""

_PRONOUN = re.compile(r"(?:he|she|they|it|who|i|we)", re.IGNORECASE)


_SENTENCE_ENDS = re.compile(r"[.!?]\W*\s")


def nearest(text: str, tag: Tag, speakers: Sequence[Tag], span: Span) -> Tag | None:
    """The speaker marked nearest to some words of the tag's paragraph, one of the same sentence before others."""

    def distance(other: Tag) -> tuple[bool, int]:
        first, second = sorted((other.span, span))
        return bool(_SENTENCE_ENDS.search(text, first.end, second.start)), max(0, second.start - first.end)

    near = [other for other in speakers if other.paragraph == tag.paragraph and not _NOBODY.fullmatch(other.span.of(text))]
    return min(near, key=distance, default=None)


def speaker_of(text: str, tag: Tag, speakers: Sequence[Tag]) -> str | None:
    """The speaker marked nearest in the paragraph; for a pronoun the one named last before it there, else nobody."""
    best = nearest(text, tag, speakers, tag.span)
    if best is None or not _PRONOUN.fullmatch(best.span.of(text)):
        return best.span.of(text) if best else None
    named = [other for other in speakers if other.paragraph == best.paragraph and other.span.start < best.span.start]
    words = [name for other in named if not _PRONOUN.fullmatch(name := other.span.of(text)) and not _NOBODY.fullmatch(name)]
    return words[-1] if words else None
