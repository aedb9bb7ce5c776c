"""From texts to views: find the stories, recognise copies, and settle which case they are about."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from casebrief.service.domain.article import Article, CaseIdentity, Sentence, View
from casebrief.service.domain.captions import Caption, CaptionGroup, captions, group_captions, main_caption, speaks_of_another
from casebrief.service.domain.dates import day_first
from casebrief.service.domain.names import NAME, SUFFIX, is_specific, key_words, mentions, names, same_name
from casebrief.service.domain.parties import party_mentions
from casebrief.service.domain.spans import Span
from casebrief.service.domain.story import find_story

SHINGLE = 5
COPY_SHARE = 0.6
"""A story is a copy when this share of the shorter one's runs of five words is in the other."""

LEAD = 5
"""Sentences of a story's lead."""


@dataclass(frozen=True)
class Submitted:
    """One article as the client sent it."""

    id: str
    text: str
    title: str | None = None
    publisher: str | None = None
    url: str | None = None
    published_on: datetime.date | None = None


@dataclass(frozen=True)
class Dossier:
    """The articles of a request: views of those about the case, and what was found of all."""

    articles: tuple[Article, ...]
    views: tuple[View, ...]
    copies: dict[str, str]
    unrelated: dict[str, str]
    case: CaseIdentity


def language_of(text: str) -> str:
    """The ISO 639-1 code of a text's language, as py3langid sees it; "und" for less than 40 letters."""
    if sum(character.isalpha() for character in text) < 40:
        return "und"
    return str(_identifier().classify(text)[0])


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # loads its table: not every command reads articles

    return LanguageIdentifier.from_model_file(MODEL_FILE)  # type: ignore[no-untyped-call]


def prepare(submitted: Submitted) -> Article:
    """Find the story of one article."""
    story = find_story(submitted.text)
    title = submitted.title or (story.title.of(submitted.text) if story.title else None)
    return Article(
        id=submitted.id,
        text=submitted.text,
        title=title,
        publisher=submitted.publisher,
        url=submitted.url,
        published_on=submitted.published_on or story.published_on,
        published_on_from="request" if submitted.published_on else "text" if story.published_on else None,
        story=story,
        day_first=day_first(submitted.text),
        language=language_of(" ".join(span.of(submitted.text) for span in story.sentences) or submitted.text),
    )


def assemble(submitted: Sequence[Submitted]) -> Dossier:
    """Prepare all articles of a request and settle which case they are about."""
    articles = tuple(prepare(item) for item in submitted)
    sentences = {article.id: _sentences(article) for article in articles}
    found = {article.id: [c for s in sentences[article.id] for c in captions(article, s)] for article in articles}
    groups = group_captions(caption for article in articles for caption in found[article.id])
    group = main_caption(groups, [_lead(article, sentences[article.id]) for article in articles])
    case = _identity(articles, sentences, group)
    unrelated = {
        article.id: reason
        for article in articles
        if (reason := _unrelated(article, sentences[article.id], found[article.id], case, group, alone=len(articles) == 1))
    }
    views = tuple(
        View(article, _marked(sentences[article.id], found[article.id], case, group), case)
        for article in articles
        if article.id not in unrelated and sentences[article.id]
    )
    return Dossier(articles, views, find_copies([article for article in articles if article.story.paragraphs]), unrelated, case)


def of_other_cases(articles: Sequence[Article]) -> dict[str, list[Span]]:
    """By article the sentences that speak of another case than these articles do, by captions and by names that only such sentences bring up."""
    sentences = {article.id: _sentences(article) for article in articles}
    found = {article.id: [c for s in sentences[article.id] for c in captions(article, s)] for article in articles}
    group = main_caption(group_captions(caption for article in articles for caption in found[article.id]), [_lead(a, sentences[a.id]) for a in articles])
    case = _identity(articles, sentences, group)
    return {a.id: [s.span for s in _marked(sentences[a.id], found[a.id], case, group) if s.foreign] for a in articles}


