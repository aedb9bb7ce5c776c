"""`casebrief keys`: who may ask over HTTP."""

from __future__ import annotations

from typing import Annotated

import typer
from casebrief.service.edges.cli import BAD_INPUT, fail, settings_of
from casebrief.service.edges.keys import Keys

keys_app = typer.Typer(no_args_is_help=True, help="Keys that clients of the HTTP API must show (CASEBRIEF_API_KEYS_FILE).")


@keys_app.command("add")
def add_key(name: Annotated[str, typer.Argument(help="Whose key it is.")]) -> None:
    """Make a key and print it: it is shown this once, and kept as its SHA-256 alone."""
    print(_keys().add(name))


@keys_app.command("list")
def list_keys() -> None:
    """Who has a key."""
    for name in _keys().names():
        print(name)


@keys_app.command("remove")
def remove_key(name: Annotated[str, typer.Argument(help="Whose key is to be forgotten; it holds at once.")]) -> None:
    """Forget a key."""
    _keys().remove(name)


def _keys() -> Keys:
    file = settings_of().api_keys_file
    if file is None:
        fail("set CASEBRIEF_API_KEYS_FILE to the file that holds the keys, for this command and for casebrief serve", BAD_INPUT)
    return Keys(file)
