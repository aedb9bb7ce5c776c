"""What is asked for and what was decided: sums and other relief, each once; decisions that undo or contradict each other."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from casebrief.service.domain.evidence import Evidence
from casebrief.service.domain.merging import newest
from casebrief.service.domain.merging.conflicts import conflict
from casebrief.service.domain.merging.grouping import ranked
from casebrief.service.domain.merging.likeness import Likeness, clustered, kind
from casebrief.service.domain.merging.sources import Group, Material, Sources
from casebrief.service.domain.merging.statements import statement
from casebrief.service.domain.merging.sums import Worths, is_one_sum, is_told_roughly, per_of, rounds_to
from casebrief.service.domain.merging.undoing import Decisions
from casebrief.service.domain.money import counts, percentages
from casebrief.service.domain.sameness import money
from casebrief.service.domain.schema import Conflict, Fact, Money
from casebrief.service.domain.spans import Span

Many = tuple[list[Fact[Any]], list[Conflict]]
"""The facts of a field that has many, and what was found to conflict."""


def _same_sum(one: Evidence, other: Evidence, worths: Worths) -> bool:
    """Whether two sums are one; an article may leave out what it is paid for each time."""
    first, second = worths.of(one), worths.of(other)
    return bool(first and second and is_one_sum(first, second) and (per_of(one) == per_of(other) or None in (per_of(one), per_of(other))))


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


def _told_roughly(one: Evidence, other: Evidence, worths: Worths, sources: Sources) -> bool:
    """Whether one of two sums of a kind is the other, rounded ("$45 million" for $44.6 million, "nearly £200,000" for £186,700)."""
    first, second = worths.of(one), worths.of(other)
    if not (first and second and first[1] == second[1] and per_of(one) == per_of(other) and kind(one) == kind(other)):
        return False
    return _is_rough(first[0], second[0], other, sources) or _is_rough(second[0], first[0], one, sources)


def _is_rough(number: float, rough: float, item: Evidence, sources: Sources) -> bool:
    """Whether the sum of an item is another one with fewer digits."""
    words = sources.texts[item.article][max(0, item.span.start - HEDGED) : item.span.end]
    return rounds_to(number, rough) or is_told_roughly(number, rough, words, in_title=sources.in_title(item))


HEDGED = 12
"""Characters before a sum in which "nearly" and the like are of it."""


def groups_of(material: Material, field: str, likeness: Likeness, worths: Worths) -> list[Group]:
    """What is asked for or decided, each once: equal sums are one, others are not; of what is no sum likeness decides."""

    def surely(one: Evidence, other: Evidence) -> bool:
        return one.value == other.value or _same_sum(one, other, worths) or _told_roughly(one, other, worths, material.sources)

    def apart(one: Evidence, other: Evidence) -> bool:
        if money(one) and money(other):
            return not _same_sum(one, other, worths) and not _told_roughly(one, other, worths, material.sources)
        return _measured_otherwise(measures[one.value], measures[other.value])

    proceeding, _ = newest.proceeding(material)
    told = [_as_asked(_as_called(item, material.sources), proceeding) for item in material.of(field)]
    measures = {words: _measures(words) for words in {item.value for item in told}}
    return ranked(clustered(told, surely, apart, likeness), material.sources)


_TIMES = re.compile(r"[\s-]*(year|month|week|day|hour)s?\b", re.IGNORECASE)


def _measures(words: str) -> dict[str, set[float]]:
    """How long and what share some words tell, by unit: {"year": {7}}, {"%": {60}}."""
    found: dict[str, set[float]] = {}
    for count in counts(words, Span(0, len(words)), spelled=True):
        if unit := _TIMES.match(words, count.span.end):
            found.setdefault(unit[1].lower(), set()).add(count.quantity)
    for share in percentages(words, Span(0, len(words))):
        found.setdefault("%", set()).add(share.quantity)
    return found


def _measured_otherwise(one: Mapping[str, set[float]], other: Mapping[str, set[float]]) -> bool:
    """Whether two decisions tell another measure of one unit: seven years are not five."""
    return any(one[unit].isdisjoint(other[unit]) for unit in one.keys() & other.keys())


def relief(material: Material, likeness: Likeness, worths: Worths) -> list[Fact[Any]]:
    """What is asked for."""

    def plainest(item: Evidence) -> tuple[bool, float, int]:
        # A sum reads best in its shortest form, damages without one in their fullest ("unspecified damages").
        return (money(item), item.confidence, -len(item.value) if money(item) else len(item.value))

    return [statement(group, max(group, key=plainest), material) for group in groups_of(material, "relief_sought", likeness, worths)]


def rulings(material: Material, likeness: Likeness, worths: Worths) -> Many:
    """What was decided, and which decisions changed or are told differently."""
    groups = groups_of(material, "rulings", likeness, worths)
    decisions = Decisions(groups, material, likeness)
    found = [
        conflict("rulings", kind(pair[1][0]) or "decision", pair, material.sources, superseded=decisions.is_superseded(pair)) for pair in decisions.undone()
    ]
    return [statement(group, max(group, key=_with_its_sum), material) for group in groups], found


def _with_its_sum(item: Evidence) -> tuple[bool, float, int]:
    return (money(item), item.confidence, -item.span.start)
