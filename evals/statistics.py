"""Intervals and tests for few cases: a bootstrap over cases, exact McNemar, Holm's correction. Seeded."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

SEED = 20250121
DRAWS = 2000
LEVEL = 0.05


def interval(values: Sequence[float], seed: int = SEED, draws: int = DRAWS) -> tuple[float, float] | None:
    """The 95 % percentile interval of the mean, resampling whole cases (Efron 1979); ``None`` for fewer than two."""
    if len(values) < 2:
        return None
    generator = np.random.default_rng(seed)
    means = np.asarray(values)[generator.integers(0, len(values), (draws, len(values)))].mean(axis=1)
    low, high = np.percentile(means, [100 * LEVEL / 2, 100 * (1 - LEVEL / 2)])
    return float(low), float(high)


def mcnemar(lost: int, won: int) -> float:
    """The two-sided exact probability of as uneven a split of the facts that changed (McNemar 1947, exact form)."""
    from scipy.stats import binomtest  # takes half a second, and not every command needs it

    return float(binomtest(lost, lost + won, 0.5).pvalue) if lost + won else 1.0


def holm(probabilities: Sequence[float]) -> list[float]:
    """Holm's step-down adjustment of several probabilities (Holm 1979), in the order given."""
    order = sorted(range(len(probabilities)), key=lambda index: probabilities[index])
    adjusted = [1.0] * len(probabilities)
    highest = 0.0
    for rank, index in enumerate(order):
        highest = max(highest, min(1.0, probabilities[index] * (len(probabilities) - rank)))
        adjusted[index] = highest
    return adjusted


def paired_difference(before: Sequence[float], after: Sequence[float], seed: int = SEED) -> tuple[float, float] | None:
    """The 95 % interval of the mean change a case."""
    return interval([b - a for a, b in zip(before, after, strict=True)], seed)


def smallest_effect(values: Sequence[float]) -> float | None:
    """The smallest change of the mean that this many cases would show in four of five tries.

    Two-sided at 5 % with 80 % power, for paired cases whose change spreads as the scores do: (1.96 + 0.84) s / sqrt(n).
    It is an upper bound, for paired changes spread less than scores.
    """
    if len(values) < 2:
        return None
    return float((1.96 + 0.84) * np.std(values, ddof=1) / np.sqrt(len(values)))
