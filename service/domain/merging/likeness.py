"""Whether two wordings state one act, decision or answer: by the words that they share and by what the reader was taught.

Words weigh by how rare they are in the articles of the case: the name of a company, or "court", tells nothing there. The weights were fitted to the
marks of the training corpus (`Weights`); ``base`` and `TAUGHT` were chosen on cases that the reader was not taught on, by the groups that they make: one
fact told twice costs a reader more than the average pair's doubt says.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from heapq import heapify, heappop, heappush

from casebrief.service.domain.evidence import Evidence
from casebrief.service.domain.merging.sources import Group, Same, Sources


@dataclass(frozen=True)
class Weights:
    """Of the logit that two pieces of evidence of a field state one fact.

    ``shared``: the weight of the words that both have, as a share (the cosine); ``held``: as a share of the shorter one's; ``together``: both stand
    in one article; ``titled``: and one of them in its title, which tells what the story tells; ``kind``: their kinds are equal.
    """

    shared: float
    held: float
    together: float
    titled: float
    kind: float
    base: float


WEIGHTS = {
    "allegations": Weights(2.5, 3.2, -1.7, 1.4, 0.0, 0.2),
    "rulings": Weights(1.2, 1.6, 0.1, 1.6, 3.3, -3.8),
    "relief_sought": Weights(1.2, 1.6, -0.7, 2.0, 3.3, -2.9),
}
TAUGHT = 0.5
"""The weight of the logit of the reader's probability beside that of the words."""

SURE = 6.0
"""Where a reader's logit ends: none is so sure that no word counts."""

_SMALL = frozenset(
    "the a an of to in on for and or by with from at its it that this as is was were be been has have had not no but which who whom whose their his her he "
    "she they them will would said says say after before".split()
)


@lru_cache(maxsize=8192)
def stems(words: str) -> frozenset[str]:
    """The words that tell something, cut to what their forms share.

    >>> sorted(stems("It ordered refunds of 2,400 dollars"))
    ['2,400', 'dollar', 'order', 'refund']
    """
    found = re.findall(r"[^\W_]+(?:[.,]\d+)*", words.lower())
    return frozenset(_stem(word) for word in found if word not in _SMALL and (len(word) > 2 or word[0].isdigit()))


def _stem(word: str) -> str:
    return word if word[0].isdigit() else re.sub(r"(?:ings?|ed|es|s|e|ly|ion|ions|ment)$", "", word)[:6]


@dataclass(frozen=True)
class Likeness:
    """How alike evidence of these articles is."""

    sources: Sources

    @cached_property
    def _rarity(self) -> dict[str, float]:
        """The squared weight of every word of the articles, copies left out."""
        told = [text for article, text in self.sources.texts.items() if article not in self.sources.copies]
        rows = [row for text in told for row in re.split(r"(?<=[.!?])\s|\n", text) if row.strip()]
        counted = Counter(word for row in rows for word in stems(row))
        return {word: math.log((len(rows) + 1) / (count + 0.5)) ** 2 for word, count in counted.items()}

    def _weight(self, words: frozenset[str]) -> float:
        return math.fsum(self._rarity.get(word, 1.0) for word in words)

    @cached_property
    def _whole(self) -> dict[str, float]:
        """By wording, the weight of all its words: asked for once a pair otherwise."""
        return {}

    def _weight_of(self, told: str) -> float:
        if told not in self._whole:
            self._whole[told] = self._weight(stems(told))
        return self._whole[told]

    def shared(self, one: str, other: str) -> tuple[float, float]:
        """The weight of the words that two wordings share, as a share of both (the cosine) and of the shorter one, 0 to 1."""
        both, mine, theirs = self._weight(stems(one) & stems(other)), self._weight_of(one), self._weight_of(other)
        return (both / math.sqrt(mine * theirs), both / min(mine, theirs)) if mine and theirs else (0.0, 0.0)

    def logit(self, one: Evidence, other: Evidence) -> float:
        """How sure it is that two pieces of evidence of a field state one fact: above 0 they likely do."""
        weights = WEIGHTS[one.field]
        shared, held = self.shared(one.value, other.value)
        together = one.article == other.article
        titled = together and self.sources.in_title(one) != self.sources.in_title(other)
        told = weights.shared * shared + weights.held * held + weights.together * together + weights.titled * titled
        return told + weights.kind * (kind(one) == kind(other)) + weights.base + TAUGHT * self._taught(one, other)

    def _taught(self, one: Evidence, other: Evidence) -> float:
        low = 1 / (1 + math.exp(SURE))
        probability = min(1 - low, max(low, self.sources.likely(one, other)))
        return math.log(probability / (1 - probability))


def kind(item: Evidence) -> str:
    """The kind of a ruling or of what is asked for, as finely as the reader told it."""
    return item.about or getattr(item.normalized, "kind", "")


def clustered(evidence: Sequence[Evidence], surely: Same, apart: Same, likeness: Likeness) -> list[Group]:
    """Evidence in groups: what is surely the same, then the two groups that are most alike on average, as long as they likely are the same.

    Nothing that is ``apart`` comes together, whatever it is like.
    """
    groups: list[Group] = []
    for item in evidence:
        group = next((group for group in groups if any(surely(item, other) for other in group)), None)
        if group is None:
            groups.append(group := [])
        group.append(item)
    return _joined(groups, {(j, i): _between(groups[i], groups[j], apart, likeness) for i in range(len(groups)) for j in range(i)})


def _joined(groups: list[Group], sums: dict[tuple[int, int], float]) -> list[Group]:
    """Groups after the two that are most alike were joined, again and again, the first ones before others that are as much alike.

    ``sums``: of logits over the pairs of two groups, by their numbers in order; those of a joined group are the sums of its parts'. What was joined since leaves
    places in the heap that are true no more: they are passed over.
    """

    def ranked(pair: tuple[int, int]) -> tuple[float, int, int]:
        first, second = pair
        return (-(sums[pair] / (len(groups[first]) * len(groups[second]))), first, second)

    living = set(range(len(groups)))
    heap = [ranked(pair) for pair, total in sums.items() if total > 0]
    heapify(heap)
    while heap:
        best = heappop(heap)
        into, out = best[1:]
        if sums.get((into, out), 0.0) <= 0 or ranked((into, out)) != best:
            continue
        del sums[into, out]
        living -= {into, out}
        groups[into], groups[out] = groups[into] + groups[out], []
        for other in living:
            pair = (min(into, other), max(into, other))
            sums[pair] += sums.pop((min(out, other), max(out, other)))
            if sums[pair] > 0:
                heappush(heap, ranked(pair))
        living.add(into)
    return [group for group in groups if group]


def _between(one: Group, other: Group, apart: Same, likeness: Likeness) -> float:
    if any(apart(a, b) for a in one for b in other):
        return -math.inf
    return math.fsum(likeness.logit(a, b) for a in one for b in other)
