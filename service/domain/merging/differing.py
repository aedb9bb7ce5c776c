"""Whether two numbers of two articles are of one thing, and differ: by how near they are, what they count, and what the case has beside them.

No rule of logic tells it: "29 turbines" and "27 machines" are one count, "4,800 locks" and "3,100 locks" need not be. The weights were fitted to the marks
of the training corpus.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Sequence

from casebrief.service.domain.merging.likeness import Likeness
from casebrief.service.domain.merging.sources import Group, Sources
from casebrief.service.domain.merging.sums import has_fewer_digits
from casebrief.service.domain.merging.weighing import Signs, chance
from casebrief.service.domain.revisions import says_now
from casebrief.service.domain.sameness import PEOPLE_UNITS, SHARES, TELLING, figure, is_sum_or_share
from casebrief.service.domain.schema import Figure

LIKELY = 0.5
"""The probability from which two numbers conflict: with marks as labelled and weights of other cases, 0.66 of conflicts are found, and 0.82 of what is raised is labelled."""

WEIGHTS = {
    "always": -2.44,
    "at least 0.2": 1.54,
    "at least 0.5": 1.15,
    "at least 0.7": 1.3,
    "at least 0.9": 0.69,
    "one unit": 1.54,
    "both people": 1.68,
    "sums": -1.74,
    "under 20": -2.0,
    "under 100": -1.14,
    "swapped": 2.35,
    "rounded": -1.68,
    "one more": -1.46,
    "now": 1.18,
    "words": 1.67,
    "numbers": -2.12,
    "apart": -0.62,
}
"""Of the logit that two numbers are of one thing; what each sign is, `signs` says."""

FARTHEST = 0.02
"""A number that is a smaller part of another is of something else."""

_COUNTED_PEOPLE = PEOPLE_UNITS | frozenset(
    "women men children infants families households homeowners owners drivers riders nurses buyers borrowers residents victims students tenants guests "
    "depositors shareholders applicants plaintiffs parents teachers clients pensioners farmers retailers accounts".split()
)
"""Words for the same people in two articles."""

Pair = tuple[Group, Group]


def pairs(groups: Sequence[Group], sources: Sources) -> Iterator[Pair]:
    """Numbers that could be of one thing, the one that is told first before the other: no two that one article tells first, no sum and a count."""
    for pair in itertools.combinations(groups, 2):
        older, newer = sorted(pair, key=lambda group: min(map(sources.when, group)))
        if _teller(older, sources) != _teller(newer, sources) and _are_comparable(figure(older[0]), figure(newer[0])):
            yield older, newer


def _teller(group: Group, sources: Sources) -> str:
    return sources.original(min(group, key=sources.when).article)


def _are_comparable(one: Figure, other: Figure) -> bool:
    same_kind = one.unit == other.unit or not (is_sum_or_share(one) or is_sum_or_share(other))
    return same_kind and min(one.quantity, other.quantity) >= 0 and one.quantity != other.quantity and _part(one, other) >= FARTHEST


def nearness(pair: Pair) -> float:
    """The smaller number as a part of the greater one, 0 to 1."""
    return _part(figure(pair[0][0]), figure(pair[1][0]))


def _part(one: Figure, other: Figure) -> float:
    greater = max(one.quantity, other.quantity)
    return min(one.quantity, other.quantity) / greater if greater else 1.0


def told_differently(groups: Sequence[Group], likeness: Likeness) -> list[list[Group]]:
    """Numbers that are likely of one thing and differ, the surest pair first: each in one list, in which any two are likely of one thing."""
    sources = likeness.sources
    sure = {(id(older), id(newer)): chance(signs((older, newer), groups, likeness), WEIGHTS) for older, newer in pairs(groups, sources)}
    likely = [pair for pair in pairs(groups, sources) if sure[id(pair[0]), id(pair[1])] >= LIKELY]

    def fits(group: Group, rivals: Sequence[Group]) -> bool:
        return all(max(sure.get((id(group), id(rival)), 0.0), sure.get((id(rival), id(group)), 0.0)) >= LIKELY for rival in rivals)

    found: list[list[Group]] = []
    for pair in sorted(likely, key=lambda pair: (-sure[id(pair[0]), id(pair[1])], [min(map(sources.when, group)) for group in pair])):
        new = [group for group in pair if not any(group is told for rivals in found for told in rivals)]
        known = [rivals for rivals in found if any(group is told for group in pair for told in rivals)]
        if not known:
            found.append([*pair])
        elif len(new) == 1 and fits(new[0], known[0]):
            known[0].append(new[0])
    return found


def signs(pair: Pair, groups: Sequence[Group], likeness: Likeness) -> Signs:
    """What tells whether two numbers are of one thing."""
    sources, (older, newer) = likeness.sources, pair
    one, other, near = figure(older[0]), figure(newer[0]), nearness(pair)
    smaller = min(one.quantity, other.quantity)
    told = {
        **{f"at least {part}": near >= part for part in (0.2, 0.5, 0.7, 0.9)},
        "one unit": bool(one.unit) and one.unit == other.unit,
        "both people": one.unit != other.unit and {one.unit, other.unit} <= _COUNTED_PEOPLE,
        "sums": one.unit == other.unit and one.unit.isupper(),
        "under 20": smaller < FEW,
        "under 100": FEW <= smaller < TELLING,
        "swapped": _are_swapped(one.quantity, other.quantity),
        "rounded": _is_rounded(one, other),
        "one more": _counts_one_more(older, newer),
        "now": any(says_now(sources.texts[item.article], item) for item in newer),
        "words": max(likeness.shared(mine.value, theirs.value)[0] for mine in older for theirs in newer),
        "numbers": min(len(groups), 20) / 20,
        "apart": _apart(older, newer, sources),
    }
    return {name: float(sign) for name, sign in told.items()}


FEW = 20
"""Counts below this are near to each other by chance."""


def _apart(older: Group, newer: Group, sources: Sources) -> float:
    """How far the first reports of two numbers are apart: 0 on one day or where it is not known, 1 after five months, 1.2 after a year."""
    days = [sources.published[min(group, key=sources.when).article] for group in (older, newer)]
    return math.log1p(abs((days[1] - days[0]).days)) / 5 if days[0] and days[1] else 0.0


def _is_rounded(one: Figure, other: Figure) -> bool:
    """Whether one of two numbers is the other with fewer digits."""
    if min(one.quantity, other.quantity) < TELLING and not one.unit.isupper():
        return False
    return one.unit not in SHARES and (has_fewer_digits(one.quantity, other.quantity) or has_fewer_digits(other.quantity, one.quantity))


def _counts_one_more(one: Group, other: Group) -> bool:
    """Whether one count is the other with the one who is told of beside it: "eight other owners", "nine owners"."""
    more = any(re.search(r"\bothers?\b", item.value) for item in (*one, *other))
    return more and abs(figure(one[0]).quantity - figure(other[0]).quantity) == 1


def _are_swapped(one: float, other: float) -> bool:
    """Whether two numbers have the same digits in another order: 4.2 and 2.4 million are one number written down wrongly."""
    first, second = (f"{number:.15g}".rstrip("0").replace(".", "") for number in (one, other))
    return min(one, other) >= 10 and first != second and sorted(first) == sorted(second)
