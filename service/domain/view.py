"""The view of a text that is read: what looks the same to a person is the same in it, and every character has its place in the text as it was sent.

A fold is a list of edits. Folds are made in turn until nothing changes, so that the view of a view is itself. Nothing is folded that a reader would miss:
letters are composed, what cannot be seen is dropped, lines that a width broke are one again, marks of Markdown, mail and HTML leave only their words.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from html.entities import html5

from casebrief.service.domain.spans import Span

Edit = tuple[int, int, str]
"""Read these words for ``text[start:end]``; edits of one fold come in order and do not overlap."""

PASSES = 16
"""More than any text needs: marks within marks cost one each."""


@dataclass(frozen=True)
class Seen:
    """What is read of a text. ``starts`` and ``ends`` hold for each character of ``text`` the half-open span of the sent text that it stands for."""

    text: str
    starts: array[int]
    ends: array[int]

    def sent(self, span: Span) -> Span:
        """The place in the text as it was sent of a span, not empty, of the view."""
        return Span(self.starts[span.start], self.ends[span.end - 1])

    def words(self, sent: Span) -> str:
        """What is read of a span of the text as it was sent."""
        return self.text[bisect_left(self.starts, sent.start) : bisect_right(self.ends, sent.end)]


def seen(text: str) -> Seen:
    r"""The view of a text.

    >>> seen("Nor\u00advane&nbsp;Home was sued in **Ohio**.[1]").text
    'Norvane Home was sued in Ohio.'
    """
    view = Seen(text, array("I", range(len(text))), array("I", range(1, len(text) + 1)))
    for _ in range(PASSES):
        before = view.text
        for fold in _FOLDS:
            view = _edited(view, fold(view.text))
        if view.text == before:
            break
    return view


def harmless(text: str) -> str:
    r"""A text of somebody else for a terminal or a page: without control characters and what turns the direction of writing.

    >>> harmless("a\x1b[31m red\x9b0m word")
    'a red0m word'
    """
    return _UNSEEN.sub("", _TERMINAL.sub("", text))


def _edited(view: Seen, edits: Iterable[Edit]) -> Seen:
    parts: list[str] = []
    starts, ends = array("I"), array("I")
    last = 0
    for start, end, words in edits:
        parts += [view.text[last:start], words]
        starts += view.starts[last:start] + array("I", [view.starts[start]]) * len(words)
        ends += view.ends[last:start] + array("I", [view.ends[end - 1]]) * len(words)
        last = end
    if not parts:
        return view
    return Seen("".join([*parts, view.text[last:]]), starts + view.starts[last:], ends + view.ends[last:])


# ---------------------------------------------------------------------- characters

_TERMINAL = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b\n]*(?:\x07|\x1b\\))")
"""Commands to a terminal: colours, moves of the cursor, titles of windows."""

_UNSEEN = re.compile(
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
_SOFT_BREAK = re.compile(r"\u00ad[ \t]*\r?\n[ \t]*(?=\w)")
_PARTED_SUM = re.compile(r"(?:(?<=[$£€]\d,)|(?<=[$£€]\d\d,)|(?<=[$£€]\d\d\d,))[\u00a0\u202f\u2009](?=\d{3}(?!\d))")
_ENTITY = re.compile(r"&(?:amp;)*(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|([A-Za-z][A-Za-z0-9]{1,31}));")
_MOST_MARKS = 31
"""Characters of a letter with its accents; more of them are a prank."""


def _dropped(pattern: re.Pattern[str]) -> Callable[[str], Iterator[Edit]]:
    return lambda text: ((match.start(), match.end(), "") for match in pattern.finditer(text))


def _entities(text: str) -> Iterator[Edit]:
    for match in _ENTITY.finditer(text):
        decimal, hexadecimal, name = match.groups()
        code = int(decimal) if decimal else int(hexadecimal, 16) if hexadecimal else 0
        words = html5.get(f"{name};") if name else chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else None
        if words is not None and words != match.group():
            yield (match.start(), match.end(), words)


def _alike(text: str) -> Iterator[Edit]:
    return ((match.start(), match.end(), _ALIKE[match.group()]) for match in _UNLIKE.finditer(text))


def _composed(text: str) -> Iterator[Edit]:
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


def _docket_dashes(text: str) -> Iterator[Edit]:
    for number in _DOCKET.finditer(text):
        for dash in _DASH.finditer(text, *number.span()):
            yield (*dash.span(), "-")


# ---------------------------------------------------------------------- mail

_SOFT_END = re.compile(r"=[ \t]*\r?\n")
_ENCODED = re.compile(r"(?:=[0-9A-F]{2})+")
_QUOTED = re.compile(r"^[ \t]*(?:>[ \t]?)+(?=[^\s>]|$)", re.MULTILINE)
FEWEST_SOFT_ENDS = 3
"""Lines that end in "=" from which a text is quoted-printable."""


def _quoted_printable(text: str) -> Iterator[Edit]:
    """The transfer encoding of mail that somebody pasted as it is stored."""
    ends = [(match.start(), match.end(), "") for match in _SOFT_END.finditer(text)]
    if len(ends) < FEWEST_SOFT_ENDS:
        return
    coded = []
    for match in _ENCODED.finditer(text):
        try:
            coded.append((*match.span(), bytes.fromhex(match.group().replace("=", "")).decode()))
        except UnicodeDecodeError:
            continue
    yield from sorted([*ends, *coded])


# ---------------------------------------------------------------------- lines

_BREAK = re.compile(r"(?<=\S)[ ]*\n[ ]*(?=\S)")
_ENDED = re.compile(r"[.!?…:;|][\"”’'»)\]*_]*$")
_OWN_LINE = re.compile(r"[-*+•‣▪◦·#>|]|\d{1,2}[.)]\s")
_GOES_ON = re.compile(r"[a-z]")
_CUT_WORD = re.compile(r"([^\W\d_]+)-$")
_REST = re.compile(r"[^\W\d_]+")
_WORDS = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
NARROWEST = 35
"""Characters from which a line may have been broken by a width; a shorter one ends where its writer wanted, but for one that ends in a cut word."""


def _joined(text: str) -> Iterator[Edit]:
    """The breaks that a width made, as spaces, and words that it cut, as words.

    Where a line ends within a sentence and the next goes on in small letters, a width was there. Of the other breaks those are its work whose next word had
    no room in it.
    """
    breaks = [_Break.at(text, match) for match in _BREAK.finditer(text)]
    sure = sorted(one.needed for one in breaks if one.sure)
    width = sure[len(sure) // 10] if len(sure) > 1 else None
    words: Counter[str] | None = None
    for one in breaks:
        if one.sure or (width and one.needed >= width and not one.own_line and one.length >= NARROWEST):
            if one.before.endswith("-") and one.before[-2:-1].isalnum():
                words = words or Counter(_WORDS.findall(text.lower()))
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
        return bool(wide and not _ENDED.search(self.before) and _GOES_ON.match(self.after))


def _mended(one: _Break, words: Counter[str]) -> Iterator[Edit]:
    """A word that a line end cut: whole where the text has it whole, or has neither it with its hyphen nor both halves as words of their own."""
    cut, rest = _CUT_WORD.search(one.before), _REST.match(one.after)
    if not cut or not rest or not rest.group()[0].islower():
        yield (one.start, one.end, "")
        return
    half, other = cut.group(1).lower(), rest.group().lower()
    compound = words[f"{half}-{other}"] or (words[half] and words[other] and min(len(half), len(other)) > 3)
    yield (one.start - (1 if words[half + other] or not compound else 0), one.end, "")


# ---------------------------------------------------------------------- marks

_IMAGE = re.compile(r"!\[[^\[\]\n]*\]\([^()\n]*\)")
_NOTE = re.compile(r" ?\\?\[\\?\[?\^?\d{1,3}\\?\]?\\?\](?:\(#[^()\s]*\)|(?!\())")
_NOTE_SIGN = re.compile(r"(?:(?<=[.!?,;:”\"’)\]])|(?<=[^\W\d_]{3}))[\u00b9\u00b2\u00b3\u2070-\u2079]+(?!\w)")
_LINK = re.compile(r"\[([^\[\]\n]+)\](\((?:https?:|mailto:|www\.|[/#.])(?:[^()\s]|\([^()\s]*\))*(?:\s+\"[^\"\n]*\")?\))")
_BOLD = re.compile(r"(\*\*\*|\*\*|__)(?=[^\s*_])([^\n]*?[^\s*_])(\1)")
_EMPHASIS = re.compile(r"(?<![\w*_\\])([*_])(?=[^\s*_])([^*_\n]*[^\s*_\\])(\1)(?![\w*_])")
_ESCAPED = re.compile(r"\\(?=[\\`*_{}\[\]()#+\-.!>$|~])")
_LINE_MARK = re.compile(r"^[ ]*(?:#{1,6}|[*+•‣▪◦·-])[ ]+(?=[^\s*-])", re.MULTILINE)
_LAST_SIGNS = re.compile(
    "[ ]*(?:\\((?:more|MORE)\\)|[\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff]+(?:[ ]*[\u2600-\u27bf\U0001f000-\U0001faff]+)*)[ ]*$", re.MULTILINE
)
"""What stands behind a paragraph and is no word of it."""


def _unwrapped(pattern: re.Pattern[str]) -> Callable[[str], Iterator[Edit]]:
    """A fold that leaves of each match its inner group."""

    def edits(text: str) -> Iterator[Edit]:
        for match in pattern.finditer(text):
            inner = 2 if pattern.groups == 3 else 1
            yield (match.start(), match.start(inner), "")
            yield (match.end(inner), match.end(), "")

    return edits


_FOLDS: tuple[Callable[[str], Iterator[Edit]], ...] = (
    _quoted_printable,
    _entities,
    _dropped(_TERMINAL),
    _dropped(_SOFT_BREAK),
    _dropped(_UNSEEN),
    _dropped(_PARTED_SUM),
    _alike,
    _composed,
    _docket_dashes,
    _dropped(_QUOTED),
    _joined,
    _dropped(_IMAGE),
    _dropped(_NOTE),
    _dropped(_NOTE_SIGN),
    _unwrapped(_LINK),
    _unwrapped(_BOLD),
    _unwrapped(_EMPHASIS),
    _dropped(_ESCAPED),
    _dropped(_LINE_MARK),
    _dropped(_LAST_SIGNS),
)

_MOJIBAKE = re.compile("â(?:€[œ\u009d™˜“”¦\u201a\u201c]|\u0080[\u0093-\u009d\u00a6])|Ã[\u00a0-\u00bf](?!\\w*Ã\\s)|Â[\u00a0£©§°]|ï»¿")


def mojibake(text: str) -> str | None:
    """The first letters that show UTF-8 read in another encoding, or ``None``.

    >>> mojibake("She said â€œno"), mojibake("Ångström, São Paulo")
    ('â€œ', None)
    """
    found = _MOJIBAKE.search(text)
    return found.group() if found else None
