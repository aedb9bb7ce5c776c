"""An article's text cut into pieces that rest under the same facts: offsets are used up here, and the page needs none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from casebrief.service.domain.schema import ArticleReport


@dataclass(frozen=True)
class Place:
    """Where a fact rests in a text: half-open offsets in code points. ``anchor`` is the place's own name, ``key`` the fact's, ``side`` its conflict's side."""

    key: str
    anchor: str
    start: int
    end: int
    side: int = 0


@dataclass(frozen=True)
class Piece:
    """Words that rest under the same facts, the one of the fewest words first. ``anchors`` are the places that begin here; ``read`` tells whether they belong to what was read."""

    text: str
    keys: tuple[str, ...]
    anchors: tuple[str, ...]
    sides: tuple[int, ...]
    read: bool


def pieces(report: ArticleReport, text: str, places: Sequence[Place]) -> Iterator[Piece]:
    """The text in pieces, in order; together they are the text, its invisible characters made visible."""
    within = [place for place in places if 0 <= place.start < place.end <= len(text)]
    stories = [*(span for span in report.used if 0 <= span[0] < span[1] <= len(text)), *_title(report, text)]
    others = [span for span in report.left_out if 0 <= span[0] < span[1] <= len(text)]
    cuts = sorted({0, len(text), *(cut for one in within for cut in (one.start, one.end)), *(cut for span in (*stories, *others) for cut in span)})
    begins, ends = _by(within, "start"), _by(within, "end")
    in_story, in_other = _depths(stories), _depths(others)
    shown, open_places, read, left_out = visible(text), dict[str, Place](), 0, 0
    for start, end in pairwise(cuts):
        for place in ends.get(start, ()):
            open_places.pop(place.anchor, None)
        begun = begins.get(start, ())
        open_places |= {place.anchor: place for place in begun}
        read += in_story.get(start, 0)
        left_out += in_other.get(start, 0)
        rest = sorted(open_places.values(), key=lambda place: place.end - place.start)
        yield Piece(
            shown[start:end].replace(_DROPPED, ""),
            tuple(dict.fromkeys(place.key for place in rest)),
            tuple(place.anchor for place in begun),
            tuple(sorted({place.side for place in rest if place.side})),
            (read > 0 and not left_out) or not text[start:end].strip(),
        )


def _depths(spans: Iterable[tuple[int, int]]) -> dict[int, int]:
    """By place, how many more spans hold what follows it than what goes before."""
    found: dict[int, int] = {}
    for start, end in spans:
        found[start] = found.get(start, 0) + 1
        found[end] = found.get(end, 0) - 1
    return found


def _by(places: Iterable[Place], edge: str) -> dict[int, list[Place]]:
    found: dict[int, list[Place]] = {}
    for place in places:
        found.setdefault(getattr(place, edge), []).append(place)
    return found


def _title(report: ArticleReport, text: str) -> Iterator[tuple[int, int]]:
    """The title's own place: it is read, and none of the story's spans."""
    start = text.find(report.title) if report.title else -1
    if start >= 0 and report.title and report.used and start < report.used[0][0]:
        yield start, start + len(report.title)


def sent_span(text: str, start: int, end: int) -> tuple[int, int]:
    r"""A span of the text as it was sent, of one that counts the text as the page shows it: a carriage return before a line feed is not shown.

    >>> sent_span("a\r\nb c", 2, 3)
    (3, 4)
    """
    shown = [place for place, letter in enumerate(visible(text)) if letter != _DROPPED]
    return shown[start] if start < len(shown) else len(text), shown[end - 1] + 1 if 0 < end <= len(shown) else len(text)


_DROPPED = "\0"
"""Stands, in a text of the same length, for what is not shown: the carriage return before a line feed."""

_PICTURES = {code: 0x2400 + code for code in range(32) if chr(code) not in "\t\n\r"} | {0x7F: 0x2421}
_COMMANDS = re.compile("[\x80-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufff9-\ufffb\ud800-\udfff]")
"""Characters that turn the direction of writing, and others that would act on the page around them."""


def visible(text: str) -> str:
    r"""A text of the same length whose control characters are seen.

    >>> visible("a\x1b[31mb\u202ec")
    'a␛[31mb�c'
    """
    return _COMMANDS.sub("\N{REPLACEMENT CHARACTER}", text.translate(_PICTURES)).replace("\r\n", _DROPPED + "\n").replace("\r", "\n")
