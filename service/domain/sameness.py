"""When two pieces of evidence state the same: by field, on the typed forms and the words."""

from __future__ import annotations

import re

from casebrief.service.domain.evidence import Evidence
from casebrief.service.domain.names import SUFFIX, key_words
from casebrief.service.domain.schema import Court, Date, DocketNumber, Figure, Money, Relief, Response
from casebrief.service.domain.similarity import overlap

ROUNDING = 0.03
"""Two counts this near to each other are one, when either is said to be approximate."""


def docket(item: Evidence) -> str:
    return item.normalized.number if isinstance(item.normalized, DocketNumber) else item.value


def court(item: Evidence) -> Court:
    assert isinstance(item.normalized, Court)
    return item.normalized


def same_court_name(a: Evidence, b: Evidence) -> bool:
    return court(a).court_id is not None or key_words(a.value) <= key_words(b.value) or key_words(b.value) <= key_words(a.value)


_ANY_COURT = frozenset("court courts federal district u.s us tribunal judge bench".split())
"""Words of which "federal court" is made: any court of the case may be called so."""


def same_court(a: Evidence, b: Evidence) -> bool:
    """One court by its id, else by its words or initials; what fits any court fits the one that is named."""
    if court(a).court_id and court(b).court_id:
        return court(a).court_id == court(b).court_id
    one, other = _court_words(a), _court_words(b)
    return one <= other or other <= one or _are_initials(a.value, b.value) or _are_initials(b.value, a.value)


def _court_words(item: Evidence) -> frozenset[str]:
    return (key_words(item.value) | (key_words(court(item).name) if court(item).court_id else frozenset())) - _ANY_COURT


def _are_initials(short: str, long: str) -> bool:
    return short.isupper() and len(short) > 1 and short == "".join(word[0] for word in re.findall(r"[A-Z]\w*", long))[: len(short)]


def most_telling(group: list[Evidence]) -> list[Evidence]:
    """Without an id: only the precise phrases, where there are any."""
    best = max((item.confidence for item in group), default=0)
    return [item for item in group if item.confidence == best]


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


def same_law(a: Evidence, b: Evidence) -> bool:
    """The same words; or acts of which one is named with its state and the other without."""
    one, other = law(a), law(b)
    acts = "act" in one and "act" in other and min(len(one), len(other)) >= 3
    return one == other or (acts and (one <= other or other <= one) and not re.search(r"\d", a.value + b.value))


def money(item: Evidence) -> bool:
    return isinstance(item.normalized, Money) and item.normalized.amount is not None


_PEOPLE = frozenset("person user customer member claimant consumer patient employee worker subscriber passenger investor head individual".split())


PEOPLE_UNITS = frozenset(f"{word}s" for word in _PEOPLE) | {"people"}


def per(money: Money) -> str | None:
    return "person" if money.per in _PEOPLE else money.per


def same_relief(a: Evidence, b: Evidence) -> bool:
    one, other = a.normalized, b.normalized
    if isinstance(one, Money) and isinstance(other, Money):
        if one.amount is None and other.amount is None:
            return one.kind == other.kind and adjectives(a.value) == adjectives(b.value)
        return (one.amount, one.currency, per(one)) == (other.amount, other.currency, per(other))
    return isinstance(one, Relief) and isinstance(other, Relief) and one.kind == other.kind


def adjectives(words: str) -> frozenset[str]:
    return frozenset(re.findall(r"punitive|compensatory|double|treble|back pay|liquidated|exemplary|aggravated", words.lower()))


def same_ruling(a: Evidence, b: Evidence) -> bool:
    if money(a) != money(b):
        return False
    if isinstance(a.normalized, Money) and isinstance(b.normalized, Money):
        return (a.normalized.kind, a.normalized.amount, a.normalized.currency) == (b.normalized.kind, b.normalized.amount, b.normalized.currency)
    return overlap(a.value, b.value) >= 0.5


def stance(item: Evidence) -> str:
    return item.normalized.stance if isinstance(item.normalized, Response) else ""


def is_filing(item: Evidence) -> bool:
    return bool(re.search(r"\b(?:filed|sued|lodged|brought|launched)\b", item.value, re.IGNORECASE))


def figure(item: Evidence) -> Figure:
    assert isinstance(item.normalized, Figure)
    return item.normalized


def same_figure(a: Evidence, b: Evidence) -> bool:
    one, other = figure(a), figure(b)
    if one.unit != other.unit and not {one.unit, other.unit} <= PEOPLE_UNITS:
        return False
    return one.quantity == other.quantity or (rounded(a, b) and a.about == b.about)


def rounded(a: Evidence, b: Evidence) -> bool:
    one, other = figure(a).quantity, figure(b).quantity
    about = re.compile(r"^(?:about|around|some|nearly|almost|roughly|approximately)\b", re.IGNORECASE)
    return abs(one - other) <= ROUNDING * max(one, other) and bool(about.match(a.value) or about.match(b.value))


def rival_figures(a: Evidence, b: Evidence) -> bool:
    """Whether two figures count the same thing and differ: same unit, same verb before them."""
    return figure(a).unit == figure(b).unit and bool(a.about) and a.about == b.about and not same_figure(a, b) and not rounded(a, b)