def _sentences(article: Article) -> tuple[Sentence, ...]:
    return tuple(Sentence(span, span.of(article.text), index) for index, paragraph in enumerate(article.story.paragraphs) for span in paragraph)


def _lead(article: Article, sentences: Sequence[Sentence]) -> str:
    return " ".join([article.title or "", *(sentence.text for sentence in sentences[:LEAD])])


def _identity(articles: Sequence[Article], sentences: dict[str, tuple[Sentence, ...]], group: CaptionGroup | None) -> CaseIdentity:
    """Names of the sides: the caption's, else those that most articles put there by their verbs."""
    if group is not None:
        best = group.best
        plaintiffs = (best.plaintiff,)
        defendants: tuple[str, ...] = (best.defendant,)
        mentioned = _ranked(articles, sentences)
        defendants += tuple(
            name
            for name, (side, votes) in mentioned.items()
            if side == "defendant" and votes >= 2 and not any(same_name(name, known) for known in (*plaintiffs, *defendants))
        )
        return CaseIdentity(best.text, plaintiffs, defendants, group.dockets)
    mentioned = _ranked(articles, sentences)
    return CaseIdentity(
        None,
        tuple(name for name, (side, votes) in mentioned.items() if side == "plaintiff"),
        tuple(name for name, (side, votes) in mentioned.items() if side == "defendant"),
        (),
    )


def _ranked(articles: Sequence[Article], sentences: dict[str, tuple[Sentence, ...]]) -> dict[str, tuple[str, int]]:
    """Names by the side that verbs put them on, with the number of mentions; a name on both sides is on neither.

    Only the lead of each article votes: later sentences often speak of other suits.
    """
    votes: dict[str, dict[str, int]] = {}
    for article in articles:
        for sentence in sentences[article.id][: 2 * LEAD]:
            for mention in party_mentions(article.text, sentence.span):
                name = next((known for known in votes if same_name(known, mention.name)), mention.name)
                counted = votes.setdefault(name, {})
                counted[mention.side] = counted.get(mention.side, 0) + 1
    ranked = {name: max(sides.items(), key=lambda item: item[1]) for name, sides in votes.items() if len(set(sides.values())) == len(sides)}
    return dict(sorted(ranked.items(), key=lambda item: -item[1][1]))


_OFFICE = re.compile(
    r"^(?:[A-Z]{2,5}|U\.S\..*|United States.*|People of .*|State of .*|The State .*)$|\b(?:Commission|Department|Agency|Authority|Bureau|Board|Office)\b"
)
"""Those who bring many cases: their name in an article does not tell which case it is about."""

_LEGAL = re.compile(
    r"\b(?:lawsuits?|suits?|sued|suing|sues|court|judge|jury|plaintiffs?|claimants?|complaint|class action|settle\w*|trial|charged|charges"
    r"|convicted|sentenced|prosecut\w+|legal action|antitrust|litigation|claim)\b",
    re.IGNORECASE,
)


def _unrelated(
    article: Article,
    sentences: Sequence[Sentence],
    found: Sequence[Caption],
    case: CaseIdentity,
    group: CaptionGroup | None,
    *,
    alone: bool,
) -> str | None:
    """Why an article is not about the case, or ``None`` when it is.

    It is about the case when it names a party of it near a word of the law, and no case of its own instead.
    """
    if alone or not case.names:
        return None
    ours = {caption.span for caption in group.members if caption.article == article.id} if group else set()
    if ours:
        return None
    distinctive = [name for name in case.names if is_specific(name) and key_words(name) and not _OFFICE.search(name)]
    for index, sentence in enumerate(sentences):
        near = " ".join(other.text for other in sentences[max(0, index - 1) : index + 2])
        if any(mentions(sentence.text, name) for name in distinctive) and _LEGAL.search(near):
            return None
    return "names no party of the case beside its proceedings"


