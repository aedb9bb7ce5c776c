"""Dates in news prose, resolved against the day the article was published and the dates told before.

The rules are those of news style: a bare weekday is the last such day up to the day of publication, a month and a day without a year the last such day, "last
August" the August of the year before, unless this year's is past as well. A verb that looks ahead ("is due on") turns them round. "That year", "the following
March" and "two days later" count from the date told last before. Without a publication date only a phrase with its own year is resolved, or one told from it.
"""

from __future__ import annotations

import calendar
import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass

from casebrief.service.domain.date_forms import DAY_FIRST, DAY_LAST, FEASTS, MONTHS, NUMBERS, ORDINALS, SEASONS, WEEKDAYS, date_forms
from casebrief.service.domain.schema import Date
from casebrief.service.domain.spans import Span, sentences
from casebrief.service.domain.tense import Outlook, outlook

AHEAD_DAYS = {Outlook.BEHIND: -1, Outlook.UNTOLD: 60, Outlook.PERHAPS: 210, Outlook.AHEAD: 320}
"""How many days ahead a day without a year lies at most, by what its clause says; one that would lie farther is behind."""

LOOK_BACK = 250
"""Characters before a span in which "that year" looks for its date."""

_PLANNED = frozenset("trial retrial hearing deadline conference sentencing vote election session".split())
"""What "the October ..." may be that is to come; a storm or an order of October is behind."""

_OPEN = re.compile(r"\b(?:deadline|date) (?:is|was)\s+$", re.IGNORECASE)


@dataclass(frozen=True)
class DatePhrase:
    """Words that name a time, and what they name; ``date`` is ``None`` where nothing settles it."""

    span: Span
    date: Date | None


def date_phrases(text: str, within: Span, published_on: datetime.date | None, day_first: bool | None = None) -> Iterator[DatePhrase]:
    """The date phrases of a span, in order, resolved.

    ``day_first`` tells how this article writes numeric dates; ``None`` leaves the ambiguous ones open.
    """
    found = list(date_forms(text, within))
    told = None
    if any(parts.keys() & {"then", "which"} for _, parts in found):
        before = Span(max(0, within.start - LOOK_BACK), within.start)
        for phrase in _phrases(text, before, list(date_forms(text, before)), _Known(published_on, None, day_first)):
            told = phrase.date or told
    yield from _phrases(text, within, found, _Known(published_on, told, day_first))


@dataclass(frozen=True)
class _Known:
    """What is known where a phrase stands: the day of publication, the date told last before, how the article writes numeric dates."""

    published: datetime.date | None
    told: Date | None
    day_first: bool | None


def _phrases(text: str, within: Span, found: list[tuple[Span, dict[str, str]]], known: _Known) -> Iterator[DatePhrase]:
    stretch = sentences(text, within) if found else []
    for span, parts in found:
        sentence = next((one for one in stretch if one.start <= span.start < one.end), within)
        date = None
        if "year" in parts or not _OPEN.search(text, sentence.start, span.start):
            past = "noun" in parts and parts["noun"] not in _PLANNED
            date = _resolve(parts, span.of(text).lower(), known, Outlook.BEHIND if past else outlook(text, sentence, span))
        known = _Known(known.published, date or known.told, known.day_first)
        yield DatePhrase(span, date)


def _resolve(parts: dict[str, str], phrase: str, known: _Known, look: Outlook) -> Date | None:
    if "vague" in parts:
        return None
    if "first" in parts:
        return _numeric(int(parts["first"]), int(parts["second"]), int(parts["year"]), known.day_first)
    month, number = _month_and_day(parts)
    if "year" in parts:
        return _in_month(parts, int(parts["year"]), month, number)
    if "then" in parts or parts.get("which", "").startswith(("that", "the")):
        return _from_told(parts, month, number, known.told) if known.told else None
    return _from_published(parts, phrase, month, number, known.published, look) if known.published else None


