"""What sums come to: one told in two currencies, or roughly, is one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from casebrief.service.domain.evidence import Evidence
from casebrief.service.domain.merging.sources import Sources
from casebrief.service.domain.money import Worth, conversions
from casebrief.service.domain.sameness import per
from casebrief.service.domain.schema import Figure, Money


@dataclass(frozen=True)
class Worths:
    """Sums that articles convert, by what they were converted from."""

    originals: Mapping[Worth, Worth]

    @classmethod
    def of_all(cls, sources: Sources) -> Worths:
        return cls({converted: original for text in sources.texts.values() for original, converted in conversions(text)})

    def of(self, item: Evidence) -> Worth | None:
        """The amount and currency of a sum or of a figure of money, as first told; ``None`` for all else."""
        found = item.normalized
        told: Worth | None = None
        if isinstance(found, Money) and found.amount is not None and found.currency:
            told = (found.amount, found.currency)
        elif isinstance(found, Figure) and found.unit.isupper():
            told = (found.quantity, found.unit)
        return self.originals.get(told, told) if told else None


_OF_ONE_NAME = (
    frozenset("USD AUD CAD NZD HKD SGD TWD TTD JMD".split()),
    frozenset("INR PKR LKR NPR MUR".split()),
    frozenset("GBP EGP".split()),
)
"""Currencies that go by one name or sign, which papers leave to the reader to tell apart."""


def is_one_sum(one: Worth, other: Worth) -> bool:
    """Whether two worths are equal, their currencies told or not: equal amounts of dollars of two countries are one sum, 19 of 21 times.

    >>> is_one_sum((14e6, "AUD"), (14e6, "USD")), is_one_sum((14e6, "AUD"), (14e6, "EUR"))
    (True, False)
    """
    return one[0] == other[0] and (one[1] == other[1] or any({one[1], other[1]} <= names for names in _OF_ONE_NAME))


_HEDGE = re.compile(
    r"\b(?:(?P<less>nearly|almost|close to|just under|up to)|(?P<more>more than|over|just over|at least)|about|around|some|roughly|approximately)\b",
    re.IGNORECASE,
)


def is_told_roughly(number: float, rough: float, words: str, *, in_title: bool) -> bool:
    """Whether a rough number is another one with a single digit left, as titles have them, and words that say on which side it lies.

    >>> [is_told_roughly(186_700, 200_000, words, in_title=False) for words in ("nearly £200,000", "more than £200,000", "£200,000")]
    [True, False, False]
    """
    hedge = _HEDGE.search(words)
    if not has_fewer_digits(number, rough) or (hedge and ((hedge["less"] and number > rough) or (hedge["more"] and number < rough))):
        return False
    return in_title or hedge is not None


def rounds_to(number: float, rough: float) -> bool:
    """Whether a rough number is another one with fewer digits, two at least: 44.6 million rounds to 45 million.

    >>> rounds_to(44_600_000, 45_000_000), rounds_to(44_600_000, 44_000_000), rounds_to(9.4, 9)
    (True, False, False)
    """
    return _digits(rough) > 1 and has_fewer_digits(number, rough)


def has_fewer_digits(number: float, rough: float) -> bool:
    """Whether a rough number is another one with fewer digits, one at least: 611 is about 600."""
    return number != rough and float(f"{number:.{_digits(rough)}g}") == rough


def _digits(number: float) -> int:
    return max(1, len(f"{number:.15g}".replace(".", "").strip("0")))


def per_of(item: Evidence) -> str | None:
    return per(item.normalized) if isinstance(item.normalized, Money) else None
