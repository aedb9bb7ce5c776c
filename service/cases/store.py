"""All case files in one SQLite file that its owner alone can read. Threads and processes share it.

A case has a number, 0 when it is made and one more with every change, whatever changed: an addition of articles, or a correction. What is
stored of a change carries the number that it made, so that the case at any number can be told again. A change is one transaction:
whatever dies in it leaves the case at the number before.

For corrections:

- ``store.add_correction(case, correction, by=None, at_number=None)`` stores a correction (a JSON document, kept as it is) and returns the case's new number;
  with ``at_number`` only if the case is still at it (`CaseChanged` otherwise).
- ``store.corrections(case)`` gives them as `KeptCorrection` in the order in which they were made (``seq`` from 1); ``store.opened(case)`` gives them together with
  summary and articles, of one moment.

A summary is stored as it was read, never corrected: corrections are laid over it whenever it is shown, so that they survive the next article and the next model.
"""

from __future__ import annotations

import contextlib
import datetime
import re
import sqlite3
import sys
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from casebrief.service.cases.errors import BadName, CaseChanged, CaseExists, CasesFault, NoSuchCase
from casebrief.service.cases.migrations import migrate
from casebrief.service.private_sqlite import connected

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
"""Names of cases: they stand in addresses and in file names as they are."""

WAIT_S = 10.0
"""How long a change waits for another process that is writing, in seconds."""

NOW = sys.maxsize
"""The number of a case as it is now: later than any."""

NEWEST = """number = (SELECT max(number) FROM articles AS other
    WHERE other.case_id = articles.case_id AND other.article = articles.article AND other.number <= ?)"""


@dataclass(frozen=True)
class Case:
    """A case as it is listed. ``articles``: how many it has, versions of one counted once; ``changed_at``: of its last change. Times are ISO 8601 in UTC."""

    name: str
    number: int
    articles: int
    made_at: str
    changed_at: str


@dataclass(frozen=True)
class KeptVersion:
    """One version of an article: the number of the case that it came with, and the SHA-256 of its text."""

    article: str
    number: int
    at: str
    sha256: str


@dataclass(frozen=True)
class KeptArticle:
    """The newest version of an article; ``content`` is what the caller stored."""

    version: KeptVersion
    content: bytes

    @property
    def id(self) -> str:
        return self.version.article


@dataclass(frozen=True)
class KeptSummary:
    """A response as JSON, as it was read at a number of the case."""

    number: int
    at: str
    response: str


@dataclass(frozen=True)
class KeptCorrection:
    """A correction as it was given: a JSON document. ``number``: of the case, once it was made."""

    seq: int
    number: int
    at: str
    by: str | None
    correction: str


@dataclass(frozen=True)
class Opened:
    """A case of one moment: its articles in the order in which they came, its newest summary (none before anything was added) and its corrections.

    Where it is told as it was at an earlier number, ``case`` still says how it is listed now.
    """

    case: Case
    articles: tuple[KeptArticle, ...]
    summary: KeptSummary | None
    corrections: tuple[KeptCorrection, ...]


@dataclass(frozen=True)
class NewVersion:
    """A version of an article to be stored: of one that the case has, or the first of a new one."""

    article: str
    sha256: str
    content: bytes


@dataclass(frozen=True)
class Addition:
    """What an addition stores: versions of articles, the summary of all, new readings by key, and the keys of those that the summary rests on: others go."""

    versions: Sequence[NewVersion]
    response: str
    readings: Mapping[str, bytes]
    rests_on: Sequence[str]


