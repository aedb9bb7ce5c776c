"""`casebrief case`: lawsuits that are followed over weeks, each a case file that grows."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from casebrief.service.cases.store import CaseStore, Opened
from casebrief.service.domain.view import harmless
from casebrief.service.edges.cli import Model, say, settings_of
from casebrief.service.edges.corrected import corrected
from casebrief.service.edges.formats import BY_NAME, Told, today
from casebrief.service.edges.given import read_articles
from casebrief.service.edges.settings import Settings
from casebrief.service.edges.shown import format_of, show_summary, warn, watched
from casebrief.service.edges.stores import case_store_of
from casebrief.service.exports.changes import NOTHING_CHANGED, line
from casebrief.service.exports.wording import read_of
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from casebrief.service.edges.casework import Added

case_app = typer.Typer(no_args_is_help=True, help="Case files: lawsuits followed over weeks; an article that is added is read alone.")
_out = Console(highlight=False)

Name = Annotated[str, typer.Argument(help="The case file's name.", show_default=False)]


@case_app.command("new")
def new_case(name: Annotated[str, typer.Argument(help="Up to 64 letters, digits, dots, dashes and underscores.", show_default=False)]) -> None:
    """Make a case file."""
    _store().new(name)


@case_app.command("add")
def add_articles(
    name: Name,
    files: Annotated[list[Path], typer.Argument(help="Files, one article each; a folder of them; - for standard input.", show_default=False)],
    published_on: Annotated[list[str] | None, typer.Option(help='Day of publication, "2025-01-23" or "none": once for each file, in their order.')] = None,
    model: Model = None,
    reader: Annotated[str | None, typer.Option(help="labels, prompts or labels+prompts; auto: as the model reads.")] = None,
) -> None:
    """Add articles: they alone are read, and what they change is told, a line a change."""
    from casebrief.service.edges.casework import CaseWork  # the product is for this command alone
    from casebrief.service.edges.wiring import wire

    settings = settings_of(model=model, reader=reader)
    case_store_of(settings).versions(name)  # a case that is none is told before a model is started
    received = read_articles(files, published_on or [], False, unbounded(settings))
    product = wire(settings, say)
    try:
        with watched("starting the model") as tell:
            product.engine.start()
            added = CaseWork.of(product).add(name, received, progress=tell)
    finally:
        product.close()
    _tell(name, added)


@case_app.command("show")
def show_case(name: Name) -> None:
    """The brief of a case file, as it was corrected."""
    show_summary(_told(_store().opened(name)), None, None)


@case_app.command("diff")
def diff_case(
    name: Name,
    since: Annotated[int | None, typer.Option(min=0, help="A number of the case; 0: all that it states. The one before its last, unless set.")] = None,
) -> None:
    """What changed since a number of the case, a line a change, each with the articles whose words show it."""
    from casebrief.service.edges.casework import changes_between

    store = _store()
    number = store.opened(name).case.number
    _print(line(change) for change in changes_between(store, name, max(0, number - 1) if since is None else since, number))


@case_app.command("list")
def list_cases() -> None:
    """The case files: name, number, articles, last change."""
    table = Table("case", "at", "articles", "changed")
    for case in _store().cases():
        table.add_row(case.name, str(case.number), str(case.articles), case.changed_at)
    _out.print(table)


@case_app.command("export")
def export_case(
    name: Name,
    form: Annotated[str | None, typer.Option("--format", help=f"{', '.join(BY_NAME)}; markdown unless set.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write to this file, in the format that its suffix names.")] = None,
) -> None:
    """A case file's summary in any format."""
    wanted = format_of([form], out) or BY_NAME["markdown"]
    told = _told(_store().opened(name))
    show_summary(told, wanted, out)
    warn(told.response)


@case_app.command("remove")
def remove_case(name: Name) -> None:
    """Forget a case file: its articles, what was read of them, and its corrections are overwritten."""
    _store().remove(name)


def unbounded(settings: Settings) -> Settings:
    """The settings without the limits that a request has together: a case file takes as many articles as there are."""
    return settings.model_copy(update={"max_articles": sys.maxsize, "max_request_characters": sys.maxsize, "max_files_mb": sys.maxsize})


def _store() -> CaseStore:
    return case_store_of(settings_of())


def _told(opened: Opened) -> Told:
    now = corrected(opened)
    return Told(now.response, now.texts, today())


def _tell(name: str, added: Added) -> None:
    if added.known:
        say(f"{name} has {', '.join(added.known)} already")
    if added.stored:
        say(f"{name} is at {added.number}: {', '.join(added.stored)}")
    for told in added.ledger:
        if told.reason and told.outcome != "used":
            say(harmless(" ".join(f"{told.article}: {read_of(told)}: {told.reason}".split())))
    _print(line(change) for change in added.changes)


def _print(lines: Iterable[str]) -> None:
    for told in list(lines) or [NOTHING_CHANGED]:
        print(harmless(told))
