"""A command line whose commands are imported when they are run: help and a wrong name load none of them."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup


class Later(TyperCommand):
    """A command, or a group of some, that is known by its name and its line of help until it is run."""

    def __init__(self, name: str, where: str, told: str) -> None:
        """``where`` is ``module:attribute``, a function or a `typer.Typer`; ``told`` the first paragraph of its own help."""
        super().__init__(name=name, help=told)
        self._where = where

    def whole(self) -> TyperCommand | TyperGroup:
        """The command itself. Raises what its import raises."""
        module, _, attribute = self._where.partition(":")
        found = getattr(import_module(module), attribute)
        if isinstance(found, typer.Typer):
            return typer.main.get_group(found)
        alone = typer.Typer(add_completion=False)
        alone.command(self.name)(found)
        command = typer.main.get_command(alone)
        assert isinstance(command, TyperCommand)
        return command

    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        """The context of the command itself: what is invoked is found there."""
        return self.whole().make_context(*args, **kwargs)