_NAMES_PARTIES = re.compile(
    r"\b(?:suit|lawsuit|complaint|claim|action|papers|indictment)\b[^.;]{0,40}\bnames?\b|\b(?:is|are|was|were) (?:also )?(?:named|a (?:co-)?defendant|defendants)\b"
)
_FIRM_FIRST = re.compile(rf"{NAME}")
_FORMAL = re.compile(rf"{SUFFIX}$")
_ROLE = re.compile(
    r"\b(?:defendants?|plaintiffs?|named|sued|sues|suing|co-|claimants?|alleged|accused|accuses|joined|subsidiary|parent|owner|owned)\b", re.IGNORECASE
)


def _marked(sentences: Sequence[Sentence], found: Sequence[Caption], case: CaseIdentity, group: CaptionGroup | None) -> tuple[Sentence, ...]:
    """The sentences, with those that speak of another case marked: a sentence, or a whole paragraph with its caption."""
    foreign_sentences = {sentence.span for sentence in sentences if speaks_of_another(sentence, found, case, group)}
    ours = {caption.span for caption in group.members} if group else set()
    foreign_paragraphs = set()
    for paragraph in {sentence.paragraph for sentence in sentences}:
        here = [s for s in sentences if s.paragraph == paragraph]
        names_other = any(s.span.holds(c.span) for s in here for c in found if c.span not in ours) and group is not None
        names_ours = any(mentions(s.text, name) for s in here for name in case.names)
        if names_other and not names_ours:
            foreign_paragraphs.add(paragraph)
    marked = [Sentence(s.span, s.text, s.paragraph, s.span in foreign_sentences or s.paragraph in foreign_paragraphs) for s in sentences]
    strangers = _strangers(marked, case)
    return tuple(replace(s, foreign=True) if not s.foreign and _tells_of(s, strangers, case) else s for s in marked)


def _strangers(sentences: Sequence[Sentence], case: CaseIdentity) -> set[str]:
    """Names that only sentences of other cases bring up, and companies that stand first in a sentence of their own.

    A name that is ever told beside one of ours is no stranger.
    """
    names_by_sentence = {s: {span.of(s.text) for span in names(s.text, Span(0, len(s.text))) if is_specific(span.of(s.text))} for s in sentences}
    beside_ours = {
        name for s, found in names_by_sentence.items() if not s.foreign and (_names_ours(s, case) or _NAMES_PARTIES.search(s.text)) for name in found
    }
    brought_up = {name for s, found in names_by_sentence.items() if s.foreign for name in found}
    firms = {
        match.group()
        for s in sentences
        if not s.foreign and (match := _FIRM_FIRST.match(s.text)) and _FORMAL.search(match.group()) and not _ROLE.search(s.text)
    }
    known = case.names + tuple(beside_ours)
    return {name for name in brought_up | firms if not _OFFICE.search(name) and not any(same_name(name, other) for other in known)}


def _names_ours(sentence: Sentence, case: CaseIdentity) -> bool:
    return any(mentions(sentence.text, name) for name in case.names)


def _tells_of(sentence: Sentence, strangers: set[str], case: CaseIdentity) -> bool:
    return not _names_ours(sentence, case) and any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", sentence.text) for name in strangers)


def find_copies(articles: Sequence[Article]) -> dict[str, str]:
    """Copies of one story: the later article's id to the earlier one's (by date, then by place in the request).

    Two stories are copies when the share of the shorter one's five-word runs that the other has is at least
    `COPY_SHARE`.
    """
    ordered = sorted(articles, key=lambda article: (article.published_on is None, article.published_on or datetime.date.max))
    shingles = {article.id: _shingles(article) for article in ordered}
    copies: dict[str, str] = {}
    for index, article in enumerate(ordered):
        for earlier in ordered[:index]:
            if earlier.id in copies:
                continue
            one, other = shingles[article.id], shingles[earlier.id]
            if min(len(one), len(other)) >= 20 and len(one & other) >= COPY_SHARE * min(len(one), len(other)):
                copies[article.id] = earlier.id
                break
    return copies


def _shingles(article: Article) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", " ".join(span.of(article.text) for span in article.story.sentences).casefold())
    return {tuple(words[index : index + SHINGLE]) for index in range(len(words) - SHINGLE + 1)}
