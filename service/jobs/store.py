"""All jobs in one SQLite file that its owner alone can read: it outlives the service, and several processes may share it.

A job is taken by one process, in one transaction; whoever ends it must still hold it, so that each is done once. What a process held that is gone waits again.
Every change of a job and what is told of it is one transaction. A request is deleted when its job ends, a result when its time is over.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
import uuid
from collections.abc import Callable, Collection, Iterator
from dataclasses import fields
from pathlib import Path
from urllib.parse import quote

from casebrief.service.jobs.errors import JobsFault, KeyTaken, TooManyJobs
from casebrief.service.jobs.job import Event, Job, New, Outcome
from casebrief.service.private_sqlite import connected

WAIT_S = 10.0
"""How long a change waits for another process that is writing, in seconds."""

_TABLES = (
    """CREATE TABLE IF NOT EXISTS jobs (
        number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, state TEXT NOT NULL, articles INTEGER NOT NULL, characters INTEGER NOT NULL,
        made_at REAL NOT NULL, deadline_at REAL, started_at REAL, ended_at REAL, expires_at REAL, begun INTEGER NOT NULL DEFAULT 0, webhook TEXT NOT NULL,
        key TEXT UNIQUE, sum TEXT NOT NULL, owner TEXT, request BLOB, document BLOB)""",
    """CREATE TABLE IF NOT EXISTS events (
        job INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE, number INTEGER NOT NULL, kind TEXT NOT NULL, at REAL NOT NULL, article INTEGER,
        seconds_left REAL, PRIMARY KEY (job, number))""",
    "CREATE INDEX IF NOT EXISTS waiting ON jobs (state, number)",
)
_JOB = ", ".join(field.name for field in fields(Job))
_TELL = "INSERT INTO events SELECT ?1, coalesce(max(number), 0) + 1, ?2, ?3, ?4, ?5 FROM events WHERE job = ?1"


class JobStore:
    """The file of jobs, which is made where it is missing. Every call may raise `JobsFault`."""

    def __init__(self, path: Path, owner: str, keep_s: float, clock: Callable[[], float] = time.time) -> None:
        """``owner`` names this process among those that share the file; ``keep_s``: how long a job is kept when it has ended."""
        self._path, self._owner, self._keep_s, self._clock = path, owner, keep_s, clock
        self._made = False

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """What is done through it is done whole, or not at all. Raises `JobsFault` for whatever the system or SQLite refuses."""
        try:
            with connected(self._path, WAIT_S) as database:
                database.execute("BEGIN IMMEDIATE")
                for table in _TABLES:
                    database.execute(table)
                yield database
                database.execute("COMMIT")
        except (sqlite3.Error, OSError) as error:
            raise JobsFault(f"jobs cannot be kept: {self._path}: {(isinstance(error, OSError) and error.strerror) or error}") from error

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """All that is read through it is of one moment, and nobody who writes is waited for. A file that is not there is made."""
        if not self._made:
            with self._writing():
                self._made = True
        try:
            with contextlib.closing(sqlite3.connect(f"file:{quote(str(self._path))}?mode=rw", uri=True, timeout=WAIT_S, isolation_level=None)) as database:
                database.execute("BEGIN")
                yield database
        except (sqlite3.Error, OSError) as error:
            self._made = False
            raise JobsFault(f"jobs cannot be read: {self._path}: {error}") from error

    # ------------------------------------------------------------------ what clients ask for

    def add(self, new: New, most: int) -> Job:
        """Take a job on, behind those that wait; the same request under the same key is the same job.

        Raises `KeyTaken`, or `TooManyJobs` where ``most`` wait.
        """
        with self._writing() as database:
            if new.key and (known := database.execute("SELECT id, sum FROM jobs WHERE key = ?", (new.key,)).fetchone()):
                if known[1] != new.sum:
                    raise KeyTaken(f"another request came under the key {new.key!r}")
                return _required(database, known[0])
            waiting = database.execute("SELECT count(*) FROM jobs WHERE state = 'queued'").fetchone()[0]
            if waiting >= most:
                raise TooManyJobs(waiting)
            name, now = f"job_{uuid.uuid4().hex}", self._clock()
            number = database.execute(
                "INSERT INTO jobs (id, state, articles, characters, made_at, deadline_at, webhook, key, sum, request) VALUES (?, 'queued', ?, ?, ?, ?, ?, ?, ?, ?)",
                (name, new.articles, new.characters, now, new.deadline_s and now + new.deadline_s, new.webhook, new.key or None, new.sum, new.request),
            ).lastrowid
            database.execute(_TELL, (number, "queued", now, None, None))
            return _required(database, name)

    def job(self, name: str) -> Job | None:
        """A job as it stands."""
        with self._reading() as database:
            return _job(database, name)

    def before(self, name: str) -> int:
        """How many jobs wait before one that waits."""
        with self._reading() as database:
            query = "SELECT count(*) FROM jobs WHERE state = 'queued' AND number < (SELECT number FROM jobs WHERE id = ?)"
            return int(database.execute(query, (name,)).fetchone()[0])

    def document(self, name: str) -> bytes:
        """The result of a job, or the problem that ended it; empty where there is neither."""
        with self._reading() as database:
            row = database.execute("SELECT document FROM jobs WHERE id = ?", (name,)).fetchone()
            return bytes(row[0] or b"") if row else b""

    def events(self, name: str, after: int = 0) -> list[Event]:
        """What happened to a job behind its event ``after``."""
        with self._reading() as database:
            query = """SELECT events.number, kind, at, article, seconds_left FROM events JOIN jobs ON jobs.number = events.job
                WHERE jobs.id = ? AND events.number > ? ORDER BY events.number"""
            return [Event(*row) for row in database.execute(query, (name, after))]

    def cancel(self, name: str) -> Job | None:
        """The job as it stood: it is cancelled where it had not ended, and deleted where it had. ``None`` where there is none."""
        with self._writing() as database:
            job = _job(database, name)
            if job is None or job.ended:
                database.execute("DELETE FROM jobs WHERE id = ?", (name,))
            else:
                self._end(database, name, Outcome("cancelled"))
            return job

    # ------------------------------------------------------------------ what workers do

    def counts(self) -> dict[str, int]:
        """How many jobs are kept, by state."""
        with self._reading() as database:
            return dict(database.execute("SELECT state, count(*) FROM jobs GROUP BY state").fetchall())

    def waiting(self) -> int:
        """How many jobs wait."""
        with self._reading() as database:
            return int(database.execute("SELECT count(*) FROM jobs WHERE state = 'queued'").fetchone()[0])

    def claim(self) -> tuple[Job, bytes] | None:
        """The job that has waited for longest, and its request: it is this process's now. ``None`` where none waits."""
        with self._writing() as database:
            row = database.execute("SELECT id, request, number FROM jobs WHERE state = 'queued' ORDER BY number LIMIT 1").fetchone()
            if row is None:
                return None
            now = self._clock()
            database.execute("UPDATE jobs SET state = 'running', owner = ?, begun = begun + 1, started_at = ? WHERE number = ?", (self._owner, now, row[2]))
            database.execute(_TELL, (row[2], "started", now, None, None))
            return _required(database, row[0]), row[1]

    def held(self, name: str) -> bool:
        """Whether a job is this process's to work on: it is not when somebody cancelled it."""
        with self._reading() as database:
            row = database.execute("SELECT 1 FROM jobs WHERE id = ? AND state = 'running' AND owner = ?", (name, self._owner)).fetchone()
            return row is not None

    def tell(self, name: str, article: int, seconds_left: float | None) -> None:
        """How far a job is that this process works on."""
        with self._writing() as database:
            row = database.execute("SELECT number FROM jobs WHERE id = ? AND state = 'running' AND owner = ?", (name, self._owner)).fetchone()
            if row:
                database.execute(_TELL, (row[0], "progress", self._clock(), article, seconds_left))

    def end(self, name: str, outcome: Outcome) -> bool:
        """A job of this process has ended; false where it is no longer its: nothing is changed then."""
        with self._writing() as database:
            if not database.execute("SELECT 1 FROM jobs WHERE id = ? AND state = 'running' AND owner = ?", (name, self._owner)).fetchone():
                return False
            self._end(database, name, outcome)
            return True

    def _end(self, database: sqlite3.Connection, name: str, outcome: Outcome) -> None:
        now = self._clock()
        database.execute(
            "UPDATE jobs SET state = ?, ended_at = ?, expires_at = ?, owner = NULL, request = NULL, document = ? WHERE id = ?",
            (outcome.state, now, now + self._keep_s, outcome.document or None, name),
        )
        number = database.execute("SELECT number FROM jobs WHERE id = ?", (name,)).fetchone()[0]
        database.execute(_TELL, (number, outcome.state, now, None, None))

    def put_back(self, name: str, *, begun: bool) -> None:
        """A job of this process waits again, in its old place; whether it counts as ``begun``."""
        query = "UPDATE jobs SET state = 'queued', owner = NULL, begun = begun - ? WHERE id = ? AND state = 'running' AND owner = ?"
        with self._writing() as database:
            database.execute(query, (int(not begun), name, self._owner))

    def adopt(self, lives: Callable[[str], bool], held: Collection[str] = ()) -> None:
        """What a process held that does not live waits again, in its old place; so does what this one has, as the file says, and not among those ``held``."""
        with self._writing() as database:
            for name, owner in database.execute("SELECT id, owner FROM jobs WHERE state = 'running'").fetchall():
                if name not in held if owner == self._owner else not lives(owner):
                    database.execute("UPDATE jobs SET state = 'queued', owner = NULL WHERE id = ?", (name,))

    def expire(self) -> None:
        """Delete what is kept for longer than it should be, and overwrite it."""
        with self._writing() as database:
            gone = database.execute("DELETE FROM jobs WHERE expires_at < ? AND webhook = ''", (self._clock(),)).rowcount
        if gone:
            with contextlib.closing(sqlite3.connect(self._path, timeout=WAIT_S)) as database:
                database.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    # ------------------------------------------------------------------ webhooks

    def untold(self) -> list[Job]:
        """Ended jobs of whose end somebody is still to be told."""
        with self._reading() as database:
            return [Job(*row) for row in database.execute(f"SELECT {_JOB} FROM jobs WHERE webhook != '' AND ended_at IS NOT NULL ORDER BY number")]  # noqa: S608 - constants

    def told(self, name: str) -> None:
        """Nobody is to be told of a job's end any more."""
        with self._writing() as database:
            database.execute("UPDATE jobs SET webhook = '' WHERE id = ?", (name,))


def _job(database: sqlite3.Connection, name: str) -> Job | None:
    row = database.execute(f"SELECT {_JOB} FROM jobs WHERE id = ?", (name,)).fetchone()  # noqa: S608 - constants
    return Job(*row) if row else None


def _required(database: sqlite3.Connection, name: str) -> Job:
    job = _job(database, name)
    assert job is not None
    return job
