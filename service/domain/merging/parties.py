"""Who sues whom, and who speaks for them: each once, with all its names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from casebrief.service.domain.evidence import Evidence
from casebrief.service.domain.merging.facts import fact
from casebrief.service.domain.merging.grouping import grouped, head, rank, ranked
from casebrief.service.domain.merging.sources import Group, Material
from casebrief.service.domain.names import same_name
from casebrief.service.domain.sameness import formality
from casebrief.service.domain.schema import Counsel, Fact


def parties(material: Material, field: str) -> list[Fact[Any]]:
    """The plaintiffs or the defendants; nobody who is on the other side."""
    others = material.case.plaintiffs if field == "defendants" else material.case.defendants
    own = [item for item in material.of(field) if item.found_by == "rule" or not any(same_name(item.value, name) for name in others)]
    sources = material.sources
    if sources.taught:
        return [fact(group, sources, max(group, key=_fullest)) for group in ranked(_by_name(own, material), sources)]
    groups = grouped(own, _same_name, sources)
    sure = [group for group in groups if head(group, sources).confidence >= 0.9 or len(group) > 1 or len(groups) == 1]
    return [fact(group, sources, max(group, key=formality)) for group in sorted(sure, key=lambda g: (-head(g, sources).confidence, rank(g, sources)))]


def _same_name(one: Evidence, other: Evidence) -> bool:
    return same_name(one.value, other.value)


def _fullest(item: Evidence) -> tuple[bool, bool, int, float]:
    """A name before a description ("the tenant"), with its legal form before without, the longest form before the others."""
    return (is_name(item), *formality(item))


def is_name(item: Evidence) -> bool:
    """Whether words name a party: descriptions have no capital."""
    return item.value[0].isupper() or item.value[0].isdigit() or any(word[0].isupper() for word in item.value.split()[-1:])


def _by_name(evidence: Sequence[Evidence], material: Material) -> list[Group]:
    """Full names first, then shorter ones, each with the fullest that it is a form of; then descriptions, with what the reader thinks they are."""
    names = [item for item in evidence if is_name(item)]
    ordered = sorted(names, key=lambda item: (-len(item.value), item.value, material.sources.when(item)))
    groups = grouped(ordered, _same_name, material.sources)
    alike = material.sources.alike
    for item in evidence:
        if not is_name(item):
            same = next((group for group in groups if any(item.value == other.value or (alike and alike(item, other) > 0.5) for other in group)), None)
            if same is None:
                groups.append([item])
            else:
                same.append(item)
    return groups


def counsel(material: Material) -> list[Fact[Any]]:
    """Lawyers and firms of whom all articles say the same side."""
    facts = []
    for group in grouped(material.of("counsel"), _same_name, material.sources):
        sides = {item.normalized.for_ for item in group if isinstance(item.normalized, Counsel)}
        if len(sides) == 1:
            facts.append(fact(group, material.sources, max(group, key=lambda item: (len(item.value), item.confidence))))
    return facts
