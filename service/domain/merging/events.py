"""Dated events: what is told of one day once, and which days were moved."""

from __future__ import annotations

import datetime
import itertools
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from casebrief.service.domain.event_spans import event_around
from casebrief.service.domain.evidence import Evidence
from casebrief.service.domain.merging.conflicts import conflict
from casebrief.service.domain.merging.decisions import Many
from casebrief.service.domain.merging.facts import fact
from casebrief.service.domain.merging.grouping import grouped
from casebrief.service.domain.merging.likeness import Likeness, stems
from casebrief.service.domain.merging.newest import filings
from casebrief.service.domain.merging.sources import Group, Material, Sources
from casebrief.service.domain.revisions import moved_from, sentence_of
from casebrief.service.domain.schema import LONGEST_VALUE, Conflict, Date, Fact
from casebrief.service.domain.similarity import overlap

SAME_EVENT = 0.12
"""Share of content words that makes two reports of one month or year the same event."""


def timeline(material: Material, likeness: Likeness) -> Many:
    """Events in order of date, the filing among them; the days that a newer article says were moved stand in the conflict alone."""
    sources = material.sources
    groups = grouped(material.of("timeline"), _same_event, sources)
    found, gone = _moved_days(groups, material)
    found += _told_on_two_days(groups, likeness)
    kept = [group for group in groups if group[0].normalized is None or group[0].normalized not in gone]
    told = [*kept, *([filing] if (filing := _filing(kept, material)) else [])]
    return sorted((_event(group, told, sources) for group in told), key=_when), found


def _filing(groups: Sequence[Group], material: Material) -> Group:
    """That the action was brought, told by the sentences of its day; nothing where an event of that day tells it already."""
    filing = [_brought(item, material.sources) for group in filings(material)[:1] for item in group]
    return [] if any(_same_event(item, group[0]) for item in filing[:1] for group in groups) else filing


def _brought(item: Evidence, sources: Sources) -> Evidence:
    text = sources.texts[item.article]
    around = event_around(text, sentence_of(text, item.span), item.span)
    event = around if around.end - around.start <= LONGEST_VALUE else item.span
    words = item.span.of(text)
    return replace(item, field="timeline", span=event, value=event.of(text), guarantee="copied", about=words, basis=item.span if item.span != event else None)


def _event(group: Group, groups: Sequence[Group], sources: Sources) -> Fact[Any]:
    """An event in its surest words, of those that tell no other one where there are any; marked where its day lay ahead when every article that tells of it
    appeared: a step that was planned.
    """
    others = [item for other in groups if other is not group for item in other]
    own = [item for item in group if not any(item.article == other.article and item.span.meets(other.span) for other in others)]
    told = fact(group, sources, max(own or group, key=lambda item: (item.confidence, -len(item.value))))
    return told.model_copy(update={"to_come": True}) if all(_lies_ahead(item, sources) for item in group) else told


def _lies_ahead(item: Evidence, sources: Sources) -> bool:
    published = sources.published[item.article]
    if published is None or not isinstance(item.normalized, Date):
        return False
    return item.normalized.date > published.isoformat()[: len(item.normalized.date)]


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


NEAR = datetime.timedelta(days=10)
"""Two days that two articles give, each as the only one of its time, are those of one event up to this distance."""

FEW = 6
"""Events of a case up to which chance seldom brings two different ones near to each other; where there are more they must share a word."""


def _told_on_two_days(groups: Sequence[Group], likeness: Likeness) -> list[Conflict]:
    """Events to which two articles give two days: told in the same words, or on days near to each other, both past when the first of them appeared."""
    sources = likeness.sources
    dated = [group for group in groups if _day(group)]
    found, taken = [], []
    for one, other in itertools.combinations(dated, 2):
        if one not in taken and other not in taken and (_are_told_alike(one, other, likeness) or _are_one_event(one, other, groups, sources)):
            found.append(conflict("timeline", one[0].value, [one, other], sources, superseded=False))
            taken += [one, other]
    return found


ALIKE = 0.7
"""The weight of words that two reports share, from which they tell one event."""

WITHIN = datetime.timedelta(days=31)
"""Days of one event that are further apart are those of two: what happens once a month, or a year later, is told in the same words."""


def _are_told_alike(one: Group, other: Group, likeness: Likeness) -> bool:
    """Whether two articles tell an event in nearly the same words that neither takes to lie ahead, and give it two days."""
    sources, first, second = likeness.sources, _day(one), _day(other)
    if not (first and second) or abs(first - second) > WITHIN or sources.tellers(one) & sources.tellers(other):
        return False
    past = not any(_lies_ahead(item, sources) for item in (*one, *other))
    return past and any(likeness.shared(_undated(mine), _undated(theirs))[0] >= ALIKE for mine in one for theirs in other)


def _day(group: Group) -> datetime.date | None:
    date = group[0].normalized
    return datetime.date.fromisoformat(date.date) if isinstance(date, Date) and date.precision == "day" else None


def _is_spelled(item: Evidence, sources: Sources) -> bool:
    """Whether a day is told by its month and number, and not counted from the day of publication."""
    words = (item.basis or item.span).of(sources.texts[item.article])
    return bool(re.search(r"\d", words) and re.search(r"[A-Z][a-z]{2}|\d[./]\d", words)) and not re.search(r"day\b", words)


def _are_one_event(one: Group, other: Group, groups: Sequence[Group], sources: Sources) -> bool:
    first, second = _day(one), _day(other)
    if not all(any(_is_spelled(item, sources) for item in group) for group in (one, other)):
        return False
    published = [sources.first(one), sources.first(other)]
    if not (first and second and all(published)) or abs(first - second) > NEAR or sources.tellers(one) & sources.tellers(other):
        return False
    past = max(first, second) < min(day for day in published if day)
    alike = len(groups) <= FEW or any(stems(_undated(a)) & stems(_undated(b)) for a in one for b in other)
    return past and alike and not any(_is_of_that_time(group, one, other) for group in groups)


def _is_of_that_time(group: Group, one: Group, other: Group) -> bool:
    """Whether the articles of two groups tell of a third day near to theirs."""
    day, told = _day(group), {item.article for item in (*one, *other)}
    near = [mine for mine in (_day(one), _day(other)) if mine and day and abs(day - mine) <= NEAR]
    return group is not one and group is not other and bool(near) and any(item.article in told for item in group)
