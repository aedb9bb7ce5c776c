"""`casebrief eval complaints`: how many of the made-up inputs that were wrong once are right now. No gate: exit code 0 however many are."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import typer
from casebrief.evals.complaining import ComplaintError, Kind, Outcome, kinds_right, load_kinds, outcome
from casebrief.evals.exits import BAD_INPUT, PASSED, RUN_FAILED, end
from casebrief.evals.runs import Answering, NobodyAnswersError
from casebrief.models.errors import ModelError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

_out, _err = Console(highlight=False), Console(stderr=True, highlight=False)


def complaints_command(
    kind: Annotated[list[str] | None, typer.Option(help="Only this kind, by its file's name; may be given again.")] = None,
    url: Annotated[str | None, typer.Option(help="Ask a running service instead of this process.")] = None,
    model: Annotated[str | None, typer.Option(help="A model's name or path.")] = None,
    reader: Annotated[str | None, typer.Option(help="labels, prompts or labels+prompts; auto: as the model reads.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write one JSON line a complaint here.")] = None,
    verbose: Annotated[bool, typer.Option("--verbose", help="Tell of each wrong one what was expected and what came.")] = False,
) -> None:
    """Answer the made-up inputs that were wrong once, and tell how many are right, kind by kind."""
    try:
        kinds = load_kinds(only=kind or ())
    except ComplaintError as error:
        end(BAD_INPUT, *str(error).splitlines())
    path = out or Path("runs") / f"complaints-{'service' if url else reader or 'product'}.jsonl"
    from casebrief.evals.answering import SettingError, answering  # wrong files are refused without loading the pipeline

    try:
        answerer = answering(url, model, reader)
    except SettingError as error:
        end(BAD_INPUT, str(error))
    except (ModelError, OSError) as error:
        end(RUN_FAILED, str(error))
    try:
        answerer.settings()  # a service that does not answer is told once, not for every complaint
        outcomes = _written(path, _asked(kinds, answerer))
    except (NobodyAnswersError, OSError) as error:
        end(RUN_FAILED, str(error))
    finally:
        answerer.close()
    _err.print(f"outcomes: {path}", soft_wrap=True)
    _print(kinds, outcomes, verbose=verbose)
    raise SystemExit(RUN_FAILED if any(found.error for found in outcomes) else PASSED)


def _asked(kinds: dict[str, Kind], answering: Answering) -> Iterator[Outcome]:
    """Outcomes as they come, with the progress shown on a terminal."""
    todo = [(name, complaint) for name, kind in kinds.items() for complaint in kind.complaints]
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    right = 0
    with Progress(*columns, console=_err, transient=True, disable=not _err.is_terminal) as progress:
        task = progress.add_task("asking", total=len(todo))
        for name, complaint in todo:
            progress.update(task, description=f"{complaint.id}  {right} right")
            found = outcome(name, complaint, answering)
            right += found.right is True
            progress.advance(task)
            yield found


def _written(path: Path, outcomes: Iterable[Outcome]) -> list[Outcome]:
    """The outcomes, each on its line of the file as soon as it is there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    told = []
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        for found in outcomes:
            stream.write(found.model_dump_json() + "\n")
            stream.flush()
            told.append(found)
    return told


def _print(kinds: dict[str, Kind], outcomes: list[Outcome], *, verbose: bool) -> None:
    table = Table("kind", "right", box=None)
    for row in kinds_right(outcomes):
        table.add_row(*row)
    _out.print(table)
    wrong = [found for found in outcomes if found.right is False]
    if wrong:
        print(f"wrong: {' '.join(found.complaint for found in wrong)}")
    if verbose:
        rights = {complaint.id: complaint.right for kind in kinds.values() for complaint in kind.complaints}
        for found in wrong:
            _tell(found, rights[found.complaint])
    for found in outcomes:
        if found.error:
            print(f"casebrief: {found.complaint}: {' '.join(found.error.split())}", file=sys.stderr)


def _tell(found: Outcome, right: str) -> None:
    print(f"{found.complaint} ({found.kind}): {right}")
    for missed in found.missed:
        print(f"  {missed.expected}")
        for came in missed.came or ["nothing"]:
            print(f"    came: {came}")
