"""Figures as ratios of sums over cases, each with a 95 % bootstrap interval over whole cases; two runs by the same draws of cases.

Counts are kept a case. A figure is a function of their sums, on arrays: one entry a draw, so that all draws are evaluated at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from casebrief.evals.statistics import DRAWS, LEVEL, SEED

Counts = Mapping[str, float]
"""What was counted in one case; what is not named is 0."""

Values = np.ndarray[tuple[int, ...], np.dtype[np.float64]]

LOW, HIGH = 100 * LEVEL / 2, 100 * (1 - LEVEL / 2)


class Sums:
    """Sums of counts by name, an array each: of shape (draws,)."""

    def __init__(self, columns: Mapping[str, int], values: Values) -> None:
        self._columns, self._values = columns, values

    def __getitem__(self, name: str) -> Values:
        column = self._columns.get(name)
        return np.zeros(len(self._values)) if column is None else self._values[:, column]


Figure = Callable[[Sums], Values]
"""One value a draw; NaN where a draw has nothing to tell it by."""


def share(part: str, whole: str) -> Figure:
    """One sum over another."""
    return lambda sums: over(sums[part], sums[whole])


def harmonic(one: Figure, other: Figure) -> Figure:
    """The harmonic mean of two figures: F of precision and recall, 0 where both are."""

    def figure(sums: Sums) -> Values:
        first, second = one(sums), other(sums)
        return np.where(first + second == 0, 0.0, over(2 * first * second, first + second))

    return figure


def over(part: Values, whole: Values) -> Values:
    """Element by element; NaN over 0."""
    found: Values = np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole != 0)
    return found


@dataclass(frozen=True)
class Estimate:
    """A figure over the cases, and its 95 % interval, which there is from two cases on; ``None`` where nothing was counted."""

    value: float | None
    interval: tuple[float, float] | None

    def __str__(self) -> str:
        told = "–" if self.value is None else f"{self.value:.2f}"
        return told + (f" ({self.interval[0]:.2f} to {self.interval[1]:.2f})" if self.interval else "")


@dataclass(frozen=True)
class Difference:
    """A figure of two runs of the same cases, and the 95 % interval of its change."""

    before: float | None
    after: float | None
    interval: tuple[float, float] | None

    @property
    def is_one(self) -> bool:
        """Whether the interval leaves 0 out."""
        return self.interval is not None and not self.interval[0] <= 0 <= self.interval[1]

    def __str__(self) -> str:
        before, after = ("–" if value is None else f"{value:.3f}" for value in (self.before, self.after))
        change = f" (change {self.interval[0]:+.3f} to {self.interval[1]:+.3f}: {'a difference' if self.is_one else 'none shown'})" if self.interval else ""
        return f"{before} → {after}{change}"


class CaseTable:
    """Counts by case; a case's repeats are averaged, for they are no further cases."""

    def __init__(self, counted: Sequence[tuple[str, Counts]]) -> None:
        names = dict.fromkeys(name for _, counts in counted for name in counts)
        self._columns = {name: column for column, name in enumerate(names)}
        repeats: dict[str, list[Counts]] = {}
        for case, counts in counted:
            repeats.setdefault(case, []).append(counts)
        self.cases = list(repeats)
        self._values = np.zeros((len(repeats), len(names)))
        for row, several in enumerate(repeats.values()):
            for counts in several:
                for name, count in counts.items():
                    self._values[row, self._columns[name]] += count / len(several)

    @cached_property
    def sums(self) -> Sums:
        """Over all cases."""
        return Sums(self._columns, self._values.sum(axis=0, keepdims=True))

    @cached_property
    def drawn(self) -> Sums:
        """Over each draw of as many cases."""
        return Sums(self._columns, _times(len(self.cases)) @ self._values)

    def of(self, cases: Sequence[str]) -> CaseTable:
        """The rows of some cases, in their order."""
        some = CaseTable([])
        some.cases, some._columns = list(cases), self._columns
        some._values = self._values[[self.cases.index(case) for case in cases]]
        return some

    def value(self, figure: Figure) -> float | None:
        """A figure over all cases, or ``None`` where nothing was counted."""
        return _known(figure(self.sums))

    def estimate(self, figure: Figure) -> Estimate:
        """A figure with its interval."""
        return Estimate(self.value(figure), _interval(figure(self.drawn)) if len(self.cases) > 1 else None)


def difference(figure: Figure, before: CaseTable, after: CaseTable) -> Difference:
    """The change of a figure over the cases that both hold, drawn together."""
    cases = [case for case in before.cases if case in set(after.cases)]
    one, other = before.of(cases), after.of(cases)
    interval = _interval(figure(other.drawn) - figure(one.drawn)) if len(cases) > 1 else None
    return Difference(one.value(figure), other.value(figure), interval)


@lru_cache
def _times(cases: int) -> Values:
    """How often each case is in each draw, (draws, cases): the draws of `statistics.interval`."""
    chosen = np.random.default_rng(SEED).integers(0, cases, (DRAWS, cases))
    return np.stack([np.bincount(draw, minlength=cases) for draw in chosen]).astype(np.float64)


def _known(values: Values) -> float | None:
    return None if np.isnan(values[0]) else float(values[0])


def _interval(values: Values) -> tuple[float, float] | None:
    told = values[~np.isnan(values)]
    if not told.size:
        return None
    low, high = np.percentile(told, [LOW, HIGH])
    return float(low), float(high)