class CaseStore:
    """The file of all cases, which is made where it is missing."""

    def __init__(self, path: Path) -> None:
        self._path = path

    # ------------------------------------------------------------------ the file

    @contextlib.contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        """A connection in autocommit. Raises `CasesFault` for whatever the system or SQLite refuses."""
        try:
            with connected(self._path, WAIT_S) as database:
                migrate(database)
                yield database
        except (sqlite3.Error, OSError) as error:
            raise CasesFault(f"the case files are out of reach: {self._path}: {(isinstance(error, OSError) and error.strerror) or error}") from error

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """All that is read through it is of one moment."""
        with self._connected() as database:
            database.execute("BEGIN")
            yield database
            database.execute("COMMIT")

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """What is written through it is written whole, or not at all: a connection that is closed takes back what it did not commit."""
        with self._connected() as database:
            database.execute("BEGIN IMMEDIATE")
            yield database
            database.execute("COMMIT")

    # ------------------------------------------------------------------ cases

    def new(self, name: str) -> Case:
        """Make a case. Raises `BadName` or `CaseExists`."""
        if not NAME.fullmatch(name):
            raise BadName(f"{name!r} is no name of a case: up to 64 letters, digits, dots, dashes and underscores, the first a letter or a digit")
        with self._writing() as database:
            if taken := database.execute("SELECT name FROM cases WHERE name = ?", (name,)).fetchone():
                raise CaseExists(f"there is a case {taken[0]} already")
            now = _now()
            database.execute("INSERT INTO cases (name, made_at, number) VALUES (?, ?, 0)", (name, now))
            return Case(name, 0, 0, now, now)

    def cases(self) -> list[Case]:
        """All cases, by name."""
        with self._reading() as database:
            return [_case(database, key) for (key,) in database.execute("SELECT id FROM cases ORDER BY name").fetchall()]

    def opened(self, name: str, at_number: int = NOW) -> Opened:
        """A case with all that is shown of it, as it was at a number. Raises `NoSuchCase`."""
        with self._reading() as database:
            key = _key(database, name)
            query = f"SELECT article, number, at, sha256, content FROM articles WHERE case_id = ? AND {NEWEST} ORDER BY place"  # noqa: S608 - a constant
            rows = database.execute(query, (key, at_number)).fetchall()
            articles = tuple(KeptArticle(KeptVersion(*row[:4]), zlib.decompress(row[4])) for row in rows)
            return Opened(_case(database, key), articles, _summary(database, key, at_number), _corrections(database, key, at_number))

    def versions(self, name: str) -> list[KeptVersion]:
        """All versions of all articles, in the order in which they came. Raises `NoSuchCase`."""
        with self._reading() as database:
            rows = database.execute("SELECT article, number, at, sha256 FROM articles WHERE case_id = ? ORDER BY number, place", (_key(database, name),))
            return [KeptVersion(*row) for row in rows]

    def remove(self, name: str, at_number: int | None = None) -> None:
        """Forget a case: overwrite all that was stored of it. Raises `NoSuchCase`, `CaseChanged`, or `CasesFault` where another process holds old pages."""
        with self._writing() as database:
            key = _key(database, name, at_number)
            database.execute("DELETE FROM cases WHERE id = ?", (key,))
        with self._connected() as database:
            database.execute("VACUUM")
            held, *_ = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if held:
            raise CasesFault(f"{name} is removed; its words may stand in {self._path}-wal until other processes of casebrief have ended")

    # ------------------------------------------------------------------ changes

    def add(self, name: str, at_number: int, addition: Addition) -> int:
        """Store an addition; the case's new number. Raises `NoSuchCase`, or `CaseChanged` where the case is no longer at ``at_number``."""
        with self._writing() as database:
            key = _key(database, name, at_number)
            number, now = _next(database, key), _now()
            for version in addition.versions:
                values = (key, _place(database, key, version.article), version.article, number, now, version.sha256, zlib.compress(version.content))
                database.execute("INSERT INTO articles VALUES (?, ?, ?, ?, ?, ?, ?)", values)
            database.execute("INSERT INTO summaries VALUES (?, ?, ?, ?)", (key, number, now, zlib.compress(addition.response.encode())))
            rows = [(key, reading, zlib.compress(content)) for reading, content in addition.readings.items()]
            database.executemany("INSERT OR REPLACE INTO readings VALUES (?, ?, ?)", rows)
            stale = set(_keys(database, key)) - set(addition.rests_on)
            database.executemany("DELETE FROM readings WHERE case_id = ? AND key = ?", [(key, one) for one in stale])
            return number

    def readings(self, name: str, keys: Sequence[str]) -> dict[str, bytes]:
        """What is stored of these readings. Raises `NoSuchCase`."""
        with self._reading() as database:
            case, found = _key(database, name), {}
            for key in keys:
                if row := database.execute("SELECT reading FROM readings WHERE case_id = ? AND key = ?", (case, key)).fetchone():
                    found[key] = zlib.decompress(row[0])
            return found

    def add_correction(self, case: str, correction: str, by: str | None = None, at_number: int | None = None) -> int:
        """Store a correction, a JSON document; the case's new number. Raises `NoSuchCase`, or `CaseChanged` where the case is no longer at ``at_number``."""
        return self.add_corrections(case, [(correction, by)], at_number)

    def add_corrections(self, case: str, corrections: Sequence[tuple[str, str | None]], at_number: int | None = None) -> int:
        """Store corrections, each with who made it: all or none, a number each. Raises as `add_correction`."""
        with self._writing() as database:
            key = _key(database, case, at_number)
            last, number = database.execute("SELECT coalesce(max(seq), 0) FROM corrections WHERE case_id = ?", (key,)).fetchone()[0], 0
            for seq, (correction, by) in enumerate(corrections, last + 1):
                number = _next(database, key)
                database.execute("INSERT INTO corrections VALUES (?, ?, ?, ?, ?, ?)", (key, seq, number, _now(), by, correction))
            return number

    def corrections(self, case: str) -> tuple[KeptCorrection, ...]:
        """All corrections in the order in which they were made. Raises `NoSuchCase`."""
        with self._reading() as database:
            return _corrections(database, _key(database, case))


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def _key(database: sqlite3.Connection, name: str, at_number: int | None = None) -> int:
    """The row of a case, which must be at ``at_number`` where that is given."""
    row = database.execute("SELECT id, number FROM cases WHERE name = ?", (name,)).fetchone()
    if row is None:
        raise NoSuchCase(f"there is no case {name!r}: casebrief case list names them")
    if at_number is not None and at_number != row[1]:
        raise CaseChanged(f"{name} was changed meanwhile: it is at {row[1]}, not at {at_number}; read it again")
    return int(row[0])


