"""The view of a text that is read: what looks the same to a person is the same in it, and every character has its place in the text as it was sent.

A fold is a list of edits. Folds are made in turn until nothing changes, so that the view of a view is itself. Nothing is folded that a reader would miss:
letters are composed, what cannot be seen is dropped, lines that a width broke are one again, marks of Markdown, mail and HTML leave only their words.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from casebrief.service.domain.folds import FOLDS
from casebrief.service.domain.folds.characters import TERMINAL, UNSEEN
from casebrief.service.domain.folds.edits import Edit
from casebrief.service.domain.spans import Span

PASSES = 16
"""More than any text needs: marks within marks cost one each."""


@dataclass(frozen=True)
class Seen:
    """What is read of a text, and the same ``told`` with its capitals as they were sent.

    ``starts`` and ``ends`` hold for each character of both the half-open span of the sent text that it stands for.
    """

    text: str
    told: str
    starts: array[int]
    ends: array[int]

    def sent(self, span: Span) -> Span:
        """The place in the text as it was sent of a span, not empty, of the view."""
        return Span(self.starts[span.start], self.ends[span.end - 1])

    def words(self, sent: Span) -> str:
        """What is told of a span of the text as it was sent."""
        return self.told[bisect_left(self.starts, sent.start) : bisect_right(self.ends, sent.end)]


def seen(text: str) -> Seen:
    r"""The view of a text.

    >>> seen("Nor\u00advane&nbsp;Home was sued in **Ohio**.[1]").text
    'Norvane Home was sued in Ohio.'
    """
    view = Seen(text, text, array("I", range(len(text))), array("I", range(1, len(text) + 1)))
    for _ in range(PASSES):
        before = view.text
        for fold in FOLDS:
            view = _edited(view, fold(view.text))
        if view.text == before:
            break
    return view


def harmless(text: str) -> str:
    r"""A text of somebody else for a terminal or a page: without control characters and what turns the direction of writing.

    >>> harmless("a\x1b[31m red\x9b0m word")
    'a red0m word'
    """
    return UNSEEN.sub("", TERMINAL.sub("", text))


def _edited(view: Seen, edits: Iterable[Edit]) -> Seen:
    text: list[str] = []
    told: list[str] = []
    starts, ends = array("I"), array("I")
    last = 0
    for start, end, words in edits:
        text += [view.text[last:start], words]
        told += [view.told[last:start], view.told[start:end] if _differ_in_case(words, view.text[start:end]) else words]
        starts += view.starts[last:start] + array("I", [view.starts[start]]) * len(words)
        ends += view.ends[last:start] + array("I", [view.ends[end - 1]]) * len(words)
        last = end
    if not text:
        return view
    return Seen("".join([*text, view.text[last:]]), "".join([*told, view.told[last:]]), starts + view.starts[last:], ends + view.ends[last:])


def _differ_in_case(words: str, others: str) -> bool:
    return len(words) == len(others) and words.lower() == others.lower()


_MOJIBAKE = re.compile("â(?:€[œ\ufffd\u009d™˜“”¦\u201a\u201c]|\u0080[\u0093-\u009d\u00a6])|Ã[\u00a0-\u00bf](?!\\w*Ã\\s)|Â[\u00a0£©§°]|ï»¿")


def mojibake(text: str) -> str | None:
    """The first letters that show UTF-8 read in another encoding, or ``None``.

    >>> mojibake("She said â€œno"), mojibake("Ångström, São Paulo")
    ('â€œ', None)
    """
    found = _MOJIBAKE.search(text)
    return found.group() if found else None
