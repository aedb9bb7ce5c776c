"""Sentences that speak of another case than the articles do: they give no fact.

Ours is the case of the caption that the leads speak of, and of the names that are marked as parties there. Another case shows by its caption, by a phrase
that says so, and by who is told of beside nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from casebrief.service.domain.article import Article, CaseIdentity, Sentence
from casebrief.service.domain.captions import Caption, CaptionGroup, captions, group_captions, main_caption, speaks_of_another
from casebrief.service.domain.names import NAME, SUFFIX, is_specific, mentions, names, same_name
from casebrief.service.domain.spans import Span

LEAD = 8
"""Sentences of a story's lead: it names the parties, later ones may name those of other suits."""

HEAD = 5
"""Of these, the sentences in which the case's own caption finds its sides."""


@dataclass(frozen=True)
class _Ours:
    """What is known of the case: its captions where any names it, and the names of its sides."""

    group: CaptionGroup | None
    names: tuple[str, ...]

    @property
    def places(self) -> set[tuple[str, Span]]:
        """Where its captions stand."""
        return {(caption.article, caption.span) for caption in self.group.members} if self.group else set()

    def named_in(self, words: str) -> bool:
        return any(mentions(words, name) for name in self.names)


def lead_of(article: Article) -> Span:
    """From the beginning of the text to where the lead of its story ends."""
    return Span(0, max((span.end for span in article.story.sentences[:LEAD]), default=0))


def of_other_cases(articles: Sequence[Article], led: CaseIdentity) -> Mapping[str, list[Span]]:
    """By article the sentences that speak of another case; ``led``: the sides by what is marked in the leads."""
    told = {article.id: article.sentences for article in articles}
    found = {article.id: [caption for sentence in told[article.id] for caption in captions(article, sentence)] for article in articles}
    group = main_caption(group_captions(caption for one in found.values() for caption in one), [_head(one, told[one.id]) for one in articles])
    ours = _Ours(group, (*((group.best.defendant, group.best.plaintiff) if group else ()), *led.names))
    foreign = {article.id: _by_captions(told[article.id], found[article.id], ours) for article in articles}
    return {article.id: _with_strangers(told[article.id], foreign[article.id], ours) for article in articles}


def _head(article: Article, sentences: Sequence[Sentence]) -> str:
    return " ".join([article.title or "", *(sentence.text for sentence in sentences[:HEAD])])


def _by_captions(sentences: Sequence[Sentence], found: Sequence[Caption], ours: _Ours) -> set[Span]:
    """Sentences that name another caption or say that they are of another case, and whole paragraphs around such a caption that name nobody of ours."""
    others = [caption for caption in found if (caption.article, caption.span) not in ours.places] if ours.group else []
    own = [caption for caption in found if caption not in others] if ours.group else []
    foreign = {sentence.span for sentence in sentences if speaks_of_another(sentence, own, others, names_ours=ours.named_in(sentence.text))}
    for paragraph in {sentence.paragraph for sentence in sentences}:
        here = [sentence for sentence in sentences if sentence.paragraph == paragraph]
        if any(one.span.holds(caption.span) for one in here for caption in others) and not any(ours.named_in(one.text) for one in here):
            foreign |= {sentence.span for sentence in here}
    return foreign


_FIRM_FIRST = re.compile(NAME)
_FORMAL = re.compile(rf"{SUFFIX}$")


def _with_strangers(sentences: Sequence[Sentence], foreign: set[Span], ours: _Ours) -> list[Span]:
    """And the sentences that name nobody of ours but a stranger: who is brought up by foreign sentences, or a company that a sentence begins with.

    A name that is ever told beside one of ours is no stranger; where nobody of ours is known, nobody is.
    """
    if not ours.names:
        return [one.span for one in sentences if one.span in foreign]
    named = {one.span: ours.named_in(one.text) for one in sentences}
    specific = {one.span: {name for span in names(one.text, Span(0, len(one.text))) if is_specific(name := span.of(one.text))} for one in sentences}
    beside = {name for one in sentences if one.span not in foreign and named[one.span] for name in specific[one.span]}
    brought_up = {name for one in sentences if one.span in foreign for name in specific[one.span]}
    firms = {first.group() for one in sentences if one.span not in foreign and (first := _FIRM_FIRST.match(one.text)) and _FORMAL.search(first.group())}
    strangers = [name for name in brought_up | firms if not any(same_name(name, other) for other in (*ours.names, *beside))]
    telling = re.compile("|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in sorted(strangers)) or r"(?!)")
    return [one.span for one in sentences if one.span in foreign or (not named[one.span] and telling.search(one.text))]
