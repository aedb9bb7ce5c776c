"""Which decision took another one back, changed it, or is told differently: by what the two are, where they are told, and how their words meet.

Press seldom says "this undoes that": a headline tells that a class is revived, and the reader knows what had been refused. So pairs are weighed; the weights
were fitted to the marks of the training corpus.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from casebrief.service.domain.evidence import Evidence
from casebrief.service.domain.merging.conflicts import DAYS
from casebrief.service.domain.merging.likeness import Likeness, kind
from casebrief.service.domain.merging.sources import Group, Material, Sources
from casebrief.service.domain.merging.sums import per_of
from casebrief.service.domain.merging.weighing import Signs, chance
from casebrief.service.domain.revisions import sentence_of
from casebrief.service.domain.sameness import money
from casebrief.service.domain.schema import Money

LIKELY = 0.35
"""The probability from which two decisions conflict: with marks as labelled and weights of other cases, half of the conflicts are found, and 0.69 of what is raised is labelled."""

WEIGHTS = {
    "always": -5.0,
    "one kind": 1.15,
    "newer is a sum": -0.43,
    "both sums": 1.04,
    "sums alike": -0.72,
    "rivals of one time": 1.91,
    "rivals, both the greatest": 1.95,
    "later rivals": 1.02,
    "told again": 1.42,
    "newer opens": 0.43,
    "older opens": 1.31,
    "newer leads": 0.6,
    "words": 1.11,
    "sentences": 1.75,
    "newest article": -0.58,
    "decisions": -1.11,
    "upholds": -0.96,
    "undoes what led": 0.71,
    "apart": 1.01,
    "a part": -0.46,
    "newer pending": 0.78,
    "both decided": 0.83,
}
"""Of the logit that two decisions cannot both stand; what each sign is, `Decisions.signs` says."""

Pair = tuple[Group, Group]

_UNDOES = re.compile(
    r"\b(?:revers|overturn|set(?:s|ting)?\b[^.;]{0,60}\baside|quash|annul|vacat|str(?:uck|ikes?|iking) (?:down|out)|lift(?:s|ed)?\b|cut(?:s|ting)?\b|trim|reduc"
    r"|lower|halv|rais|increas|slash|doubl|restor|reinstat|reviv|acquit|new trial|dissolv|discharg|rescind|after all|instead of|overrul|withdr"
    r"|wip(?:e|es|ed) out|thr(?:ows?|ew|own) out|tosse[sd]|clear(?:s|ed)|remit|sen(?:ds|t)\b[^.;]{0,30}\bback|no longer|again|suspend|stay(?:s|ed)|halt|replac"
    r"|now\b|down (?:to|from|by)|up (?:to|from)|take[sn]?\b[^.;]{0,15}\boff|too (?:severe|lenient|high|low)|decertif|void)\w*",
    re.IGNORECASE,
)
"""Words of a decision that takes another one back or changes it."""

_UPHOLDS = re.compile(
    r"\b(?:affirm|uph[eo]ld|keeps?\b|kept|stands?\b|stays\b|confirm|agree[sd]? with|left? (?:in place|standing|intact)|refus|declin|reject)\w*", re.IGNORECASE
)
"""Words of a decision that leaves things as they are."""

_PART = re.compile(r"\b(?:punitive|compensat|for pain|for medical|legal fees|costs|including|of which|each|further|another|interest)", re.IGNORECASE)
"""Words of a sum that is a part of another one, or comes beside it."""


@dataclass(frozen=True)
class Decisions:
    """The decisions of a case, each with all that tells it, and the articles around them."""

    groups: Sequence[Group]
    material: Material
    likeness: Likeness

    @property
    def sources(self) -> Sources:
        return self.material.sources

    def pairs(self) -> Iterator[Pair]:
        """Decisions that could be on one thing, the older one first: told first by two articles, of days that are known."""
        for older, newer in itertools.permutations(self.groups, 2):
            one, other = self._first(older), self._first(newer)
            before, after = self.sources.published[one.article], self.sources.published[other.article]
            if before and after and self._teller(older) != self._teller(newer) and self.sources.when(one) < self.sources.when(other):
                yield older, newer

    def undone(self) -> list[Pair]:
        """Pairs that likely cannot both stand, the surest first: each decision is undone once, and undoes one."""
        sure = [(chance(self.signs(pair), WEIGHTS), pair) for pair in self.pairs()]
        found: list[Pair] = []
        for probability, (older, newer) in sorted(sure, key=lambda told: (-told[0], [self.sources.when(self._first(group)) for group in told[1]])):
            if probability >= LIKELY and not any(older is known[0] or newer is known[1] for known in found):
                found.append((older, newer))
        return found

    def is_superseded(self, pair: Pair) -> bool:
        """Whether the reports of two decisions are so far from each other that one has followed the other; nearer ones tell one decision differently."""
        return self._days(pair) > DAYS

    def signs(self, pair: Pair) -> Signs:
        """What tells whether two decisions can both stand."""
        older, newer = pair
        own = " ; ".join(item.value for item in newer if self.sources.original(item.article) == self._teller(newer))
        told = {
            "one kind": kind(self._first(older)) == kind(self._first(newer)),
            "newer is a sum": any(map(money, newer)),
            **self._signs_of_sums(pair),
            "told again": any(self.sources.original(item.article) == self._teller(newer) for item in older),
            "newer opens": any(map(self._opens, newer)),
            "older opens": any(map(self._opens, older)),
            "newer leads": self._leads(newer),
            "words": max(self.likeness.shared(mine.value, theirs.value)[0] for mine in older[:SOME] for theirs in newer[:SOME]),
            "sentences": max(self.likeness.shared(self._sentence(self._first(older)), self._sentence(item))[0] for item in newer[:SOME]),
            "newest article": self.sources.published[self._first(newer).article] == self._last_day,
            "decisions": len(self.groups) / 10,
            "upholds": bool(_UPHOLDS.search(own)),
            "undoes what led": bool(_UNDOES.search(own)) and self._leads(older),
            "apart": math.log1p(self._days(pair)) / 4,
            "a part": bool(_PART.search(own)),
            "newer pending": self._status.get(self._first(newer).article) == "pending",
            "both decided": {self._status.get(self._first(group).article) for group in pair} == {"decided"},
        }
        return {name: float(sign) for name, sign in told.items()}

    def _signs_of_sums(self, pair: Pair) -> dict[str, bool]:
        first, second = (next(filter(money, group), None) for group in pair)
        if not (first and second):
            return {}
        one, other = _amount(first), _amount(second)
        alike = _currency(first) == _currency(second) and per_of(first) == per_of(second)
        part = min(one, other) / max(one, other) if max(one, other) else 1.0
        of_kind = alike and kind(self._first(pair[0])) == kind(self._first(pair[1]))
        late = self._days(pair) > DAYS
        near = of_kind and part >= NEAR and not late
        return {
            "both sums": True,
            "sums alike": alike,
            "rivals of one time": near,
            "rivals, both the greatest": near and one >= self._greatest(self._first(pair[0]).article) and other >= self._greatest(self._first(pair[1]).article),
            "later rivals": of_kind and part >= SIZE and late,
        }

    def _greatest(self, article: str) -> float:
        """The greatest sum decided that an article tells."""
        return max((_amount(item) for group in self.groups for item in group if item.article == article and money(item)), default=0.0)

    def _first(self, group: Group) -> Evidence:
        return min(group, key=self.sources.when)

    def _teller(self, group: Group) -> str:
        """The article that tells a decision first."""
        return self.sources.original(self._first(group).article)

    def _leads(self, group: Group) -> bool:
        """Whether the article that tells a decision first tells no other first before it."""
        mine = self.sources.when(self._first(group))
        return not any(self._teller(other) == self._teller(group) and self.sources.when(self._first(other)) < mine for other in self.groups)

    def _days(self, pair: Pair) -> int:
        before, after = (self.sources.published[self._first(group).article] for group in pair)
        return (after - before).days if before and after else 0

    def _opens(self, item: Evidence) -> bool:
        """Whether a wording stands in the first line of its article, mostly its title."""
        return "\n" not in self.sources.texts[item.article][: item.span.start].lstrip()

    def _sentence(self, item: Evidence) -> str:
        text = self.sources.texts[item.article]
        return sentence_of(text, item.span).of(text)

    @cached_property
    def _last_day(self) -> object:
        return max((day for day in self.sources.published.values() if day), default=None)

    @cached_property
    def _status(self) -> dict[str, str]:
        return {item.article: item.value for item in self.material.of("status")}


SOME = 4
"""Wordings of a decision that are compared."""

NEAR, SIZE = 0.3, 0.1
"""Sums of one kind of which the smaller is at least this part of the greater are told of one decision by papers of one time, and by a later one."""


def _amount(item: Evidence) -> float:
    return item.normalized.amount or 0.0 if isinstance(item.normalized, Money) else 0.0


def _currency(item: Evidence) -> str | None:
    return item.normalized.currency if isinstance(item.normalized, Money) else None
