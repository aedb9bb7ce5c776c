"""Sums of money in news prose: amount, currency, unit and qualifier, read by rule."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from casebrief.service.domain.spans import Span

_SIGNS = {
    "US$": "USD", "A$": "AUD", "AU$": "AUD", "C$": "CAD", "CA$": "CAD", "NZ$": "NZD", "HK$": "HKD", "S$": "SGD", "R$": "BRL",
    "$": "USD", "£": "GBP", "€": "EUR", "₹": "INR", "Rs.": "INR", "Rs": "INR", "INR": "INR", "USD": "USD", "EUR": "EUR", "GBP": "GBP",
    "AUD": "AUD", "CAD": "CAD", "¥": "JPY", "₩": "KRW", "CHF": "CHF",
}  # fmt: skip
_UNITS = {"dollars": "USD", "dollar": "USD", "euros": "EUR", "euro": "EUR", "pounds": "GBP", "rupees": "INR", "yen": "JPY", "francs": "CHF"}
_SCALES = {
    "thousand": 10**3, "k": 10**3, "million": 10**6, "mln": 10**6, "m": 10**6, "mn": 10**6, "billion": 10**9, "bln": 10**9, "bn": 10**9,
    "b": 10**9, "trillion": 10**12, "tn": 10**12, "lakh": 10**5, "crore": 10**7,
}  # fmt: skip
_WORDS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12,
}  # fmt: skip

_DIGITS = r"\d{1,3}(?:,\d{2,3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_SCALE = r"(?:[\s-]?(?P<scale>" + "|".join(sorted(_SCALES, key=len, reverse=True)) + r")\b)?"
_MONEY = re.compile(
    rf"(?:(?P<sign>{'|'.join(re.escape(sign) for sign in sorted(_SIGNS, key=len, reverse=True))})\s?(?P<amount>{_DIGITS}){_SCALE}"
    rf"|(?P<amount2>{_DIGITS}){_SCALE.replace('<scale>', '<scale2>')}\s(?:US\s|U\.S\.\s)?(?P<unit>{'|'.join(_UNITS)})\b)",
    re.IGNORECASE,
)
_QUALIFIERS: tuple[tuple[Literal["up to", "at least", "about"], str], ...] = (
    ("up to", r"(?:up to|as much as|as many as|a maximum of|at most|no more than|maximum)"),
    ("at least", r"(?:at least|more than|over|upwards of|in excess of|no less than|exceeding|above|a minimum of)"),
    ("about", r"(?:about|around|some|roughly|approximately|nearly|almost|an estimated|close to)"),
)
_PER = re.compile(
    r"\s*(?:\([^)]{1,30}\)\s*)?(?:per|a|an|for each|for every|each)\s+(?:(?:affected|individual|single|wilful|willful)\s+)?"
    r"(?P<per>person|user|customer|member|claimant|consumer|patient|employee|worker|violation|day|week|month|year|work|title|share|unit|call"
    r"|text|message|incident|offen[cs]e|claim|vehicle|device|record|account|household|head|passenger|subscriber|investor|breach|count)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Sum:
    """A sum where it stands; ``span`` holds qualifier and unit as well."""

    span: Span
    amount: int | float
    currency: str
    per: str | None
    qualifier: Literal["up to", "at least", "about"] | None


def sums(text: str, within: Span) -> Iterator[Sum]:
    """The sums of a span, in order. A conversion after a sum ("£62m (about $84m)") is not a sum of its own.

    >>> [(s.amount, s.currency, s.per) for s in sums("$1,000 per person", Span(0, 17))]
    [(1000, 'USD', 'person')]
    """
    end, before = -1, ""
    for match in _MONEY.finditer(text, within.start, within.end):
        amount, currency = _worth(match)
        if end >= 0 and currency != before and _CONVERTED.fullmatch(text[end : match.start()]):
            continue
        end, before = match.end(), currency
        start, qualifier = _qualifier(text, within.start, match.start())
        per = _PER.match(text, match.end(), within.end)
        yield Sum(Span(start, per.end() if per else match.end()), amount, currency, per.group("per").lower() if per else None, qualifier)


_CONVERTED = re.compile(r"\s*\((?:about |around |approximately |some |or )*|,?\s+or (?:about |around |approximately |roughly |some )*", re.IGNORECASE)

Worth = tuple[int | float, str]
"""An amount and its currency."""


def conversions(text: str) -> Iterator[tuple[Worth, Worth]]:
    """Sums of which a text gives the worth in another currency beside them.

    >>> list(conversions("up to £2,000, or about $2,600, each"))
    [((2000, 'GBP'), (2600, 'USD'))]
    """
    last: re.Match[str] | None = None
    for match in _MONEY.finditer(text):
        if last is not None and _CONVERTED.fullmatch(text[last.end() : match.start()]) and _worth(last)[1] != _worth(match)[1]:
            yield _worth(last), _worth(match)
        last = match


def _worth(match: re.Match[str]) -> Worth:
    sign, unit = match.group("sign"), match.group("unit")
    currency = _currency(sign) if sign else _UNITS[unit.lower()]
    return _amount(match.group("amount") or match.group("amount2"), match.group("scale") or match.group("scale2")), currency


def _currency(sign: str) -> str:
    for known, currency in _SIGNS.items():
        if known.casefold() == sign.casefold():
            return currency
    raise KeyError(sign)


def _amount(digits: str, scale: str | None) -> int | float:
    number = Decimal(digits.replace(",", "")) * _SCALES.get((scale or "").lower(), 1)
    return int(number) if number == number.to_integral_value() else float(number)


def _qualifier(text: str, floor: int, start: int) -> tuple[int, Literal["up to", "at least", "about"] | None]:
    before = text[max(floor, start - 20) : start]
    for qualifier, pattern in _QUALIFIERS:
        if match := re.search(rf"\b{pattern}\s+$", before, re.IGNORECASE):
            return start - len(before) + match.start(), qualifier
    return start, None


_COUNT = re.compile(
    rf"(?<![\w$£€₹.,/-])(?P<qualifier>(?:more than|over|about|around|some|nearly|almost|at least|up to|as many as|roughly|approximately|an estimated"
    rf"|fewer than|less than|only)\s+)?(?P<number>{_DIGITS}|{'|'.join(_WORDS)}){_SCALE}(?![\w%°]|,\d|\.\d)(?!\s*(?:percent|per cent))",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Count:
    """A number that counts something; ``number`` is the span without its qualifier."""

    span: Span
    quantity: int | float


def counts(text: str, within: Span, *, spelled: bool = False) -> Iterator[Count]:
    """Numbers of a span that are no sums, percentages, or parts of something longer; ``spelled`` ones ("five") too where that is sure to be meant."""
    for match in _COUNT.finditer(text, within.start, within.end):
        word = match.group("number").lower()
        if word in _WORDS and not match.group("scale") and not spelled:
            continue
        quantity = _amount(str(_WORDS.get(word, word)), match.group("scale"))
        yield Count(Span(match.start(), match.end()), quantity)


_PERCENT = re.compile(rf"(?P<number>{_DIGITS})\s?(?:%|per\s?cent\b)", re.IGNORECASE)


def percentages(text: str, within: Span) -> Iterator[Count]:
    """Percentages of a span, in order.

    >>> [count.quantity for count in percentages("fell 6.3 per cent", Span(0, 17))]
    [6.3]
    """
    for match in _PERCENT.finditer(text, within.start, within.end):
        yield Count(Span(match.start(), match.end()), _amount(match.group("number"), None))
