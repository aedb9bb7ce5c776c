"""`casebrief cache`: what is kept of readings on this machine."""

from __future__ import annotations

import typer
from casebrief.service.edges.cli import settings_of
from casebrief.service.edges.stores import store_of

cache_app = typer.Typer(no_args_is_help=True, help="Answers that are kept on this machine.")


@cache_app.command("show")
def show_cache() -> None:
    """How much is kept, and where."""
    settings = settings_of()
    count, held = store_of(settings).size()
    print(f"{count} readings, {held / 1e6:.1f} of {settings.cache_mb} MB, in {settings.cache_dir}")


@cache_app.command("clear")
def clear_cache() -> None:
    """Forget everything that is kept."""
    store_of(settings_of()).clear()
