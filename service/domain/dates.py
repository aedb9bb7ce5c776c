"""Dates in news prose, resolved against the day the article was published.

The rules are those of news style: a bare weekday is the last such day up to the day of publication, a month and a day
without a year the last such day, "last August" the August of the year before, unless this year's is past as well. A verb that looks
ahead ("is due on") turns them round. Without a publication date only a phrase with its own year is resolved.
"""

from __future__ import annotations

import calendar
import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass

from casebrief.service.domain.schema import Date
from casebrief.service.domain.spans import Span

_MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_name) if name}
_MONTHS |= {name.lower(): number for number, name in enumerate(calendar.month_abbr) if name} | {"sept": 9}
_WEEKDAYS = {name.lower(): number for number, name in enumerate(calendar.day_name)}

_M = r"(?P<month>" + "|".join(sorted({*_MONTHS}, key=len, reverse=True)) + r")\b\.?"
_D = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?\b"
_Y = r"(?P<year>(?:19|20)\d\d)\b"
_WD = r"(?P<weekday>" + "|".join(_WEEKDAYS) + r")\b"
_TIME = r"(?:\s+(?:morning|afternoon|evening|night))?"

_PATTERNS = [
    rf"{_Y}-(?P<month_number>\d\d)-(?P<day>\d\d)\b",
    rf"(?P<first>[0-3]?\d)/(?P<second>[0-3]?\d)/{_Y}",
    rf"(?:{_WD},?\s+)?{_M}\s+{_D},?\s+{_Y}",
    rf"(?:{_WD},?\s+)?{_D}\s+(?:of\s+)?{_M},?\s+{_Y}",
    rf"{_M},?\s+(?:of\s+)?{_Y}",
    rf"(?:in\s+)?{_M}\s+(?:of\s+)?(?P<last_year>last year)",
    rf"(?:in\s+)?{_M}\s+(?:of\s+)?(?P<this_year>this year)",
    rf"(?:{_WD},?\s+)?{_M}\s+{_D}(?!\s*(?:%|percent|per cent|million|people))",
    rf"(?:{_WD},?\s+)?{_D}\s+{_M}",
    rf"(?P<last>last)\s+{_M}",
    rf"(?:in|since|this|until|of)\s+(?P<early>early\s+|late\s+|mid-)?{_M}(?!\.?\s+\d)",
    rf"(?P<last>last|next|this)\s+{_WD}{_TIME}",
    rf"{_WD}{_TIME}",
    r"(?P<relative>yesterday|today|tomorrow|(?:earlier )?this month|last month|next month|last year|earlier this year)\b",
    rf"(?:in|since|during|from)\s+{_Y}(?!\s*-)",
    # Found so that they are not mistaken for less; no date of the contract's three precisions fits them.
    r"(?P<vague>(?:earlier )?this week|last week|next week|(?:a|one|two|three|\d+) (?:day|week|month|year)s? (?:ago|later|earlier))",
]
_DATE = re.compile("|".join(f"(?:{re.sub(r'[?]P<', f'?P<p{index}_', pattern)})" for index, pattern in enumerate(_PATTERNS)), re.IGNORECASE)
_AHEAD = re.compile(
    r"\b(?:will|would|due|scheduled|set for|set to|slated|expected|until|deadline|no later than|must|may|before the hearing"
    r"|next|upcoming|to be|to begin|(?:is|are) to|begins|starts|opens|plans? to|have until|has until|is likely|set .{1,30} for|(?:down|listed|fixed) for"
    r"|(?:hearing|trial|sentencing|conference)\b[^.;]{0,40}\bfor)\b",
    re.IGNORECASE,
)
_OPEN = re.compile(r"\b(?:deadline|date) (?:is|was)\s+$", re.IGNORECASE)
_PAST_FIRST = re.compile(r"\b(?:filed|sued|said|was|were|had|introduced|updated|announced)\b", re.IGNORECASE)


@dataclass(frozen=True)
class DatePhrase:
    """Words that name a time, and what they name; ``date`` is ``None`` where nothing settles it."""

    span: Span
    date: Date | None
    weekday_only: bool = False
    explicit: bool = True


def date_phrases(text: str, within: Span, published_on: datetime.date | None, day_first: bool | None = None) -> Iterator[DatePhrase]:
    """The date phrases of a span, in order, resolved.

    ``day_first`` tells how this article writes numeric dates; ``None`` leaves the ambiguous ones open.
    """
    for match in _DATE.finditer(text, within.start, within.end):
        if match.start() > within.start and text[match.start() - 1].isalnum():
            continue
        parts = {key.split("_", 1)[1]: value for key, value in match.groupdict().items() if value is not None}
        if set(parts) == {"month"} and parts["month"].lower() == "may" and "May" not in match.group():
            continue
        if "month" in parts and parts["month"][0].islower():
            continue
        if _OPEN.search(text[max(within.start, match.start() - 30) : match.start()]) and "year" not in parts:
            yield DatePhrase(Span(match.start(), match.end()), None)
            continue
        ahead = _looks_ahead(text, within, match)
        yield DatePhrase(
            Span(match.start(), match.end()),
            _resolve(parts, match.group().lower(), published_on, ahead=ahead, day_first=day_first),
            weekday_only=set(parts) <= {"weekday", "last"},
            explicit=bool({"month", "month_number", "year", "first"} & set(parts)),
        )


