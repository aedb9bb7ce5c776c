"""Sets of labelled cases, by name or by folder: ``cases`` (a folder a case) and ``corpus`` (marked cases, one file each) come with the project."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.resources import as_file, files
from pathlib import Path

from casebrief.evals.converting import labelled
from casebrief.evals.labels import Case, LabelError, load_cases
from casebrief.evals.marked import MarkedCase, load_folder

SECOND = "-second"
"""A folder of this ending beside a folder of marked cases holds a second annotation of them."""


@dataclass(frozen=True)
class LabelledSet:
    """Cases to answer; where they are marked, their marks by case, and those of a second annotator."""

    name: str
    cases: list[Case]
    marked: Mapping[str, MarkedCase] = field(default_factory=dict)
    second: Mapping[str, MarkedCase] = field(default_factory=dict)


def bundled() -> Path:
    """The folder of this package's data: cases, corpus, gates, baselines."""
    with as_file(files("casebrief.evals")) as folder:
        return folder


def known() -> dict[str, Path]:
    """The sets that come with the project, by name."""
    return {"cases": bundled() / "cases", "corpus": bundled() / "corpus" / "dev"}


def load_set(name: str, only: Sequence[str] = ()) -> LabelledSet:
    """A set by name or folder, or some of its cases. Raises `LabelError`."""
    folder = known().get(name) or Path(name)
    if name == "corpus" and not folder.is_dir():
        raise LabelError("the corpus comes with the repository, not with the installed package: give its folder, evals/corpus/dev")
    if not folder.is_dir():
        raise LabelError(f"there is no set {name!r}: give one of {', '.join(known())}, or a folder of cases")
    if not any(folder.glob("*.case")):
        return LabelledSet(name, load_cases(folder, tuple(only)))
    cases = load_folder(folder, only)
    beside = folder.with_name(folder.name + SECOND)
    second = {case.id: case for case in load_folder(beside)} if beside.is_dir() else {}
    wrong = [case.id for case in cases if case.id in second and [a.text for a in case.articles] != [a.text for a in second[case.id].articles]]
    if wrong:
        raise LabelError(f"{beside}: the articles of {', '.join(wrong)} are not those of {folder}")
    return LabelledSet(name, [_hashed(labelled(case), second.get(case.id)) for case in cases], {case.id: case for case in cases}, second)


def _hashed(case: Case, second: MarkedCase | None) -> Case:
    """The case, its hash over the second annotation as well: it decides scores."""
    return replace(case, sha256=hashlib.sha256(f"{case.sha256}{second!r}".encode()).hexdigest()) if second else case
