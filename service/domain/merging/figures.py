"""Numbers about the dispute: each once, none that is asked for or was decided, and those that articles tell differently."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import replace

from casebrief.service.domain.evidence import Evidence
from casebrief.service.domain.merging.conflicts import conflict, is_update
from casebrief.service.domain.merging.decisions import Many
from casebrief.service.domain.merging.facts import fact
from casebrief.service.domain.merging.grouping import grouped
from casebrief.service.domain.merging.sources import Group, Material, Sources
from casebrief.service.domain.merging.sums import Worths, has_fewer_digits
from casebrief.service.domain.money import counts
from casebrief.service.domain.sameness import PEOPLE_UNITS, SHARES, TELLING, figure, is_sum_or_share, same_figure
from casebrief.service.domain.schema import Conflict, Figure

NEAR = 0.8
"""Two numbers of one thing are at least this near to each other, as a part of the greater one: a slip of the pen, a newer count, another's estimate."""

NEAR_MANY = 0.6
"""The same of counts from `TELLING` on, of which a case has few that are near to each other, whatever articles call what they count."""

MANY_ALIKE = 0.5
"""The same of those where both articles call it by one word."""

COUNTED_PEOPLE = PEOPLE_UNITS | frozenset(
    "women men children infants families households homeowners owners drivers riders nurses buyers borrowers residents victims students tenants guests "
    "depositors shareholders applicants plaintiffs parents teachers clients pensioners farmers retailers accounts".split()
)
"""Words for the same people in two articles."""


def figures(material: Material, worths: Worths) -> Many:
    """Numbers with their units, then those that no rule could read."""
    sources = material.sources
    told = {worths.of(item) for name in ("relief_sought", "rulings") for item in material.of(name)} - {None}
    read = [_counted(item, sources) for item in material.of("figures")]
    counted = [item for item in read if item.normalized and worths.of(item) not in told]
    groups = grouped(counted, same_figure, sources)
    known = [named for group in groups if (named := [item for item in group if figure(item).unit])]
    unread = grouped([item for item in material.of("figures") if item.normalized is None and _says_of_what(item)], lambda a, b: a.value == b.value, sources)
    return [fact(group, sources) for group in (*known, *unread)], _told_differently(groups, sources)


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


def _told_differently(groups: Sequence[Group], sources: Sources) -> list[Conflict]:
    """Numbers of one thing that are near to each other, neither told by an article that tells the other; the nearest first, each once."""
    found: list[Conflict] = []
    taken: list[Group] = []
    rivals = [pair for pair in itertools.combinations(groups, 2) if _rivals(*pair, groups, sources)]
    for one, other in sorted(rivals, key=lambda pair: (-_nearness(*pair), sorted(min(map(sources.when, group)) for group in pair))):
        if one not in taken and other not in taken:
            sides = _of_shared_units(one, other)
            positions = [[_as_read(item) for item in group] for group in sides]
            about = figure(sides[0][0]).unit or figure(sides[1][0]).unit
            found.append(conflict("figures", about, positions, sources, superseded=is_update(positions, sources)))
            taken += [one, other]
    return found


def _as_read(item: Evidence) -> Evidence:
    """A bare number without the typed form that only serves to compare it."""
    return item if figure(item).unit else replace(item, normalized=None)


def _of_shared_units(one: Group, other: Group) -> list[Group]:
    """Two groups by what both call the thing that they count, where there is such a word: users against users, not against doors."""
    shared = {figure(item).unit for item in one} & {figure(item).unit for item in other}
    return [[item for item in group if figure(item).unit in shared] or group for group in (one, other)]


def _nearness(one: Group, other: Group) -> float:
    """The smaller number as a part of the greater one, 0 to 1."""
    return _part(figure(one[0]).quantity, figure(other[0]).quantity)


def _part(one: float, other: float) -> float:
    return min(one, other) / max(one, other) if max(one, other) else 1.0


def _rivals(one: Group, other: Group, groups: Sequence[Group], sources: Sources) -> bool:
    """Whether two numbers are of one thing and differ: that near to each other, and near to no other number of the other's articles."""
    first, second = figure(one[0]), figure(other[0])
    if sources.tellers(one) & sources.tellers(other) or not (first.unit or second.unit) or _is_rounded(first, second) or _counts_one_more(one, other):
        return False
    alike = _alike(first, second)
    if alike and _are_swapped(first.quantity, second.quantity):
        return True
    near, many = _nearness(one, other), min(first.quantity, second.quantity) >= TELLING
    if is_sum_or_share(first) or is_sum_or_share(second):
        return alike and near >= NEAR and (first.unit in SHARES or (_only_one(one, groups) and _only_one(other, groups)))
    if not (near >= (MANY_ALIKE if alike and many else NEAR) or (many and near >= NEAR_MANY)):
        return False
    return (alike or many) and _is_alone(one, other, groups, alike=alike) and _is_alone(other, one, groups, alike=alike)


def _is_rounded(one: Figure, other: Figure) -> bool:
    """Whether one of two numbers is the other with fewer digits."""
    if min(one.quantity, other.quantity) < TELLING and not one.unit.isupper():
        return False
    return one.unit not in SHARES and (has_fewer_digits(one.quantity, other.quantity) or has_fewer_digits(other.quantity, one.quantity))


def _is_alone(one: Group, beside: Group, groups: Sequence[Group], *, alike: bool) -> bool:
    """Whether the articles of a group tell one number alone that is near to another one; where these are alike, of its unit."""
    told, number = {item.article for item in beside}, figure(one[0])
    near = [group for group in groups if _part(figure(group[0]).quantity, number.quantity) >= NEAR_MANY and any(item.article in told for item in group)]
    return len([group for group in near if not alike or _alike(figure(group[0]), number)]) <= 1


def _alike(one: Figure, other: Figure) -> bool:
    """Whether two numbers are of things that articles may call by either unit."""
    return one.unit == other.unit or {one.unit, other.unit} <= COUNTED_PEOPLE


def _only_one(group: Group, groups: Sequence[Group]) -> bool:
    """Whether the articles of a group tell no other number of its unit."""
    told, unit = {item.article for item in group}, figure(group[0]).unit
    return not any(other is not group and any(item.article in told and figure(item).unit == unit for item in other) for other in groups)


def _counts_one_more(one: Group, other: Group) -> bool:
    """Whether one count is the other with the one who is told of beside it: "eight other owners", "nine owners"."""
    more = any(re.search(r"\bothers?\b", item.value) for item in (*one, *other))
    return more and abs(figure(one[0]).quantity - figure(other[0]).quantity) == 1


def _are_swapped(one: float, other: float) -> bool:
    """Whether two numbers have the same digits in another order: 4.2 and 2.4 million are one number written down wrongly."""
    first, second = (f"{number:.15g}".rstrip("0").replace(".", "") for number in (one, other))
    return min(one, other) >= 10 and first != second and sorted(first) == sorted(second)
