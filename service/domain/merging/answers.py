"""What the defendants answer, and what anybody is quoted to have said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from casebrief.service.domain.evidence import Evidence
from casebrief.service.domain.merging.conflicts import conflict
from casebrief.service.domain.merging.decisions import Many
from casebrief.service.domain.merging.facts import fact
from casebrief.service.domain.merging.grouping import grouped
from casebrief.service.domain.merging.likeness import Likeness
from casebrief.service.domain.merging.sources import Group, Material, Sources
from casebrief.service.domain.names import mentions, same_name
from casebrief.service.domain.sameness import stance
from casebrief.service.domain.schema import Fact, Response, Speaker
from casebrief.service.domain.similarity import bare

SILENT = ("no_response", "declined_to_comment")

ONE_ANSWER = 0.25
"""The share of the shorter one's words that two answers of one sense have in common, from which they are one."""

NOT_UNLIKE = 0.2
"""The probability that two answers of one speaker and sense state the same, as the reader was taught, from which they are one."""

BROKEN = 160
"""Characters of an attribution between the two halves of a quotation at most."""

TELLING = 3
"""Words of a quotation from which one that holds it is the same."""


def responses(material: Material, likeness: Likeness) -> Many:
    """One answer told in the same sense and words; where a side that said nothing spoke later, that it had said nothing is superseded."""
    speakers = {id(item): _speaker(item, material) for item in material.of("responses")}
    sides = {id(item): _side(item, speakers[id(item)], material) for item in material.of("responses")}

    def same(a: Evidence, b: Evidence) -> bool:
        if stance(a) != stance(b):
            return False
        if (a.article == b.article and a.span == b.span) or likeness.shared(a.value, b.value)[1] >= ONE_ANSWER:
            return True
        # Who says nothing says it once; who denies may say several things.
        return speakers[id(a)] == speakers[id(b)] and (stance(a) in SILENT or material.sources.likely(a, b) > NOT_UNLIKE)

    groups = grouped(material.of("responses"), same, material.sources)
    kept, found, about = [], [], set()
    for group in groups:
        later = _later(group, groups, sides, material.sources)
        if later and (side := sides[id(group[0])]) not in about:
            about.add(side)
            earlier = [item for item in group if any(material.sources.newer([other], [item]) for other in later)]
            found.append(conflict("responses", f"response of {side}", [earlier, later], material.sources, superseded=True))
        if not later:
            kept.append(group)
    return [fact(group, material.sources, max(group, key=lambda item: (item.confidence, -len(item.value)))) for group in kept], found


def _later(group: Group, groups: Sequence[Group], sides: Mapping[int, str], sources: Sources) -> Group:
    """What the same side said in newer articles where it had said nothing."""
    if stance(group[0]) not in SILENT:
        return []
    answers = ("denies", "admits")
    spoken = [item for other in groups if stance(other[0]) in answers for item in other if sides[id(item)] == sides[id(group[0])]]
    return [item for item in spoken if any(sources.newer([item], [other]) for other in group)]


def _speaker(item: Evidence, material: Material) -> str:
    speaker = item.normalized.speaker if isinstance(item.normalized, Response) else None
    return next((name for name in material.case.defendants if speaker and mentions(speaker, name)), speaker or "")


def _side(item: Evidence, speaker: str, material: Material) -> str:
    """The defendant that somebody answers for: the one they name, or the first, for its people are seldom named with it."""
    named = (name for name in material.case.defendants if mentions(speaker, name) or mentions(item.value, name))
    return next(named, next(iter(material.case.defendants), speaker))


def quotes(material: Material) -> list[Fact[Any]]:
    """One quotation a fact, halves of a broken one together, told by its longest wording; of one that articles give to two people each has one."""
    sources = material.sources

    def same(a: Evidence, b: Evidence) -> bool:
        if a.article == b.article and a.about and a.about == b.about:
            return True
        return _holds(a.value, b.value) and not _others_words(a, b)

    groups = grouped(material.of("quotes"), same, sources)
    return [fact(group, sources, max(group, key=lambda item: (len(bare(item.value)), bool(speaker_of(item)), item.confidence))) for group in groups]


def _holds(one: str, other: str) -> bool:
    shorter, longer = sorted((bare(one), bare(other)), key=len)
    return shorter == longer or (len(shorter.split()) >= TELLING and f" {shorter} " in f" {longer} ")


def speaker_of(item: Evidence) -> str | None:
    return item.normalized.speaker if isinstance(item.normalized, Speaker) else None


def _others_words(one: Evidence, other: Evidence) -> bool:
    """Whether two articles give words to two people that both are named."""
    first, second = speaker_of(one), speaker_of(other)
    return bool(first and second and one.article != other.article and first[0].isupper() and second[0].isupper() and not same_name(first, second))
