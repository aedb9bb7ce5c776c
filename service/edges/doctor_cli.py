"""`casebrief doctor`: what was found, on the terminal or as JSON."""

from __future__ import annotations

from typing import Annotated

import typer
from casebrief.service.edges.cli import NOT_WELL, Model, settings_of
from casebrief.service.edges.doctor import as_json as findings_as_json
from casebrief.service.edges.doctor import examine
from rich.console import Console

_out = Console(highlight=False)


def doctor(model: Model = None, as_json: Annotated[bool, typer.Option("--json", help="What was found, as JSON.")] = False) -> None:
    """Look whether everything works: prompts, weights, engine."""
    found = []
    for finding in examine(settings_of(model=model)):
        found.append(finding)
        if not as_json:
            mark = {"well": "[green]well[/]", "unwell": "[red]unwell[/]", "lesser": "[yellow]lesser[/]"}[finding.state]
            _out.print(f"{mark}\t[bold]{finding.name}[/]\t", end="")
            _out.print(finding.told, markup=False, soft_wrap=True)
    if as_json:
        print(findings_as_json(found))
    raise typer.Exit(NOT_WELL if any(finding.well is False for finding in found) else 0)
