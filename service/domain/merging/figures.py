"""Numbers about the dispute: each once, none that is asked for or was decided, and those that articles tell differently."""

from __future__ import annotations

from collections.abc import Sequence

from casebrief.service.domain.merging.conflicts import conflict, is_update
from casebrief.service.domain.merging.decisions import Many
from casebrief.service.domain.merging.facts import fact
from casebrief.service.domain.merging.grouping import grouped
from casebrief.service.domain.merging.sources import Group, Material, Sources
from casebrief.service.domain.merging.sums import Worths, revisions
from casebrief.service.domain.sameness import PEOPLE_UNITS, figure, rival_figures, same_figure
from casebrief.service.domain.schema import Conflict

NEAR = 0.7
"""Two counts of one thing differ by less than this part, seldom more: a slip of the pen, a newer count, another's estimate."""

NEAR_SUMS = 0.8
"""The same of sums, of which a case has many."""

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
    found = _told_differently(groups, sources) if sources.taught else _rival_counts(groups, material)
    unread = grouped([item for item in material.of("figures") if item.normalized is None], lambda a, b: a.value == b.value, sources)
    return [fact(group, sources) for group in (*groups, *unread)], found


def _rival_counts(groups: Sequence[Group], material: Material) -> list[Conflict]:
    """By rules: counts of one unit behind one verb, and those of which a report says that they replace another's."""
    found: list[Conflict] = []
    taken: list[Group] = []
    for group in groups:
        rivals = [other for other in groups if other is not group and other not in taken and rival_figures(group[0], other[0])]
        rivals = [other for other in rivals if not {item.article for item in other} & {item.article for item in group}]
        if group not in taken and rivals:
            about = f"{figure(group[0]).unit} {'in all' if group[0].about == 'in all' else f'({group[0].about})'}"
            found.append(conflict("figures", about, [group, *rivals], material.sources, superseded=is_update([group, *rivals], material.sources)))
            taken += [group, *rivals]
    return found + revisions("figures", [group for group in groups if group not in taken], material)


def _told_differently(groups: Sequence[Group], sources: Sources) -> list[Conflict]:
    """Counts of one unit that are near to each other, neither told by an article that tells the other."""
    found: list[Conflict] = []
    taken: list[Group] = []
    for number, group in enumerate(groups):
        rivals = [other for other in groups[number + 1 :] if other not in taken and _rivals(group, other, sources)]
        if group not in taken and rivals:
            found.append(conflict("figures", figure(group[0]).unit, [group, rivals[0]], sources, superseded=is_update([group, rivals[0]], sources)))
            taken += [group, rivals[0]]
    return found


def _rivals(one: Group, other: Group, sources: Sources) -> bool:
    first, second = figure(one[0]), figure(other[0])
    if sources.tellers(one) & sources.tellers(other) or not (first.unit == second.unit or {first.unit, second.unit} <= COUNTED_PEOPLE):
        return False
    near = NEAR_SUMS if first.unit.isupper() else NEAR
    return min(first.quantity, second.quantity) >= near * max(first.quantity, second.quantity) or _swapped(first.quantity) == _swapped(second.quantity)


def _swapped(quantity: float) -> list[str]:
    """The digits of a number whatever their order, noughts at its end aside: 4.2 and 2.4 million are one number written down wrongly."""
    return sorted(f"{quantity:.15g}".rstrip("0").replace(".", "")) if quantity >= 10 else [str(quantity)]
