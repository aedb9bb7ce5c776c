"""Direct speech: what stands between quotation marks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from casebrief.service.domain.spans import Span

_MARKS = re.compile(r"“(?P<a>[^“”]{2,900})”|\"(?P<b>[^\"“”\n]{2,900})\"|(?<![\w’])‘(?P<c>(?:[^‘’\n]|’(?=\w)){12,900})’(?!\w)")
SHORTEST = 3
"""Characters of a quotation."""


def quotations(text: str, paragraph: Span) -> Iterator[Span]:
    """What stands between the quotation marks of a paragraph, without a comma that belongs to the sentence around it.

    >>> text = '"It is over," said Ada Pell. "Quite."'
    >>> [span.of(text) for span in quotations(text, Span(0, len(text)))]
    ['It is over', 'Quite.']
    """
    for match in _MARKS.finditer(text, paragraph.start, paragraph.end):
        start, end = match.span(next(name for name in "abc" if match.group(name)))
        while end > start and text[end - 1] in ", ":
            end -= 1
        if end - start >= SHORTEST:
            yield Span(start, end)
