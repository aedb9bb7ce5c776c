"""What is asked for and what was decided: sums and other relief, each once; decisions that undo or contradict each other."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from casebrief.service.domain.evidence import Evidence
from casebrief.service.domain.merging import newest
from casebrief.service.domain.merging.conflicts import DAYS, conflict
from casebrief.service.domain.merging.grouping import ranked
from casebrief.service.domain.merging.likeness import Likeness, clustered, kind
from casebrief.service.domain.merging.sources import Group, Material, Sources
from casebrief.service.domain.merging.statements import statement
from casebrief.service.domain.merging.sums import Worths, per_of, rounds_to
from casebrief.service.domain.revisions import sentence_of
from casebrief.service.domain.sameness import money, per
from casebrief.service.domain.schema import Conflict, Fact, Money

Many = tuple[list[Fact[Any]], list[Conflict]]
"""The facts of a field that has many, and what was found to conflict."""


def _same_sum(one: Evidence, other: Evidence, worths: Worths) -> bool:
    """Whether two sums are one; an article may leave out what it is paid for each time."""
    first, second = worths.of(one), worths.of(other)
    return bool(first and second and first == second and (per_of(one) == per_of(other) or None in (per_of(one), per_of(other))))


_CALLED = re.compile(
    r"^[^.;\n]{0,12}?\b(?:in|of|as)\s+(?:[a-z]+\s+){0,2}?(?P<behind>damages|restitution|fines?|penalt(?:y|ies))\b"
    r"|(?P<before>\b(?:damages|restitution|fined?|penalt(?:y|ies)))\s+(?:of\s+|total+ing\s+)?(?:up to |about |some |at least |more than )?$",
)
"""What a sum is called right behind it, or right before it."""

_KIND = {"damages": "damages", "restitution": "restitution", "fine": "fine", "fined": "fine", "fines": "fine", "penalty": "fine", "penalties": "fine"}


def _as_called(item: Evidence, sources: Sources) -> Evidence:
    """A sum that the reader took for a fine, or for none of the kinds, as the words beside it call it."""
    if not isinstance(item.normalized, Money) or item.normalized.amount is None or item.normalized.kind not in ("fine", "other"):
        return item
    text = sources.texts[item.article]
    called = _CALLED.search(text[item.span.end : item.span.end + 40]) or _CALLED.search(text[max(0, item.span.start - 30) : item.span.start])
    told = _KIND.get((called["behind"] or called["before"]).lower()) if called else None
    return replace(item, normalized=item.normalized.model_copy(update={"kind": told}), about="") if told else item


def _as_asked(item: Evidence, proceeding: Fact[Any] | None) -> Evidence:
    """Fines go to the state: what a class asks for under that name are damages, those that a law sets where they are counted by person or violation."""
    told = item.normalized
    if item.field != "relief_sought" or not (proceeding and proceeding.value == "class_action") or not (isinstance(told, Money) and told.kind == "fine"):
        return item
    return replace(item, normalized=told.model_copy(update={"kind": "statutory_damages" if told.per else "damages"}))


def _told_roughly(one: Evidence, other: Evidence, worths: Worths) -> bool:
    """Whether one of two sums of a kind is the other, rounded ("$45 million" for $44.6 million)."""
    first, second = worths.of(one), worths.of(other)
    if not (first and second and first[1] == second[1] and per_of(one) == per_of(other) and kind(one) == kind(other)):
        return False
    return rounds_to(first[0], second[0]) or rounds_to(second[0], first[0])


def _groups(material: Material, field: str, likeness: Likeness, worths: Worths) -> list[Group]:
    """Equal sums are one, others are not; of what is no sum likeness decides."""

    def surely(one: Evidence, other: Evidence) -> bool:
        return one.value == other.value or _same_sum(one, other, worths) or _told_roughly(one, other, worths)

    def apart(one: Evidence, other: Evidence) -> bool:
        return money(one) and money(other) and not _same_sum(one, other, worths) and not _told_roughly(one, other, worths)

    proceeding, _ = newest.proceeding(material)
    told = [_as_asked(_as_called(item, material.sources), proceeding) for item in material.of(field)]
    return ranked(clustered(told, surely, apart, likeness), material.sources)


def relief(material: Material, likeness: Likeness, worths: Worths) -> list[Fact[Any]]:
    """What is asked for."""

    def plainest(item: Evidence) -> tuple[bool, float, int]:
        # A sum reads best in its shortest form, damages without one in their fullest ("unspecified damages").
        return (money(item), item.confidence, -len(item.value) if money(item) else len(item.value))

    return [statement(group, max(group, key=plainest), material) for group in _groups(material, "relief_sought", likeness, worths)]


def rulings(material: Material, likeness: Likeness, worths: Worths) -> Many:
    """What was decided, and which decisions changed or are told differently."""
    sources = material.sources
    groups = _groups(material, "rulings", likeness, worths)
    return [statement(group, max(group, key=_with_its_sum), material) for group in groups], _changed(groups, sources)


def _with_its_sum(item: Evidence) -> tuple[bool, float, int]:
    return (money(item), item.confidence, -item.span.start)


# ---------------------------------------------------------------------- decisions that do not stand together

SIZE = 0.1
"""Sums of which one is less than this part of the other are of different things."""

ONE_AT_A_TIME = frozenset({"certification", "sentence", "injunction"})
"""Kinds of decision, no sums, of which a case has one at a time: a newer one that undoes something undoes that."""

ONE_SUM = frozenset({"settlement", "damages"})
"""Kinds of sum of which a case has one at a time: a much later one has replaced it, whether it says so or not."""

_UNDOES = re.compile(
    r"\b(?:revers(?:ed?|es|al)|overturn(?:s|ed)?|set(?:s|ting)?\b[^.;]{0,60}\baside|quash(?:e[sd])?|annul(?:s|led)?|vacat(?:e[sd]?|ing)|str(?:uck|ikes) down"
    r"|lift(?:s|ed)?|cuts?|trim(?:s|med)?|reduc(?:e[sd]?|ing)|lower(?:s|ed)?|halv(?:e[sd]?|ing)|rais(?:e[sd]?|ing)|increas(?:e[sd]?|ing)|slash(?:es|ed)?"
    r"|doubl(?:e[sd]?|ing)|restor(?:e[sd]?|ing)|reinstat(?:e[sd]?|ing)|reviv(?:e[sd]?|ing)|(?:allow|uph[eo]ld)\w*\b[^.;]{0,40}\bappeal|appeal\b[^.;]{0,40}\ballowed"
    r"|acquit(?:s|ted)?|new trial|dissolv(?:e[sd]?|ing)|discharg(?:e[sd]?|ing)|rescind(?:s|ed)?|after all|instead of|not the)\b",
    re.IGNORECASE,
)
"""Words of a decision that takes another one back or changes it."""


def _changed(groups: list[Group], sources: Sources) -> list[Conflict]:
    """The first decision of a kind that one article tells against the first of that kind in another, where both cannot stand."""
    leading = [group for group in groups if _leads(group, groups, sources)]
    found = []
    taken: list[Group] = []
    for newer in sorted(leading, key=lambda group: _first(group, sources), reverse=True):
        for older in sorted(leading, key=lambda group: _first(group, sources), reverse=True):
            if older in taken or newer in taken or older is newer or _same_teller(older, newer, sources):
                continue
            if (superseded := _cannot_both_stand(older, newer, sources)) is not None:
                found.append(conflict("rulings", kind(newer[0]) or "decision", [older, newer], sources, superseded=superseded))
                taken += [older, newer]
    return found


def _first(group: Group, sources: Sources) -> tuple[Any, ...]:
    return min(sources.when(item) for item in group)


def _teller(group: Group, sources: Sources) -> str:
    """The article that tells a decision first."""
    return sources.original(min(group, key=sources.when).article)


def _same_teller(one: Group, other: Group, sources: Sources) -> bool:
    return _teller(one, sources) == _teller(other, sources)


def _leads(group: Group, groups: list[Group], sources: Sources) -> bool:
    """Whether the article that tells a decision first tells no other of that kind before it."""
    same = [other for other in groups if _same_teller(other, group, sources) and kind(other[0]) == kind(group[0]) and money(other[0]) == money(group[0])]
    return all(other is group or _first(group, sources) < _first(other, sources) for other in same)


def _cannot_both_stand(older: Group, newer: Group, sources: Sources) -> bool | None:
    """Whether a decision superseded another (``True``), contradicts it (``False``), or neither (``None``)."""
    before, after = sources.first(older), sources.first(newer)
    if before is None or after is None or before > after:
        return None
    far = (after - before).days > DAYS
    undone = any(_UNDOES.search(sentence_of(sources.texts[item.article], item.span).of(sources.texts[item.article])) for item in newer)
    sums = [next((item.normalized for item in group if isinstance(item.normalized, Money) and money(item)), None) for group in (older, newer)]
    if sums[0] and sums[1]:
        still = bool(sources.tellers(older) & sources.tellers(newer))
        replaced = far and (still or undone or sums[1].kind in ONE_SUM)
        return far if _rival_sums(sums[0], sums[1]) and (replaced or not (far or still)) else None
    if sums[0] or sums[1] or not (far and undone) or kind(older[0]) != kind(newer[0]):
        return None
    return True if kind(newer[0]) in ONE_AT_A_TIME else None


def _rival_sums(one: Money, other: Money) -> bool:
    assert one.amount is not None
    assert other.amount is not None
    same = (one.kind, one.currency, per(one)) == (other.kind, other.currency, per(other))
    return same and min(one.amount, other.amount) >= SIZE * max(one.amount, other.amount)
