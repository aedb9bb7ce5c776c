"""What a fold gives: edits of a text, and the two kinds of fold that a pattern alone makes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

Edit = tuple[int, int, str]
"""Read these words for ``text[start:end]``; edits of one fold come in order and do not overlap."""

Fold = Callable[[str], Iterator[Edit]]


def dropped(pattern: re.Pattern[str]) -> Fold:
    """A fold that leaves out each match, or of a pattern with a group, that group."""
    return lambda text: ((*match.span(pattern.groups), "") for match in pattern.finditer(text))


def unwrapped(pattern: re.Pattern[str]) -> Fold:
    """A fold that leaves of each match the group named ``inner``."""

    def edits(text: str) -> Iterator[Edit]:
        for match in pattern.finditer(text):
            yield (match.start(), match.start("inner"), "")
            yield (match.end("inner"), match.end(), "")

    return edits