def _looks_ahead(text: str, within: Span, match: re.Match[str]) -> bool:
    before = text[max(within.start, match.start() - 70) : match.start()]
    ahead = list(_AHEAD.finditer(before))
    past = list(_PAST_FIRST.finditer(before))
    return bool(ahead) and (not past or past[-1].end() < ahead[-1].end())


def _resolve(parts: dict[str, str], phrase: str, published: datetime.date | None, *, ahead: bool, day_first: bool | None) -> Date | None:
    if "vague" in parts:
        return None
    if "first" in parts:
        return _numeric(int(parts["first"]), int(parts["second"]), int(parts["year"]), day_first)
    month = _MONTHS[parts["month"].lower()] if "month" in parts else int(parts.get("month_number", 0))
    if "year" in parts:
        return _own_year(int(parts["year"]), month, int(parts.get("day", 0)))
    if published is None:
        return None
    if month:
        return _by_month(parts, month, published, ahead=ahead)
    if "weekday" in parts:
        return _by_weekday(_WEEKDAYS[parts["weekday"].lower()], parts.get("last", "").lower(), published, ahead=ahead)
    return _relative(phrase, published)


def _numeric(first: int, second: int, year: int, day_first: bool | None) -> Date | None:
    if first > 12:
        day_first = True
    elif second > 12:
        day_first = False
    if day_first is None and first != second:
        return None
    return _own_year(year, second, first) if day_first else _own_year(year, first, second)


def _own_year(year: int, month: int, day: int) -> Date | None:
    if not month:
        return Date(date=f"{year:04d}", precision="year")
    if not 1 <= month <= 12:
        return None
    if not day:
        return Date(date=f"{year:04d}-{month:02d}", precision="month")
    return of_day(year, month, day)


def of_day(year: int, month: int, day: int) -> Date | None:
    """A date of day precision, or ``None`` when the calendar has no such day."""
    try:
        return Date(date=datetime.date(year, month, day).isoformat(), precision="day")
    except ValueError:
        return None


def _by_month(parts: dict[str, str], month: int, published: datetime.date, *, ahead: bool) -> Date | None:
    day = int(parts.get("day", 0))
    if "last_year" in parts:
        return _own_year(published.year - 1, month, day)
    if "this_year" in parts:
        return _own_year(published.year, month, day)
    if "last" in parts:
        # Said in May, "last March" may be this year's or the year before's.
        return _own_year(published.year - 1, month, 0) if month >= published.month else None
    year = published.year
    here = (month, day or (1 if not ahead else 31))
    now = (published.month, published.day)
    if ahead and here < now:
        year += 1
    if not ahead and here > now:
        year -= 1
    return _own_year(year, month, day)


def _by_weekday(weekday: int, which: str, published: datetime.date, *, ahead: bool) -> Date | None:
    back = (published.weekday() - weekday) % 7
    if which == "last" and back == 0:
        back = 7
    forward = (weekday - published.weekday()) % 7
    if which == "next" or (ahead and which != "last"):
        day = published + datetime.timedelta(days=forward or (7 if which == "next" else 0))
    else:
        day = published - datetime.timedelta(days=back)
    return Date(date=day.isoformat(), precision="day")


def _relative(phrase: str, published: datetime.date) -> Date | None:
    days = {"yesterday": -1, "today": 0, "tomorrow": 1}
    if phrase in days:
        return Date(date=(published + datetime.timedelta(days=days[phrase])).isoformat(), precision="day")
    if "year" in phrase:
        return Date(date=f"{published.year - phrase.startswith('last'):04d}", precision="year")
    step = -1 if phrase.startswith("last") else 1 if phrase.startswith("next") else 0
    index = published.year * 12 + published.month - 1 + step
    return Date(date=f"{index // 12:04d}-{index % 12 + 1:02d}", precision="month")


def day_first(text: str) -> bool | None:
    """How an article writes its dates, judged by those that spell the month; ``None`` when it does not show."""
    spelled = re.compile(rf"\b{_D}\s+{_M}", re.IGNORECASE)
    first = len(spelled.findall(text))
    last = len(re.findall(rf"\b{_M}\s+{_D}", spelled.sub("", text), flags=re.IGNORECASE))
    return None if first == last else first > last


def in_words(date: Date) -> str:
    """A date as a reader likes it.

    >>> in_words(Date(date="2025-01-21", precision="day"))
    '21 January 2025'
    """
    parts = [int(part) for part in date.date.split("-")]
    words = [str(parts[0])]
    if len(parts) > 1:
        words.insert(0, calendar.month_name[parts[1]])
    if len(parts) > 2:
        words.insert(0, str(parts[2]))
    return " ".join(words)
