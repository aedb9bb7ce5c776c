"""The facts of all cases together: recall and precision as means over cases, fields pooled, absences, conflicts, calibration.

Everything is counted a case (`counts`), so that each figure has its interval over cases (`figures`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from casebrief.evals.figures import CaseTable, Figure, Sums, Values, harmonic, over, share
from casebrief.evals.labels import FIELDS
from casebrief.evals.scoring import CaseScore

BINS = 10
"""Bins of the reliability plot."""

SURE = 0.9
"""A confidence from which on a reader will not look again."""

VITAL, RECALL, PRECISION, CALIBRATION_ERROR = "recall of vital facts", "recall of all facts", "precision of facts", "expected calibration error"
SURE_RIGHT = f"precision at a confidence of {SURE:g} and over"


def counts(score: CaseScore) -> dict[str, float]:
    """What is summed over cases."""
    told: dict[str, float] = {}

    def add(name: str, value: float) -> None:
        told[name] = told.get(name, 0.0) + value

    measured = {"recall": score.recall(), "vital": score.recall(vital=True), "other": score.recall(vital=False), "precision": score.precision()}
    for name, measure in measured.items():
        if measure is not None:
            add(name, measure)
            add(f"has {name}", 1)
    for fact in score.facts:
        for name in (f"{fact.field} facts", *([f"{fact.field} vital"] if fact.vital else [])):
            add(name, 1)
            add(f"{name} right", fact.credit)
    for name, reported in score.reported.items():
        add(f"{name} reported", reported)
        add(f"{name} credited", score.credited.get(name, 0.0))
    add("absent", len(score.absent))
    add("absent right", sum(score.absent.values()))
    add("quotes", score.quotes)
    add("speakers", len(score.speakers))
    add("speakers right", sum(score.speakers))
    for confidence, credit in score.confidences:
        place = min(BINS - 1, int(confidence * BINS))
        for name, value in (("confidence", confidence), ("credit", credit), ("count", 1.0)):
            add(f"bin {place} {name}", value)
        if confidence >= SURE:
            add("sure", 1)
            add("sure right", credit)
    return told


def figures() -> dict[str, Figure]:
    """Every figure over all, by its name in reports."""
    recall, precision = share("recall", "has recall"), share("precision", "has precision")
    return {
        VITAL: share("vital", "has vital"),
        "recall of other facts": share("other", "has other"),
        RECALL: recall,
        PRECISION: precision,
        "F1 of facts": harmonic(precision, recall),
        "absent fields left empty": share("absent right", "absent"),
        "quotes whose speaker is told": share("speakers", "quotes"),
        "of these, speakers right": share("speakers right", "speakers"),
        "conflicts found": share("conflicts facts right", "conflicts facts"),
        SURE_RIGHT: share("sure right", "sure"),
        CALIBRATION_ERROR: calibration_error,
    }


def calibration_error(sums: Sums) -> Values:
    """How far confidences are from what they are worth, over equal bins: Guo et al., On Calibration of Modern Neural Networks, 2017, equation 3."""
    apart: Values = np.sum([np.abs(sums[f"bin {n} confidence"] - sums[f"bin {n} credit"]) for n in range(BINS)], axis=0)
    count: Values = np.sum([sums[f"bin {n} count"] for n in range(BINS)], axis=0)
    return over(apart, count)


def of_field(name: str) -> dict[str, Figure]:
    """One field over all cases: facts and items are pooled, for many cases hold one fact of a field."""
    recall, precision = share(f"{name} facts right", f"{name} facts"), share(f"{name} credited", f"{name} reported")
    vital = share(f"{name} vital right", f"{name} vital")
    return {"recall_vital": vital, "recall": recall, "precision": precision, "f1": harmonic(precision, recall)}


def table_of(scores: Sequence[CaseScore]) -> CaseTable:
    """The counts of all scores, repeats averaged."""
    return CaseTable([(score.case, counts(score)) for score in scores])


def totals(scores: Sequence[CaseScore]) -> dict[str, Any]:
    """The scores of a run: over all, per field, absences, conflicts, calibration."""
    table, told = table_of(scores), figures()

    def value(name: str) -> float | None:
        return table.value(told[name])

    return {
        "cases": len(scores),
        "recall_vital": value(VITAL),
        "recall_other": value("recall of other facts"),
        "recall": value(RECALL),
        "precision": value(PRECISION),
        "f1": value("F1 of facts"),
        "absent_accuracy": value("absent fields left empty"),
        "speakers_right": value("of these, speakers right"),
        "speakers_told": value("quotes whose speaker is told"),
        "distractors": sum(len(s.distractors) for s in scores),
        "ungrounded": sum(s.ungrounded for s in scores),
        "citations": sum(s.citations for s in scores),
        "conflicts": conflicts(scores),
        "decisions": decisions(scores),
        "calibration": {
            "bins": bins(table),
            "expected_calibration_error": value(CALIBRATION_ERROR),
            "sure": sum(confidence >= SURE for s in scores for confidence, _ in s.confidences),
            "sure_right": value(SURE_RIGHT),
        },
        "fields": {name: by_field(table, scores, name) for name in FIELDS if any(name in s.reported for s in scores)},
    }


def bins(table: CaseTable) -> list[tuple[float, float, float]]:
    """Points of the reliability plot: mean confidence, mean credit, count."""
    told = [[float(table.sums[f"bin {n} {name}"][0]) for name in ("confidence", "credit", "count")] for n in range(BINS)]
    return [(confidence / count, credit / count, count) for confidence, credit, count in told if count]


def decisions(scores: Sequence[CaseScore]) -> dict[str, Any]:
    """What needs more than one sentence, each on its own: counts, or (right, of how many)."""

    def right(name: str, wanted: str = "") -> tuple[float, int]:
        chosen = [fact for s in scores for fact in s.facts if fact.field == name and re.search(wanted, fact.expected)]
        return sum(fact.credit for fact in chosen), len(chosen)

    return {
        "which case it is: captions right": right("caption"),
        "newest status right": right("status"),
        "asked and not answered: found": right("responses", r"stance: (?:no_response|declined_to_comment)"),
        "parties told twice": sum(s.twice.get(name, 0) for s in scores for name in ("plaintiffs", "defendants")),
        "events told twice": sum(s.twice.get("timeline", 0) for s in scores),
        "sums asked for or decided told twice": sum(s.twice.get(name, 0) for s in scores for name in ("relief_sought", "rulings")),
        "allegation, ruling and answer taken for each other": sum(s.confused for s in scores),
    }


def by_field(table: CaseTable, scores: Sequence[CaseScore], name: str) -> dict[str, Any]:
    """The figures of one field, and how many facts and items they are of."""
    return {
        "facts": sum(fact.field == name for s in scores for fact in s.facts),
        "reported": sum(s.reported.get(name, 0) for s in scores),
        **{label: table.value(figure) for label, figure in of_field(name).items()},
    }


def conflicts(scores: Sequence[CaseScore]) -> dict[str, Any]:
    """Conflicts found (a kind taken for the other counts half), falsely raised, missed."""
    facts = [fact for s in scores for fact in s.facts if fact.field == "conflicts"]
    met = sum(fact.credit > 0 for fact in facts)
    reported = sum(s.reported.get("conflicts", 0) for s in scores)
    return {"labelled": len(facts), "found": sum(fact.credit for fact in facts), "false": reported - met, "missed": len(facts) - met}
