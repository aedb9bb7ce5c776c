"""Answering a set, plain and in dresses, with what is done and what is left told while it goes on."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from casebrief.evals.dress import DRESSES
from casebrief.evals.printing import err
from casebrief.evals.runs import Answering, Run, RunError, Sample, execute
from casebrief.evals.scoring import CaseScore, mean, score_case
from casebrief.evals.sets import LabelledSet
from casebrief.evals.tables import shown
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

RUNS = Path("runs")
PARTS = 10
"""How often a run tells how far it is where no terminal shows a bar."""


def run_path(of: LabelledSet, answered_by: str) -> Path:
    """Where a run is kept without --out: a file a set and way of answering."""
    return RUNS / (f"{answered_by}.jsonl" if of.name == "cases" else f"{Path(of.name).name}-{answered_by}.jsonl")


def asked_dresses(asked: str | None) -> list[str]:
    """The dresses of an option, by name. Raises `RunError` for one that there is not."""
    if asked is None or asked in DRESSES:
        return [asked] if asked else []
    if asked != "all":
        raise RunError(f"there is no dress {asked!r}: give all or one of {', '.join(DRESSES)}")
    return list(DRESSES)


def run_all(of: LabelledSet, answering: Answering, path: Path, repeats: int, dresses: Sequence[str]) -> list[Run]:
    """The plain run, and one in each dress beside it; whatever a file already holds is not asked again."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn())
    runs = []
    for dress in (None, *dresses):
        file = path.with_name(f"{path.stem}-{dress}{path.suffix}") if dress else path
        total = len(of.cases) * repeats
        with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
            task = progress.add_task("asking", total=total)
            tell = _bar(of, progress.update, task, dress) if err.is_terminal else _lines(total, dress)
            runs.append(execute(of.cases, answering, file, repeats, tell, of=of.name, dress=dress))
        err.print(f"run file: {file}", soft_wrap=True)
    return runs


def _bar(of: LabelledSet, update: Callable[..., None], task: int, dress: str | None) -> Callable[[Sample], None]:
    """Advances the bar; of a plain run it tells what is reached so far."""
    by_id = {case.id: case for case in of.cases}
    scored: list[CaseScore] = []

    def tell(sample: Sample) -> None:
        said = f"{sample.case}  {dress or ''}"
        if dress is None and sample.response is not None:
            scored.append(score_case(by_id[sample.case], sample.response))
        if scored:
            said += f"recall {shown(mean(score.recall() for score in scored))}  precision {shown(mean(score.precision() for score in scored))}"
        update(task, advance=1, description=said)

    return tell


def _lines(total: int, dress: str | None) -> Callable[[Sample], None]:
    """Tells a line a tenth of the way: how many are done, and how long the others will take."""
    begun, done = time.monotonic(), 0

    def tell(sample: Sample) -> None:
        nonlocal done
        done += 1
        if done % max(1, total // PARTS) == 0 or done == total:
            left = (time.monotonic() - begun) / done * (total - done)
            err.print(f"{f'{dress}: ' if dress else ''}{done} of {total} answered, about {left:.0f} s left", soft_wrap=True)

    return tell
