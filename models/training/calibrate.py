"""How right the reader is when it is so sure: ``python -m casebrief.models.training.calibrate ADAPTER.gguf HEADS.gguf``.

Reads the cases that a run never trains on with the product's own engine, and fits two numbers a label: ``sigmoid(intercept + slope * logit(p))`` is how
often a span of probability p touches words marked with that label (Platt, Probabilistic Outputs for Support Vector Machines, 1999). They are written into
the file of the heads, in place of those that it held.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from casebrief.evals.marked import MarkedArticle, load_folder
from casebrief.evals.matching import touch
from casebrief.models import heads as files
from casebrief.models.catalog import load as load_catalog
from casebrief.models.engine import EngineConfig
from casebrief.models.labels import LabelEngine
from casebrief.models.training import ABOUT, CORPUS
from casebrief.models.training.examples import passages, places_of
from casebrief.models.training.feeding import split
from numpy.typing import NDArray

Line = tuple[float, float]
"""Intercept and slope."""

Seen = tuple[float, bool]
"""A span's probability as the model tells it, and whether it was right."""

AS_TOLD: Line = (0.0, 1.0)
PULL = 4.0
"""Weight of the pull of a label's line towards that of all labels together: it decides where few spans were seen."""

FINEST = 1e-9
"""Probabilities count as this far from 0 and 1 at least, as in `models.heads`."""

NEWTON = 50
"""Steps at most; from a near start a handful is enough."""


def fit(seen: Sequence[Seen], towards: Line = AS_TOLD, pull: float = PULL) -> Line:
    """The line of greatest likelihood less ``pull`` times its squared distance from ``towards``, by Newton's method; nothing seen gives ``towards``.

    >>> fit([], (0.5, 2.0))
    (0.5, 2.0)
    """
    right = np.array([float(was) for _, was in seen])
    columns = np.stack([np.ones(len(seen)), _logits(seen)], axis=1)
    prior = np.array(towards)

    def cost(line: NDArray[np.float64]) -> float:
        scores = columns @ line
        return float((np.logaddexp(0, scores) - right * scores).sum() + pull * ((line - prior) ** 2).sum())

    line = prior
    for _ in range(NEWTON):
        share = np.exp(-np.logaddexp(0, -(columns @ line)))
        slope = columns.T @ (share - right) + 2 * pull * (line - prior)
        curve = (columns * (share * (1 - share))[:, None]).T @ columns + 2 * pull * np.eye(2)
        step = np.linalg.solve(curve, slope)
        length = 1.0
        while length > FINEST and cost(line - length * step) > cost(line):
            length /= 2
        line = line - length * step
        if np.abs(length * step).max() < FINEST:
            break
    return float(line[0]), float(line[1])


def calibrated(seen: Sequence[Seen], line: Line) -> list[Seen]:
    """The same spans, their probabilities by a line."""
    return [(1 / (1 + math.exp(-(line[0] + line[1] * logit))), was) for logit, (_, was) in zip(_logits(seen).tolist(), seen, strict=True)]


def _logits(seen: Sequence[Seen]) -> NDArray[np.float64]:
    told = np.clip(np.array([probability for probability, _ in seen], dtype=np.float64), FINEST, 1 - FINEST)
    logits: NDArray[np.float64] = np.log(told) - np.log1p(-told)
    return logits


def lines_of(seen: Mapping[str, Sequence[Seen]]) -> dict[str, Line]:
    """A line a label, drawn towards that of all labels together."""
    pooled = fit([pair for pairs in seen.values() for pair in pairs])
    return {label: fit(pairs, pooled) for label, pairs in seen.items()}


def heard(engine: LabelEngine, articles: Iterable[MarkedArticle]) -> dict[str, list[Seen]]:
    """By label of the engine's heads what it told of some articles, uncalibrated, and whether that touches a marked place of the same label."""
    engine.heads = replace(engine.heads, calibration={})
    seen: dict[str, list[Seen]] = {label: [] for label in engine.heads.labels}
    for article in articles:
        spans = passages(article.text)
        (labelling,) = engine.label([tuple(span.of(article.text) for span in spans)]).labellings
        for mark in labelling.checked().marks:
            start, end = (spans[place.passage].start + place.character for place in (mark.start, mark.end))
            right = any(label == mark.label and touch(start, end, *place) for label, *place in places_of(article))
            seen[mark.label].append((mark.probability, right))
    return seen


def error_of(seen: Iterable[Seen]) -> float:
    """How far from a span's probability, in bins of a tenth, the share of the right ones lies on average (expected calibration error)."""
    pairs = np.array([(probability, was) for probability, was in seen], dtype=np.float64).reshape(-1, 2)
    bins = np.minimum((pairs[:, 0] * 10).astype(int), 9)
    return float(sum(abs((pairs[bins == one, 0] - pairs[bins == one, 1]).sum()) for one in range(10)) / max(1, len(pairs)))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("adapter", type=Path)
    parser.add_argument("heads", type=Path)
    given = parser.parse_args()
    catalog = load_catalog(Path())
    engine = LabelEngine(EngineConfig("calibration", str(catalog.path(catalog.default)), "", adapters=(str(given.adapter),), heads=str(given.heads)))
    _, held_out = split(load_folder(CORPUS))
    seen = heard(engine, (article for case in held_out for article in case.articles))
    engine.close()
    lines = lines_of(seen)
    fresh = given.heads.with_suffix(".part")
    files.write(replace(files.load(given.heads), calibration=lines), fresh, ABOUT)
    fresh.replace(given.heads)
    for label, (intercept, slope) in lines.items():
        print(f"{label:20} {intercept:6.2f} {slope:6.2f}  {len(seen[label]):5} spans, {sum(was for _, was in seen[label])} right")
    everything = [pair for pairs in seen.values() for pair in pairs]
    made = [pair for label, pairs in seen.items() for pair in calibrated(pairs, lines[label])]
    print(
        f"{len(everything)} spans of {len(held_out)} cases: calibration error {error_of(everything):.3f} as told, {error_of(made):.3f} on the same spans with these lines"
    )


if __name__ == "__main__":
    main()
