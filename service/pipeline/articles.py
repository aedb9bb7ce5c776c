"""The articles of a request: as they were sent, what is their story, and which are copies of each other."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from casebrief.service.domain.article import Article, CaseIdentity, View
from casebrief.service.domain.dates import day_first
from casebrief.service.domain.spans import Span, lines
from casebrief.service.domain.story import Story, publication_date

SHINGLE = 5
COPY_SHARE = 0.6
"""A story is a copy when this share of the shorter one's runs of five words is in the other."""

FEWEST = 20
"""Runs of words below which a story is too short to be told from others."""


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

    @property
    def own(self) -> tuple[str, ...]:
        """The ids of the articles that are about the case."""
        return tuple(article.id for article in self.articles if article.id not in self.unrelated)


def article_of(submitted: Submitted, paragraphs: Sequence[Sequence[Span]]) -> Article:
    """The article with its story: the sentences of these paragraphs; a first line without a full stop is its title."""
    text = submitted.text
    kept = [tuple(paragraph) for paragraph in paragraphs if paragraph]
    title = kept[0][0] if len(kept) > 1 and len(kept[0]) == 1 and text[kept[0][0].end - 1] not in '.!?…”"' else None
    story = [span for paragraph in kept for span in paragraph]
    published = publication_date(text, list(lines(text)))
    return Article(
        id=submitted.id,
        text=text,
        title=submitted.title or (title.of(text) if title else None),
        publisher=submitted.publisher,
        url=submitted.url,
        published_on=submitted.published_on or published,
        published_on_from="request" if submitted.published_on else "text" if published else None,
        story=Story(title, tuple(kept[1:] if title else kept), published),
        day_first=day_first(text),
        language=language_of(" ".join(span.of(text) for span in story) or text),
    )


def language_of(text: str) -> str:
    """The ISO 639-1 code of a text's language, as py3langid sees it; "und" for less than 40 letters."""
    if sum(character.isalpha() for character in text) < 40:
        return "und"
    return str(_identifier().classify(text)[0])


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # loads its table: not every command reads articles

    return LanguageIdentifier.from_model_file(MODEL_FILE)  # type: ignore[no-untyped-call]


def find_copies(articles: Sequence[Article]) -> dict[str, str]:
    """Copies of one story: the later article's id to the earlier one's (by date, then by place in the request).

    Two stories are copies when the share of the shorter one's five-word runs that the other has is at least
    `COPY_SHARE`.
    """
    ordered = sorted(articles, key=lambda article: (article.published_on is None, article.published_on or datetime.date.max))
    shingles = {article.id: shingles_of(span.of(article.text) for span in article.story.sentences) for article in ordered}
    copies: dict[str, str] = {}
    for index, article in enumerate(ordered):
        for earlier in ordered[:index]:
            if earlier.id in copies:
                continue
            one, other = shingles[article.id], shingles[earlier.id]
            if min(len(one), len(other)) >= FEWEST and len(one & other) >= COPY_SHARE * min(len(one), len(other)):
                copies[article.id] = earlier.id
                break
    return copies


def shingles_of(story: Iterable[str]) -> set[tuple[str, ...]]:
    """The runs of five words of a story that is given in parts."""
    words = re.findall(r"\w+", " ".join(story).casefold())
    return {tuple(words[index : index + SHINGLE]) for index in range(len(words) - SHINGLE + 1)}
