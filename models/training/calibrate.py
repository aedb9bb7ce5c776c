"""How ready a label is to be said, and how sure a fact is then: ``python -m casebrief.models.training.calibrate ADAPTER.gguf HEADS.gguf``.

Reads the cases that a run never trains on with the product's own engine. First the bias of each label's "out" is moved to where the label's spans agree best
with the marks (F of spans that touch), and written into the heads. Then the cases are summarised, and two numbers a field are fitted:
``sigmoid(intercept + slope * log p)`` is how often a fact of probability p is right (Platt, Probabilistic Outputs for Support Vector Machines, 1999). They are
printed as the catalogue has them.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from casebrief.evals.converting import labelled
from casebrief.evals.items import items_of
from casebrief.evals.marked import MarkedCase, load_folder
from casebrief.evals.matching import touch
from casebrief.evals.scoring import assign
from casebrief.models import heads as files
from casebrief.models.catalog import load as load_catalog
from casebrief.models.engine import EngineConfig
from casebrief.models.heads import Heads, Linear, Span
from casebrief.models.labels import LabelEngine
from casebrief.models.training import ABOUT, CORPUS
from casebrief.models.training.examples import LABELS, Tokenizer, example, passages
from casebrief.models.training.feeding import split
from casebrief.service.pipeline.gathering import Belief
from casebrief.service.pipeline.labelled import LabelReader
from casebrief.service.pipeline.summarizing import Summarizer
from numpy.typing import NDArray

Line = tuple[float, float]
"""Intercept and slope."""

Seen = tuple[float, float]
"""A fact's probability as the reader tells it, and what it was worth, 0 to 1."""

START: Line = (2.0, 3.0)
PULL = 8.0
"""Weight of the pull of a field's line towards that of all fields together: it decides where few facts were seen."""

SHIFTS = (-1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0)
"""Natural logarithms by which "out" may become less likely."""

LEAST = 1e-9
NEWTON = 50


def fit(seen: Sequence[Seen], towards: Line = START, pull: float = PULL) -> Line:
    """The line over log p of greatest likelihood less half of ``pull`` times its squared distance from ``towards``, by Newton's method.

    >>> fit([], (0.5, 2.0))
    (0.5, 2.0)
    """
    right = np.array([worth for _, worth in seen])
    columns = np.stack([np.ones(len(seen)), np.log(np.maximum([probability for probability, _ in seen], LEAST))], axis=1).reshape(-1, 2)
    prior = np.array(towards)

    def cost(line: NDArray[np.float64]) -> float:
        scores = columns @ line
        return float((np.logaddexp(0, scores) - right * scores).sum() + pull / 2 * ((line - prior) ** 2).sum())

    line = prior
    for _ in range(NEWTON):
        share = np.exp(-np.logaddexp(0, -(columns @ line)))
        slope = columns.T @ (share - right) + pull * (line - prior)
        curve = (columns * (share * (1 - share))[:, None]).T @ columns + pull * np.eye(2)
        step, length = np.linalg.solve(curve, slope), 1.0
        while length > LEAST and cost(line - length * step) > cost(line):
            length /= 2
        line = line - length * step
    return float(line[0]), float(line[1])


def calibrated(seen: Sequence[Seen], line: Line) -> list[Seen]:
    """The same facts, their probabilities by a line."""
    return [(1 / (1 + math.exp(-(line[0] + line[1] * math.log(max(probability, LEAST))))), worth) for probability, worth in seen]


def lines_of(seen: Mapping[str, Sequence[Seen]]) -> dict[str, Line]:
    """A line a field, drawn towards that of all fields together."""
    pooled = fit([pair for pairs in seen.values() for pair in pairs], pull=0.01)
    return {field: fit(pairs, pooled) for field, pairs in seen.items()}


# ---------------------------------------------------------------------- thresholds


@dataclass(frozen=True)
class Read:
    """One article as the heads see it: a row a token (`models.heads.Heads.project`), and the marked places by label, in tokens."""

    rows: NDArray[np.float32]
    marks: Sequence[tuple[str, int, int]]


def best_shifts(heads: Heads, reads: Sequence[Read]) -> dict[str, float]:
    """By label, by how much "out" is best made less likely: the F of spans that touch is greatest, the smaller shift of equals."""
    found = {shift: [(list(_spans(heads, read.rows, shift)), read.marks) for read in reads] for shift in SHIFTS}
    return {label: max(SHIFTS, key=lambda shift: (round(_f(label, found[shift]), 4), -abs(shift))) for label in heads.labels}


def _spans(heads: Heads, rows: NDArray[np.float32], shift: float) -> Iterator[Span]:
    moved = rows.copy()
    moved[:, 0 : 3 * len(heads.labels) : 3] -= shift
    yield from heads.spans(moved)


