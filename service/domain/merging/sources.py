"""What merging needs to know of the articles behind the evidence."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from casebrief.service.domain.article import CaseIdentity
from casebrief.service.domain.evidence import Evidence

Group = list[Evidence]
Same = Callable[[Evidence, Evidence], bool]

OPEN = 0.5
"""The probability of what nothing tells."""


@dataclass(frozen=True)
class Sources:
    """The articles: their texts in the order of the request, days of publication, which are copies, the spans of their stories.

    ``alike`` gives the probability, 0 to 1, that two pieces of evidence state the same, where the reader was taught to tell.
    """

    texts: dict[str, str]
    published: dict[str, datetime.date | None]
    copies: dict[str, str]
    stories: dict[str, Sequence[tuple[int, int]]]
    alike: Callable[[Evidence, Evidence], float] | None = None

    def likely(self, one: Evidence, other: Evidence) -> float:
        """The probability that two pieces of evidence state the same, 0 to 1; `OPEN` where the reader was not taught to tell."""
        return self.alike(one, other) if self.alike else OPEN

    def order(self, article: str) -> int:
        """The place of an article in the request."""
        return list(self.texts).index(article)

    def original(self, article: str) -> str:
        """The article that tells the story first: the one that this is a copy of, or itself."""
        return self.copies.get(article, article)

    def tellers(self, evidence: Iterable[Evidence]) -> frozenset[str]:
        """The articles behind some evidence, copies of one story counted as one."""
        return frozenset(self.original(item.article) for item in evidence)

    def independent(self, evidence: Iterable[Evidence]) -> int:
        """How many independent articles stand behind some evidence."""
        return len(self.tellers(evidence))

    def newest(self, group: Group) -> datetime.date | None:
        """The latest known day of publication among a group's articles."""
        return max((day for item in group if (day := self.published[item.article])), default=None)

    def first(self, group: Group) -> datetime.date | None:
        """The earliest day of publication among a group's articles, or ``None`` where one is not known."""
        days = [self.published[item.article] for item in group]
        return None if None in days else min(day for day in days if day)

    def newer(self, one: Group, other: Group) -> bool:
        """Whether one group's reports are known to be later than all of another's."""
        first, last = self.first(one), self.newest(other)
        return first is not None and self.first(other) is not None and last is not None and first > last

    def in_title(self, item: Evidence) -> bool:
        """Whether evidence stands in the first line of an article that has more."""
        text = self.texts[item.article]
        return "\n" not in text[: item.span.start].lstrip() and "\n" in text[item.span.end :].strip()

    def when(self, item: Evidence) -> tuple[datetime.date, str, int, int]:
        """Where evidence stands among all, whatever the order of the request: by day, by the words of its article, by place."""
        return (self.published[item.article] or datetime.date.max, self.texts[item.article], item.span.start, item.span.end)


@dataclass(frozen=True)
class Material:
    """All evidence, by field, with the articles that it is from and the case that they are about."""

    fields: Mapping[str, Group]
    sources: Sources
    case: CaseIdentity

    @classmethod
    def of_all(cls, evidence: Sequence[Evidence], sources: Sources, case: CaseIdentity) -> Material:
        """Evidence sorted by field; within it by day, article and place, so that the order of the request changes nothing."""
        fields: dict[str, Group] = {}
        for item in sorted(evidence, key=sources.when):
            fields.setdefault(item.field, []).append(item)
        return cls(fields, sources, case)

    def of(self, field: str) -> Group:
        """The evidence of a field."""
        return list(self.fields.get(field, ()))
