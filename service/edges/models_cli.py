"""`casebrief models`: which there are, which are here, and making them ready."""

from __future__ import annotations

from typing import Annotated

import typer
from casebrief.models.errors import CatalogError
from casebrief.service.edges.cli import say, settings_of
from casebrief.service.edges.stores import catalog_of
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from rich.table import Table

models_app = typer.Typer(no_args_is_help=True, help="Models: which there are, and which are here.")
_out, _err = Console(highlight=False), Console(stderr=True, highlight=False)


@models_app.command("list")
def list_models() -> None:
    """The catalogue, and which of it is on this machine."""
    catalog = catalog_of(settings_of())
    table = Table("name", "model", "size", "licence", "here")
    for name, entry in catalog.entries.items():
        try:
            here = str(catalog.path(name).name)
        except CatalogError:
            here = "no"
        table.add_row(name + (" (default)" if name == catalog.default else ""), entry.title, f"{entry.bytes / 1e6:,.0f} MB", entry.license, here)
    _out.print(table)


@models_app.command("pull")
def pull_command(name: Annotated[str, typer.Argument(help="A name of the catalogue.")]) -> None:
    """Fetch a model's weights and check them."""
    from casebrief.models.pull import pull as pull_model  # the HTTP client is for this command alone

    catalog = catalog_of(settings_of())
    entry = catalog.entry(name)
    with Progress(TextColumn(name), BarColumn(), DownloadColumn(), TransferSpeedColumn(), console=_err) as progress:
        task = progress.add_task(name, total=entry.bytes)
        path = pull_model(catalog, name, lambda size: progress.advance(task, size))
    print(path)


@models_app.command("prepare")
def prepare_command(name: Annotated[str | None, typer.Argument(help="A name or a path; the default model without.")] = None) -> None:
    """Merge a model's adapter into its weights in the form that is fastest here, so that the first start need not."""
    from casebrief.service.edges.wiring import prepare  # the product is for this command alone

    print(prepare(settings_of(model=name), say))


@models_app.command("verify")
def verify_command(name: Annotated[str | None, typer.Argument(help="A name or a path; the default model without.")] = None) -> None:
    """Check the SHA-256 of a model's weights."""
    catalog = catalog_of(settings_of())
    name = name or catalog.default
    digest = catalog.verify(name)
    print(f"{digest}  {catalog.path(name)}" + ("" if catalog.entry(name).sha256 else "  (not in the catalogue: nothing to compare with)"))


@models_app.command("path")
def path_command(name: Annotated[str | None, typer.Argument(help="A name or a path; the default model without.")] = None) -> None:
    """Print where a model's weights lie."""
    catalog = catalog_of(settings_of())
    print(catalog.path(name or catalog.default))
