"""Lines set in capitals, as wires and old headlines have them, in the letters that sentences are written in."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from casebrief.service.domain.folds.edits import Edit
from casebrief.service.domain.spans import Span, sentences

FEWEST = 5
"""Words of a line that is set in capitals; fewer are a label or a name."""

_LINE = re.compile(r"[^\n]*\w[^\n]*")
_INITIALS = r"(?:[^\W\d_]\.){2,}"
_WORD = re.compile(rf"{_INITIALS}|[^\W\d_]+(?:['’][^\W\d_]+)*")
_CALENDAR = re.compile(
    r"i|(?:mon|tues|wednes|thurs|fri|satur|sun)day|january|february|april|june|july|august|september|october|november|december|(?:march|may)(?= \d)",
    re.IGNORECASE,
)
"""What English writes with a capital wherever it stands."""


def capitals(text: str) -> Iterator[Edit]:
    """Words of lines in capitals as the rest of the text writes them; where it has them not, in small letters but for the first of a sentence."""
    blocks = list(_blocks(text))
    if not blocks:
        return
    written = _written(text)
    for block in blocks:
        for sentence in sentences(text, block):
            first = True
            for match in _WORD.finditer(text, sentence.start, sentence.end):
                word = match.group()
                told = word if word.endswith(".") else written.get(word.lower()) or _plain(text, match)
                told = told[0].upper() + told[1:] if first else told
                first = False
                for place, (char, small) in enumerate(zip(word, told, strict=True), match.start()):
                    if char != small:
                        yield (place, place + 1, small)


def in_small_letters(words: str) -> bool:
    """Whether a sentence has no capital but its first, those of initials, and those of days and months: as lines set in capitals are read.

    >>> in_small_letters("The suit was filed in federal court in oakland on Tuesday"), in_small_letters("The suit was filed in Oakland")
    (True, False)
    """
    return len(words.split()) >= FEWEST and not any(
        match.group()[0].isupper() and match.start() and not _CALENDAR.fullmatch(match.group()) and "." not in match.group() for match in _WORD.finditer(words)
    )


def _blocks(text: str) -> Iterator[Span]:
    """Runs of lines in capitals, one of them no label."""
    block: list[Span] = []
    for match in _LINE.finditer(text):
        line = Span(*match.span())
        if block and (line.start > block[-1].end + 1 or not _shouts(line.of(text))):
            yield from _block(text, block)
            block = []
        if _shouts(line.of(text)):
            block.append(line)
    yield from _block(text, block)


def _block(text: str, lines: list[Span]) -> Iterator[Span]:
    if any(len(_WORD.findall(line.of(text))) >= FEWEST for line in lines):
        yield Span(lines[0].start, lines[-1].end)


def _shouts(line: str) -> bool:
    """Whether of the letters that have a small form one in ten at most is small."""
    small, large = sum(map(str.islower, line)), sum(map(str.isupper, line))
    return large > 9 * small


def _written(text: str) -> dict[str, str]:
    """Words of lines that are not in capitals, in small letters, and how each is written most often."""
    counted = Counter(word for line in _LINE.findall(text) if not _shouts(line) for word in _WORD.findall(line))
    return {word.lower(): word for word, _ in sorted(counted.items(), key=lambda item: item[1])}


def _plain(text: str, match: re.Match[str]) -> str:
    word = "".join(char if len(char.lower()) > 1 else char.lower() for char in match.group())
    found = _CALENDAR.match(text, match.start())
    return word.capitalize() if found and found.end() == match.end() else word
