"""What sums come to: one told in two currencies is one, and a number may say that it replaces an earlier one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from casebrief.service.domain.evidence import Evidence
from casebrief.service.domain.merging.conflicts import conflict
from casebrief.service.domain.merging.sources import Group, Material, Sources
from casebrief.service.domain.money import Worth, conversions
from casebrief.service.domain.revisions import quantity, revised, told_before
from casebrief.service.domain.sameness import per
from casebrief.service.domain.schema import Conflict, Figure, Money


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


def per_of(item: Evidence) -> str | None:
    return per(item.normalized) if isinstance(item.normalized, Money) else None


def revisions(field: str, groups: Sequence[Group], material: Material) -> list[Conflict]:
    """Numbers of which a report says that they replace another article's."""
    sources = material.sources
    told = [item for name in ("figures", "rulings", "relief_sought") for item in material.of(name)]
    found: dict[str, Conflict] = {}
    for group in groups:
        for item in group:
            for old in revised(sources.texts[item.article], item) if quantity(item) else ():
                before = [other for other in told if other.article != item.article and quantity(other) == old]
                before = before or [
                    other
                    for id_ in sources.texts
                    if id_ != item.article and (other := told_before(id_, sources.texts[id_], sources.stories.get(id_, ()), old, item))
                ]
                if before and item.value not in found:
                    found[item.value] = conflict(field, item.value, [before, group], sources, superseded=True)
    return list(found.values())
