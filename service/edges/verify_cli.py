"""`casebrief verify`: a summary is proved from its articles, without a model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from casebrief import __version__
from casebrief.service.domain.schema import SummaryResponse
from casebrief.service.domain.view import harmless
from casebrief.service.edges.cli import BAD_INPUT, NOT_WELL, fail, settings_of
from casebrief.service.edges.given import read_articles
from casebrief.service.verifying import verify
from pydantic import ValidationError


def verify_command(
    summary: Annotated[Path, typer.Argument(help="A summary as JSON (summarize --json).", show_default=False)],
    files: Annotated[list[Path], typer.Argument(help="The files of its articles, in any order; a folder of them.", show_default=False)],
) -> None:
    """Prove without a model that each citation slices back, each value follows from its quote, and each hash fits; exit code 1 where one does not."""
    response = _summary(summary)
    verdict = verify(response, [article.text for article in read_articles(files, [], False, settings_of()).submitted], __version__)
    for fault in verdict.faults:
        print(harmless(" ".join(fault.split())))
    print(verdict.told)
    raise typer.Exit(NOT_WELL if verdict.faults else 0)


def _summary(path: Path) -> SummaryResponse:
    try:
        return SummaryResponse.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        fail(f"{path}: no summary: /{'/'.join(str(part) for part in first['loc'])}: {first['msg']}", BAD_INPUT)
