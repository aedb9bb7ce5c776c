"""An article of a request, and the view of it that the readers get."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Literal

from casebrief.service.domain.dates import DatePhrase, date_phrases
from casebrief.service.domain.spans import Span
from casebrief.service.domain.story import Story


@dataclass(frozen=True)
class Article:
    """One article as it came, with its story found. ``published_on`` is the client's, else the text's own."""

    id: str
    text: str
    title: str | None
    publisher: str | None
    url: str | None
    published_on: datetime.date | None
    published_on_from: Literal["request", "text"] | None
    story: Story
    day_first: bool | None
    language: str

    def dates(self, within: Span) -> list[DatePhrase]:
        """The date phrases of a span, resolved against this article's day of publication."""
        return list(date_phrases(self.text, within, self.published_on, self.day_first))

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """The sentences of its story, in order."""
        return tuple(Sentence(span, span.of(self.text), number) for number, paragraph in enumerate(self.story.paragraphs) for span in paragraph)


@dataclass(frozen=True)
class Sentence:
    """One sentence of a story. ``foreign``: it speaks of another case and tells nothing of ours."""

    span: Span
    text: str
    paragraph: int
    foreign: bool = False


@dataclass(frozen=True)
class CaseIdentity:
    """What tells this case from others: its caption, its docket numbers and the names of its sides."""

    caption: str | None
    plaintiffs: tuple[str, ...]
    defendants: tuple[str, ...]
    dockets: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """All party names, defendants first."""
        return self.defendants + self.plaintiffs

    @property
    def told(self) -> str:
        """Whom the case is about, in a few words of ours around names."""
        sides = [side[0] for side in (self.plaintiffs, self.defendants) if side]
        return self.caption or " against ".join(sides) or "parties without a name"


@dataclass(frozen=True)
class View:
    """An article as it is read: its story's sentences."""

    article: Article
    sentences: tuple[Sentence, ...]

    @property
    def own(self) -> tuple[Sentence, ...]:
        """The sentences that speak of this case."""
        return tuple(sentence for sentence in self.sentences if not sentence.foreign)
