"""A run's scores as people and machines read them: Markdown for a pull request, JUnit for CI, lines for a terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from casebrief.evals.comparing import Comparison
from casebrief.evals.gates import Miss
from casebrief.evals.scoring import CaseScore, by_case, mean
from casebrief.evals.statistics import interval, smallest_effect

HEADLINE = (
    ("recall of vital facts", "recall_vital"),
    ("recall of all facts", "recall"),
    ("precision", "precision"),
    ("F1", "f1"),
    ("absent fields left empty", "absent_accuracy"),
    ("quotes whose speaker is told", "speakers_told"),
    ("of these, speakers right", "speakers_right"),
)


def shown(value: float | None) -> str:
    """A score with two digits, or a dash."""
    return "–" if value is None else f"{value:.2f}"


def headline(totals: dict[str, Any], scores: Sequence[CaseScore], cost: dict[str, float] | None = None) -> list[tuple[str, str]]:
    """The scores over all, with their intervals where a mean over cases has one; ``cost`` is the run's, a case."""
    rows = []
    for label, key in HEADLINE:
        spread = interval(per_case(scores, key))
        rows.append((label, shown(totals[key]) + (f" ({spread[0]:.2f} to {spread[1]:.2f})" if spread else "")))
    conflicts = totals["conflicts"]
    rows += [
        ("conflicts found, falsely raised", f"{conflicts['found']:g} of {conflicts['labelled']}, {conflicts['false']}"),
        ("distractors let in", str(totals["distractors"])),
        ("ungrounded facts", f"{totals['ungrounded']} ({totals['citations']} citations)"),
        ("expected calibration error", shown(totals["calibration"]["expected_calibration_error"])),
    ]
    for label, found in totals["decisions"].items():
        rows.append((label, f"{found[0]:g} of {found[1]}" if isinstance(found, tuple | list) else str(found)))
    effect = smallest_effect(per_case(scores, "recall"))
    rows.append(("smallest change of recall that this set shows", shown(effect)))
    if cost:
        spent = f"{cost['total_s']:.1f} s, {cost['prompt_tokens']:.0f} prompt tokens, {cost['output_tokens']:.0f} output tokens"
        rows.append(("spent on a case", spent))
    return rows


def per_case(scores: Sequence[CaseScore], key: str) -> list[float]:
    """A score of each case, its repeats averaged; empty for a score that is no mean over cases."""
    measures: dict[str, Callable[[CaseScore], float | None]] = {
        "recall_vital": lambda score: score.recall(vital=True),
        "recall": CaseScore.recall,
        "precision": CaseScore.precision,
    }
    if key not in measures:
        return []
    found = [mean(measures[key](score) for score in repeats) for repeats in by_case(scores).values()]
    return [value for value in found if value is not None]


def markdown(
    totals: dict[str, Any], scores: Sequence[CaseScore], missed: Sequence[Miss], comparison: Comparison | None, cost: dict[str, float] | None = None
) -> str:
    """A table for a pull request."""
    lines = ["| score | value (95 % interval) |", "| --- | --- |", *(f"| {label} | {value} |" for label, value in headline(totals, scores, cost)), ""]
    changed = {change.field: change for change in comparison.fields} if comparison else {}
    lines += ["| field | facts | recall | precision | against the baseline |", "| --- | --- | --- | --- | --- |"]
    for name, field in totals["fields"].items():
        change = changed.get(name)
        told = f"+{change.won} −{change.lost}, p = {change.adjusted:.2f}" if change and (change.won or change.lost) else ""
        lines.append(f"| {name} | {field['facts']} | {shown(field['recall'])} | {shown(field['precision'])} | {told} |")
    lines += ["", *(f"- missed gate: {miss}" for miss in missed)]
    return "\n".join(lines).rstrip() + "\n"


def junit(path: Path, scores: Sequence[CaseScore]) -> None:
    """One test case per case and field: a failure lists what is wrong in it."""
    suites = ElementTree.Element("testsuites")
    for score in scores:
        suite = ElementTree.SubElement(suites, "testsuite", name=score.case)
        failures = 0
        for name in score.reported:
            node = ElementTree.SubElement(suite, "testcase", classname=score.case, name=name)
            wrong = [error for error in score.errors if error.field == name]
            if wrong:
                failures += 1
                failure = ElementTree.SubElement(node, "failure", message=f"{len(wrong)} wrong")
                failure.text = "\n".join(f"{e.kind}: expected {e.expected!r}, found {e.found!r}" for e in wrong)
        suite.set("tests", str(len(score.reported)))
        suite.set("failures", str(failures))
    ElementTree.ElementTree(suites).write(path, encoding="utf-8", xml_declaration=True)
