"""When two pieces of evidence state the same: by field, on the typed forms and the words."""

from __future__ import annotations

import re

from casebrief.service.domain.evidence import Evidence
from casebrief.service.domain.names import SUFFIX, key_words
from casebrief.service.domain.schema import Date, DocketNumber, Figure, Money, Response

ROUNDING = 0.03
"""Two counts this near to each other are one, when either is said to be approximate."""


def docket(item: Evidence) -> str:
    return item.normalized.number if isinstance(item.normalized, DocketNumber) else item.value


def one_date(a: object, b: object) -> bool:
    if not isinstance(a, Date) or not isinstance(b, Date):
        return a is b
    return a.date.startswith(b.date) or b.date.startswith(a.date)


def fineness(date: object) -> int:
    return len(date.date) if isinstance(date, Date) else 0


def formality(item: Evidence) -> tuple[bool, int, float]:
    """A name with its legal form first, then the longest."""
    return (bool(re.search(rf"{SUFFIX}$", item.value)), len(item.value), item.confidence)


def law(item: Evidence) -> frozenset[str]:
    name = re.sub(r"[’']", "'", item.value.casefold())
    name = re.sub(r"^(?:the |federal |[a-z]+'s )+", "", name)
    return key_words(name) - {"direct", "willful", "federal", "law", "laws"}


_OTHER_CHARGE = frozenset("conspiracy conspiring conspired attempted attempt aiding abetting".split())
"""Words that make a charge of its own of the one that they stand before."""


def same_law(a: Evidence, b: Evidence) -> bool:
    """The same words, or one named more fully: an act with its state or section, a theory with what it is of."""
    one, other = sorted((law(a), law(b)), key=len)
    if is_short_for(a.value, b.value) or is_short_for(b.value, a.value):
        return True
    return one == other or (bool(one) and one < other and not (other - one) & _OTHER_CHARGE)


def is_short_for(short: str, long: str) -> bool:
    """Whether one name is the initials of another: CIPA, the California Invasion of Privacy Act.

    >>> is_short_for("CIPA", "California Invasion of Privacy Act"), is_short_for("RICO", "Clayton Act")
    (True, False)
    """
    return short.isupper() and len(short) > TWO and short == "".join(word[0] for word in re.findall(r"\b[A-Z]\w*", long))


TWO = 2
"""Letters that are initials of too many names."""


def money(item: Evidence) -> bool:
    return isinstance(item.normalized, Money) and item.normalized.amount is not None


_PEOPLE = frozenset("person user customer member claimant consumer patient employee worker subscriber passenger investor head individual".split())


PEOPLE_UNITS = frozenset(f"{word}s" for word in _PEOPLE) | {"people"}


def per(money: Money) -> str | None:
    return "person" if money.per in _PEOPLE else money.per


def stance(item: Evidence) -> str:
    return item.normalized.stance if isinstance(item.normalized, Response) else ""


def figure(item: Evidence) -> Figure:
    assert isinstance(item.normalized, Figure)
    return item.normalized


TELLING = 100
"""The count from which a number tells by itself what is counted: "143 towns" and "143 rural markets" are one figure of a case."""

ODD = 3
"""Digits from which a number is no round one."""

SHARES = frozenset({"percent", "share"})


def same_figure(a: Evidence, b: Evidence) -> bool:
    one, other = figure(a), figure(b)
    if one.quantity == other.quantity and one.quantity >= TELLING and not is_sum_or_share(one) and not is_sum_or_share(other):
        return _is_odd(one.quantity) or (one.unit in PEOPLE_UNITS) == (other.unit in PEOPLE_UNITS) or not (one.unit and other.unit)
    if one.unit != other.unit and not {one.unit, other.unit} <= PEOPLE_UNITS:
        return False
    return one.quantity == other.quantity or rounded(a, b)


def _is_odd(quantity: float) -> bool:
    """Whether a count has so many digits before its last zeros that people and things of one case will hardly share it: 143, and not three million.

    >>> _is_odd(143), _is_odd(3e6), _is_odd(250)
    (True, False, False)
    """
    return len(f"{quantity:.0f}".rstrip("0")) >= ODD


def is_sum_or_share(figure: Figure) -> bool:
    return figure.unit.isupper() or figure.unit in SHARES


def rounded(a: Evidence, b: Evidence) -> bool:
    one, other = figure(a).quantity, figure(b).quantity
    about = re.compile(r"^(?:about|around|some|nearly|almost|roughly|approximately)\b", re.IGNORECASE)
    return abs(one - other) <= ROUNDING * max(one, other) and bool(about.match(a.value) or about.match(b.value))
