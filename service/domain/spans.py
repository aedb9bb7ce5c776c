"""Half-open spans of a text, counted in Unicode code points from 0, and text cut into lines and sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Span:
    """``text[start:end]``."""

    start: int
    end: int

    def of(self, text: str) -> str:
        """The words of this span."""
        return text[self.start : self.end]

    def holds(self, other: Span) -> bool:
        """Whether the other span lies inside this one."""
        return self.start <= other.start and other.end <= self.end

    def meets(self, other: Span) -> bool:
        """Whether the two share a character."""
        return self.start < other.end and other.start < self.end


def trimmed(text: str, start: int, end: int) -> Span | None:
    """The span without white space at its ends, or ``None`` when nothing is left."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Span(start, end) if start < end else None


def lines(text: str) -> Iterator[Span]:
    """The lines that are not blank, trimmed. Any Unicode line break ends a line."""
    position = 0
    for line in text.splitlines(keepends=True):
        span = trimmed(text, position, position + len(line))
        position += len(line)
        if span:
            yield span


_ABBREVIATIONS = frozenset(
    "mr mrs ms dr prof st hon rev gen sen rep gov esq messrs atty adv sgt lt capt cpl maj cmdr det supt insp no nos v vs pvt pty pte "
    "jan feb mar apr jun jul aug sept sep oct nov dec mon tue tues wed thu thurs fri sat sun "
    "art sec cl para pp p ch cir civ crim dist ct app supp rel c r i.e e.g cf approx est dept fig vol ed ste ft rs".split()
)
_MAY_END = frozenset(
    "inc corp co cos ltd llc llp plc bros assn jr sr cal calif tex ill mass wash fla ariz pa va ga mich minn ala ark colo conn del ind kan ky md mont neb nev "
    "okla ore tenn vt wis wyo ont".split()
)
"""Abbreviations that often end a sentence, written with a capital ("Wash." is none in "wash.")."""
_ALSO_SMALL = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]|etc|al")
"""And those written without one: "p.m.", "G.R."."""
_STARTERS = frozenset(
    "the a an it he she they we in on at but and by for from this that these those its his her their no not if when "
    "after before as is was both each one two under according last since while with there what who how meanwhile "
    "however also plaintiffs defendants customers users workers lawyers judge".split()
)
_END = re.compile(r"[.!?…]+[\"”’'»)\]]*(?=\s+|$)")
_WORD_BEFORE = re.compile(r"[\w.’'-]+$")
_NEXT_WORD = re.compile(r"\s+[\"“‘'«(\[]*(No\.\s*\d|[^\W_]+)")


def sentences(text: str, within: Span) -> list[Span]:
    """The sentences of a span, trimmed, in order; together they hold every word of it.

    A full stop after an abbreviation or an initial does not end a sentence, but for those that often do ("Inc.",
    "U.S.") when a word follows that sentences like to begin with.
    """
    found: list[Span] = []
    start = within.start
    for match in _END.finditer(text, within.start, within.end):
        if match.end() < within.end and _runs_on(text, match):
            continue
        if span := trimmed(text, start, match.end()):
            found.append(span)
        start = match.end()
    if span := trimmed(text, start, within.end):
        found.append(span)
    return found


def _runs_on(text: str, match: re.Match[str]) -> bool:
    following = _NEXT_WORD.match(text, match.end())
    if following is None:
        sign = text[match.end() :].lstrip()[:1]
        return sign in "§&" if sign else False
    word = following.group(1)
    if match.group()[0] in "!?" or match.group().startswith("…"):
        return word[0].islower()
    if word[0].islower():
        return True
    before = _WORD_BEFORE.search(text, max(0, match.start() - 24), match.start())
    if before is None:
        return False
    last = before.group().lower().strip("'’")
    if last in _ABBREVIATIONS:
        return True
    if (last in _MAY_END and before.group() != last) or _ALSO_SMALL.fullmatch(last):
        return word.lower() not in _STARTERS
    return len(last) == 1 and last.isalpha() and before.group().isupper()
