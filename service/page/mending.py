"""What the form shows that corrects a fact of a kept case, or adds one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from casebrief.service.corrections.model import CHOICES, SPOKEN
from casebrief.service.corrections.stating import choice_of, speaker_of
from casebrief.service.domain.schema import Fact, SummaryResponse
from casebrief.service.exports.facts import Stated
from casebrief.service.exports.wording import LABELS, name_of, shown


@dataclass(frozen=True)
class CaseFile:
    """A case that is kept: its name, its number, and how many articles it has."""

    name: str
    number: int
    articles: int


@dataclass(frozen=True)
class Typed:
    """What was typed into the form, or what it begins with."""

    article: str = ""
    quote: str = ""
    start: str = ""
    end: str = ""
    choice: str = ""
    speaker: str = ""
    by: str = ""


@dataclass(frozen=True)
class Mending:
    """A form for one fact, or for one that is to be added to a field. ``place`` is its first citation's article and start."""

    case: CaseFile
    field: str
    articles: tuple[tuple[str, str], ...]
    typed: Typed
    fact: Fact[Any] | None = None
    id: str = ""
    problem: str = ""

    @property
    def label(self) -> str:
        return LABELS[self.field]

    @property
    def heading(self) -> str:
        return "Correct a fact" if self.fact else "Add a fact"

    @property
    def told(self) -> str:
        """The fact as the page shows it."""
        return shown(self.field, self.fact) if self.fact else ""

    @property
    def place(self) -> tuple[str, int]:
        first = self.fact.citations[0] if self.fact else None
        return (first.article, first.start) if first else ("", 0)

    @property
    def choices(self) -> tuple[str, ...]:
        return CHOICES.get(self.field, ())

    @property
    def spoken(self) -> bool:
        """Whether a fact of this field has a speaker."""
        return self.field in SPOKEN


def mending_of(case: CaseFile, name: str, stated: Stated | None, response: SummaryResponse, typed: Typed | None = None, problem: str = "") -> Mending:
    """The form for a fact, or for an addition to the field ``name``."""
    articles = tuple((report.id, name_of(report)) for report in response.articles)
    if stated is None:
        return Mending(case, name, articles, typed or Typed(), problem=problem)
    fact = stated.fact
    first = Typed(article=fact.citations[0].article, choice=choice_of(fact) or "", speaker=speaker_of(fact) or "")
    return Mending(case, stated.field, articles, typed or first, fact, stated.id, problem)
