"""A run's scores as people and machines read them: rows for a terminal and a page, Markdown for a pull request, JUnit for CI."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from xml.etree import ElementTree

from casebrief.evals import marks, totals
from casebrief.evals.comparing import Comparison
from casebrief.evals.gates import Miss
from casebrief.evals.groups import by_what
from casebrief.evals.judging import Judged
from casebrief.evals.scoring import CaseScore, by_case, mean
from casebrief.evals.statistics import smallest_effect

Row = tuple[str, ...]

FACTS_HEAD = ("field", "facts", "reported", "recall", "precision")
MARKS_HEAD = ("field", "marked", "cited", "touching: P", "R", "F", "near: F", "right for either", "found of both's")


def shown(value: float | None) -> str:
    """A score with two digits, or a dash."""
    return "–" if value is None else f"{value:.2f}"


def headline(judged: Judged, complaints: str | None = None) -> list[tuple[str, str]]:
    """The scores over all, marks first, with their intervals; what a case took; ``complaints`` are those right, "4 of 43"."""
    reached = judged.totals
    rows = mark_rows(judged)
    rows += [(name, str(judged.fact_table.estimate(figure))) for name, figure in totals.figures().items()]
    conflicts, sure = reached["conflicts"], reached["calibration"]["sure"]
    rows += [
        (
            "conflicts found, falsely raised, missed",
            f"{conflicts['found']:g} of {conflicts['labelled']}, {conflicts['false']}, {conflicts['missed']}",
        ),
        (f"facts with a confidence of {totals.SURE:g} and over", str(sure)),
        ("distractors let in", str(reached["distractors"])),
        ("ungrounded facts", f"{reached['ungrounded']} ({reached['citations']} citations)"),
    ]
    for label, found in reached["decisions"].items():
        rows.append((label, f"{found[0]:g} of {found[1]}" if isinstance(found, tuple | list) else str(found)))
    rows.append(("smallest change of recall that this set shows", shown(smallest_effect(per_case(judged.facts, "recall")))))
    if complaints:
        rows.append(("complaints right", complaints))
    if cost := judged.run.cost:
        rows.append(("spent on a case", f"{cost['total_s']:.1f} s, {cost['prompt_tokens']:.0f} prompt tokens, {cost['output_tokens']:.0f} output tokens"))
    return rows


def mark_rows(judged: Judged) -> list[tuple[str, str]]:
    """The figures of marks that there are, with their intervals."""
    told = ((name, judged.mark_table.estimate(figure)) for name, figure in marks.figures().items())
    return [(name, str(found)) for name, found in told if found.value is not None]


def fact_fields(judged: Judged) -> list[Row]:
    """Rows of `FACTS_HEAD`."""
    rows = []
    for name, field in judged.totals["fields"].items():
        of_field = totals.of_field(name)
        told = [str(judged.fact_table.estimate(of_field[key])) for key in ("recall", "precision")]
        rows.append((name, str(field["facts"]), str(field["reported"]), *told))
    return rows


def mark_fields(judged: Judged) -> list[Row]:
    """Rows of `MARKS_HEAD`, of the fields that are marked or cited somewhere; none where cases are not marked."""
    table, rows = judged.mark_table, []
    for name in marks.CITED:
        counts = [f"{table.sums[marks.cell(what, name)][0]:g}" for what in ("marked", "cited")]
        if counts != ["0", "0"]:
            figures = (*marks.of_field("touching", name), marks.of_field("near", name)[2], *marks.either_and_agreed(name))
            rows.append((name, *counts, *(str(table.estimate(figure)) for figure in figures)))
    return rows


def group_tables(judged: Judged) -> list[tuple[Row, list[Row]]]:
    """A head and its rows for each way to divide the cases."""
    tables: list[tuple[Row, list[Row]]] = []
    for way, groups in by_what(judged).items():
        head = (way, "cases", *groups[0].figures)
        tables.append((head, [(group.name, str(group.cases), *map(str, group.figures.values())) for group in groups]))
    return tables


def per_case(scores: Sequence[CaseScore], key: str) -> list[float]:
    """A score of each case, its repeats averaged."""
    measures: dict[str, Callable[[CaseScore], float | None]] = {"recall": CaseScore.recall, "precision": CaseScore.precision}
    found = [mean(measures[key](score) for score in repeats) for repeats in by_case(scores).values()]
    return [value for value in found if value is not None]


def markdown(judged: Judged, missed: Sequence[Miss], comparison: Comparison | None) -> str:
    """Tables for a pull request."""
    changed = {change.field: change for change in comparison.fields} if comparison else {}
    facts = []
    for row in fact_fields(judged):
        change = changed.get(row[0])
        facts.append((*row, f"+{change.won} −{change.lost}, p = {change.adjusted:.2f}" if change and (change.won or change.lost) else ""))
    parts = [_table(("score", "value (95 % interval)"), headline(judged)), _table((*FACTS_HEAD, "against the baseline"), facts)]
    if judged.marks:
        parts += [_table(MARKS_HEAD, mark_fields(judged)), *(_table(head, rows) for head, rows in group_tables(judged))]
    parts.append("".join(f"- missed gate: {miss}\n" for miss in missed))
    return "\n".join(part for part in parts if part)


def _table(head: Row, rows: Sequence[Row]) -> str:
    return "".join(f"| {' | '.join(row)} |\n" for row in (head, ("---",) * len(head), *rows))


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
