"""What sums come to: one told in two currencies, or roughly, is one."""

from __future__ import annotations

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
