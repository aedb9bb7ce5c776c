"""Scores, comparisons and losses on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from casebrief.evals.comparing import Comparison
from casebrief.evals.figures import Difference
from casebrief.evals.judging import Judged
from casebrief.evals.tables import FACTS_HEAD, MARKS_HEAD, Row, fact_fields, group_tables, headline, mark_fields
from rich.console import Console
from rich.table import Table

WIDTH = 200
"""Columns where nobody looks on: tables go whole into a file."""

out = Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH)
err = Console(stderr=True, highlight=False)


def print_table(head: Row, rows: Sequence[Row]) -> None:
    """A table without lines."""
    table = Table(*head, box=None)
    for row in rows:
        table.add_row(*row)
    out.print(table)


def print_scores(judged: Judged) -> None:
    """What a run reached: over all, by field, and of marked cases by what divides them."""
    print_table(("score", "value (95 % interval)"), headline(judged))
    print_table(FACTS_HEAD, fact_fields(judged))
    if judged.marks:
        print_table(MARKS_HEAD, mark_fields(judged))
        for head, rows in group_tables(judged):
            print_table(head, rows)


def print_losses(losses: Mapping[str, Mapping[str, Difference]]) -> None:
    """What each dress changes against the plain texts."""
    names = next(iter(losses.values()), {})
    print_table(("dress", *names), [(dress, *map(str, found.values())) for dress, found in losses.items()])


def print_comparison(found: Comparison) -> None:
    """What changed between two runs."""
    over_all = {**found.marks, "recall of facts": found.recall, "precision of facts": found.precision}
    for label, difference in over_all.items():
        out.print(f"{label}: {difference}", markup=False)
    table = Table("field", "facts", "won", "lost", "p", "p, Holm", box=None)
    for change in found.fields:
        if change.won or change.lost:
            mark = "[red]" if change.regressed else ""
            table.add_row(f"{mark}{change.field}", str(change.facts), str(change.won), str(change.lost), f"{change.probability:.3f}", f"{change.adjusted:.3f}")
    out.print(table)
    for fact in found.facts:
        out.print(f"{fact.case} {fact.field} {fact.credit_before:g} → {fact.credit_after:g}", style="bold")
        out.print(f"  expected {fact.expected}\n  before   {fact.before}\n  after    {fact.after}", markup=False)
