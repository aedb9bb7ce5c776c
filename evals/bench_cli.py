"""`casebrief bench`: speed on this machine, as a table, JSON and a picture."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from casebrief.evals.bench import Bench, described, others_of, started
from casebrief.evals.deadline import Deadline
from casebrief.evals.exits import BAD_INPUT, RUN_FAILED, end
from casebrief.evals.picture import picture
from casebrief.evals.speeds import Measured, digits, figures
from casebrief.service.edges.cli import settings_of
from casebrief.service.edges.given import read_articles
from rich.console import Console
from rich.progress import Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

_out, _err = Console(highlight=False), Console(stderr=True, highlight=False)


def bench(
    files: Annotated[list[Path] | None, typer.Argument(help="Text files, one article each; the bundled example without.", show_default=False)] = None,
    minutes: Annotated[float, typer.Option(min=0.1, help="Time that all of it may take; what does not fit is left out, and told.")] = 5,
    stock: Annotated[bool, typer.Option(help="Also the stock way: one prompt, JSON schema, the same weights.")] = True,
    server: Annotated[str | None, typer.Option(help="Also an OpenAI-compatible server, by its address.")] = None,
    model: Annotated[str | None, typer.Option(help="A name of the catalogue, or the path of a GGUF file.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write all figures here, as JSON.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Write a picture here, as SVG.")] = None,
) -> None:
    """Measure speed on this machine: the product, the build's floor, long articles, and what others do."""
    deadline = Deadline.within(60 * minutes)
    settings = settings_of(model=model)
    articles = read_articles(files or [], [], not files, settings).submitted
    try:
        for path in filter(None, (out, plot)):
            path.touch()
    except OSError as error:
        end(BAD_INPUT, f"{error.filename}: {error.strerror}")
    with _watched("starting the model") as tell, started(settings, tell) as product:
        measured = Bench(product, articles, deadline, tell).run(others_of(product, stock=stock, server=server))
        what = described(product, articles)
    if not measured.reads:
        end(RUN_FAILED, f"{minutes:g} minutes are too few for one reading of these articles here; give more --minutes, or fewer articles")
    told = figures(measured)
    title = f"{what['articles']} articles, {what['characters']:,} characters; {what['model']}, {what['threads']} threads"
    _print_speeds(title, told, measured, what["forms"])
    if out:
        out.write_text(json.dumps({"figures": told, **what, **asdict(measured)}, indent=1) + "\n", encoding="utf-8")
    if plot:
        plot.write_text(picture(title, told, measured.lengths), encoding="utf-8")
    if measured.faults:
        end(RUN_FAILED, *measured.faults)


@contextmanager
def _watched(first: str) -> Iterator[Callable[[str], None]]:
    """What is being done, on a terminal's standard error; silence where nobody looks."""
    if not _err.is_terminal:
        yield lambda told: None
        return
    with Progress(TextColumn("{task.description}"), TimeElapsedColumn(), console=_err, transient=True) as progress:
        task = progress.add_task(first)
        yield lambda told: progress.update(task, description=told)


def _print_speeds(title: str, told: Mapping[str, float], measured: Measured, forms: Mapping[str, float]) -> None:
    table = Table("figure", "median")
    for name, value in told.items():
        unit = ", s" if name.endswith("_s") and not name.endswith("per_s") else ""
        table.add_row(name.replace("_", " ").replace(" per s", "/s").removesuffix(" s") + unit, digits(value))
    for length in measured.lengths:
        table.add_row(f"an article of {length.characters:,} characters, s", digits(length.seconds))
    for form, pace in forms.items():
        table.add_row(f"weights as {form} when set-up tried them, tokens/s", digits(pace))
    _out.print(title, markup=False, soft_wrap=True)
    _out.print(table)
    for missing in measured.left_out:
        _out.print(f"left out: {missing}", markup=False, soft_wrap=True)
