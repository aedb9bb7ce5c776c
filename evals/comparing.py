"""What changed between two runs: per field and per case, with the texts, and whether it is a loss that counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from casebrief.evals.figures import Difference
from casebrief.evals.marks import STEERING, TOUCHING_F
from casebrief.evals.scoring import CaseScore, FactScore, by_case, mean
from casebrief.evals.statistics import LEVEL, holm, mcnemar, paired_difference

RIGHT = 0.75
"""Credit from which a fact counts as found, where a test wants yes or no."""


@dataclass(frozen=True)
class FieldChange:
    """How a field's facts moved: facts lost and won, the exact probability of it, and Holm's adjustment over all fields."""

    field: str
    facts: int
    lost: int
    won: int
    probability: float
    adjusted: float

    @property
    def regressed(self) -> bool:
        """Whether more facts were lost than chance explains."""
        return self.lost > self.won and self.adjusted < LEVEL


@dataclass(frozen=True)
class FactChange:
    """One fact that was answered otherwise."""

    case: str
    field: str
    expected: str
    before: str | None
    after: str | None
    credit_before: float
    credit_after: float


@dataclass(frozen=True)
class Comparison:
    """Two runs side by side; ``recall`` and ``precision`` are of facts, ``marks`` are the figures of marks by name, where cases are marked."""

    recall: Difference
    precision: Difference
    fields: tuple[FieldChange, ...]
    facts: tuple[FactChange, ...]
    marks: Mapping[str, Difference] = field(default_factory=dict)

    @property
    def regressed(self) -> bool:
        """Whether any field lost significantly, or recall, precision or a figure of marks to steer by fell with its whole interval below zero."""
        steering = [self.marks[name] for name in STEERING if name in self.marks and self.marks[name].interval]
        if not steering and TOUCHING_F in self.marks:
            steering = [self.marks[TOUCHING_F]]
        whole = any(found.interval is not None and found.interval[1] < 0 for found in (self.recall, self.precision, *steering))
        return whole or any(change.regressed for change in self.fields)


def compare(before: Sequence[CaseScore], after: Sequence[CaseScore], marks: Mapping[str, Difference] | None = None) -> Comparison:
    """Compare two scored runs over the cases that both have, each fact with itself.

    Repeats of a case are averaged for recall and precision; facts are compared in the first repeat, for repeats are no further facts.
    """
    old_cases, new_cases = by_case(before), by_case(after)
    pairs = [(old_cases[case], new_cases[case]) for case in old_cases if case in new_cases]
    moved = [(a[0].case, old, new) for a, b in pairs for old, new in _same_facts(a[0], b[0])]
    names = list(dict.fromkeys(old.field for _, old, _ in moved))
    lost = {name: sum(_found(old) and not _found(new) for _, old, new in moved if old.field == name) for name in names}
    won = {name: sum(_found(new) and not _found(old) for _, old, new in moved if old.field == name) for name in names}
    probabilities = [mcnemar(lost[name], won[name]) for name in names]
    adjusted = holm(probabilities)
    fields = tuple(
        FieldChange(name, sum(old.field == name for _, old, _ in moved), lost[name], won[name], probability, correct)
        for name, probability, correct in zip(names, probabilities, adjusted, strict=True)
    )
    facts = tuple(
        FactChange(case, old.field, old.expected, old.found, new.found, old.credit, new.credit)
        for case, old, new in moved
        if old.credit != new.credit or old.found != new.found
    )
    return Comparison(
        _change([_mean(CaseScore.recall, a) for a, _ in pairs], [_mean(CaseScore.recall, b) for _, b in pairs]),
        _change([_mean(CaseScore.precision, a) for a, _ in pairs], [_mean(CaseScore.precision, b) for _, b in pairs]),
        fields,
        facts,
        marks or {},
    )


def _mean(measure: Callable[[CaseScore], float | None], repeats: Sequence[CaseScore]) -> float:
    return mean(measure(score) for score in repeats) or 0.0


def _change(before: list[float], after: list[float]) -> Difference:
    return Difference(mean(before), mean(after), paired_difference(before, after))


def _found(fact: FactScore) -> bool:
    return fact.credit >= RIGHT


def _same_facts(before: CaseScore, after: CaseScore) -> list[tuple[FactScore, FactScore]]:
    """The facts of a case in both runs; facts of the same words are paired in their order."""
    waiting: dict[tuple[str, str], list[FactScore]] = {}
    for fact in after.facts:
        waiting.setdefault((fact.field, fact.expected), []).append(fact)
    return [(old, waiting[key].pop(0)) for old in before.facts if waiting.get(key := (old.field, old.expected))]
