"""Marks of Markdown and of notes, pictures, and signs behind a paragraph: what is no word of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from casebrief.service.domain.folds.edits import Edit

IMAGE = re.compile(r"!\[[^\[\]\n]*\]\([^()\n]*\)")
NOTE = re.compile(r" ?\\?\[\\?\[?\^?\d{1,3}\\?\]?\\?\](?:\(#[^()\s]*\)|(?!\())")
NOTE_SIGN = re.compile(r"(?:(?<=[.!?,;:”\"’)\]])|(?<=[^\W\d_]{3}))[\u00b9\u00b2\u00b3\u2070-\u2079]+(?!\w)")
LINK = re.compile(r"\[(?P<inner>[^\[\]\n]+)\]\((?:https?:|mailto:|www\.|[/#.])(?:[^()\s]|\([^()\s]*\))*(?:\s+\"[^\"\n]*\")?\)")
BOLD = re.compile(r"(\*\*\*|\*\*|__)(?=[^\s*_])(?P<inner>[^\n]*?[^\s*_])\1")
EMPHASIS = re.compile(r"(?<![\w*_\\])([*_])(?=[^\s*_])(?P<inner>[^*_\n]*[^\s*_\\])\1(?![\w*_])")
ESCAPED = re.compile(r"\\(?=[\\`*_{}\[\]()#+\-.!>$|~])")
LINE_MARK = re.compile(r"^[ ]*(?:#{1,6}|[*+•‣▪◦·-])[ ]+(?=[^\s*-])", re.MULTILINE)
GOES_ON_ELSEWHERE = re.compile(r"[ ]*\((?:more|MORE)\)[ ]*$", re.MULTILINE)
UNOPENED = re.compile(r"^[^\[\]\n]*[.!?”\"’](\])[ ]*$", re.MULTILINE)
"""A bracket at the end of a line that none before it opens."""

_PICTURES = re.compile("([ ]*)[\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff]+(?:[ ]*[\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff]+)*([ ]*)")


def pictures(text: str) -> Iterator[Edit]:
    """Emoji and other small pictures, and one of the spaces around them."""
    for match in _PICTURES.finditer(text):
        before, behind = text[max(0, match.start() - 1) : match.start()], text[match.end() : match.end() + 1]
        parted = before and before not in "\n([“‘" and (match[2] or behind.isalnum()) and behind not in ("", "\n")
        yield (*match.span(), " " if parted else "")
