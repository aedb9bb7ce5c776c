"""The command line.

Exit codes: 0 done, 1 something examined is not well or nothing was found in the articles, 2 bad input, 3 the model failed, 5 the output cannot be
written, 130 interrupted.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from casebrief import __version__
from casebrief.models.errors import CatalogError, ModelError, StoreFault
from casebrief.service.cases.errors import CaseError
from casebrief.service.domain.view import harmless
from casebrief.service.edges.keys import KeysFault
from typer.exceptions import TyperException

if TYPE_CHECKING:
    from casebrief.service.edges.settings import Settings

NOT_WELL, BAD_INPUT, MODEL_FAILED, OUTPUT_FAILED, INTERRUPTED = 1, 2, 3, 5, 130

Model = Annotated[str | None, typer.Option(help="A name of the catalogue, or the path of a GGUF file.")]


def run_app(commands: Callable[..., object], arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command line on arguments, those of the process without; what the product or the system refuses becomes one line and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # what an encoding cannot spell is told by its number, and no work is lost
    try:
        _run_and_flush(commands, arguments)
    except KeyboardInterrupt:
        fail("interrupted", INTERRUPTED)
    except (KeysFault, CaseError) as error:
        fail(str(error), BAD_INPUT)
    except ModelError as error:
        fail(str(error), BAD_INPUT if isinstance(error, CatalogError | StoreFault) else MODEL_FAILED)
    except OSError as error:
        if error.filename is not None:
            fail(f"{error.filename}: {error.strerror}", BAD_INPUT)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # the interpreter flushes once more at its end
        fail(f"the output cannot be written: {error.strerror}", OUTPUT_FAILED)


def _run_and_flush(commands: Callable[..., object], arguments: Sequence[str] | None) -> NoReturn:
    try:
        raise SystemExit(commands(arguments, prog_name="casebrief", standalone_mode=False))
    except TyperException as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # what typer itself tells it by: the class is not public
            print(error.format_message(), file=sys.stderr)
            raise SystemExit(BAD_INPUT) from None
        context = getattr(error, "ctx", None)
        fail(f"{error.format_message().rstrip('.')}; {context.command_path if context else 'casebrief'} --help tells what fits", BAD_INPUT)
    finally:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.flush()


def fail(message: str, code: int) -> NoReturn:
    """End with one line on standard error."""
    print(f"casebrief: {harmless(' '.join(message.split()))}", file=sys.stderr)
    raise SystemExit(code)


def say(told: str) -> None:
    """A line for whoever waits."""
    print(f"casebrief: {told}", file=sys.stderr)


def settings_of(**changes: object) -> Settings:
    """The settings with changes, those that are `None` left out; ends the command where one does not fit."""
    from casebrief.service.edges.settings import Settings  # help and a wrong name need none, and pydantic takes its time
    from pydantic import ValidationError

    try:
        return Settings(**{key: value for key, value in changes.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        found = error.errors()[0]
        name = str(found["loc"][0])
        setting = f"--{name.replace('_', '-')}" if changes.get(name) is not None else f"CASEBRIEF_{name.upper()}"
        given = "" if name.endswith(("secret", "key")) else f" {found['input']}"
        fail(f"{setting}{given}: {found['msg'].removeprefix('Value error, ').replace('Input should', 'it should')}", BAD_INPUT)


def version() -> None:
    """Print the version."""
    print(__version__)
