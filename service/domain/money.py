"""Sums of money in news prose: amount, currency, unit and qualifier, read by rule."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from casebrief.service.domain.spans import Span

_SIGNS = {
    "US$": "USD", "A$": "AUD", "AU$": "AUD", "C$": "CAD", "CA$": "CAD", "NZ$": "NZD", "HK$": "HKD", "S$": "SGD", "R$": "BRL", "NT$": "TWD",
    "$": "USD", "£": "GBP", "€": "EUR", "₹": "INR", "Rs.": "INR", "Rs": "INR", "INR": "INR", "USD": "USD", "EUR": "EUR", "GBP": "GBP",
    "AUD": "AUD", "CAD": "CAD", "¥": "JPY", "₩": "KRW", "CHF": "CHF", "₱": "PHP", "₦": "NGN", "₪": "ILS", "NIS": "ILS", "RM": "MYR", "KSh": "KES",
    "Sh": "KES", "GH¢": "GHS", "GH₵": "GHS", "Dh": "AED", "Dhs": "AED", "AED": "AED", "Tk": "BDT", "SEK": "SEK", "DKK": "DKK", "NOK": "NOK", "PLN": "PLN",
    "ZAR": "ZAR",
}  # fmt: skip
_LETTERS = {"P": "PHP", "N": "NGN", "R": "ZAR", "K": "ZMW"}
"""Signs that are money before thousands or a scale alone: "R88m", "P150,000", and not "N95"."""

_UNITS = {
    "dollars": "USD", "dollar": "USD", "bucks": "USD", "euros": "EUR", "euro": "EUR", "pounds": "GBP", "rupees": "INR", "yen": "JPY", "won": "KRW",
    "Swiss francs": "CHF", "francs": "CHF", "shekels": "ILS", "zlotys": "PLN", "zloty": "PLN", "naira": "NGN", "rand": "ZAR", "ringgit": "MYR", "taka": "BDT",
    "kwacha": "ZMW", "kronor": "SEK", "US cents": "USD", "cents": "USD", "cent": "USD", "pence": "GBP",
}  # fmt: skip
_HUNDREDTHS = frozenset({"US cents", "cents", "cent", "pence"})
_LOCAL = {
    "AUD": ("$", r"Australia|Australian|Sydney|Melbourne|Brisbane|Perth|Adelaide|Canberra|Darwin|Hobart|New South Wales|NSW|Queensland|Victorian|Tasmania"),
    "CAD": (
        "$",
        r"Canada|Canadian|Toronto|Ontario|Vancouver|British Columbia|B\.C\.|Montreal|Quebec|Alberta|Calgary|Edmonton|Ottawa|Manitoba|Nova Scotia|Halifax",
    ),
    "NZD": ("$", r"New Zealand|Auckland|Wellington|Christchurch|Dunedin|Waikato|Otago"),
    "SGD": ("$", r"Singapore|Singaporean"),
    "HKD": ("$", r"Hong Kong|Kowloon"),
    "PKR": ("Rs", r"Pakistan|Pakistani|Karachi|Lahore|Islamabad|Sindh|Peshawar"),
    "LKR": ("Rs", r"Sri Lanka|Sri Lankan|Colombo"),
}
"""Currencies that share a sign, and places where it means them."""

_SHARED = {
    "$": (
        r"U\.S\.|US|United States|American|(?:federal|District|Circuit|Superior) [Cc]ourt|Alabama|Alaska|Arizona|Arkansas|California|Calif\.|Colorado|Connecticut"
        r"|Delaware|Florida|Fla\.|Georgia|Hawaii|Idaho|Illinois|Indiana|Iowa|Kansas|Kentucky|Louisiana|Maine|Maryland|Massachusetts|Mass\.|Michigan|Mich\."
        r"|Minnesota|Mississippi|Missouri|Montana|Nebraska|Nevada|New Hampshire|New Jersey|New Mexico|New York|N\.Y\.|North Carolina|N\.C\.|North Dakota|Ohio"
        r"|Oklahoma|Oregon|Ore\.|Pennsylvania|Pa\.|Rhode Island|South Carolina|South Dakota|Tennessee|Tenn\.|Texas|Utah|Vermont|Virginia|Washington|Wisconsin|Wyoming"
    ),
    "Rs": "India|Indian|Delhi|Mumbai|Chennai|Kolkata|Bengaluru",
}
"""Signs that several currencies share, and places of the currency that has them first."""

_SCALES = {
    "thousand": 10**3, "k": 10**3, "million": 10**6, "mln": 10**6, "m": 10**6, "mn": 10**6, "billion": 10**9, "bln": 10**9, "bn": 10**9,
    "b": 10**9, "trillion": 10**12, "tn": 10**12, "lakh": 10**5, "crore": 10**7,
}  # fmt: skip
_WORDS = {word: number for number, word in enumerate(
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split(), 1
)}  # fmt: skip
_TENS = {word: 10 * number for number, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)}
_SMALL = rf"(?:(?:{'|'.join(_TENS)})(?:-(?:{'|'.join(sorted(_WORDS, key=len, reverse=True))}))?|{'|'.join(sorted(_WORDS, key=len, reverse=True))})"
_SPELLED = rf"(?:(?:{_SMALL}|a)\shundred(?:\s(?:and\s)?{_SMALL})?|{_SMALL}|(?:half\s)?a(?=\s(?:million|billion|trillion)))"

_DIGITS = r"\d{1,3}(?:,\d{2,3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_SCALE = r"(?:[\s-]?(?P<scale>" + "|".join(sorted(_SCALES, key=len, reverse=True)) + r")\b)?"
_MONEY = re.compile(
    rf"(?:(?<!\w)(?P<sign>{'|'.join(re.escape(sign) for sign in sorted(_SIGNS, key=len, reverse=True))})\s?(?P<amount>{_DIGITS}){_SCALE}"
    rf"|(?<![\w-])(?-i:(?P<letter>{'|'.join(_LETTERS)}))(?P<amount3>{_DIGITS})(?:(?<=,\d\d\d)|(?=[\s-]?(?:{'|'.join(_SCALES)})\b)){_SCALE.replace('<scale>', '<scale3>')}"
    rf"|(?<![\w.,])(?P<amount2>{_DIGITS}|{_SPELLED}){_SCALE.replace('<scale>', '<scale2>')}[\s-](?:(?P<of>US|U\.S\.|Canadian|Australian|New Zealand|Hong Kong"
    rf"|Singapore)\s)?(?P<unit>{'|'.join(_UNITS)})\b)",
    re.IGNORECASE,
)
_OF = {"canadian": "CAD", "australian": "AUD", "new zealand": "NZD", "hong kong": "HKD", "singapore": "SGD"}
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
    sign, letter, unit = match.group("sign"), match.group("letter"), match.group("unit")
    if unit:
        known = next(known for known in _UNITS if known.casefold() == unit.casefold())
        amount = _amount(match.group("amount2"), match.group("scale2"))
        currency = _OF.get((match.group("of") or "").casefold(), _UNITS[known])
        if known in _HUNDREDTHS:
            amount = float(Decimal(str(amount)) / 100)
        return amount, currency if match.group("of") or currency != "USD" or known == "US cents" else _local(match.string).get("$", currency)
    if letter:
        return _amount(match.group("amount3"), match.group("scale3")), _LETTERS[letter]
    return _amount(match.group("amount"), match.group("scale") or _scale_behind(match)), _currency(sign, match.string)


_UP_TO = re.compile(
    rf"\s?(?:to|and|or|-|–)\s?(?P<sign>{'|'.join(re.escape(sign) for sign in sorted(_SIGNS, key=len, reverse=True))})?(?P<amount>{_DIGITS}){_SCALE}",
    re.IGNORECASE,
)


def _scale_behind(match: re.Match[str]) -> str | None:
    """The scale of the lower end of a span that tells it once ("$3 to $4 million"); a sign or a decimal point shows that both ends are of one."""
    upper = _UP_TO.match(match.string, match.end())
    if upper is None or not (upper["sign"] or "." in match["amount"]) or Decimal(match["amount"].replace(",", "")) >= Decimal(upper["amount"].replace(",", "")):
        return None
    return upper["scale"] if len(match["amount"].split(".")[0]) <= 3 else None


def _currency(sign: str, text: str) -> str:
    found = next(currency for known, currency in _SIGNS.items() if known.casefold() == sign.casefold())
    return _local(text).get(sign.rstrip(".").capitalize(), found)


@lru_cache(maxsize=64)
def _local(text: str) -> dict[str, str]:
    """What a sign that several currencies share means in a text, by the places that it names oftener than those of the sign's own."""
    local: dict[str, str] = {}
    for sign, own in _SHARED.items():
        named = {currency: len(re.findall(rf"\b(?:{places})(?!\w)", text)) for currency, (theirs, places) in _LOCAL.items() if theirs == sign}
        most = max(named, key=lambda currency: named[currency])
        if named[most] > len(re.findall(rf"\b(?:{own})(?!\w)", text)):
            local[sign] = most
    return local


