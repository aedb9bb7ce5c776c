"""What cannot both hold, side by side; which of it is newer."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Sequence

from casebrief.service.domain.merging.facts import position
from casebrief.service.domain.merging.grouping import rank
from casebrief.service.domain.merging.sources import Group, Sources
from casebrief.service.domain.revisions import says_now
from casebrief.service.domain.schema import Conflict

DAYS = 30
"""Reports that are further apart tell of a change; nearer ones of one thing, differently."""


def conflict(field: str, about: str, groups: Sequence[Group], sources: Sources, *, superseded: bool | None = None) -> Conflict:
    """Groups side by side, oldest first; superseded when their dates show an order, or as it is said to be."""
    ordered = oldest_first(groups, sources)
    later = in_turn(ordered, sources) if superseded is None else superseded
    return Conflict(field=field, about=about, kind="superseded" if later else "contradiction", positions=[position(group, sources) for group in ordered])


def oldest_first(groups: Sequence[Group], sources: Sources) -> list[Group]:
    return sorted(groups, key=lambda group: (sources.newest(group) or datetime.date.max, rank(group, sources)))


def in_turn(ordered: Sequence[Group], sources: Sources) -> bool:
    """Whether each group is known to be newer than the one before it."""
    return all(sources.newer(after, before) for before, after in itertools.pairwise(ordered))


def rivals(groups: Sequence[Group]) -> list[Group]:
    """The best group and those that other articles tell: one article's two values are no disagreement of sources."""
    best = {item.article for item in groups[0]} if groups else set()
    return [*groups[:1], *(group for group in groups[1:] if not best & {item.article for item in group})]


def latest(groups: Sequence[Group], sources: Sources) -> Group:
    """Of groups that differ, the one that is known to be newer than all others, else the best supported."""
    for group in groups:
        if all(other is group or sources.newer(group, other) for other in groups):
            return group
    return groups[0]


def is_update(groups: Sequence[Group], sources: Sources) -> bool:
    """Whether the newest of some numbers is known to be newer than the others and says that it has changed; a number that only differs contradicts."""
    *older, newest = oldest_first(groups, sources)
    return all(sources.newer(newest, group) for group in older) and any(says_now(sources.texts[item.article], item) for item in newest)
