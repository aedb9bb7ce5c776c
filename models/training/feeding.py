"""What each step of the training reads: cases in a shuffled order, as written or changed, the same for the same seed."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeVar

from casebrief.evals.marked import MarkedCase
from casebrief.models.training.changes import abridged, changed, stock
from casebrief.models.training.examples import Example, Tokenizer, example

T = TypeVar("T")

SEED = 20261128
STEP_TOKENS, PASS_TOKENS = 4096, 1024
"""Tokens of a step, and of one pass: what a pass computes in stays near the processor."""

AS_WRITTEN = 0.25
"""How often a case is learnt as it stands; else it is changed."""

ABRIDGED = 0.55
"""How often only a few sentences of each of its articles are learnt."""

HELD_OUT = 20
"""Every so many-th case is never trained on: confidences are calibrated there."""


@dataclass(frozen=True)
class Part:
    """What one pass reads: whole cases, so that places of the same fact in several articles meet."""

    examples: tuple[Example, ...]
    cases: tuple[int, ...]

    @property
    def tokens(self) -> int:
        return sum(len(one.ids) for one in self.examples)


def split(cases: Sequence[MarkedCase]) -> tuple[list[MarkedCase], list[MarkedCase]]:
    """Those to learn from, and those held out."""
    return [case for n, case in enumerate(cases) if n % HELD_OUT], [case for n, case in enumerate(cases) if not n % HELD_OUT]


def part_of(cases: Sequence[T], share: float) -> list[T]:
    """A part of what there is to learn from, spread evenly over all of it.

    >>> part_of("abcdefgh", 0.25)
    ['d', 'h']
    """
    return [case for n, case in enumerate(cases) if int((n + 1) * share) > int(n * share)]


def steps(cases: Sequence[MarkedCase], tokenizer: Tokenizer) -> Iterator[list[Part]]:
    """The parts of each training step, without end; the same for the same seed."""
    waiting: list[Part] = []
    for part in _parts(cases, tokenizer):
        waiting.append(part)
        if sum(one.tokens for one in waiting) >= STEP_TOKENS:
            yield waiting
            waiting = []


def _parts(cases: Sequence[MarkedCase], tokenizer: Tokenizer) -> Iterator[Part]:
    lent = stock(cases)
    for epoch in itertools.count():
        order = list(range(len(cases)))
        Random(f"{SEED} {epoch}").shuffle(order)  # noqa: S311 - data, no secrets
        part = Part((), ())
        for number in order:
            chance = Random(f"{SEED} {epoch} {number}")  # noqa: S311 - data, no secrets
            case = cases[number]
            articles = case.articles if chance.random() < AS_WRITTEN else changed(case, lent, chance)
            whole = chance.random() >= ABRIDGED
            told = articles if whole else tuple(abridged(article, chance) for article in articles)
            fresh = Part(tuple(example(article, case, tokenizer, whole=whole) for article in told), (number,) * len(articles))
            if part.examples and part.tokens + fresh.tokens > PASS_TOKENS:
                yield part
                part = fresh
            else:
                part = Part(part.examples + fresh.examples, part.cases + fresh.cases)
        yield part
