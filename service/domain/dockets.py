"""Docket numbers, found by their forms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from casebrief.service.domain.spans import Span

_LABEL = (
    r"(?:(?:claim|case|docket|cause|file|index|civil action|criminal|action|proceeding)\s+(?:no|nos|number)\.?:?\s*|nos?\.:?\s*|docket\s+"
    r"|(?:case\s+)?number\s+|#\s?)"
)
_NUMBER = (
    r"\d{1,2}:\d\d-[A-Za-z]{2,4}-\d{2,6}(?:-[A-Z]{1,4}(?:-[A-Z]{1,4})*)?"  # 3:24-cv-09871-RA
    r"|\d\d-[A-Za-z]{2,4}-\d{2,6}(?:-[A-Z]{1,4})*"  # 24-cv-09871
    r"|[A-Z]{1,4}-(?:19|20)?\d\d-\d{3,7}(?:-[A-Z]{2,4})*"  # CV-24-871946, KB-2025-000871
    r"|(?:19|20)\d\d-[A-Z]{1,4}-\d{2,7}"  # 2024-CH-000087
    r"|[A-Z]{2,4}\d{2,6}/(?:19|20)\d\d"  # NSD1947/2025
    r"|\d\d-\d{4,6}"  # 25-00709
    r"|(?:19|20)\d\d-\d{3,7}"  # 2024-000123
    r"|[A-Z]{1,3}-?\d{3,7}"  # C-1234
    r"|\d{4,6}"  # 9687
)
_LABELLED = re.compile(rf"\b(?P<label>{_LABEL})(?P<number>{_NUMBER})(?![\w/]|\.\d|,\d)", re.IGNORECASE)
_BARE = re.compile(
    r"(?<![\w-])(?P<number>\d{1,2}:\d\d-[a-z]{2}-\d{3,6}(?:-[A-Z]{1,4})*|\d\d-[a-z]{2}-\d{4,6}|[A-Z]{2}-(?:19|20)\d\d-\d{5,7}"
    r"|(?:19|20)\d\d-[A-Z]{2}-\d{4,7})(?![\w-])"
)


@dataclass(frozen=True)
class Docket:
    """A docket number where it stands: the number alone, and the words with its label ("No. 25-00709")."""

    number: str
    span: Span
    labelled: Span


def dockets(text: str, within: Span) -> Iterator[Docket]:
    """Docket numbers of a span, in order. A number alone counts only in a form that nothing else has."""
    taken: list[Span] = []
    for match in _LABELLED.finditer(text, within.start, within.end):
        number = match.group("number")
        if not re.search(r"[-/:]", number) and not re.match(r"(?:docket|case|claim|cause|civil|criminal)", match.group("label"), re.IGNORECASE):
            continue
        span = Span(*match.span("number"))
        taken.append(span)
        yield Docket(number, span, Span(*match.span()))
    for match in _BARE.finditer(text, within.start, within.end):
        span = Span(*match.span("number"))
        if not any(span.meets(other) for other in taken):
            yield Docket(match.group("number"), span, span)


def same_docket(one: str, other: str) -> bool:
    """Whether two docket numbers are one, a judge's initials at the end left out.

    >>> same_docket("3:24-cv-09871", "3:24-CV-09871-RA")
    True
    """
    return _bare(one) == _bare(other)


def _bare(number: str) -> str:
    return re.sub(r"(?:-[A-Z]{1,4})+$", "", number.upper())
