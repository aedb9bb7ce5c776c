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
    digits = len(f"{rough:.15g}".replace(".", "").strip("0"))
    return digits > 1 and number != rough and float(f"{number:.{digits}g}") == rough


def per_of(item: Evidence) -> str | None:
    return per(item.normalized) if isinstance(item.normalized, Money) else None
