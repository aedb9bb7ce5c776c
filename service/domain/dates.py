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
_NUMBERS = {word: number for number, word in enumerate("one two three four five six seven eight nine ten eleven twelve".split(), 1)} | {"a": 1}
_N = r"(?:" + "|".join(_NUMBERS) + r"|\d{1,2})"
_SEASONS = {"spring": 3, "summer": 6, "fall": 9, "autumn": 9}
"""Seasons by the month in which they begin, north of the equator; a winter lies in two years."""
_Y = r"(?P<year>(?:19|20)\d\d)\b"
_WD = r"(?P<weekday>" + "|".join(_WEEKDAYS) + r")\b"
_TIME = r"(?:\s+(?:morning|afternoon|evening|night))?"

_D2, _M2, _M3 = (part.replace("<day>", "<day2>").replace("<month>", f"<month{number}>") for part, number in ((_D, 0), (_M, 2), (_M, 3)))

_PATTERNS = [
    rf"{_Y}-(?P<month_number>\d\d)-(?P<day>\d\d)\b",
    rf"(?P<first>[0-3]?\d)/(?P<second>[0-3]?\d)/{_Y}",
    rf"(?:{_WD},?\s+)?{_M}\s+{_D},?\s+{_Y}",
    rf"(?:{_WD},?\s+)?{_D}\s+(?:of\s+)?{_M},?\s+{_Y}",
    rf"(?:in\s+)?{_M},?\s+(?:of\s+)?{_Y}",
    rf"(?:between|from)\s+{_M}(?:\s+{_D})?(?=\s+(?:and|to|through|until)\s+[A-Z][a-z]+\.?\s+(?:\d{{1,2}},?\s+)?{_Y})",
    rf"(?P<vague2>(?:first|second|third|fourth|last)\s+{_WD}\s+(?:in|of)\s+{_M2})",
    rf"(?:in\s+)?(?:{_M}\s+{_D}|{_D2}\s+(?:of\s+)?{_M2}|{_M3}),?\s+(?:of\s+)?(?P<which>last|this|next|that|the same|the following)\s+year\b",
    rf"(?:last\s+)?(?:{_WD},?\s+)?{_M}\s+{_D}(?!,\d|\s*(?:%|percent|per cent|million|people))",
    rf"(?:{_WD},?\s+)?{_D}\s+(?:of\s+)?{_M}",
    rf"(?P<last>last|next)\s+{_M}",
    rf"(?:in|since|this|until|of|by|before|after|from|to|through|between|during|and)\s+(?P<early>early[\s-]+|late\s+|mid-)?{_M}(?!\.?\s+\d)",
    rf"{_WD}{_TIME}\s+(?:of\s+)?(?P<week>last|this|next)\s+week\b",
    rf"(?P<last>last|next|this)\s+{_WD}{_TIME}",
    rf"{_WD}{_TIME}",
    (
        r"(?P<relative>(?:the )?day before yesterday|yesterday|today|tomorrow|tonight|this (?:morning|afternoon|evening)|(?:earlier |later )?this (?:week|month|year)"
        r"|(?:last|next) (?:week|month|year))\b"
    ),
    rf"(?P<ago>(?P<count>{_N})\s+(?P<unit>day|month|year|summer)s?\s+ago)\b",
    rf"(?P<season>(?:last|this|next)\s+(?:{'|'.join(_SEASONS)}))\b",
    rf"(?:in|since|during|from)\s+{_Y}(?!\s*-)",
    # Found so that they are not mistaken for less; no date of the contract's three precisions fits them.
    rf"(?P<vague>{_N}\s+weeks?\s+ago|(?:{_N}|several|some|many) (?:day|week|month|year)s? (?:later|earlier|before))",
]
_DATE = re.compile("|".join(f"(?:{re.sub(r'[?]P<', f'?P<p{index}_', pattern)})" for index, pattern in enumerate(_PATTERNS)), re.IGNORECASE)
_AHEAD = re.compile(
    r"\b(?:will|would|due|scheduled|set for|set to|slated|expected|until|deadline|no later than|must|may|before the hearing|opt out"
    r"|next|upcoming|to be|to begin|(?:is|are) to|begins?|starts?|starting|opens|plans? to|have until|has until|is likely|set .{1,30} for|(?:down|listed|fixed|planned) for"
    r"|adjourned (?:to|till)|(?:goes?|comes?) (?:on|up|back|to)|faces|closes|(?:hearing|trial|sentencing|conference)s? (?:is |are )?for|[’']ll)\b",
    re.IGNORECASE,
)
_TOWARDS = re.compile(
    r"(?:\b(?:by|before|from|to|is on|is in|are on|are in|(?:vote|hearing|trial|argument|arguments) (?:of|on|in))|[’']s on|[’']s in)\s+(?:the\s+)?$",
    re.IGNORECASE,
)
"""What stands before a day that is likely to come, if it is near."""

NEAR_DAYS = 200
"""How far ahead such a day lies at most."""

