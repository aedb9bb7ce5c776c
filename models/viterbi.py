"""The likeliest spans of labels that are independent of each other: a Viterbi path for each label.

A label's path chooses for every token out, begin or inside; inside follows only begin or inside. Where out is ahead of both by more than
it can cost to begin anew one token later, every best path goes through out; so paths are computed between such tokens alone, many at once.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

OUT, BEGIN, INSIDE = 0, 1, 2

FLOOR = math.log(1e-9)
"""What a log-probability counts at least: no single token decides over a long span."""

Spans = NDArray[np.int64]
"""A row a span: label, first token, token behind the last."""


def spans(scores: NDArray[np.floating]) -> Spans:
    """The spans on the likeliest paths, by first token, then label.

    ``scores`` are natural-log probabilities, tokens x labels x 3 (out, begin, inside).
    """
    chosen = choices(scores).T
    found = [np.empty((0, 3), np.int64)]
    for label in np.flatnonzero((chosen != OUT).any(axis=1)).tolist():
        starts = np.flatnonzero(chosen[label] == BEGIN)
        breaks = np.append(np.flatnonzero(chosen[label] != INSIDE), chosen.shape[1])
        found.append(np.stack([np.full_like(starts, label), starts, breaks[np.searchsorted(breaks, starts, "right")]], axis=1))
    rows = np.concatenate(found)
    return rows[np.lexsort((rows[:, 0], rows[:, 1]))]


def choices(scores: NDArray[np.floating]) -> NDArray[np.int8]:
    """For each token and label the choice on the likeliest path: `OUT`, `BEGIN` or `INSIDE`."""
    bounded = np.maximum(scores.astype(np.float64), FLOOR).transpose(1, 0, 2)
    chosen = np.zeros(bounded.shape[:2], np.int8)
    for labels, starts, lengths in _alike(*_open(bounded)):
        places = np.arange(int(lengths.max()))
        covered = places < lengths[:, None]
        at = np.minimum(starts[:, None] + places, bounded.shape[1] - 1)
        # Behind its end a run goes on with out, for nothing: that changes no best path.
        block = np.where(covered[..., None], bounded[labels[:, None], at], [0, -math.inf, -math.inf])
        chosen[np.broadcast_to(labels[:, None], at.shape)[covered], at[covered]] = _paths(block)[covered]
    return chosen.T


def _open(scores: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """The longest runs of tokens at which a path may be other than out: label, first token and length of each.

    On a path with another choice at a settled token, out there, and begin behind it where inside follows, would score more.
    """
    ahead = scores[..., OUT] - scores[..., BEGIN:].max(axis=-1)
    anew = np.zeros_like(ahead)
    anew[:, :-1] = np.maximum(0, scores[:, 1:, INSIDE] - scores[:, 1:, BEGIN])
    edges = np.diff(np.pad(ahead <= anew, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    labels, starts = np.nonzero(edges == 1)
    return labels, starts, np.nonzero(edges == -1)[1] - starts


def _alike(labels: NDArray[np.intp], starts: NDArray[np.intp], lengths: NDArray[np.intp]) -> Iterator[tuple[NDArray[np.intp], ...]]:
    """Runs in groups of lengths within a factor of two, so that padding them at most doubles the work."""
    sizes = np.frexp(lengths)[1]
    for size in np.unique(sizes):
        some = sizes == size
        yield labels[some], starts[some], lengths[some]


def _paths(block: NDArray[np.float64]) -> NDArray[np.int8]:
    """The likeliest path of each run; ``block`` is runs x tokens x 3, and before it lies an out."""
    runs, length, _ = block.shape
    rows = np.arange(runs)
    came_free, came_inside = np.zeros((length, runs), np.int8), np.zeros((length, runs), np.int8)
    best = block[:, 0].copy()
    best[:, INSIDE] = -math.inf
    for place in range(1, length):
        came_free[place] = best.argmax(axis=1)
        came_inside[place] = np.where(best[:, BEGIN] >= best[:, INSIDE], BEGIN, INSIDE)
        free, inside = best[rows, came_free[place]], best[rows, came_inside[place]]
        best = block[:, place] + np.stack([free, free, inside], axis=1)
    path = np.zeros((length, runs), np.int8)
    path[-1] = best.argmax(axis=1)
    for place in range(length - 1, 0, -1):
        path[place - 1] = np.where(path[place] == INSIDE, came_inside[place], came_free[place])
    return path.T
