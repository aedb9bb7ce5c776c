"""What the defendant is said to have done, and under which laws."""

from __future__ import annotations

from typing import Any

from casebrief.service.domain.evidence import Evidence
from casebrief.service.domain.merging.conflicts import conflict
from casebrief.service.domain.merging.facts import fact
from casebrief.service.domain.merging.grouping import grouped, ranked
from casebrief.service.domain.merging.likeness import Likeness, clustered
from casebrief.service.domain.merging.sources import Group, Material
from casebrief.service.domain.sameness import same_law
from casebrief.service.domain.schema import Conflict, Fact
from casebrief.service.domain.similarity import overlap

ONE_ACT = 0.55
"""The share of content words from which two wordings tell one act, where no reader was taught to tell."""

READABLE = 120
"""Characters of a wording that reads best."""


def allegations(material: Material, likeness: Likeness) -> list[Fact[Any]]:
    """One fact an act, told by its surest wording."""
    sources, told = material.sources, material.of("allegations")
    if sources.taught:
        groups = ranked(clustered(told, _same_words, lambda a, b: False, likeness), sources)
    else:
        groups = grouped(told, lambda a, b: overlap(a.value, b.value) >= ONE_ACT, sources)
    return [fact(group, sources, max(group, key=lambda item: (item.confidence, -abs(len(item.value) - READABLE)))) for group in groups]


def _same_words(one: Evidence, other: Evidence) -> bool:
    return one.value == other.value


def causes(material: Material) -> tuple[list[Fact[Any]], list[Conflict]]:
    """The laws and theories sued on; articles that count the charges of one kind differently contradict each other."""
    sources = material.sources
    facts = [fact(group, sources) for group in grouped(material.of("causes_of_action"), same_law, sources)]
    found = []
    for group in grouped(material.of("charges"), lambda a, b: a.about == b.about, sources):
        numbers: dict[str, Group] = {}
        for item in group:
            numbers.setdefault(item.value.split()[0].casefold(), []).append(item)
        alone = [items for items in numbers.values() if not {i.article for i in items} & {i.article for o in numbers.values() if o is not items for i in o}]
        if len(alone) > 1:
            found.append(conflict("causes_of_action", f"counts of {group[0].about}", alone, sources, superseded=False))
    return facts, found