def _amount(digits: str, scale: str | None) -> int | float:
    number = (Decimal(digits.replace(",", "")) if digits[0].isdigit() else Decimal(_spelled(digits))) * _SCALES.get((scale or "").lower(), 1)
    return int(number) if number == number.to_integral_value() else float(number)


def _spelled(words: str) -> str:
    """A number in words below a thousand, in digits.

    >>> _spelled("six hundred and forty"), _spelled("Thirty-one"), _spelled("half a")
    ('640', '31', '0.5')
    """
    if words.lower().startswith("half"):
        return "0.5"
    total = 0
    for word in re.split(r"[\s-]", words.lower()):
        total = total * 100 if word == "hundred" else total + (_WORDS.get(word) or _TENS.get(word) or (word == "a"))
    return str(total)


def _qualifier(text: str, floor: int, start: int) -> tuple[int, Literal["up to", "at least", "about"] | None]:
    before = text[max(floor, start - 20) : start]
    for qualifier, pattern in _QUALIFIERS:
        if match := re.search(rf"\b{pattern}\s+$", before, re.IGNORECASE):
            return start - len(before) + match.start(), qualifier
    return start, None


_COUNT = re.compile(
    rf"(?<![\w$£€₹.,/-])(?P<qualifier>(?:more than|over|about|around|some|nearly|almost|at least|up to|as many as|roughly|approximately|an estimated"
    rf"|fewer than|less than|only)\s+)?(?P<number>{_DIGITS}|{_SPELLED}){_SCALE}(?!(?!(?:km|kg|cm|mm|mph)\b)[\w%°]|,\d|\.\d)(?!\s*(?:percent|per cent))",
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
        number = match.group("number")
        if not number[0].isdigit() and not match.group("scale") and not spelled:
            continue
        quantity = _amount(number, match.group("scale"))
        yield Count(Span(match.start(), match.end()), quantity)


_PERCENT = re.compile(rf"(?<![\w.,-])(?P<number>{_DIGITS}|{_SPELLED})\s?(?:%|per\s?cent\b)", re.IGNORECASE)


def percentages(text: str, within: Span) -> Iterator[Count]:
    """Percentages of a span, in order.

    >>> [count.quantity for count in percentages("fell 6.3 per cent", Span(0, 17))]
    [6.3]
    """
    for match in _PERCENT.finditer(text, within.start, within.end):
        yield Count(Span(match.start(), match.end()), _amount(match.group("number"), None))


_PARTS = {"half": 2, "third": 3, "quarter": 4, "fifth": 5, "sixth": 6, "tenth": 10, "twentieth": 20}
_SHARE = re.compile(
    rf"\b(?:(?P<of>{'|'.join(_WORDS)}|a)[\s-](?P<part>{'|'.join(_PARTS)})s?(?!-)|(?P<half>half)(?=\s(?:of|the|a|an|its|their|his|her)\b)"
    rf"|(?P<one>{_SMALL}) (?:in|out of) (?P<all>{_SMALL}|\d+))\b",
    re.IGNORECASE,
)


def shares(text: str, within: Span) -> Iterator[Count]:
    """Fractions in words, in order, to two places.

    >>> [count.quantity for count in shares("a third of them, and one in four", Span(0, 32))]
    [0.33, 0.25]
    """
    for match in _SHARE.finditer(text, within.start, within.end):
        part = match.groupdict()
        if part["half"]:
            quantity = 0.5
        elif part["part"]:
            quantity = (_WORDS.get(part["of"].lower()) or 1) / _PARTS[part["part"].lower()]
        else:
            quantity = int(_spelled(part["one"])) / int(part["all"] if part["all"].isdigit() else _spelled(part["all"]))
        if 0 < quantity < 1:
            yield Count(Span(match.start(), match.end()), round(quantity, 2))
