"""Who sues and who is sued by the verbs beside a name.

Nothing is found here: a name that is known as a party is on the side that such words tell. Of the places of the training corpus where they stand beside
a marked party (of either side) 162 of 168 are right for who sues, 441 of 444 for who is sued. Words of accusing tell nothing: both sides do it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from casebrief.service.domain.names import NAME, clean
from casebrief.service.domain.spans import Span

Side = Literal["plaintiffs", "defendants"]

_HAS = r"(?:\s(?:has|have|had|is|are|also|first|then|later|already))*"
_SUIT = r"(?:law)?suit|action|claim|case|complaint"
_BROUGHT = r"(?:filed|brought|lodged|launched)"
_SENTENCED = r"(?:sentenced|convicted|indicted|acquitted|jailed)"
_TOLD: tuple[tuple[Side, re.Pattern[str]], ...] = (
    ("plaintiffs", re.compile(rf"(?P<name>{NAME})(?:,\swh(?:o|ich))?{_HAS}\s(?:sued|sues|suing)\b(?!\sby)")),
    ("plaintiffs", re.compile(rf"(?P<name>{NAME})(?:,\swh(?:o|ich))?{_HAS}\s{_BROUGHT}\s(?:an?\s|the\s|its\s|his\s|her\s|their\s)?(?:\w+\s)?(?:{_SUIT})\b")),
    ("plaintiffs", re.compile(rf"\b(?:{_SUIT})\s(?:{_BROUGHT}\s)?by\s(?:the\s)?(?P<name>{NAME})")),
    ("plaintiffs", re.compile(rf"\bsued\b[^.;]{{0,40}}?\sby\s(?:the\s)?(?P<name>{NAME})")),
    ("plaintiffs", re.compile(rf"\bawarded\s(?:the\s)?(?P<name>{NAME})")),
    ("defendants", re.compile(rf"\b(?:sued|sues?|suing)\s(?:the\s)?(?P<name>{NAME})")),
    ("defendants", re.compile(rf"(?P<name>{NAME})\s(?:was|were|is|are|has\sbeen|have\sbeen|had\sbeen)\s(?:being\s|later\s|also\s)?(?:sued|{_SENTENCED})\b")),
    ("defendants", re.compile(rf"\b(?:{_SUIT}|(?:{_BROUGHT}|won|lost)\b[^.;]{{0,60}})\sagainst\s(?:the\s)?(?P<name>{NAME})")),
    ("defendants", re.compile(rf"\border(?:ed|s)\s(?:the\s)?(?P<name>{NAME})\sto\s(?:pay|stop|hand|return|refund|repay)\b")),
    ("defendants", re.compile(rf"\b{_SENTENCED}\s(?:the\s)?(?P<name>{NAME})")),
    ("defendants", re.compile(rf"(?P<name>{NAME})(?:\s(?:has|have|had))?\s(?:pleaded|pleads?|pled)\s(?:not\s)?guilty\b")),
)
_OF_ANOTHER = re.compile(r"\b(?:in|at|from|of|near|for|with|by|on|to|under|than)\s(?:the\s)?$")
"""What stands before a name that is not whose verb follows: "a buyer in Idaho sued"."""

_APPEAL = re.compile(rf"\bappeal\s(?:filed\s|brought\s|lodged\s|made\s|entered\s)?(?:by|of|from)\s(?:the\s)?(?P<name>{NAME})")


def told_sides(text: str, within: Span) -> Iterator[tuple[Side, Span]]:
    """Names of a span with the side that the words beside them tell.

    >>> text = "Orrery sued Windrow Ltd"
    >>> [(side, name.of(text)) for side, name in told_sides(text, Span(0, len(text)))]
    [('plaintiffs', 'Orrery'), ('defendants', 'Windrow Ltd')]
    """
    for side, pattern in _TOLD:
        for found in pattern.finditer(text, within.start, within.end):
            name = _name(text, within, found)
            if name and not (found.start("name") == found.start() and _OF_ANOTHER.search(text, within.start, name.start)):
                yield side, name


def appellants(text: str, within: Span) -> Iterator[Span]:
    """Names of a span whose appeal is told: who appeals was sued in 16 of 16 places of the training corpus, and it need not say so."""
    for found in _APPEAL.finditer(text, within.start, within.end):
        if name := _name(text, within, found):
            yield name


def _name(text: str, within: Span, found: re.Match[str]) -> Span | None:
    """The name that was found, without the full stop of its sentence."""
    name = clean(text, Span(*found.span("name")))
    return Span(name.start, name.end - 1) if name and name.end == within.end and text[name.end - 1] == "." else name