def _next(database: sqlite3.Connection, key: int) -> int:
    database.execute("UPDATE cases SET number = number + 1 WHERE id = ?", (key,))
    return int(database.execute("SELECT number FROM cases WHERE id = ?", (key,)).fetchone()[0])


def _place(database: sqlite3.Connection, key: int, article: str) -> int:
    """Where an article stands among the others: where it stood, else behind all."""
    row = database.execute("SELECT place FROM articles WHERE case_id = ? AND article = ?", (key, article)).fetchone()
    row = row or database.execute("SELECT coalesce(max(place), 0) + 1 FROM articles WHERE case_id = ?", (key,)).fetchone()
    return int(row[0])


def _keys(database: sqlite3.Connection, key: int) -> list[str]:
    return [row[0] for row in database.execute("SELECT key FROM readings WHERE case_id = ?", (key,))]


def _case(database: sqlite3.Connection, key: int) -> Case:
    name, made_at, number = database.execute("SELECT name, made_at, number FROM cases WHERE id = ?", (key,)).fetchone()
    articles = database.execute("SELECT count(DISTINCT article) FROM articles WHERE case_id = ?", (key,)).fetchone()[0]
    changes = "SELECT at FROM summaries WHERE case_id = ?1 UNION ALL SELECT at FROM corrections WHERE case_id = ?1"
    changed_at = database.execute(f"SELECT max(at) FROM ({changes})", (key,)).fetchone()[0]  # noqa: S608 - a constant
    return Case(name, number, articles, made_at, changed_at or made_at)


def _summary(database: sqlite3.Connection, key: int, at_number: int) -> KeptSummary | None:
    query = "SELECT number, at, response FROM summaries WHERE case_id = ? AND number <= ? ORDER BY number DESC LIMIT 1"
    row = database.execute(query, (key, at_number)).fetchone()
    return KeptSummary(row[0], row[1], zlib.decompress(row[2]).decode()) if row else None


def _corrections(database: sqlite3.Connection, key: int, at_number: int = NOW) -> tuple[KeptCorrection, ...]:
    query = "SELECT seq, number, at, by, correction FROM corrections WHERE case_id = ? AND number <= ? ORDER BY seq"
    return tuple(KeptCorrection(*row) for row in database.execute(query, (key, at_number)))
