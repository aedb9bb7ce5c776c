"""`casebrief eval import-corrections`: a house's own corrections measure and teach its own reader."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

import typer
import yaml
from casebrief.evals.exits import BAD_INPUT, end
from casebrief.evals.import_labels import labelled_document
from casebrief.evals.importing import marked_text
from casebrief.evals.labels import LabelError, problems_of
from casebrief.evals.marked import load_marked
from casebrief.service.cases.errors import CaseError
from casebrief.service.cases.store import CaseStore
from casebrief.service.corrections.words import Sources
from casebrief.service.edges.cli import settings_of
from casebrief.service.edges.corrected import corrected, corrections_of_case
from casebrief.service.edges.stores import case_store_of


def import_command(
    cases: Annotated[
        list[str], typer.Argument(help="Case files, by name; or a file of cases (cases.sqlite): all of it that was corrected.", show_default=False)
    ],
    out: Annotated[Path, typer.Option(help="The folder to write to.", show_default=False)],
    form: Annotated[
        Literal["corpus", "cases"], typer.Option("--as", help="Marked cases, which teach; or labelled cases, which measure what people looked at.")
    ] = "corpus",
) -> None:
    """Make marked or labelled cases of corrected case files."""
    out.mkdir(parents=True, exist_ok=True)
    try:
        for store, name in _asked(cases):
            print(_corpus(store, name, out) if form == "corpus" else _labelled(store, name, out))
    except CaseError as error:
        end(BAD_INPUT, str(error))


def _asked(cases: list[str]) -> Iterator[tuple[CaseStore, str]]:
    own = case_store_of(settings_of())
    for asked in cases:
        if Path(asked).is_file():
            store = CaseStore(Path(asked))
            yield from ((store, case.name) for case in store.cases() if store.corrections(case.name))
        else:
            yield own, asked


def _corpus(store: CaseStore, name: str, out: Path) -> str:
    opened = store.opened(name)
    now, path = corrected(opened), out / f"{name}.case"
    made = marked_text(name, now.response, corrections_of_case(opened), Sources(now.response, now.texts))
    path.write_text(made.text, encoding="utf-8", newline="\n")
    try:
        marks = sum(len(article.marks) for article in load_marked(path).articles)
    except LabelError as fault:
        end(BAD_INPUT, *str(fault).splitlines())
    return f"{path}: {marks} marks{f', {made.left_out} left out: they cross others, or lack what a mark tells' if made.left_out else ''}"


def _labelled(store: CaseStore, name: str, out: Path) -> str:
    opened = store.opened(name)
    now, folder = corrected(opened), out / name
    document = labelled_document(name, now.response, corrections_of_case(opened))
    folder.mkdir(exist_ok=True)
    for article, text in now.texts.items():
        (folder / f"{article}.txt").write_bytes(text.encode())
    (folder / "case.yaml").write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), encoding="utf-8")
    if faults := list(problems_of(folder)):
        end(BAD_INPUT, *(f"{folder}: {fault}" for fault in faults))
    return f"{folder}: {len(document['facts'])} facts, {len(document['absent'])} fields that nothing states"
