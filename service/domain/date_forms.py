"""The forms of date phrases in news prose, and what has such a form and is a name ("the Sunday Courier", "written by August Wilson")."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator

from casebrief.service.domain.spans import Span

MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_name) if name}
MONTHS |= {name.lower(): number for number, name in enumerate(calendar.month_abbr) if name} | {"sept": 9}
WEEKDAYS = {name.lower(): number for number, name in enumerate(calendar.day_name)}
NUMBERS = {word: number for number, word in enumerate("one two three four five six seven eight nine ten eleven twelve".split(), 1)} | {"a": 1}
_FIRST = "first second third fourth fifth sixth seventh eighth ninth".split()
_TEENS = "tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth".split()
ORDINALS = {word: number for number, word in enumerate([*_FIRST, *_TEENS, *(f"twenty-{one}" for one in _FIRST), "thirtieth", "thirty-first"], 1)}
SEASONS = {"spring": 3, "summer": 6, "fall": 9, "autumn": 9}
"""Seasons by the month in which they begin, north of the equator; a winter lies in two years."""

FEASTS = {
    "christmas": (12, 0),
    "christmas day": (12, 25),
    "christmas eve": (12, 24),
    "new year's day": (1, 1),
    "new year's eve": (12, 31),
    "halloween": (10, 31),
}
"""Feasts that have the same day each year; "by Christmas" may be some days before."""


def _any(words: dict[str, int]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


_M = rf"(?P<month>{_any(MONTHS)})\b\.?"
_D = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?\b"
_NTH = rf"(?P<day3>{_any(ORDINALS)})\s+of\s+"
_N = rf"(?:{_any(NUMBERS)}|\d{{1,2}})"
_Y = r"(?P<year>(?:19|20)\d\d)(?:\b|(?=[a-z]{4}))"
"""A year; headings of pages glue their next word to it."""

_WD = rf"(?P<weekday>{_any(WEEKDAYS)})\b"
_TIME = r"(?:\s+(?:morning|afternoon|evening|night))?"
_SEASON = rf"(?P<season>{_any(SEASONS)})\b"
_FEAST = r"(?P<feast>Christmas(?:\sDay|\sEve)?|New\sYear['’]s\s(?:Day|Eve)|Halloween)\b"
_THEN = r"that|the same|the following|the next|the previous|the preceding"
_LAST = r"(?P<last>last|this|next)"
_D2, _M2, _M3, _M4 = (part.replace("<day>", f"<day{number}>").replace("<month>", f"<month{number}>") for part, number in ((_D, 2), (_M, 2), (_M, 3), (_M, 4)))
_NO_YEAR = rf"(?!\.?\s+\d|\.?,?\s+(?:of\s+)?(?:(?:19|20)\d\d\b|(?:last|next|this|{_THEN})\s+year))"

_PATTERNS = [
    rf"{_Y}-(?P<month_number>\d\d)-(?P<day>\d\d)\b",
    rf"(?P<first>[0-3]?\d)/(?P<second>[0-3]?\d)/{_Y}",
    rf"(?P<day>[0-3]?\d)\.(?P<month_number>[01]?\d)\.{_Y}",
    rf"(?:{_WD},?\s+)?{_M}\s+{_D},?\s+{_Y}",
    rf"(?:{_WD},?\s+)?{_D}\s+(?:of\s+)?{_M},?\s+{_Y}",
    rf"(?P<nth>first|second|third|fourth|last)\s+{_WD}\s+(?:in|of)\s+{_M}(?:,?\s+(?:of\s+)?{_Y})?",
    rf"(?:in\s+)?{_M},?\s+(?:of\s+)?{_Y}",
    rf"(?:between|from)\s+{_M}(?:\s+{_D})?(?=\s+(?:and|to|through|until)\s+[A-Z][a-z]+\.?\s+(?:\d{{1,2}},?\s+)?(?:of\s+)?{_Y})",
    rf"{_FEAST},?\s+(?:of\s+)?{_Y}",
    (
        rf"(?:in\s+)?(?:{_M}\s+{_D}|{_D2}\s+(?:of\s+)?{_M2}|{_NTH}{_M4}|{_M3}|(?:the\s+)?{_SEASON}|{_FEAST}),?\s+(?:of\s+)?(?P<which>last|this|next|{_THEN})\s+year\b"
    ),
    rf"(?P<then>{_THEN})\s+(?:{_M}(?:\s+{_D})?{_NO_YEAR}|(?<!that\s)(?:{_WD}|{_SEASON}))",
    rf"(?:{_LAST}\s+)?(?:{_WD},?\s+)?{_M}\s+{_D}(?!,\d|\s*(?:%|percent|per cent|million|people))",
    rf"(?:{_WD},?\s+)?(?:{_D}\s+(?:of\s+)?|{_NTH}){_M}(?!\s+weekend)",
    rf"(?P<last>last|next)\s+{_M}",
    rf"(?P<count>{_N})\s+years?\s+ago\s+(?:in|on)\s+{_M}(?:\s+{_D})?",
    rf"(?:in|since|this|until|till|of|by|for|before|after|from|to|through|between|during|and)\s+(?P<early>early[\s-]+|late\s+|mid-)?{_M}{_NO_YEAR}",
    rf"(?:the|an?|its|his|her|their)\s+{_M}(?=\s(?P<noun>(?!(?:of|in|and|or|to|that|when|was|is|at|on)\b)[a-z]+)(?!\s+of\s+(?:last|next|this|{_THEN})\s+year))",
    rf"{_M}(?=['’]s\s[a-z])",
    rf"(?P<vague>the\s+{_WD}\s+(?:before|after|following)\b)",
    rf"(?P<vague>{_WD},?\s+the\s+[1-3]?\d(?:st|nd|rd|th)(?!\s+[a-z]))",
    rf"(?:{_LAST}\s+)?{_WD}(?P<weeks>\s+week)\b",
    rf"(?P<weeks>week\s+ago\s+){_WD}",
    rf"{_WD}{_TIME}\s+(?:of\s+)?(?:the\s+)?(?P<week>last|this|next)\s+week\b",
    rf"{_LAST}\s+{_WD}{_TIME}",
    rf"{_WD}{_TIME}",
    (
        r"(?P<relative>(?:the )?day before yesterday|yesterday|today|tomorrow|tonight|last night|this (?:morning|afternoon|evening)"
        r"|(?:earlier |later )?this (?:week|month|year)|(?:last|next) (?:week|month|year))\b"
    ),
    rf"(?P<ago>(?P<count>{_N})\s+(?P<unit>day|month|year|summer)s?\s+ago)\b",
    rf"(?:{_LAST}|(?:in|by|until|till|since|for|to|before)(?:\s+the)?(?:\s+early|\s+late)?)\s+{_SEASON}(?!\s+of\b)",
    rf"(?:{_LAST}|on|by|until|till|before|after|since)\s+{_FEAST}(?!\s+(?!and\b|or\b|with\b|for\b|when\b|in\b|at\b)[a-z])",
    rf"(?:in|since|during|from|between)\s+{_Y}(?!\s*-)",
    rf"(?P<then>{_THEN})\s+(?P<unit>day|morning|afternoon|evening|month|year)\b",
    rf"(?P<count>{_N})\s+(?P<unit>day|week|month|year)s?\s+(?P<then>later|earlier)\b(?!\s+than)",
    # Found so that they are not mistaken for less; no date of the contract's three precisions fits them.
    rf"(?P<vague>{_N}\s+weeks?\s+ago|(?:{_N}|several|some|many) (?:day|week|month|year)s? (?:later|earlier|before))",
]
_DATE = re.compile("|".join(f"(?:{re.sub(r'[?]P<', f'?P<p{index}_', pattern)})" for index, pattern in enumerate(_PATTERNS)), re.IGNORECASE)

_UNITS = "day week month year summer morning afternoon evening night yesterday today tomorrow tonight christmas new halloween"
_HINT = re.compile(rf"\d|\b(?:{_any(MONTHS | WEEKDAYS | SEASONS | dict.fromkeys(_UNITS.split(), 0))})s?\b", re.IGNORECASE)
"""What every form has one of: most sentences have none, and looking for all forms in them is what dates cost."""

DAY_FIRST, DAY_LAST = (re.compile(rf"\b{form}", re.IGNORECASE) for form in (rf"{_D}\s+{_M}", rf"{_M}\s+{_D}"))
"""A day before its month, and behind it."""


def date_forms(text: str, within: Span) -> Iterator[tuple[Span, dict[str, str]]]:
    """What has the form of a date phrase in a span, in order, with its parts by name: "month", "day", "weekday", "which" year."""
    if not _HINT.search(text, within.start, within.end):
        return
    for match in _DATE.finditer(text, within.start, within.end):
        if match.start() and text[match.start() - 1].isalnum():
            continue
        parts = {key.split("_", 1)[1].rstrip("234"): value for key, value in match.groupdict().items() if value is not None}
        span = Span(*match.span())
        if not _is_name(text, span, parts):
            yield span, parts


_NAME = re.compile(
    r"(?P<owned>['’]s)?\s+(?!(?:Judge|Justice|Magistrate|Chief|Mr|Mrs|Ms|Dr|Lord|Lady|Sir|Sheriff|President|Attorney|State|Federal|District|Circuit|Supreme|Superior|High|Crown"
    r"|County|City|Court|Senate|House|Congress|Parliament|Assistant|Senior|Deputy|Vice|U\.S|I)\b)[A-Z][\w’'-]*"
)
"""A capitalised word behind a weekday or a month that is no office of a court or a state."""

_MOVABLE = re.compile(r"\b(?:Easter|Good|Black|Palm|Ash|Maundy|Cyber|Holy|Whit|Shrove|Super|Ruby)\s+$")
_OF_PEOPLE = re.compile(r"(?:by|of|for|and|to|from|between|after|before)\s", re.IGNORECASE)
_NO_FIRST_NAME = r"In|Since|This|Until|Till|Of|By|For|Before|After|From|To|Through|Between|During|And|On|At|Early|Late|Mid|Last|Next|The|That|Each|Every|A|An|Its|Or|But|When|Where|Then"


NEAR = 10_000
"""Characters around a weekday or a month within which its name may stand whole."""


_WORDS_TOO = frozenset("may march august mar sept sep dec jan jun jul oct nov apr feb aug".split())
"""Months that in small letters are other words, or short for none."""


def _is_month(word: str) -> bool:
    return word[0].isupper() or word.lower() not in _WORDS_TOO


def _is_name(text: str, span: Span, parts: dict[str, str]) -> bool:
    """Whether words that have the form of a date are a name, or a part of one."""
    word = parts.get("month") or parts.get("weekday") or ""
    if not word or {"day", "year", "which", "week", "weeks", "nth", "vague"} & set(parts):
        return "month" in parts and not _is_month(word)
    if not _is_month(word):
        return "month" in parts
    start = text.rindex(word, span.start, span.end)
    behind = _NAME.match(text, start + len(word))
    near = (max(0, start - NEAR), start + NEAR)
    if "weekday" in parts and _MOVABLE.search(text, max(0, span.start - 12), span.start):
        return True
    if behind and (behind["owned"] or re.compile(rf"\b[Tt]he\s+{re.escape(text[start : behind.end()])}\b").search(text, *near)):
        return True
    if "month" not in parts or not (start == span.start or _OF_PEOPLE.match(text, span.start)):
        return False
    return behind is not None or re.compile(rf"\b(?!(?:{_NO_FIRST_NAME})\b)[A-Z][a-z]+ {word}\b(?!\.?\s*\d)").search(text, *near) is not None
