"""What the command line shows: a summary on the terminal or in a file, and how the work goes."""

from __future__ import annotations

import codecs
import contextlib
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from casebrief.service.domain.schema import SummaryResponse
from casebrief.service.domain.view import harmless
from casebrief.service.edges import brief
from casebrief.service.edges.cli import BAD_INPUT, NOT_WELL, fail, say
from casebrief.service.edges.formats import BY_NAME, BY_SUFFIX, Format, Told, of_path
from casebrief.service.exports.wording import has_facts, read_of
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

_out, _err = Console(highlight=False), Console(stderr=True, highlight=False)


def format_of(named: list[str | None], out: Path | None) -> Format | None:
    """The one format that was asked for; none is the brief for a terminal. Ends the command where it is unknown, or two were."""
    names = [name for name in named if name]
    if len(names) > 1:
        fail(f"{' and '.join(names)} exclude each other", BAD_INPUT)
    if names and names[0] not in BY_NAME:
        fail(f"--format {names[0]}: the formats are {', '.join(BY_NAME)}", BAD_INPUT)
    wanted = BY_NAME[names[0]] if names else of_path(out) if out else None
    if out and wanted is None:
        fail(f"--out {out}: the suffix names no format; it may be {', '.join(BY_SUFFIX)}, or give --format", BAD_INPUT)
    return wanted


def warn(response: SummaryResponse) -> None:
    """What the ledger says, where only JSON was printed; ends the command where nothing was found."""
    for line in response.ledger:
        if line.reason and line.outcome != "used":
            say(harmless(" ".join(f"{line.article}: {read_of(line)}: {line.reason}".split())))
    if not has_facts(response):
        unread = all(line.outcome == "failed" for line in response.ledger)
        fail("no article could be read" if unread else "no fact of a case was found in what was read", NOT_WELL)


def show_summary(told: Told, wanted: Format | None, out: Path | None) -> None:
    if wanted is None:
        _out.print(brief.terminal(told.response))
    elif out:
        out.write_bytes(wanted.write(told))
    elif wanted.name == "json":
        sys.stdout.write(escaped(wanted.write(told).decode()))
    elif wanted.name == "markdown":
        sys.stdout.write(wanted.write(told).decode())
    else:
        sys.stdout.buffer.write(wanted.write(told))


def escaped(told: str) -> str:
    """JSON of the same meaning whose control characters beyond ASCII a terminal does not obey; ASCII alone where the output is not UTF-8, as JSON must be."""
    beyond = _BEYOND if codecs.lookup(sys.stdout.encoding).name == "utf-8" else _NOT_ASCII
    return beyond.sub(lambda match: re.sub("....", r"\\u\g<0>", match.group().encode("utf-16-be").hex()), told)


_BEYOND = re.compile("[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_NOT_ASCII = re.compile("[^\x00-\x7e]")


@contextlib.contextmanager
def watched(first: str) -> Iterator[Callable[[str, int, int], None]]:
    """Progress on a terminal's standard error; silence where nobody looks."""
    if not _err.is_terminal:
        yield lambda what, done, total: None
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=_err, transient=True) as progress:
        task = progress.add_task(first, total=None)
        yield lambda what, done, total: progress.update(task, description=what[:70], completed=done, total=total)
