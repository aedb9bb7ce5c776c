"""Where each article names the parties of the case, by what is marked of them in all articles.

A reader marks a name here and passes it over there. An article of the case that names a party tells of it, where it names it first: of 3,006 such places
of the training corpus, for names that another article of the case has marked, 2,572 are marked. A caption names both sides, but is seldom where a party
is marked (412 places, 37 marked): it is told where nothing else names the party as fully.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from casebrief.service.domain.article import Article, Sentence
from casebrief.service.domain.names import has_form_of_name, is_specific, same_name, short_forms, whole_name
from casebrief.service.domain.spans import Span
from casebrief.service.domain.suing import appellants, told_sides
from casebrief.service.pipeline.party_lists import with_lists
from casebrief.service.pipeline.typed import Tag, sides_of

SIDES = ("plaintiffs", "defendants")
STRANGERS = ("counsel", "judge", "court")
"""Whose names are not those of parties."""

CAPTION = 3
"""How many marks a side of a caption, or one that the verbs beside a name tell, weighs."""

TOLD = 0.9
"""How sure it is that a party is on the side that verbs tell."""

LIKELY = 0.5
"""The probability of a mark from which verbs beside its name count."""

APPEAL = 1.0
"""How many marks it weighs that a name appeals: whom the reader takes for the plaintiff by that may be either."""

KNOWN = 1.0
"""The weight of its marks from which a name is looked for where none is."""


@dataclass(frozen=True)
class Marked:
    """The marks of one article, and its sentences that speak of the case."""

    article: Article
    tags: tuple[Tag, ...]
    sentences: tuple[Sentence, ...]

    def words(self, *labels: str) -> list[str]:
        """What is marked with some labels."""
        return [tag.span.of(self.article.text) for tag in self.tags if tag.label in labels]

    def with_tag(self, tag: Tag) -> Marked:
        return replace(self, tags=(*self.tags, tag))


How = Literal["mark", "caption", "verb"]


@dataclass(frozen=True)
class Naming:
    """Words that name a party: a mark of their own, a side of a caption, or a name beside a verb of suing. ``tag`` carries the label of the side.

    ``text`` is that of the article, whose copies name nobody anew.
    """

    text: str
    name: str
    tag: Tag
    how: How
    weight: float


@dataclass(frozen=True)
class Party:
    """All that names one party, the longest form of its name first."""

    namings: tuple[Naming, ...]

    @cached_property
    def forms(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one.name for one in self.namings))

    def weight(self, side: str) -> float:
        """What speaks for a side, less what speaks for the other."""
        return sum(one.weight if one.tag.label == side else -one.weight for one in self.namings)

    @cached_property
    def side(self) -> str:
        return max(SIDES, key=self.weight)

    @cached_property
    def surest(self) -> Tag:
        return max((one.tag for one in self.namings), key=lambda tag: (tag.label == self.side, tag.probability))

    def of_side(self, how: How) -> list[Naming]:
        return [one for one in self.namings if one.tag.label == self.side and one.how == how]

    def is_called(self, name: str) -> bool:
        return any(same_name(name, form) for form in self.forms)


def with_parties(marked: Sequence[Marked]) -> list[tuple[Tag, ...]]:
    """The marks of each article, those of one name on the side that all of them tell, and marks where an article names a party first and has none of it."""
    marked = [replace(one, tags=with_lists(one.article.text, one.tags)) for one in marked]
    parties = _parties([naming for one in {one.article.text: one for one in marked}.values() for naming in _namings(one)])
    found = list(marked)
    for party in parties:
        if party.weight(party.side) >= KNOWN:
            found = [_at_one(one, party) for one in found]
            pattern = _pattern(party, parties, marked)
            found = [_named_first(one, party, pattern) for one in found] if pattern else found
        told = {naming.text: naming.tag for naming in _of_captions(party, found)}
        found = [one.with_tag(told[one.article.text]) if one.article.text in told else one for one in found]
    return [tuple(sorted(one.tags, key=lambda tag: (tag.span, tag.label))) for one in found]


def _at_one(one: Marked, party: Party) -> Marked:
    """The article with all marks of the party on its side, the first of them as sure as any."""
    namings = [naming for naming in party.namings if naming.text == one.article.text and naming.how == "mark"]
    first = min((naming.tag for naming in namings), key=lambda tag: (tag.span, tag.label), default=None)
    moved = {
        tag: replace(tag, label=party.side, probability=party.surest.probability if tag is first else tag.probability)
        for naming in namings
        for tag in [naming.tag]
    }
    return replace(one, tags=tuple(dict.fromkeys(moved.get(tag, tag) for tag in one.tags)))


def _namings(one: Marked) -> Iterator[Naming]:
    text = one.article.text
    appealing = [name for sentence in one.sentences for name in appellants(text, sentence.span)]
    for tag in one.tags:
        if tag.label in SIDES:
            told = 0.0 if any(tag.span.meets(name) for name in appealing) else tag.probability
            yield Naming(text, whole_name(text, tag.span).of(text), tag, "mark", told)
        elif tag.label == "caption" and (sides := sides_of(text, tag.span)):
            for side, span in zip(SIDES, sides, strict=True):
                yield Naming(text, span.of(text), replace(tag, label=side, span=span), "caption", CAPTION * tag.probability)
    for sentence in one.sentences:
        verbs: list[tuple[str, Span, float]] = [(side, span, CAPTION * TOLD) for side, span in told_sides(text, sentence.span)]
        for side, span, weight in (*verbs, *(("defendants", span, APPEAL) for span in appellants(text, sentence.span))):
            yield Naming(text, span.of(text), Tag(side, span, sentence.span, sentence.span, TOLD, "", 1.0, ()), "verb", weight)


def _parties(namings: Sequence[Naming]) -> list[Party]:
    """Names that are marked, stand in a caption, or of which one sues the other in one sentence."""
    groups: list[list[Naming]] = []
    for naming in sorted(namings, key=lambda one: (-len(one.name), one.name, one.text, one.tag.span, one.how)):
        if naming.how == "caption" or (has_form_of_name(naming.name) and is_specific(naming.name)):
            group = next((group for group in groups if any(same_name(naming.name, one.name) for one in group)), None)
            if group is None:
                groups.append(group := [])
            group.append(naming)
    sides = {(one.text, one.tag.within, one.tag.label) for one in namings if one.how == "verb"}
    return [Party(tuple(named)) for group in groups if (named := _worth(group, sides))]


def _worth(group: Sequence[Naming], sides: Container[tuple[str, Span, str]]) -> list[Naming]:
    """What counts of the namings of one party: verbs beside its name where it is likely to be one, or sues another in the same sentence."""
    likely = any(one.how == "caption" or (one.how == "mark" and one.tag.probability >= LIKELY) for one in group)
    if likely or any(all((one.text, one.tag.within, side) in sides for side in SIDES) for one in group if one.how == "verb"):
        return list(group)
    return [one for one in group if one.how != "verb"]


def _pattern(party: Party, parties: Sequence[Party], marked: Sequence[Marked]) -> re.Pattern[str] | None:
    """What a party is called by: the forms of its name, and shorter ones that mean nothing and nobody else in the articles."""
    others = [one for one in parties if one is not party]
    strangers = [words for one in marked for words in one.words(*STRANGERS) if not party.is_called(words)]

    def means_it(short: str) -> bool:
        return not any(one.is_called(short) for one in others) and not any(same_name(short, words) for words in strangers)

    forms = {*party.forms, *(short for form in party.forms for short in short_forms(form) if means_it(short))}
    told = sorted((form for form in forms if " " in form or not _is_common(form, marked)), key=lambda form: (-len(form), form))
    return re.compile("|".join(rf"(?<![\w’'-]){re.escape(form)}(?![\w-])" for form in told)) if told else None


def _is_common(word: str, marked: Sequence[Marked]) -> bool:
    """Whether the articles write a word with a small letter too."""
    lower = re.compile(rf"(?<!\w){re.escape(word.lower())}(?!\w)")
    return any(lower.search(one.article.text) for one in marked)


def _named_first(one: Marked, party: Party, pattern: re.Pattern[str]) -> Marked:
    """The article with the party marked where it is named first, unless it is marked anywhere."""
    if any(naming.text == one.article.text for naming in party.of_side("mark")):
        return one
    text, others = one.article.text, [tag.span for tag in one.tags if tag.label in ("caption", *STRANGERS)]
    places = ((Span(*place.span()), sentence.span) for sentence in one.sentences for place in pattern.finditer(text, sentence.span.start, sentence.span.end))
    first = next(((span, sentence) for span, sentence in places if not any(span.meets(other) for other in others)), None)
    if first is None:
        return one
    return one.with_tag(replace(party.surest, span=first[0], within=first[1], paragraph=first[1]))


def _of_captions(party: Party, marked: Sequence[Marked]) -> Iterator[Naming]:
    """The captions that name the party where nothing else does, or more fully than anything else."""
    names = (whole_name(one.article.text, tag.span).of(one.article.text) for one in marked for tag in one.tags if tag.label == party.side)
    others = [name for name in names if has_form_of_name(name) and party.is_called(name)]
    captions = party.of_side("caption")
    longest = max((one.name for one in captions), key=len, default="")
    return (one for one in captions if not others or (one.name == longest and not any(len(name) >= len(longest) for name in others)))