def _month_and_day(parts: dict[str, str]) -> tuple[int, int]:
    """The month and day that a phrase names, 0 for none."""
    if "feast" in parts:
        return FEASTS[re.sub(r"\s+", " ", parts["feast"].lower().replace("’", "'"))]
    month = MONTHS[parts["month"].lower()] if "month" in parts else int(parts.get("month_number", 0))
    day = parts.get("day", "0").lower()
    return month, ORDINALS.get(day) or int(day)


def _from_published(parts: dict[str, str], phrase: str, month: int, number: int, published: datetime.date, look: Outlook) -> Date | None:
    if "which" in parts:
        return _own_year(published.year + _STEPS[parts["which"].lower()], month, number)
    if "count" in parts and not month:
        return _ago(_count(parts["count"]), parts["unit"].lower(), published)
    if month:
        year = published.year - _count(parts["count"]) if "count" in parts else _year_of(parts.get("last", "").lower(), month, number, published, look)
        return _in_month(parts, year, month, number) if year else None
    if "weekday" in parts:
        return _by_weekday(WEEKDAYS[parts["weekday"].lower()], parts, published, ahead=look is Outlook.AHEAD)
    if "season" in parts:
        return _by_season(parts.get("last", "").lower(), parts["season"].lower(), published, ahead=look in (Outlook.AHEAD, Outlook.PERHAPS))
    return _relative(phrase, published)


_STEPS = {"last": -1, "this": 0, "next": 1, "that": 0, "the same": 0, "the following": 1, "the next": 1, "the previous": -1, "the preceding": -1}


def _count(words: str) -> int:
    return NUMBERS.get(words.lower()) or int(words)


def _from_told(parts: dict[str, str], month: int, number: int, told: Date) -> Date | None:
    """What counts from a date told before: "that year", "the following March", "two days later"."""
    year, told_month, told_day = (*map(int, told.date.split("-")), 0, 0)[:3]
    if "count" in parts:
        return _later(_count(parts["count"]) * (-1 if parts["then"].lower() == "earlier" else 1), parts["unit"].lower(), told)
    step = _STEPS[" ".join((parts.get("which") or parts["then"]).lower().split())]
    if "which" in parts:
        return _own_year(year + step, month, number)
    if "unit" in parts:
        unit = parts["unit"].lower()
        return _later(step, unit if unit in ("month", "year") else "day", told)
    if "weekday" in parts:
        return _weekday_from(datetime.date(year, told_month, told_day), WEEKDAYS[parts["weekday"].lower()], step) if told_day else None
    if step == 0:
        return _own_year(year, month, number) if month >= told_month else None
    if "season" in parts:
        month = SEASONS[parts["season"].lower()]
    passed = month <= told_month if step > 0 else month >= (told_month or 1)
    return _own_year(year + step * (passed or not told_month), month, number)


def _later(count: int, unit: str, told: Date) -> Date | None:
    """So many units after a date, as precisely as it is told; of weeks the month."""
    year, month, day = (*map(int, told.date.split("-")), 0, 0)[:3]
    try:
        if unit == "year":
            return Date(date=f"{year + count:04d}", precision="year")
        if unit == "month":
            return _month(year * 12 + month - 1 + count) if month else None
        if not day:
            return None
        moved = datetime.date(year, month, day) + datetime.timedelta(days=count * (7 if unit == "week" else 1))
    except (ValueError, OverflowError):
        return None
    return _month(moved.year * 12 + moved.month - 1) if unit == "week" else _day(moved)


def _weekday_from(told: datetime.date, weekday: int, step: int) -> Date | None:
    """The next or the last such weekday, as seen from a day; "that Friday" may be any."""
    if step == 0:
        return None
    away = (weekday - told.weekday()) % 7 or 7
    return _day(told + datetime.timedelta(days=away if step > 0 else away - 7 or -7))


def _in_month(parts: dict[str, str], year: int, month: int, number: int) -> Date | None:
    if "nth" not in parts:
        return _own_year(year, month, number)
    days = [day for week in calendar.monthcalendar(year, month) if (day := week[WEEKDAYS[parts["weekday"].lower()]])]
    return of_day(year, month, days[-1 if parts["nth"].lower() == "last" else ORDINALS[parts["nth"].lower()] - 1])


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


