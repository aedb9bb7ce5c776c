"""Characters: what cannot be seen, what looks like another character, letters apart from their accents, HTML entities, dashes of docket numbers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from html.entities import html5

from casebrief.service.domain.folds.edits import Edit

TERMINAL = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b\n]*(?:\x07|\x1b\\))")
"""Commands to a terminal: colours, moves of the cursor, titles of windows."""

UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""Control characters that break no line, and what Unicode says to ignore where it is shown."""

_ALIKE = {
    **dict.fromkeys("\t\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000", " "),
    **dict.fromkeys(["\r\n", "\r", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029"], "\n"),
    **dict.fromkeys("\N{HYPHEN}\N{NON-BREAKING HYPHEN}\N{FIGURE DASH}\N{MINUS SIGN}\N{SMALL HYPHEN-MINUS}", "-"),
    **dict.fromkeys("\u201e\u275d\u301d", "“"),
    **dict.fromkeys("\u201f\u275e\u301e\u2033\u02ba", "”"),
    **dict.fromkeys("\u201a\u201b\u275b", "‘"),
    **dict.fromkeys("\u275c\u2032\u02bc\u00b4", "’"),
    **{chr(code): unicodedata.normalize("NFKC", chr(code)) for code in (*range(0xFB00, 0xFB07), *range(0xFF01, 0xFF5F))},
}
"""Spaces, line ends, hyphens, rare quotation marks, ligatures and full-width forms, and the plain characters that they are read as."""

_UNLIKE = re.compile("|".join(map(re.escape, sorted(_ALIKE, key=len, reverse=True))))
SOFT_BREAK = re.compile(r"\u00ad[ \t]*\r?\n[ \t]*(?=\w)")
PARTED_SUM = re.compile(r"(?:(?<=[$£€]\d,)|(?<=[$£€]\d\d,)|(?<=[$£€]\d\d\d,))[\u00a0\u202f\u2009](?=\d{3}(?!\d))")
_ENTITY = re.compile(r"&(?:amp;)*(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|([A-Za-z][A-Za-z0-9]{1,31}));")
_MOST_MARKS = 31
"""Characters of a letter with its accents; more of them are a prank."""


def entities(text: str) -> Iterator[Edit]:
    for match in _ENTITY.finditer(text):
        decimal, hexadecimal, name = match.groups()
        code = int(decimal) if decimal else int(hexadecimal, 16) if hexadecimal else 0
        words = html5.get(f"{name};") if name else chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else None
        if words is not None and words != match.group():
            yield (match.start(), match.end(), words)


def alike(text: str) -> Iterator[Edit]:
    return ((match.start(), match.end(), _ALIKE[match.group()]) for match in _UNLIKE.finditer(text))


def composed(text: str) -> Iterator[Edit]:
    """Letters and their accents as one character, where there is one."""
    if unicodedata.is_normalized("NFC", text):
        return
    start = 0
    for place in range(1, len(text) + 1):
        if place < len(text) and _belongs(text[start:place], text[place]):
            continue
        letter = text[start:place]
        composed = unicodedata.normalize("NFC", letter[:_MOST_MARKS])
        if composed != letter:
            yield (start, place, composed)
        start = place


def _belongs(letter: str, char: str) -> bool:
    """Whether a character makes one with the letter before it."""
    if char < "\u0300":
        return False
    if unicodedata.combining(char):
        return True
    return len(letter) < 3 and unicodedata.normalize("NFC", letter + char) != unicodedata.normalize("NFC", letter) + unicodedata.normalize("NFC", char)


_DOCKET = re.compile(
    r"\b(?:Nos?\.?|[Cc]ase|[Dd]ocket|[Ii]ndex|[Aa]ction)\s?(?:[Nn]umber\s|[Nn]os?\.?\s?)?(?=[\w:.]*\d)[\w:.]+(?:[-–—]\w+)+|\d[–—](?:cv|cr|md|mc|civ)[–—]\d",
    re.IGNORECASE,
)
_DASH = re.compile(r"[–—]")


def docket_dashes(text: str) -> Iterator[Edit]:
    for number in _DOCKET.finditer(text):
        for dash in _DASH.finditer(text, *number.span()):
            yield (*dash.span(), "-")
