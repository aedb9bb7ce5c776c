"""A time that is given, shared out among what is to be done in it, and what a longer piece of work is likely to take of it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Self

from casebrief.evals.speeds import Length


@dataclass(frozen=True)
class Deadline:
    """A moment of ``clock`` (seconds) by which something must have ended."""

    end: float
    clock: Callable[[], float] = time.monotonic

    @classmethod
    def within(cls, seconds: float, clock: Callable[[], float] = time.monotonic) -> Self:
        """So many seconds from now."""
        return cls(clock() + seconds, clock)

    @property
    def left(self) -> float:
        """Seconds from now; never below zero."""
        return max(0.0, self.end - self.clock())

    def over(self) -> bool:
        """The engine's stop."""
        return not self.left

    def share(self, weights: Sequence[float]) -> Deadline:
        """The first one's part of what is left, when it is shared out by weight."""
        return replace(self, end=self.clock() + self.left * weights[0] / sum(weights))


def expected(lengths: Sequence[Length], characters: int) -> float:
    """Seconds that a longer article is likely to take: they grow as they last did, at least as the length does and at most as its square.

    >>> round(expected([Length(1000, 1.0), Length(2000, 3.0)], 4000), 6)
    9.0
    """
    if not lengths:
        return 0.0
    last, power = lengths[-1], 1.0
    if len(lengths) > 1:
        before = lengths[-2]
        power = min(2.0, max(1.0, math.log(last.seconds / before.seconds, last.characters / before.characters)))
    return last.seconds * math.pow(characters / last.characters, power)
