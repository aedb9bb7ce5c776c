"""Marked cases: one file a legal dispute, a header and its articles with every place marked that states a fact of it.

A line ``=== id | publisher | day of publication | newest status it tells`` begins an article (``-`` where the sender would not know, or nobody said;
``| copy_of=a1`` may follow). ``[field.member#id=value!|words]`` marks words, marks may nest. A line that begins with ``~ `` is page furniture; the sign is no part of
the text. One paragraph a line. Offsets are half-open and count Unicode code points of the article's text, from 0.
"""

from __future__ import annotations

import datetime
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Literal

from casebrief.evals.labels import MEMBERS, SINGLE, LabelError

UNRELATED = "unrelated"
"""The status of an article that is about something else altogether."""

NOBODY_SAID = "-"
"""The status of an article, and the kind of a case, of which nobody said anything; they are empty then."""

NAME_KINDS = frozenset({"company", "person", "firm", "product", "agency", "place", "group"})
SINGLE_IDS = frozenset(SINGLE) - {"caption", "proceeding"}
"""Fields whose positions in a conflict need no mark of their own."""

_HEADER = frozenset({"id", "kind", "country", "note", "names", "conflicts", "absent"})
_NEEDED = ("id", "kind")
_MARK = re.compile(r"\[(?P<field>[a-z_]+)(?:\.(?P<member>[a-z_]+))?(?:#(?P<id>[\w-]+))?(?:=(?P<value>[^|\]\[!]+))?(?P<vital>!)?\|")
_LIKE_A_MARK = re.compile(r"\[[a-z_]+[^\s\]]*\|")
_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?|\?")
_QUANTITY = re.compile(r"-?[\d.]+ \S.*")


@dataclass(frozen=True)
class Mark:
    """``text[start:end]`` of its article states a fact; the same fact told again carries the same ``id`` in the same field."""

    field: str
    member: str | None
    id: str | None
    value: str | None
    vital: bool
    start: int
    end: int


@dataclass(frozen=True)
class MarkedArticle:
    """One article as a person would paste it; ``furniture`` are spans of page furniture, a line each."""

    id: str
    publisher: str | None
    published_on: datetime.date | None
    status: str
    copy_of: str | None
    text: str
    marks: tuple[Mark, ...]
    furniture: tuple[tuple[int, int], ...]

    @property
    def related(self) -> bool:
        """Whether it is about the case."""
        return self.status != UNRELATED


@dataclass(frozen=True)
class Name:
    """A made-up name: its kind and its forms, the full one first."""

    kind: str
    forms: tuple[str, ...]


@dataclass(frozen=True)
class MarkedConflict:
    """Facts of a field that cannot both hold, by their ids, the older first."""

    field: str
    kind: Literal["contradiction", "superseded"]
    ids: tuple[str, ...]


@dataclass(frozen=True)
class MarkedCase:
    """One legal dispute."""

    id: str
    kind: str
    country: str
    note: str
    names: tuple[Name, ...]
    conflicts: tuple[MarkedConflict, ...]
    absent: tuple[str, ...]
    articles: tuple[MarkedArticle, ...]


