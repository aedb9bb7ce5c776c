"""Dated events: what is told of one day once, and which days were moved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from casebrief.service.domain.evidence import Evidence
from casebrief.service.domain.merging.conflicts import conflict
from casebrief.service.domain.merging.decisions import Many
from casebrief.service.domain.merging.facts import fact
from casebrief.service.domain.merging.grouping import grouped
from casebrief.service.domain.merging.sources import Group, Material
from casebrief.service.domain.revisions import moved_from
from casebrief.service.domain.schema import Conflict, Date, Fact
from casebrief.service.domain.similarity import overlap

SAME_EVENT = 0.12
"""Share of content words that makes two reports of one month or year the same event."""


def timeline(material: Material) -> Many:
    """Events in order of date; the days that a newer article says were moved stand in the conflict alone."""
    sources = material.sources
    groups = grouped(material.of("timeline"), _same_event, sources)
    found, gone = _moved_days(groups, material)
    kept = [group for group in groups if group[0].normalized is None or group[0].normalized not in gone]
    facts = [fact(group, sources, max(group, key=lambda item: (item.confidence, -len(item.value)))) for group in kept]
    return sorted(facts, key=_when), found


def _when(event: Fact[Any]) -> tuple[bool, str, int]:
    return (event.normalized is None, event.normalized.date if event.normalized else "", event.citations[0].start)


def _same_event(a: Evidence, b: Evidence) -> bool:
    """Reports of one day tell of one event, nine times in ten; those of a month or year do when they share words."""
    if not isinstance(a.normalized, Date) or not isinstance(b.normalized, Date):
        return a.normalized is b.normalized and a.value == b.value
    return a.normalized == b.normalized and (a.normalized.precision == "day" or overlap(_undated(a), _undated(b)) >= SAME_EVENT)


def _undated(item: Evidence) -> str:
    """An event without the words of its date: those two events of one day share anyway."""
    return item.value.replace(item.about, " ") if item.about else item.value


def _moved_days(groups: Sequence[Group], material: Material) -> tuple[list[Conflict], list[object]]:
    """The events of which a newer article says that they were moved to another day, and the days that no longer stand."""
    found: list[Conflict] = []
    gone: list[object] = []
    for group in groups:
        for item in group:
            older = [other for other in material.of("timeline") if material.sources.newer([item], [other])]
            if before := moved_from(material.sources.texts[item.article], item, older):
                found.append(conflict("timeline", item.value, [[before], group], material.sources, superseded=True))
                gone.append(before.normalized)
                break
    return found, gone
