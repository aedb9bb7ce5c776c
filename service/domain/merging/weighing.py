"""Sums of few weights, as they were fitted to the marks of the training corpus (`casebrief.models.training.pairs`)."""

from __future__ import annotations

import math
from collections.abc import Mapping

Signs = Mapping[str, float]
"""What tells of a pair, by name: 1 where it holds, 0 or nothing where it does not, or a measure of 0 to about 1."""


def chance(signs: Signs, weights: Mapping[str, float]) -> float:
    """The probability, 0 to 1, that the signs of a pair tell, by logistic regression; "always" is the weight of every pair.

    >>> round(chance({"near": 1.0}, {"always": -1.0, "near": 2.0}), 2)
    0.73
    """
    return 1 / (1 + math.exp(-(weights["always"] + math.fsum(weights[name] * sign for name, sign in signs.items() if name in weights))))
