"""Lines that a width broke, as paragraphs again, and words that it cut, as words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from casebrief.service.domain.folds.edits import Edit

_BREAK = re.compile(r"(?<=\S)[ ]*\n[ ]*(?=\S)")
_ENDED = re.compile(r"[.!?…:;|][\"”’'»)\]*_]*$")
_OWN_LINE = re.compile(r"[-*+•‣▪◦·#>|]|\d{1,2}[.)]\s")
_CUT_WORD = re.compile(r"([^\W\d_]+)-$")
_REST = re.compile(r"[^\W\d_]+")
_CUT_APART = re.compile(r"[^\W\d_]+-[ ]*\n[ ]*[^\W\d_]+")
_WORDS = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
NARROWEST = 35
"""Characters from which a line may have been broken by a width; a shorter one ends where its writer wanted, but for one that ends in a cut word."""


def joined(text: str) -> Iterator[Edit]:
    """The breaks that a width made, as spaces, and words that it cut, as words.

    Where a line ends within a sentence and the next goes on in small letters, a width was there. Of the other breaks those are its work whose next word had
    no room in it, and those behind a comma.
    """
    breaks = [_Break.at(text, match) for match in _BREAK.finditer(text)]
    sure = sorted(one.needed for one in breaks if one.sure)
    width = sure[len(sure) // 10] if len(sure) > 1 else None
    words: Counter[str] | None = None
    for one in breaks:
        if one.sure or (one.length >= NARROWEST and not one.own_line and (one.before.endswith(",") or (width and one.needed >= width))):
            if one.before.endswith("-") and one.before[-2:-1].isalnum():
                words = words or Counter(_WORDS.findall(_CUT_APART.sub(" ", text.lower())))
                yield from _mended(one, words)
            else:
                yield (one.start, one.end, " ")


@dataclass(frozen=True)
class _Break:
    """A line end with no empty line behind it. ``before`` and ``after`` are the lines' last and first words, ``needed`` the width that would have held both."""

    start: int
    end: int
    before: str
    after: str
    length: int
    own_line: bool

    @classmethod
    def at(cls, text: str, match: re.Match[str]) -> _Break:
        line = text.rfind("\n", 0, match.start()) + 1
        before = text[max(line, match.start() - 40) : match.start()]
        after = text[match.end() : match.end() + 40].split(maxsplit=1)[0]
        return cls(match.start(), match.end(), before, after, match.start() - line, _OWN_LINE.match(text, match.end()) is not None)

    @property
    def needed(self) -> int:
        return self.length + 1 + len(self.after)

    @property
    def sure(self) -> bool:
        wide = self.length >= NARROWEST or _CUT_WORD.search(self.before)
        return bool(wide and not _ENDED.search(self.before) and self.after[0].islower())


def _mended(one: _Break, words: Counter[str]) -> Iterator[Edit]:
    """A word that a line end cut: whole where the text has it whole, or has neither it with its hyphen nor both halves as words of their own."""
    cut, rest = _CUT_WORD.search(one.before), _REST.match(one.after)
    if not cut or not rest or not rest.group()[0].islower():
        yield (one.start, one.end, "")
        return
    half, other = cut.group(1).lower(), rest.group().lower()
    compound = words[f"{half}-{other}"] or (words[half] and words[other] and min(len(half), len(other)) > 3)
    yield (one.start - (1 if words[half + other] or not compound else 0), one.end, "")
