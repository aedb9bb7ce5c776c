"""Evidence that states the same fact, together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from casebrief.service.domain.evidence import Evidence
from casebrief.service.domain.merging.sources import Group, Same, Sources


def grouped(evidence: Iterable[Evidence], same: Same, sources: Sources) -> list[Group]:
    """Each piece of evidence in the first group that holds one that states the same; the best-supported group first."""
    found: list[Group] = []
    known: dict[tuple[str, object, str], Group] = {}
    for item in evidence:
        # The same words with the same typed form need no comparison: long articles repeat themselves.
        key = (item.value, item.normalized, item.about)
        group = known.get(key) or next((group for group in found if any(same(item, other) for other in _distinct(group))), None)
        if group is None:
            group = []
            found.append(group)
        group.append(item)
        known[key] = group
    return ranked(found, sources)


def _distinct(group: Group) -> Iterable[Evidence]:
    """A group's members, those of the same words and typed form once."""
    return {(item.value, item.normalized, item.about): item for item in reversed(group)}.values()


def ranked(groups: Sequence[Group], sources: Sources) -> list[Group]:
    """Groups by the independent articles behind them, then by their surest evidence, then by day and place: the order of the request decides nothing."""
    return sorted(groups, key=lambda group: rank(group, sources))


def rank(group: Group, sources: Sources) -> tuple[Any, ...]:
    best = head(group, sources)
    return (-sources.independent(group), -best.confidence, sources.when(best))


def head(group: Group, sources: Sources) -> Evidence:
    """The surest evidence, the first of several."""
    return min(group, key=lambda item: (-item.confidence, sources.when(item)))