def _f(label: str, told: Sequence[tuple[list[Span], Sequence[tuple[str, int, int]]]]) -> float:
    """Twice the touching pairs over all, counted from both sides."""
    met = total = 0
    for spans, marks in told:
        ours = [(span.first, span.behind) for span in spans if span.label == label]
        theirs = [(start, end) for name, start, end in marks if name == label]
        met += sum(any(touch(*one, *other) for other in theirs) for one in ours) + sum(any(touch(*one, *other) for other in ours) for one in theirs)
        total += len(ours) + len(theirs)
    return met / total if total else 1.0


def shifted(heads: Heads, shifts: Mapping[str, float]) -> Heads:
    """The heads with these shifts in the bias of their labels."""
    bias = heads.label_scores.bias.astype(np.float32)
    for number, label in enumerate(heads.labels):
        bias[3 * number] -= shifts.get(label, 0.0)
    return replace(heads, label_scores=Linear(heads.label_scores.weight, bias))


class _Listening:
    """Heads that keep the rows of every document."""

    def __init__(self, heads: Heads) -> None:
        self._heads, self.rows = heads, list[NDArray[np.float32]]()

    def __getattr__(self, name: str) -> object:
        return getattr(self._heads, name)

    def spans(self, rows: NDArray[np.float32]) -> list[Span]:
        self.rows.append(rows.copy())
        return self._heads.spans(rows)


def read_all(engine: LabelEngine, cases: Sequence[MarkedCase], tokenizer: Tokenizer) -> list[Read]:
    """The rows of every article of some cases, with its marks."""
    heads, reads = engine.heads, []
    for case in cases:
        for article in case.articles:
            listening = _Listening(heads)
            engine.heads = listening  # type: ignore[assignment]
            one = example(article, case, tokenizer)
            engine.label([tuple(span.of(article.text) for span in passages(article.text))])
            reads.append(Read(listening.rows[0], [(LABELS[spot.label], spot.start, spot.end) for spot in one.spots]))
    engine.heads = heads
    return reads


# ---------------------------------------------------------------------- facts


def facts_of(engine: LabelEngine, cases: Sequence[MarkedCase]) -> dict[str, list[Seen]]:
    """By field what the product tells of some cases when it believes everything, and what that is worth."""
    reader = LabelReader(engine, Belief(lambda field: 0.0, lambda field, probability: probability))
    seen: dict[str, list[Seen]] = {}
    for case in map(labelled, cases):
        summary = Summarizer(reader, "", lambda: engine.info).summarize(case.articles).summary.model_dump(mode="json", by_alias=True)
        for field in sorted(case.scored - {"conflicts"}):
            items = items_of(summary, field)
            worth = {place: match.credit for _, place, match in assign([fact for fact in case.facts if fact.field == field], items)}
            seen.setdefault(field, []).extend((item["confidence"], worth.get(place, 0.0)) for place, item in enumerate(items))
    return seen


def error_of(seen: Sequence[Seen]) -> float:
    """How far from a probability, in bins of a tenth, what such facts are worth lies on average (expected calibration error)."""
    pairs = np.array(seen, dtype=np.float64).reshape(-1, 2)
    bins = np.minimum((pairs[:, 0] * 10).astype(int), 9)
    return float(sum(abs((pairs[bins == one, 0] - pairs[bins == one, 1]).sum()) for one in range(10)) / max(1, len(pairs)))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("adapter", type=Path)
    parser.add_argument("heads", type=Path)
    given = parser.parse_args()
    catalog = load_catalog(Path())
    base = catalog.path(catalog.default)
    open_engine: Callable[[], LabelEngine] = lambda: LabelEngine(  # noqa: E731 - opened twice: before and after the heads change
        EngineConfig("calibration", str(base), "", adapters=(str(given.adapter),), heads=str(given.heads))
    )
    _, held_out = split(load_folder(CORPUS))
    engine = open_engine()
    shifts = best_shifts(engine.heads, read_all(engine, held_out, Tokenizer(base)))
    engine.close()
    fresh = given.heads.with_suffix(".part")
    files.write(shifted(files.load(given.heads), shifts), fresh, ABOUT)
    fresh.replace(given.heads)
    print(f"# out made less likely by: {', '.join(f'{label} {shift:g}' for label, shift in shifts.items() if shift)}")
    engine = open_engine()
    seen = facts_of(engine, held_out)
    engine.close()
    lines = lines_of(seen)
    for field, (intercept, slope) in sorted(lines.items()):
        print(f"{field} = [{intercept:.2f}, {slope:.2f}]")
    made = [pair for field, pairs in seen.items() for pair in calibrated(pairs, lines[field])]
    told = [pair for pairs in seen.values() for pair in pairs]
    print(
        f"# {len(told)} facts of {len(held_out)} cases: calibration error {error_of(told):.3f} as told, {error_of(made):.3f} on the same facts with these lines"
    )


if __name__ == "__main__":
    main()
