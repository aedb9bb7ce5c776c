"""Words that a model gives for a fact, found in the article: in the sentence that it names, or where they stand once; else they are no evidence.

What is cited is always the article's own text. Quotation marks, dashes and white space may differ from it, for models write their own; letters, digits and
all other signs may not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from casebrief.service.domain.article import Article, Sentence
from casebrief.service.domain.spans import Span

_ALIKE = ('"“”„«»', "'’‘‛ʼ", "-–—‑−‐", "<‹", "[［")
"""Signs that count as one another; the last two are what an article's signs become on their way to a server (`models.remote.request`)."""

_CLASS = {sign: f"[{re.escape(signs)}]" for signs in _ALIKE for sign in signs}
_EDGES = " ,;:–—\t\n"
_STOP = re.compile(r"(?<=[a-z\d]{3})\.$")
"""The stop of a sentence, behind a word that is no short form."""


class Grounding:
    """Finds words in one article. Words that one sentence holds several times are found from left to right."""

    def __init__(self, article: Article) -> None:
        self._text = article.text
        self._sentences = article.sentences
        self._found: dict[tuple[str, int, str], int] = {}

    def find(self, label: str, words: str, sentence: Sentence) -> Span | None:
        """Where the words stand: from the sentence on to the end of its paragraph, else at their only place in the story."""
        pattern = _pattern(words)
        if pattern is None:
            return None
        key = (label, sentence.span.start, words)
        match = pattern.search(self._text, self._found.get(key, sentence.span.start), self._end(sentence)) or self._only(pattern)
        if match is None:
            return None
        self._found[key] = match.end()
        return _bare(self._text, Span(match.start(), match.end()))

    def _end(self, sentence: Sentence) -> int:
        return max(other.span.end for other in self._sentences if other.paragraph == sentence.paragraph)

    def _only(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = [match for part in _paragraphs(self._sentences) for match in pattern.finditer(self._text, part.start, part.end)]
        return found[0] if len(found) == 1 else None


def _paragraphs(sentences: Sequence[Sentence]) -> list[Span]:
    numbers = dict.fromkeys(sentence.paragraph for sentence in sentences)
    inside = {number: [sentence.span for sentence in sentences if sentence.paragraph == number] for number in numbers}
    return [Span(spans[0].start, spans[-1].end) for spans in inside.values()]


def _pattern(words: str) -> re.Pattern[str] | None:
    """The words as whole words, whatever stands for a space; nothing where they hold no letter or digit."""
    parts = words.strip(_EDGES).split()
    if not any(sign.isalnum() for sign in words):
        return None
    body = r"\s+".join("".join(_CLASS.get(sign) or re.escape(sign) for sign in part) for part in parts)
    return re.compile(rf"(?<!\w){body}(?!\w)" if parts[0][0].isalnum() and parts[-1][-1].isalnum() else body)


def _bare(text: str, span: Span) -> Span:
    """Without the stop of a sentence at its end."""
    return Span(span.start, span.end - 1) if _STOP.search(text, span.start, span.end) else span
