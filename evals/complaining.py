"""Complaints: made-up inputs on which the product was wrong, by kind, each with what must and what must never hold of the answer.

Data is in ``complaints/``, one TOML file a kind; a complaint is right when all its checks are. An answer that did not come, or that cannot
be judged, is an error: neither right nor wrong. Complaints are no cases: what a check does not ask is not judged, and several are kept by silence.
"""

from __future__ import annotations

import datetime
import hashlib
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

from casebrief.evals.checks import Check, Response, Strict, came
from casebrief.evals.labels import Case
from casebrief.evals.runs import Answering
from casebrief.service.pipeline.articles import Submitted
from pydantic import Field, ValidationError, model_validator

BUNDLED = Path(__file__).with_name("complaints")


class ComplaintError(ValueError):
    """Complaints that cannot be used; each line of the message names the file, the place in it and the reason."""


class Told(Strict):
    """One article of a complaint; its id is its place, from a1."""

    published_on: datetime.date | None = None
    text: Annotated[str, Field(min_length=1)]


class Complaint(Strict):
    """One input. ``right`` tells the right answer to a person, ``must`` and ``never`` tell the judge what is asked of it."""

    id: Annotated[str, Field(pattern=r"^\d+[a-z]$")]
    right: Annotated[str, Field(min_length=1)]
    must: list[Check] = []
    never: list[Check] = []
    articles: Annotated[list[Told], Field(min_length=1)]

    @model_validator(mode="after")
    def _asks_of_its_articles(self) -> Complaint:
        asked = [*self.must, *self.never]
        if not asked:
            raise ValueError("nothing is asked of the answer: give must or never")
        everything = "\n".join(article.text for article in self.articles).lower()
        strange = [words for check in asked for words in check.quoted() if words.lower() not in everything]
        if strange:
            raise ValueError(f"words that stand in no article: {', '.join(map(repr, strange))}")
        return self

    @property
    def case(self) -> Case:
        """What an answerer is asked: the articles, without any label."""
        articles = tuple(Submitted(f"a{place}", told.text, published_on=told.published_on) for place, told in enumerate(self.articles, 1))
        return Case(self.id, "", articles, (), (), (), hashlib.sha256(self.model_dump_json().encode()).hexdigest())


class Kind(Strict):
    """The complaints of one file. The number stands before the letter in each of their ids."""

    number: Annotated[int, Field(ge=1)]
    title: Annotated[str, Field(min_length=1)]
    complaints: Annotated[list[Complaint], Field(min_length=1)]

    @model_validator(mode="after")
    def _ids_are_of_this_kind(self) -> Kind:
        ids = [complaint.id for complaint in self.complaints]
        strange = [id_ for id_ in ids if id_[:-1] != str(self.number)]
        if strange:
            raise ValueError(f"the ids of kind {self.number} are {self.number}a, {self.number}b …, found {', '.join(strange)}")
        twice = [id_ for id_, times in Counter(ids).items() if times > 1]
        if twice:
            raise ValueError(f"ids that stand there twice: {', '.join(twice)}")
        return self


class Missed(Strict):
    """A check that was not kept: what was asked, and what the answer has where it looks."""

    expected: str
    came: list[str]


class Outcome(Strict):
    """What became of one complaint. ``right`` is null where there was an error; then ``missed`` is empty and ``response`` null."""

    complaint: str
    kind: str
    right: bool | None
    missed: list[Missed] = []
    error: str | None = None
    response: dict[str, Any] | None = None


def load_kinds(folder: Path = BUNDLED, only: Sequence[str] = ()) -> dict[str, Kind]:
    """The kinds by the names of their files, in the order of their numbers; ``only`` some of them. Raises `ComplaintError`."""
    paths = [path for path in sorted(folder.glob("*.toml")) if not only or path.stem in only]
    if not paths or (only and len(paths) != len(set(only))):
        known = ", ".join(sorted(path.stem for path in folder.glob("*.toml")))
        raise ComplaintError(f"{folder} does not hold all of: {', '.join(only)}; it holds {known}" if only else f"{folder} holds no complaints (*.toml)")
    found: dict[str, Kind] = {}
    faults: list[str] = []
    for path in paths:
        try:
            found[path.stem] = _kind(path)
        except ComplaintError as error:
            faults.append(str(error))
    faults += _numbers_twice(folder, found)
    if faults:
        raise ComplaintError("\n".join(faults))
    return dict(sorted(found.items(), key=lambda named: named[1].number))


