"""What there is one of: by what the newest article tells, with what it was before as superseded."""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Sequence
from typing import Any

from casebrief.service.domain.dockets import same_docket
from casebrief.service.domain.evidence import Evidence
from casebrief.service.domain.merging.conflicts import DAYS, conflict, latest, rivals
from casebrief.service.domain.merging.facts import fact
from casebrief.service.domain.merging.grouping import grouped, head, rank
from casebrief.service.domain.merging.instances import court_of, fits_any, same_court
from casebrief.service.domain.merging.sources import Group, Material, Sources
from casebrief.service.domain.names import same_name
from casebrief.service.domain.sameness import docket, fineness, one_date
from casebrief.service.domain.schema import Conflict, Date, Fact
from casebrief.service.domain.similarity import overlap

One = tuple[Fact[Any] | None, list[Conflict]]
"""The fact of a field that has one at most, and what was found to conflict."""

STAGE = {"filed": 0, "pending": 1, "dismissed": 2, "settled": 2, "decided": 2, "on_appeal": 3}
"""How far a case has come in each state."""


def caption(material: Material) -> One:
    group = material.of("caption")
    chosen = max(group, key=lambda item: (item.value == material.case.caption, len(item.value)), default=None)
    return (fact(group, material.sources, chosen), []) if group else (None, [])


def docket_number(material: Material) -> One:
    sources = material.sources
    groups = grouped(material.of("docket_number"), lambda a, b: same_docket(docket(a), docket(b)), sources)
    told = rivals(groups)
    found = [conflict("docket_number", "docket number", told, sources)] if len(told) > 1 and not material.case.dockets else []
    return (fact(groups[0], sources, max(groups[0], key=lambda item: (item.confidence, len(docket(item))))) if groups else None, found)


def court(material: Material) -> One:
    """The court that the newest article marks; those before it are superseded. Words that fit any court tell of none where one is named."""
    sources = material.sources
    told = sorted(material.of("court"), key=lambda item: (-len(item.value), sources.when(item)))
    groups = grouped([item for item in told if not fits_any(item)] or told, same_court, sources)
    if not groups:
        return None, []
    in_order = sorted(groups, key=lambda group: min(sources.when(item) for item in group))
    final = max(in_order, key=lambda group: (sources.newest(group) or datetime.date.min, math.fsum(item.confidence for item in group)))
    older = [group for group in groups if group is not final and sources.newer(final, group)]
    found = [conflict("court", "court", [*older, final], sources)] if older else []
    return fact(final, sources, max(final, key=lambda item: (court_of(item).court_id is not None, item.confidence, len(item.value)))), found


def judge(material: Material) -> One:
    """The judge whom the newest article names; those before are superseded, but for a magistrate, and of two in one article the surer one has the case."""
    sources = material.sources
    groups = grouped(material.of("judge"), lambda a, b: same_name(_untitled(a.value), _untitled(b.value)), sources)
    if not groups:
        return None, []
    best = min(groups, key=lambda group: (-head(group, sources).confidence, *rank(group, sources)))
    newer = [group for group in groups if group is not best and sources.newer(group, best)]
    final = max(newer, key=lambda group: sources.newest(group) or datetime.date.min, default=best)
    older = [group for group in groups if group is not final and sources.newer(final, group) and not all(_is_magistrate(item, sources) for item in group)]
    found = [conflict("judge", "judge", [*older, final], sources, superseded=_are_apart(older, final, sources))] if older else []
    return fact(final, sources, max(final, key=lambda item: (len(item.value), item.confidence))), found


_MAGISTRATE = re.compile(r"\bmagistrate(?:\s+judge)?\s+$", re.IGNORECASE)


def _is_magistrate(item: Evidence, sources: Sources) -> bool:
    """Whether a judge is told as a magistrate, who hears the first steps of a case beside the judge who has it."""
    return bool(_MAGISTRATE.search(sources.texts[item.article][max(0, item.span.start - 24) : item.span.start]))


