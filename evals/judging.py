"""A run held against its set: facts and, where cases are marked, citations against marks; gates, baseline, and what a dress costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from casebrief.evals import marks, totals
from casebrief.evals.comparing import Comparison, compare
from casebrief.evals.dress import taken_off
from casebrief.evals.figures import CaseTable, Difference, difference
from casebrief.evals.gates import Gates, Miss, misses
from casebrief.evals.runs import Run, RunError, Sample, cases_sha256, read
from casebrief.evals.scoring import CaseScore, score_case
from casebrief.evals.sets import LabelledSet, bundled


@dataclass(frozen=True)
class Judged:
    """A run's answers and their scores, in the order of the run. ``answers`` are to the plain texts: of a dressed run the dress is taken off."""

    run: Run
    of: LabelledSet
    answers: tuple[tuple[str, dict[str, Any]], ...]
    facts: tuple[CaseScore, ...]
    marks: tuple[marks.MarkScore, ...]

    @cached_property
    def fact_table(self) -> CaseTable:
        """Counts of facts by case."""
        return totals.table_of(self.facts)

    @cached_property
    def mark_table(self) -> CaseTable:
        """Counts of citations and marks by case; empty where cases are not marked."""
        return CaseTable([(score.case, score.counts) for score in self.marks])

    @cached_property
    def totals(self) -> dict[str, Any]:
        """See `totals.totals`."""
        return totals.totals(self.facts)

    @property
    def mark_values(self) -> dict[str, float | None]:
        """Every figure of marks over all, by name."""
        return {name: self.mark_table.value(figure) for name, figure in marks.figures().items()}


def judge(run: Run, of: LabelledSet) -> Judged:
    """Score every answer of a run. Raises `RunError` when the run holds cases that the set does not have."""
    by_id = {case.id: case for case in of.cases}
    if strange := [case for case in run.header["cases"] if case not in by_id]:
        raise RunError(f"the run is of another set: {of.name} has no case {', '.join(strange[:5])}{' …' if len(strange) > 5 else ''}")
    answers = tuple((sample.case, plain_answer(run, of, sample)) for sample in run.samples if sample.response is not None)
    facts = tuple(score_case(by_id[case], answer) for case, answer in answers)
    marked = tuple(marks.score_marks(of.marked[case], of.second.get(case), answer.get("summary") or {}) for case, answer in answers if case in of.marked)
    return Judged(run, of, answers, facts, marked)


def plain_answer(run: Run, of: LabelledSet, sample: Sample) -> dict[str, Any]:
    """A sample's response as if it had been given to the plain texts."""
    response, dress = sample.response or {}, run.header.get("dress")
    return taken_off(next(case for case in of.cases if case.id == sample.case), dress, response) if dress else response


def compare_runs(before: Judged, after: Judged) -> Comparison:
    """Two runs of the same cases side by side. Raises `RunError` when they are not."""
    if before.run.header["cases_sha256"] != after.run.header["cases_sha256"]:
        raise RunError("the two runs are not of the same cases with the same labels, and cannot be compared")
    return compare(before.facts, after.facts, _changes(before, after))


def _changes(before: Judged, after: Judged) -> dict[str, Difference]:
    if not before.marks or not after.marks:
        return {}
    return {name: difference(figure, before.mark_table, after.mark_table) for name, figure in marks.figures().items()}


def loss_by_dress(plain: Judged, worn: Judged) -> dict[str, Difference]:
    """What a dress changes, by the names of the figures: F touching where cases are marked, recall of vital facts anyway."""
    told = {totals.VITAL: difference(totals.figures()[totals.VITAL], plain.fact_table, worn.fact_table)}
    if plain.marks:
        told = {marks.TOUCHING_F: difference(marks.figures()[marks.TOUCHING_F], plain.mark_table, worn.mark_table)} | told
    return told


def missed_gates(judged: Judged, gates: Gates) -> list[Miss]:
    """The gates that a run misses."""
    return misses(gates, judged.totals, judged.mark_values)


def gates_of(of: LabelledSet) -> Path:
    """The bundled gates for a set: those of the corpus for marked cases, else those of the twelve cases."""
    return bundled() / ("gates-corpus.toml" if of.marked else "gates.toml")


def committed(of: str) -> dict[str, Path]:
    """Where the committed runs of a set lie, by the way of answering, whether or not there are any: the product's is the baseline."""
    kept = bundled() / "baselines"
    if of == "corpus":
        return {"baseline": kept / "corpus.jsonl"}
    return {"baseline": bundled() / "baseline.jsonl", "stock": kept / "stock.jsonl"}


def baseline_of(run: Run) -> Path:
    """Where the committed baseline of a run's set lies."""
    return committed(run.header.get("set", "cases"))["baseline"]


def against_baseline(judged: Judged) -> Comparison | None:
    """The comparison with the committed baseline, when it is of the same cases, in the same dress: none."""
    path, head = baseline_of(judged.run), judged.run.header
    if head.get("dress") or not path.is_file():
        return None
    baseline = read(path)
    same = all(baseline.header[key] == head[key] for key in ("cases", "cases_sha256"))
    return compare_runs(judge(baseline, judged.of), judged) if same else None


def rivals(of: LabelledSet) -> dict[str, Judged]:
    """The committed runs of a set, by name, to be shown beside another."""
    known = {case.id for case in of.cases}
    kept = {name: read(path) for name, path in committed(of.name).items() if path.is_file()}
    return {name: judge(run, of) for name, run in kept.items() if set(run.header["cases"]) <= known}


def is_of_now(run: Run, of: LabelledSet) -> bool:
    """Whether the labels and articles are those that the run was made with."""
    answered: Sequence[str] = run.header["cases"]
    made_with: str = run.header["cases_sha256"]
    return cases_sha256([case for case in of.cases if case.id in answered]) == made_with