def _kind(path: Path) -> Kind:
    try:
        return Kind.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ComplaintError(f"{path}: {error}") from error
    except ValidationError as error:
        raise ComplaintError("\n".join(f"{path}: {_place(fault['loc'])}{_reason(fault['msg'])}" for fault in error.errors())) from error


def _place(location: tuple[int | str, ...]) -> str:
    """("complaints", 2, "must", 0, "named", "field") as "complaints 3, must 1, named, field: "; counted from 1, empty for the whole file."""
    told = ""
    for part in location:
        told += f" {part + 1}" if isinstance(part, int) else f", {part}" if told else part
    return f"{told}: " if told else ""


def _reason(message: str) -> str:
    return " ".join(message.removeprefix("Value error, ").split())


def _numbers_twice(folder: Path, found: dict[str, Kind]) -> Iterator[str]:
    """Two files of one number would give two complaints one id."""
    taken: dict[int, str] = {}
    for stem, kind in found.items():
        other = taken.setdefault(kind.number, stem)
        if other != stem:
            yield f"{folder / stem}.toml: number: {kind.number} is the number of {other}.toml as well"


def missed_by(complaint: Complaint, response: Response) -> list[Missed]:
    """The checks of a complaint that a response does not keep."""
    wanted = [("must", check, True) for check in complaint.must] + [("never", check, False) for check in complaint.never]
    return [Missed(expected=f"{mode}: {check}", came=came(response, check.looks_at())) for mode, check, right in wanted if check.holds(response) is not right]


def outcome(kind: str, complaint: Complaint, answering: Answering) -> Outcome:
    """One complaint, answered and judged."""
    try:
        response = answering.answer(complaint.case)
        missed = missed_by(complaint, response)
    except Exception as error:  # noqa: BLE001 - whatever fails is told apart, as in a run of cases
        return Outcome(complaint=complaint.id, kind=kind, right=None, error=f"{type(error).__name__}: {error}")
    return Outcome(complaint=complaint.id, kind=kind, right=not missed, missed=missed, response=response)


def kinds_right(outcomes: Iterable[Outcome]) -> list[tuple[str, str]]:
    """Rows of a table, one a kind and one over all: ("dates", "2 of 5"). Errors are told apart and are not among the "of"."""
    told = list(outcomes)
    kinds = dict.fromkeys(found.kind for found in told)
    rows = [(kind, [found for found in told if found.kind == kind]) for kind in kinds]
    return [(label.replace("-", " "), _share(found)) for label, found in (*rows, ("all kinds", told))]


def read_outcomes(path: Path) -> list[Outcome]:
    """What `eval complaints` wrote, a complaint a line. Raises `ComplaintError`."""
    try:
        found = [Outcome.model_validate_json(line) for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise ComplaintError(f"{path}: {error}") from error
    except ValidationError as error:
        raise ComplaintError(f"{path} holds no outcomes of `casebrief eval complaints`: {_reason(error.errors()[0]['msg'])}") from error
    if not found:
        raise ComplaintError(f"{path} holds no outcomes of `casebrief eval complaints`: it is empty")
    return found


def all_right(outcomes: Iterable[Outcome]) -> str:
    """How many of all are right: "4 of 43"."""
    return kinds_right(outcomes)[-1][1]


def _share(outcomes: Sequence[Outcome]) -> str:
    times = Counter(found.right for found in outcomes)
    failed = f", {times[None]} not answered" if times[None] else ""
    return f"{times[True]} of {times[True] + times[False]}{failed}"
