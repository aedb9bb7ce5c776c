"""Numbers about the dispute: each once, none that is asked for or was decided, and those that articles tell differently."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from casebrief.service.domain.evidence import Evidence
from casebrief.service.domain.merging import differing
from casebrief.service.domain.merging.conflicts import conflict, is_update
from casebrief.service.domain.merging.decisions import Many
from casebrief.service.domain.merging.facts import fact
from casebrief.service.domain.merging.grouping import grouped
from casebrief.service.domain.merging.likeness import Likeness
from casebrief.service.domain.merging.sources import Group, Material, Sources
from casebrief.service.domain.merging.sums import Worths
from casebrief.service.domain.money import counts
from casebrief.service.domain.sameness import figure, same_figure
from casebrief.service.domain.schema import Conflict, Figure


def figures(material: Material, likeness: Likeness, worths: Worths) -> Many:
    """Numbers with their units, then those that no rule could read."""
    sources = material.sources
    groups = numbers(material, worths)
    known = [named for group in groups if (named := [item for item in group if figure(item).unit])]
    unread = grouped([item for item in material.of("figures") if item.normalized is None and _says_of_what(item)], lambda a, b: a.value == b.value, sources)
    return [fact(group, sources) for group in (*known, *unread)], list(_told_differently(groups, likeness))


def numbers(material: Material, worths: Worths) -> list[Group]:
    """Numbers that rules could read, each once, without the sums that are asked for or were decided."""
    told = {worths.of(item) for name in ("relief_sought", "rulings") for item in material.of(name)} - {None}
    read = [_counted(item, material.sources) for item in material.of("figures")]
    return grouped([item for item in read if item.normalized and worths.of(item) not in told], same_figure, material.sources)


def _counted(item: Evidence, sources: Sources) -> Evidence:
    """The evidence with the number that it holds, where nothing behind it says what is counted: it can still differ from another."""
    if item.normalized is not None:
        return item
    count = next(counts(sources.texts[item.article], item.span, spelled=True), None)
    return replace(item, normalized=Figure(quantity=count.quantity, unit="")) if count else item


_NUMBER = re.compile(
    r"\b(?:an?|and|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|(?:twen|thir|for|fif|six|seven|eigh|nine)ty|dozens?|hundreds?"
    r"|thousands?|(?:m|b|tr)illions?|bn|m|k|some|about|around|nearly|almost|roughly|only|just|over|under|up|to|at|least|most|more|less|fewer|than|or|so)\b",
    re.IGNORECASE,
)
"""Words of a number, and those that say how near it is."""


def _says_of_what(item: Evidence) -> bool:
    """Whether a number that no rule could read has words behind it: one alone tells nobody anything."""
    return bool(re.search(r"[^\W\d_]", _NUMBER.sub("", item.value)))


def _told_differently(groups: Sequence[Group], likeness: Likeness) -> Iterator[Conflict]:
    """Numbers of one thing that differ, each set of them once."""
    for rivals in differing.told_differently(groups, likeness):
        sides = _of_shared_units(rivals)
        positions = [[_as_read(item) for item in group] for group in sides]
        about = next((unit for group in sides if (unit := figure(group[0]).unit)), "")
        yield conflict("figures", about, positions, likeness.sources, superseded=is_update(positions, likeness.sources))


def _as_read(item: Evidence) -> Evidence:
    """A bare number without the typed form that only serves to compare it."""
    return item if figure(item).unit else replace(item, normalized=None)


def _of_shared_units(rivals: Sequence[Group]) -> list[Group]:
    """Groups by what all call the thing that they count, where there is such a word: users against users, not against doors."""
    shared = frozenset.intersection(*(frozenset(figure(item).unit for item in group) for group in rivals))
    return [[item for item in group if figure(item).unit in shared] or group for group in rivals]