def _year_of(last: str, month: int, number: int, published: datetime.date, look: Outlook) -> int | None:
    """The year of a month, or of its day, as seen from the day of publication."""
    if last == "last" and not number:
        # Said in May, "last March" may be this year's or the year before's.
        return published.year - 1 if month >= published.month else None
    now, here = (published.month, published.day), (month, number)
    coming = published.year + (here < now if number else month < published.month)
    ahead = -1 if last == "last" else AHEAD_DAYS[look]
    if last == "next" or _days_to(coming, month, number, published) <= ahead:
        return coming
    return published.year - ((month, number or 1) > now)


def _days_to(year: int, month: int, number: int, published: datetime.date) -> int:
    """Days to a day, or to the middle of a month."""
    return (datetime.date(year, month, min(number or 15, calendar.monthrange(year, month)[1])) - published).days


def _by_weekday(weekday: int, parts: dict[str, str], published: datetime.date, *, ahead: bool) -> Date:
    if "week" in parts:
        monday = published - datetime.timedelta(days=published.weekday())
        return _day(monday + datetime.timedelta(days=7 * _STEPS[parts["week"].lower()] + weekday))
    which = parts.get("last", "").lower()
    back = (published.weekday() - weekday) % 7
    if which == "last" and back == 0:
        back = 7
    forward = (weekday - published.weekday()) % 7
    week = 7 if "weeks" in parts else 0
    if which == "next" or (ahead and which != "last"):
        return _day(published + datetime.timedelta(days=week + (forward or (7 if which == "next" else 0))))
    return _day(published - datetime.timedelta(days=week + back))


def _day(day: datetime.date) -> Date:
    return Date(date=day.isoformat(), precision="day")


def _month(index: int) -> Date:
    """The month so many months after the year nought."""
    return Date(date=f"{index // 12:04d}-{index % 12 + 1:02d}", precision="month")


def _ago(count: int, unit: str, published: datetime.date) -> Date | None:
    """So many years ago is a year, months a month, days a day."""
    if unit == "day":
        return _day(published - datetime.timedelta(days=count))
    if unit == "month":
        return _month(published.year * 12 + published.month - 1 - count)
    return Date(date=f"{published.year - count:04d}", precision="year")


def _by_season(which: str, season: str, published: datetime.date, *, ahead: bool) -> Date:
    """The year of a season: "last", the last one that is over; "this", of this year; "next", not yet begun; without such a word the last that has begun or is to end."""
    begins = SEASONS[season]
    over, begun = published.month >= begins + 3, published.month >= begins
    step = {"last": -(not over), "this": 0, "next": int(begun)}.get(which, int(over) if ahead else -(not begun))
    return Date(date=f"{published.year + step:04d}", precision="year")


_DAYS = {
    **dict.fromkeys(("the day before yesterday", "day before yesterday"), -2),
    **dict.fromkeys(("yesterday", "last night"), -1),
    **dict.fromkeys(("today", "tonight", "this morning", "this afternoon", "this evening"), 0),
    "tomorrow": 1,
}


def _relative(phrase: str, published: datetime.date) -> Date | None:
    if phrase in _DAYS:
        return _day(published + datetime.timedelta(days=_DAYS[phrase]))
    step = -1 if phrase.startswith("last") else 1 if phrase.startswith("next") else 0
    if "year" in phrase:
        return Date(date=f"{published.year + step:04d}", precision="year")
    index = published.year * 12 + published.month - 1
    if "week" in phrase:
        monday = published + datetime.timedelta(days=7 * step - published.weekday())
        sunday = monday + datetime.timedelta(days=6)
        # A week that lies in two months is neither's.
        return _month(monday.year * 12 + monday.month - 1) if monday.month == sunday.month else None
    return _month(index + step)


def day_first(text: str) -> bool | None:
    """How an article writes its dates, judged by those that spell the month; ``None`` when it does not show."""
    first = len(DAY_FIRST.findall(text))
    last = len(DAY_LAST.findall(DAY_FIRST.sub("", text)))
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