_OPEN = re.compile(r"\b(?:deadline|date) (?:is|was)\s+$", re.IGNORECASE)
_PAST_FIRST = re.compile(
    r"\b(?<!\bbe )(?:[a-z]{2,}ed|said|was|were|had|told|held|found|heard|gave|took|won|lost|began|brought|wrote|sent|struck|threw|met|made|read|came|went|left|died|ran)\b"
)


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
        parts = {key.split("_", 1)[1].rstrip("23"): value for key, value in match.groupdict().items() if value is not None}
        if set(parts) == {"month"} and parts["month"].lower() == "may" and "May" not in match.group():
            continue
        if "month" in parts and parts["month"][0].islower():
            continue
        before = text[max(within.start, match.start() - 70) : match.start()]
        if _OPEN.search(before) and "year" not in parts:
            yield DatePhrase(Span(match.start(), match.end()), None)
            continue
        before += _lead(match.group())
        day = _Day(published_on, _ahead(before), bool(_TOWARDS.search(before)))
        yield DatePhrase(
            Span(match.start(), match.end()),
            _resolve(parts, match.group().lower(), day, day_first=day_first),
            weekday_only=set(parts) <= {"weekday", "last", "week"},
            explicit=bool({"month", "month_number", "year", "first"} & set(parts)),
        )


@dataclass(frozen=True)
class _Day:
    """Where a phrase stands in time: the day of publication, and whether what is before it looks ahead, surely or perhaps."""

    published: datetime.date | None
    ahead: bool
    perhaps: bool


def _lead(phrase: str) -> str:
    """The word that a phrase may begin with and that is none of its date: "by March"."""
    first = phrase.split(maxsplit=1)[0]
    return f"{first} " if first in ("by", "before", "from", "to", "until") else ""


def _ahead(before: str) -> bool:
    ahead = list(_AHEAD.finditer(before))
    past = list(_PAST_FIRST.finditer(before))
    return bool(ahead) and (not past or past[-1].end() <= ahead[-1].end())


def _resolve(parts: dict[str, str], phrase: str, day: _Day, *, day_first: bool | None) -> Date | None:
    if "vague" in parts:
        return None
    if "first" in parts:
        return _numeric(int(parts["first"]), int(parts["second"]), int(parts["year"]), day_first)
    month = _MONTHS[parts["month"].lower()] if "month" in parts else int(parts.get("month_number", 0))
    if "year" in parts:
        return _own_year(int(parts["year"]), month, int(parts.get("day", 0)))
    if day.published is None:
        return None
    if month:
        return _by_month(parts, month, day.published, day)
    if "weekday" in parts:
        return _by_weekday(_WEEKDAYS[parts["weekday"].lower()], parts, day.published, ahead=day.ahead)
    if "ago" in parts:
        return _ago(_NUMBERS.get(parts["count"].lower()) or int(parts["count"]), parts["unit"].lower(), day.published)
    if "season" in parts:
        which, season = parts["season"].lower().split()
        return _by_season(which, season, day.published)
    return _relative(phrase, day.published)


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


def _by_month(parts: dict[str, str], month: int, published: datetime.date, day: _Day) -> Date | None:
    number = int(parts.get("day", 0))
    if "which" in parts:
        step = {"last": -1, "this": 0, "next": 1}.get(parts["which"].lower())
        return None if step is None else _own_year(published.year + step, month, number)
    if parts.get("last", "").lower() == "last":
        # Said in May, "last March" may be this year's or the year before's.
        return _own_year(published.year - 1, month, 0) if month >= published.month else None
    now, here = (published.month, published.day), (month, number)
    coming = published.year + (here < now if number else month < published.month)
    if day.ahead or "last" in parts or (day.perhaps and _days_to(coming, month, number, published) <= NEAR_DAYS):
        return _own_year(coming, month, number)
    return _own_year(published.year - ((month, number or 1) > now), month, number)


def _days_to(year: int, month: int, number: int, published: datetime.date) -> int:
    """Days to a day, or to the middle of a month."""
    return (datetime.date(year, month, min(number or 15, calendar.monthrange(year, month)[1])) - published).days


def _by_weekday(weekday: int, parts: dict[str, str], published: datetime.date, *, ahead: bool) -> Date:
    if "week" in parts:
        monday = published - datetime.timedelta(days=published.weekday())
        shift = {"last": -7, "this": 0, "next": 7}[parts["week"].lower()]
        return _day(monday + datetime.timedelta(days=shift + weekday))
    which = parts.get("last", "").lower()
    back = (published.weekday() - weekday) % 7
    if which == "last" and back == 0:
        back = 7
    forward = (weekday - published.weekday()) % 7
    if which == "next" or (ahead and which != "last"):
        return _day(published + datetime.timedelta(days=forward or (7 if which == "next" else 0)))
    return _day(published - datetime.timedelta(days=back))


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


def _by_season(which: str, season: str, published: datetime.date) -> Date:
    """The year of a season: the last one that is over, the one of this year, or the next that has not begun."""
    begins = _SEASONS[season]
    step = -(published.month < begins + 3) if which == "last" else published.month >= begins if which == "next" else 0
    return Date(date=f"{published.year + step:04d}", precision="year")


def _relative(phrase: str, published: datetime.date) -> Date | None:
    days = {
        "the day before yesterday": -2,
        "day before yesterday": -2,
        "yesterday": -1,
        "today": 0,
        "tomorrow": 1,
        "tonight": 0,
        "this morning": 0,
        "this afternoon": 0,
        "this evening": 0,
    }
    if phrase in days:
        return _day(published + datetime.timedelta(days=days[phrase]))
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
