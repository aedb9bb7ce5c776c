"""Who sues whom, and who speaks for them: each once, with all its names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from casebrief.service.domain.evidence import Evidence
from casebrief.service.domain.merging.facts import fact
from casebrief.service.domain.merging.grouping import grouped, head, ranked
from casebrief.service.domain.merging.sources import Group, Material, Sources
from casebrief.service.domain.names import same_name
from casebrief.service.domain.sameness import formality
from casebrief.service.domain.schema import Counsel, Fact, Name
from casebrief.service.domain.spans import Span

SURE = 0.7
"""The confidence from which a name is taken as it was read, and a description that one article alone has is told beside names."""


def parties(material: Material, field: str) -> list[Fact[Any]]:
    """The plaintiffs or the defendants; nobody who is on the other side."""
    others = material.case.plaintiffs if field == "defendants" else material.case.defendants
    sources = material.sources
    own = [_whole(item, sources) for item in material.of(field) if not any(same_name(item.value, name) for name in others)]
    return [fact(group, sources, max(group, key=_fullest)) for group in ranked(_by_name(own, sources), sources)]


def _same_name(one: Evidence, other: Evidence) -> bool:
    return same_name(one.value, other.value)


def _fullest(item: Evidence) -> tuple[bool, bool, bool, int, float]:
    """A name before a description ("the tenant"), whole brackets before cut ones, with its legal form before without, the longest before the others."""
    return (_has_form_of_name(item.value), item.value.count("(") == item.value.count(")"), *formality(item))


def _has_form_of_name(words: str) -> bool:
    """Whether words have the form of a name: the last has a capital, or is a number."""
    return words.rsplit(maxsplit=1)[-1][0].isupper() or words[-1].isdigit()


def is_name(words: str, sources: Sources) -> bool:
    """Whether words name a party: "Buyer" is none where the articles also write "buyer"."""
    if not _has_form_of_name(words) or len(words.split()) > 1:
        return _has_form_of_name(words)
    small = words.lower()
    whole = re.compile(rf"(?<!\w){re.escape(small)}(?!\w)")
    return not any(small in text and whole.search(text) for text in sources.texts.values())


def _by_name(evidence: Sequence[Evidence], sources: Sources) -> list[Group]:
    """Full names first, then shorter ones, each with the fullest that it is a form of; then descriptions, with whom they describe."""
    named = {words: is_name(words, sources) for words in {item.value for item in evidence}}
    names = [item for item in evidence if named[item.value]]
    ordered = sorted(names, key=lambda item: (-len(item.value), item.value, sources.when(item)))
    groups = grouped(ordered, _same_name, sources)
    known = list(groups)
    for item in evidence:
        if not named[item.value]:
            described = _described(item, known, groups, sources)
            if described is None:
                known.append([item])
            else:
                described.append(item)
    return [group for group in known if not groups or group in groups or _is_believed(group, sources)]


def _is_believed(group: Group, sources: Sources) -> bool:
    return sources.independent(group) > 1 or head(group, sources).confidence >= SURE


def _described(item: Evidence, known: Sequence[Group], named: Sequence[Group], sources: Sources) -> Group | None:
    """Whom a description means: who has its words in the name, whom the reader takes it for, or the one whose name is told."""
    for group in known:
        if any(item.value.lower() == other.value.lower() or same_name(item.value, other.value) for other in group):
            return group
    alike = {number: max(sources.likely(item, other) for other in group) for number, group in enumerate(known)}
    best = max(alike, key=lambda number: alike[number], default=None)
    if best is not None and alike[best] > 0.5:
        return known[best]
    return named[0] if len(named) == 1 and not _MANY.search(item.value) else None


_MANY = re.compile(r"\d|others?\b|s$|^(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|people)\b", re.IGNORECASE)
"""Descriptions of several: they are more than the one who is named."""

_REST = re.compile(r"(?:[ -][A-ZÀ-Þ][\wÀ-ÿ’'&-]*)+")


def _whole(item: Evidence, sources: Sources) -> Evidence:
    """Evidence of a name of which the reader was not sure, with the rest of the name where it was cut: capitals tell it, but for headlines that give one to every word."""
    text, span = sources.texts[item.article], item.span
    unsure = item.confidence < SURE and _has_form_of_name(item.value) and not _in_capitals(text, span)
    more = _REST.match(text, span.end) if unsure else None
    if more is None or not isinstance(item.normalized, Name | Counsel):
        return item
    whole = Span(span.start, more.end())
    return replace(item, span=whole, value=whole.of(text), normalized=item.normalized.model_copy(update={"name": whole.of(text)}))


_LONG_WORD = re.compile(r"(?<![\w’'-])[^\W\d_]{5,}")


def _in_capitals(text: str, span: Span) -> bool:
    """Whether nearly all long words of the line begin with a capital."""
    end = text.find("\n", span.end)
    words = _LONG_WORD.findall(text, text.rfind("\n", 0, span.start) + 1, end if end >= 0 else len(text))
    return len(words) > 2 and sum(word[0].isupper() for word in words) >= IN_CAPITALS * len(words)


IN_CAPITALS = 0.8
"""The share of the long words of a headline that has a capital for every word."""


def counsel(material: Material) -> list[Fact[Any]]:
    """Lawyers and firms of whom all articles say the same side."""
    facts = []
    for group in grouped([_whole(item, material.sources) for item in material.of("counsel")], _same_name, material.sources):
        sides = {item.normalized.for_ for item in group if isinstance(item.normalized, Counsel)}
        if len(sides) == 1:
            facts.append(fact(group, material.sources, max(group, key=lambda item: (len(item.value), item.confidence))))
    return facts