def load_marked(path: Path) -> MarkedCase:
    """Read one file. Raises `LabelError`, a line a fault: file, line, reason."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise LabelError(f"{path}: cannot be read as UTF-8: {error}") from error
    parser = _Parser(path)
    case = parser.parse(text)
    if parser.faults:
        raise LabelError("\n".join(f"{path.name}:{line}: {reason}" for line, reason in parser.faults))
    return case


def load_folder(folder: Path, only: Sequence[str] = ()) -> list[MarkedCase]:
    """All marked cases of a folder by name, or ``only`` those named. Raises `LabelError`."""
    paths = sorted(folder.glob("*.case"))
    unknown = sorted(set(only) - {path.stem for path in paths})
    if unknown or not paths:
        raise LabelError(f"{folder}: no case {', '.join(unknown)}" if unknown else f"{folder} holds no .case file")
    cases, faults = [], []
    for path in paths:
        if not only or path.stem in only:
            try:
                cases.append(load_marked(path))
            except LabelError as error:
                faults.append(str(error))
    if faults:
        raise LabelError("\n".join(faults))
    return cases


class _Parser:
    """Lines to a case; faults are collected, so that a file is mended in one go."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.faults: list[tuple[int, str]] = []
        self._head: dict[str, str] = {}
        self._names: list[tuple[int, Name]] = []
        self._conflicts: list[tuple[int, MarkedConflict]] = []
        self._articles: list[MarkedArticle] = []
        self._places: dict[tuple[str, Mark], int] = {}

    def parse(self, text: str) -> MarkedCase:
        """The whole file; what cannot be understood stands in `faults`."""
        rows = text.split("\n")
        begins = [number for number, row in enumerate(rows) if row.startswith("===")]
        self._read_header(rows[: begins[0] if begins else len(rows)])
        for begin, end in pairwise([*begins, len(rows)]):
            self._read_article(begin, rows[begin], rows[begin + 1 : end])
        absent = tuple(name.strip() for name in self._head.get("absent", "").strip("[]").split(",") if name.strip())
        case = MarkedCase(
            id=self._head.get("id", ""),
            kind=self._head.get("kind", "").removeprefix(NOBODY_SAID),
            country=self._head.get("country", ""),
            note=self._head.get("note", ""),
            names=tuple(name for _, name in self._names),
            conflicts=tuple(conflict for _, conflict in self._conflicts),
            absent=absent,
            articles=tuple(self._articles),
        )
        self._check(case)
        return case

    def _fault(self, row: int, reason: str) -> None:
        self.faults.append((row + 1, reason))

    # ------------------------------------------------------------------ header

    def _read_header(self, rows: Sequence[str]) -> None:
        section = ""
        for number, row in enumerate(rows):
            if not row.strip() or row.startswith("#"):
                continue
            if row[0] in " \t":
                self._read_item(number, section, row.strip())
                continue
            section, colon, value = row.partition(":")
            if not colon or section not in _HEADER:
                self._fault(number, f"not understood: {row[:60]!r}; the header has {', '.join(sorted(_HEADER))}")
            elif section in self._head:
                self._fault(number, f"{section} stands there twice")
            self._head[section] = value.strip()

    def _read_item(self, number: int, section: str, item: str) -> None:
        if section == "names":
            kind, colon, forms = item.partition(":")
            if not colon or kind not in NAME_KINDS:
                self._fault(number, f"a name's kind is one of {', '.join(sorted(NAME_KINDS))}: {item[:60]!r}")
            self._names.append((number, Name(kind, tuple(form.strip() for form in forms.split("|") if form.strip()))))
        elif section == "conflicts":
            name, kind, *ids = [*item.removeprefix("-").split(), "", ""][: max(2, len(item.removeprefix("-").split()))]
            if kind not in ("contradiction", "superseded") or len(ids) < 2:
                self._fault(number, f"a conflict is '- field contradiction|superseded id id …': {item[:60]!r}")
            else:
                self._conflicts.append((number, MarkedConflict(name, "contradiction" if kind == "contradiction" else "superseded", tuple(ids))))
        else:
            self._fault(number, f"an indented line belongs under names or conflicts: {item[:60]!r}")

    # ------------------------------------------------------------------ articles

    def _read_article(self, number: int, row: str, body: Sequence[str]) -> None:
        parts = [part.strip() for part in row.removeprefix("===").split("|")]
        if len(parts) < 4:
            self._fault(number, "an article's line is '=== id | publisher | day of publication | status'")
            parts += ["-"] * (4 - len(parts))
        name, publisher, day, status, *options = parts
        copy_of = None
        for option in options:
            key, _, copy_of = option.partition("=")
            if key != "copy_of" or copy_of not in {article.id for article in self._articles}:
                self._fault(number, f"only copy_of=EARLIER_ARTICLE may follow the status: {option!r}")
        if not name or name in {article.id for article in self._articles}:
            self._fault(number, f"the article's id {name!r} is empty or stands there twice")
        if status not in MEMBERS["status"] | {UNRELATED, NOBODY_SAID}:
            self._fault(number, f"status {status!r} is none of {', '.join(sorted(MEMBERS['status']))} or {UNRELATED}")
        first, last = 0, len(body)
        while first < last and not body[first].strip():
            first += 1
        while last > first and not body[last - 1].strip():
            last -= 1
        if first == last:
            self._fault(number, "an article without text")
        text, marks, furniture = self._read_body(name, number + 1 + first, body[first:last])
        published = self._day(number, day)
        article = MarkedArticle(name, None if publisher == "-" else publisher, published, status.removeprefix(NOBODY_SAID), copy_of, text, marks, furniture)
        self._articles.append(article)
        if not article.related and marks:
            self._fault(number, f"{name} is {UNRELATED}, yet marked")

    def _day(self, number: int, day: str) -> datetime.date | None:
        if day == "-":
            return None
        try:
            return datetime.date.fromisoformat(day)
        except ValueError:
            self._fault(number, f"a day of publication is 2025-01-21 or -: {day!r}")
            return None

    def _read_body(self, name: str, number: int, rows: Sequence[str]) -> tuple[str, tuple[Mark, ...], tuple[tuple[int, int], ...]]:
        length = 0
        plain_rows: list[str] = []
        marks: list[Mark] = []
        furniture: list[tuple[int, int]] = []
        for offset, row in enumerate(rows):
            aside = row.startswith("~ ") or row == "~"
            plain, found = self._read_row(number + offset, row[2:] if aside else row)
            if aside and found:
                self._fault(number + offset, "a mark in page furniture")
            if aside:
                furniture.append((length, length + len(plain)))
            for mark in found:
                moved = replace(mark, start=mark.start + length, end=mark.end + length)
                marks.append(moved)
                self._places[name, moved] = number + offset
            plain_rows.append(plain)
            length += len(plain) + 1
        return "\n".join(plain_rows) + "\n", tuple(sorted(marks, key=lambda mark: (mark.start, -mark.end))), tuple(furniture)

    def _read_row(self, number: int, row: str) -> tuple[str, list[Mark]]:
        """A row without its signs, and its marks by their places in it."""
        waiting: list[Mark] = []
        found: list[Mark] = []
        plain: list[str] = []
        position = 0
        while position < len(row):
            match = _MARK.match(row, position)
            if match:
                waiting.append(Mark(match["field"], match["member"], match["id"], match["value"], bool(match["vital"]), len(plain), -1))
                position = match.end()
                continue
            if row[position] == "]" and waiting:
                found.append(replace(waiting.pop(), end=len(plain)))
            else:
                if _LIKE_A_MARK.match(row, position):
                    self._fault(number, f"a mark that cannot be read: {row[position : position + 50]!r}")
                plain.append(row[position])
            position += 1
        if waiting:
            self._fault(number, f"a mark is not closed: [{waiting[-1].field}|")
        text = "".join(plain)
        for mark in found:
            for reason in _wrong(mark, text):
                self._fault(number, f"[{mark.field}|{text[mark.start : mark.end][:50]}] {reason}")
        return text, found

    # ------------------------------------------------------------------ the whole

    def _check(self, case: MarkedCase) -> None:
        for key in _NEEDED:
            if not self._head.get(key):
                self._fault(0, f"the header lacks {key}")
        if case.id and case.id != self.path.stem:
            self._fault(0, f"id {case.id!r} is not the file's name")
        if case.kind and case.kind not in MEMBERS["proceeding"]:
            self._fault(0, f"kind {case.kind!r} is none of {', '.join(sorted(MEMBERS['proceeding']))}")
        if not case.articles:
            self._fault(0, "no article")
        for number, name in self._names:
            for form in name.forms:
                if not any(form in article.text for article in case.articles):
                    self._fault(number, f"the name {form!r} stands in no article")
        ids: defaultdict[str, set[str]] = defaultdict(set)
        for article in case.articles:
            for mark in article.marks:
                ids[mark.field].update({mark.id} - {None})  # type: ignore[arg-type]
        marked = {mark.field for article in case.articles for mark in article.marks}
        for absent in case.absent:
            if absent not in MEMBERS or absent in marked:
                self._fault(0, f"absent: {absent} {'is marked' if absent in marked else 'is no field'}")
        for number, conflict in self._conflicts:
            if conflict.field not in MEMBERS:
                self._fault(number, f"conflicts: {conflict.field!r} is no field")
            lost = [one for one in conflict.ids if one not in ids[conflict.field] and conflict.field not in SINGLE_IDS]
            if lost:
                self._fault(number, f"conflicts: no fact {lost[0]!r} in {conflict.field}")


def _wrong(mark: Mark, text: str) -> Iterator[str]:
    """What is wrong with a mark in its line."""
    words = text[mark.start : mark.end]
    if mark.field not in MEMBERS:
        yield f"has no field of the contract; fields are {', '.join(MEMBERS)}"
        return
    members = MEMBERS[mark.field]
    if members and mark.member not in members:
        yield f"needs one of the members {', '.join(sorted(members))}"
    if not members and mark.member:
        yield "has no members"
    if mark.field in ("filed_on", "timeline") and not _DATE.fullmatch(mark.value or ""):
        yield "needs =2025-01-21, =2025-01, =2025 or =?"
    if mark.field == "figures" and not _QUANTITY.fullmatch(mark.value or ""):
        yield "needs =NUMBER UNIT"
    if not words or words != words.strip():
        yield "is empty, or begins or ends with a space"
