"""`casebrief summarize`: articles in, their summary out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from casebrief.service.domain.schema import CasesResponse
from casebrief.service.edges.cli import BAD_INPUT, Model, fail, say, settings_of
from casebrief.service.edges.formats import BY_NAME, Format, Told, today
from casebrief.service.edges.given import read_articles
from casebrief.service.edges.shown import escaped, format_of, show_summary, warn, watched
from casebrief.service.pipeline.summarizing import SeveralCases


def summarize(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="Files, one article each: text, HTML, PDF, DOCX or EML; a folder of them; - for standard input.", show_default=False),
    ] = None,
    published_on: Annotated[list[str] | None, typer.Option(help='Day of publication, "2025-01-23" or "none": once for each file, in their order.')] = None,
    use_example: Annotated[bool, typer.Option("--example", help="Summarise the bundled example.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The response as JSON.")] = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="The brief as Markdown.")] = False,
    as_html: Annotated[bool, typer.Option("--html", help="The summary beside its sources, as one HTML file.")] = False,
    form: Annotated[str | None, typer.Option("--format", help=f"The summary as {', '.join(BY_NAME)}.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write to this file, in the format that its suffix names.")] = None,
    model: Model = None,
    reader: Annotated[str | None, typer.Option(help="labels, prompts or labels+prompts; auto: as the model reads.")] = None,
    cases: Annotated[str, typer.Option(help="one: articles about several lawsuits are refused; all: a summary of each.")] = "one",
) -> None:
    """Summarise articles about one lawsuit."""
    wanted = format_of([form, *(name for name, given in (("json", as_json), ("markdown", as_markdown), ("html", as_html)) if given)], out)
    _check_cases(cases, wanted, out)
    settings = settings_of(model=model, reader=reader)
    received = read_articles(files or [], published_on or [], use_example, settings)
    from casebrief.service.edges.wiring import wire  # what was asked wrongly is told before the product is loaded

    product = wire(settings, say)
    try:
        with watched("starting the model") as tell:
            product.engine.start()
            if cases == "all":
                responses = product.summarizer.summarize_all(received.submitted, progress=tell)
            else:
                responses = [product.summarizer.summarize_one(received.submitted, progress=tell)]
    except SeveralCases as error:
        fail(f"{error}: give those of one case, or --cases all", BAD_INPUT)
    finally:
        product.close()
    told = [received.told(response) for response in responses]
    if cases == "all" and wanted:
        sys.stdout.write(escaped(CasesResponse(cases=told).model_dump_json(by_alias=True, indent=2) + "\n"))
    else:
        for response in told:
            show_summary(Told(response, {article.id: article.text for article in received.submitted}, today()), wanted, out)
    for response in told:
        warn(response)


def _check_cases(cases: str, wanted: Format | None, out: Path | None) -> None:
    if cases not in ("one", "all"):
        fail(f"--cases {cases}: it may be one or all", BAD_INPUT)
    if cases == "all" and (out or (wanted and wanted.name != "json")):
        fail("--cases all is told on the terminal, or with --json", BAD_INPUT)
