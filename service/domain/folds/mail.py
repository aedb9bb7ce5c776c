"""What mail programs put around words: the signs of quoted lines, and the transfer encoding of a message that was pasted as it is stored."""

from __future__ import annotations

import re
from collections.abc import Iterator

from casebrief.service.domain.folds.edits import Edit

_SOFT_END = re.compile(r"=[ \t]*\r?\n")
_ENCODED = re.compile(r"(?:=[0-9A-F]{2})+")
QUOTED = re.compile(r"^[ \t]*(?:>[ \t]?)+(?=[^\s>]|$)", re.MULTILINE)
FEWEST_SOFT_ENDS = 3
"""Lines that end in "=" from which a text is quoted-printable."""


def quoted_printable(text: str) -> Iterator[Edit]:
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
