"""What the defendant is said to have done, and under which laws."""

from __future__ import annotations

from typing import Any

from casebrief.service.domain.evidence import Evidence
from casebrief.service.domain.merging.facts import fact
from casebrief.service.domain.merging.grouping import grouped, ranked
from casebrief.service.domain.merging.likeness import Likeness, clustered
from casebrief.service.domain.merging.sources import Material
from casebrief.service.domain.merging.statements import statement
from casebrief.service.domain.sameness import law, same_law
from casebrief.service.domain.schema import Fact

READABLE = 120
"""Characters of a wording that reads best."""


def allegations(material: Material, likeness: Likeness) -> list[Fact[Any]]:
    """One fact an act, told by its surest wording."""
    sources = material.sources
    groups = ranked(clustered(material.of("allegations"), _same_words, lambda a, b: False, likeness), sources)
    heads = [max(group, key=lambda item: (item.confidence, -abs(len(item.value) - READABLE))) for group in groups]
    return [statement(group, head, material) for group, head in zip(groups, heads, strict=True)]


def _same_words(one: Evidence, other: Evidence) -> bool:
    return one.value == other.value


def causes(material: Material) -> list[Fact[Any]]:
    """The laws and theories sued on, each by its fullest name."""
    sources = material.sources
    fullest = sorted(material.of("causes_of_action"), key=lambda item: -len(law(item)))
    groups = grouped(fullest, same_law, sources)
    return [fact(group, sources, max(group, key=lambda item: (len(law(item)), item.confidence))) for group in groups]
