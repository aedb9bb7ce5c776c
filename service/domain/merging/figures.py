"""Numbers about the dispute: each once, none that is asked for or was decided, and those that articles tell differently."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from casebrief.service.domain.evidence import Evidence
from casebrief.service.domain.merging.conflicts import conflict, is_update
from casebrief.service.domain.merging.decisions import Many
from casebrief.service.domain.merging.facts import fact
from casebrief.service.domain.merging.grouping import grouped
from casebrief.service.domain.merging.sources import Group, Material, Sources
from casebrief.service.domain.merging.sums import Worths
from casebrief.service.domain.sameness import PEOPLE_UNITS, TELLING, figure, is_sum_or_share, same_figure
from casebrief.service.domain.schema import Conflict

NEAR = 0.5
"""Two counts of one thing differ by less than this part, seldom more: a slip of the pen, a newer count, another's estimate."""

NEAR_FEW, FEW = 0.8, 20
"""The same of counts up to `FEW`, of which a case has many that are near to each other."""

NEAR_SUMS = 0.7
"""The same of sums."""

NEAR_MANY = 0.6
"""The same of counts that tell by themselves what is counted (`TELLING` and more), whatever articles call it: 184 flats, 192 apartments."""

COUNTED_PEOPLE = PEOPLE_UNITS | frozenset(
    "women men children infants families households homeowners owners drivers riders nurses buyers borrowers residents victims students tenants guests "
    "depositors shareholders applicants plaintiffs parents teachers clients pensioners farmers retailers accounts".split()
)
"""Words for the same people in two articles."""


def figures(material: Material, worths: Worths) -> Many:
    """Numbers with their units, then those that no rule could read."""
    sources = material.sources
    told = {worths.of(item) for name in ("relief_sought", "rulings") for item in material.of(name)} - {None}
    counted = [item for item in material.of("figures") if item.normalized and worths.of(item) not in told]
    groups = grouped(counted, same_figure, sources)
    found = _told_differently(groups, sources)
    unread = grouped([item for item in material.of("figures") if item.normalized is None and _says_of_what(item)], lambda a, b: a.value == b.value, sources)
    return [fact(group, sources) for group in (*groups, *unread)], found


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
    rivals = [pair for pair in itertools.combinations(groups, 2) if _rivals(*pair, sources)]
    for one, other in sorted(rivals, key=lambda pair: (-_nearness(*pair), sorted(min(map(sources.when, group)) for group in pair))):
        if one not in taken and other not in taken:
            positions = _of_shared_units(one, other)
            found.append(conflict("figures", figure(positions[0][0]).unit, positions, sources, superseded=is_update(positions, sources)))
            taken += [one, other]
    return found


def _of_shared_units(one: Group, other: Group) -> list[Group]:
    """Two groups by what both call the thing that they count, where there is such a word: users against users, not against doors."""
    shared = {figure(item).unit for item in one} & {figure(item).unit for item in other}
    return [[item for item in group if figure(item).unit in shared] or group for group in (one, other)]


def _nearness(one: Group, other: Group) -> float:
    """The smaller number as a part of the greater one, 0 to 1."""
    first, second = figure(one[0]).quantity, figure(other[0]).quantity
    return min(first, second) / max(first, second) if max(first, second) else 1.0


def _rivals(one: Group, other: Group, sources: Sources) -> bool:
    first, second = figure(one[0]), figure(other[0])
    if sources.tellers(one) & sources.tellers(other):
        return False
    least, most = sorted((first.quantity, second.quantity))
    if first.unit == second.unit or {first.unit, second.unit} <= COUNTED_PEOPLE:
        near = NEAR_SUMS if is_sum_or_share(first) else NEAR if most > FEW else NEAR_FEW
        return _nearness(one, other) >= near or _swapped(first.quantity) == _swapped(second.quantity)
    return least >= TELLING and _nearness(one, other) >= NEAR_MANY and not is_sum_or_share(first) and not is_sum_or_share(second)


def _swapped(quantity: float) -> list[str]:
    """The digits of a number whatever their order, noughts at its end aside: 4.2 and 2.4 million are one number written down wrongly."""
    return sorted(f"{quantity:.15g}".rstrip("0").replace(".", "")) if quantity >= 10 else [str(quantity)]
