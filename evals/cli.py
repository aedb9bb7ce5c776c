"""The whole command line: the service's own commands, `casebrief eval` and `casebrief bench`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from casebrief.evals.eval_cli import eval_app
from casebrief.evals.exits import RUN_FAILED, end
from casebrief.service.edges.cli import app, read_articles, run_app
from casebrief.service.edges.settings import Settings
from rich.console import Console
from rich.progress import Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

app.add_typer(eval_app, name="eval")
_out, _err = Console(highlight=False), Console(stderr=True, highlight=False)


def main() -> None:
    """The console script."""
    run_app()


@app.command()
def bench(
    files: Annotated[list[Path] | None, typer.Argument(help="Text files, one article each; the bundled example without.", show_default=False)] = None,
    repeat: Annotated[int, typer.Option(min=1, help="Rounds; medians are told.")] = 3,
    stock: Annotated[bool, typer.Option(help="Also the stock way: one prompt, JSON schema, the same weights (half a minute a round).")] = True,
    server: Annotated[str | None, typer.Option(help="Also an OpenAI-compatible server, by its address.")] = None,
    model: Annotated[str | None, typer.Option(help="A name of the catalogue, or the path of a GGUF file.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write all figures here, as JSON.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Write a picture here, as SVG.")] = None,
) -> None:
    """Measure speed on this machine: the build's floor, the product, and what others do."""
    from casebrief.evals.bench import Bench, figures, picture  # it brings the pipeline with it

    try:
        settings = Settings(**({"model": model} if model else {}))  # type: ignore[arg-type]
        if settings.reader == "rules":
            end(RUN_FAILED, "the rules read without a model: there is nothing to measure")
        articles = read_articles(files or [], [], not files, settings)
        with Progress(TextColumn("{task.description}"), TimeElapsedColumn(), console=_err, transient=True) as progress:
            task = progress.add_task("starting")
            found = Bench(articles, settings, repeat, lambda told: progress.update(task, description=told)).run(stock=stock, server=server)
    except (OSError, ValueError) as error:
        end(RUN_FAILED, str(error))
    told = figures(found)
    table = Table(
        "figure", "median", title=f"{found['articles']} articles, {found['sentences']} sentences; {found['model']}, {found['threads']} threads; {repeat} rounds"
    )
    for name, value in told.items():
        table.add_row(name.replace("_", " ").removesuffix(" s") + (", s" if name.endswith("_s") and not name.endswith("per_s") else ""), f"{value:.3g}")
    _out.print(table)
    best = found["settings"][0]
    _out.print(
        f"fastest here: CASEBRIEF_WEIGHTS={best['CASEBRIEF_WEIGHTS']} CASEBRIEF_THREADS={best['CASEBRIEF_THREADS']} ({best['seconds']:.2f} s in the engine)"
    )
    for path, text in ((out, json.dumps({"figures": told, **found}, indent=1) + "\n"), (plot, picture(found))):
        if path:
            path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