def _untitled(name: str) -> str:
    """A judge's name without the letters of the office behind it: "Kinsey, J."."""
    return re.sub(r",?\s+(?:[JP]|[CLMAD]?J{1,2}|J[ACS]C?|[CA]{1,2}J|KC|QC|SC)\.?$", "", name)


def _are_apart(older: Sequence[Group], final: Group, sources: Sources) -> bool:
    """Whether the reports of two judges are so far from each other that one has followed the other."""
    last, first = max(day for group in older if (day := sources.newest(group))), sources.first(final)
    return first is not None and (first - last).days > DAYS


def filed_on(material: Material) -> One:
    sources, groups = material.sources, filings(material)
    if not groups:
        return None, []
    slips = [group for group in rivals(groups) if group is groups[0] or _a_slip(groups[0], group, sources)]
    found = [conflict("filed_on", "day of filing", slips, sources, superseded=False)] if len(slips) > 1 else []
    return fact(groups[0], sources, max(groups[0], key=lambda item: (fineness(item.normalized), item.confidence))), found


def filings(material: Material) -> list[Group]:
    """What tells when the action was brought, by day, the best-supported day first; where no day is known, the first that was said of it."""
    told = material.of("filed_on")
    resolved = [item for item in told if item.normalized]
    return grouped(resolved or told[:1], lambda a, b: one_date(a.normalized, b.normalized), material.sources)


SLIP = datetime.timedelta(days=31)
"""Between two days of filing that are further apart there are two papers, the second an amended one or another court's."""

OUTVOTED = 3
"""Of articles that agree on a day, as many times more than tell another one: the other is no slip of a paper, but of the reader."""


def _a_slip(best: Group, other: Group, sources: Sources) -> bool:
    """Whether two days of filing, one of them told by its number, are near to each other and past when the first told of one; not where nearly all tell one."""
    one, two = best[0].normalized, other[0].normalized
    if not (isinstance(one, Date) and isinstance(two, Date) and one.precision == two.precision == "day"):
        return False
    days = [datetime.date.fromisoformat(date.date) for date in (one, two)]
    told = [day for group in (best, other) if (day := sources.first(group))]
    numbered = any(char.isdigit() for item in (*best, *other) for char in item.span.of(sources.texts[item.article]))
    slipped = max(days) - min(days) <= SLIP and max(days) <= min(told, default=max(days))
    return numbered and slipped and sources.independent(best) < OUTVOTED * sources.independent(other)


def proceeding(material: Material) -> One:
    by_kind = {group[0].value: group for group in grouped(material.of("proceeding"), _same_value, material.sources)}
    best = max(by_kind.values(), key=lambda group: sum(item.confidence for item in group), default=None)
    return (fact(best, material.sources) if best else None, [])


def _same_value(one: Evidence, other: Evidence) -> bool:
    return one.value == other.value


def status(material: Material) -> One:
    """The state that the newest article tells; of several of one day, or of unknown days, the furthest.

    That a case goes on is no conflict; what undoes a decision is told among the rulings.
    """
    sources, told = material.sources, material.of("status")
    groups = grouped(told, _same_value, sources)
    if not groups:
        return None, []
    days = [day for item in told if (day := sources.published[item.article])]
    newest = [item for item in told if sources.published[item.article] == max(days)] if len(days) == len(told) else []
    furthest = max(STAGE[item.value] for item in newest or told)
    named = {item.value for item in newest or told if STAGE[item.value] == furthest}
    return fact(latest([group for group in groups if group[0].value in named], sources), sources), []


def class_definition(material: Material) -> One:
    sources = material.sources
    groups = grouped(material.of("class_definition"), lambda a, b: overlap(a.value, b.value) >= 0.7, sources)
    if not groups:
        return None, []
    best = max(groups, key=lambda group: (head(group, sources).confidence, sources.independent(group), len(head(group, sources).value)))
    return fact(best, sources, max(best, key=lambda item: (item.confidence, len(item.value)))), []
