"""What was read stays read: the answers to a batch, or a document's labels, kept on disk under the hash of everything that they depend on.

A key covers the article's passages, the questions with their constraints, the instructions, the model with its adapters, the
library's versions and the engine's settings: whatever differs is read again. The file holds words of articles; it is
readable by its owner alone, bounded, and emptied by `casebrief cache clear`.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Protocol, TypeVar

from casebrief.models.engine import (
    Batch,
    Document,
    Engine,
    EngineInfo,
    Heard,
    Labelling,
    Labellings,
    Reading,
    Readings,
    Stop,
    Usage,
    never,
    unheard,
)
from casebrief.models.errors import StoreFault
from pydantic import TypeAdapter, ValidationError

FORMAT = 1
"""To be raised when the meaning of a stored answer changes."""

TABLES = ("tokens-*.npz", "tokens-*.part")
"""What else is kept in the folder: vocabularies (`casebrief.models.tokens`)."""

_TABLE = "CREATE TABLE IF NOT EXISTS readings (key TEXT PRIMARY KEY, reading BLOB NOT NULL, used INTEGER NOT NULL)"
_BROKEN = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)
_batch, _document = TypeAdapter(Batch), TypeAdapter(Document)
_reading, _labelling = TypeAdapter(Reading), TypeAdapter(Labelling)
_either: TypeAdapter[Reading | Labelling] = TypeAdapter(Reading | Labelling)

Kept = TypeVar("Kept", Reading, Labelling)


class Keeper(Protocol):
    """Keeps readings and labellings by key."""

    def get(self, keys: Sequence[str], kind: TypeAdapter[Kept]) -> list[Kept | None]:
        """What is kept of each key."""

    def put(self, readings: Mapping[str, Reading | Labelling]) -> None:
        """Keep readings."""


class Store:
    """Readings and labellings by key in one SQLite file of at most ``most_bytes`` of content; those unused for longest go first. Threads and processes may share it.

    Where the system refuses it (no home, a read-only or full folder), nothing is kept, and `fault` tells why.
    """

    def __init__(self, path: Path, most_bytes: int) -> None:
        """The file is made where it is missing."""
        self._path, self._most, self._lock = path, most_bytes, threading.Lock()
        self.fault: str | None = None
        """Why nothing is kept at present."""
        self.hits = self.misses = 0
        """Keys that were asked for since the start, and found or not."""
        with self._told(), self._open():
            pass

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """What the system refuses is remembered, and forgotten when it works again. A file that is no store (torn, foreign) is put aside."""
        try:
            yield
            self.fault = None
        except (sqlite3.Error, OSError) as error:
            self.fault = f"{self._path}: {(isinstance(error, OSError) and error.strerror) or error}"
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in _BROKEN:
                with contextlib.suppress(OSError):
                    self._path.replace(self._aside)
                    self._unlink(*self._beside)

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """A transaction on the file, which is made when it is not there: somebody may have deleted it."""
        with self._lock:
            if not self._path.exists():
                self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                self._path.touch(mode=0o600)
            if self._path.stat().st_mode & 0o077:
                self._path.chmod(0o600)
            with contextlib.closing(sqlite3.connect(self._path, timeout=5)) as database, database:
                database.execute("PRAGMA secure_delete=ON")
                if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'readings'").fetchone():
                    database.execute("PRAGMA journal_mode=WAL")
                    database.execute(_TABLE)
                yield database

    @property
    def _aside(self) -> Path:
        return self._path.with_suffix(".broken")

    @property
    def _beside(self) -> list[Path]:
        """What SQLite writes beside the file."""
        return [self._path.with_name(self._path.name + end) for end in ("-wal", "-shm", "-journal")]

    @staticmethod
    def _unlink(*paths: Path) -> None:
        for path in paths:
            path.unlink(missing_ok=True)

    def get(self, keys: Sequence[str], kind: TypeAdapter[Kept]) -> list[Kept | None]:
        """What is stored of each key. A file that cannot be read now holds nothing."""
        found: list[Kept | None] = []
        with self._told(), contextlib.suppress(ValidationError), self._open() as database:
            for key in keys:
                row = database.execute("SELECT reading FROM readings WHERE key = ?", (key,)).fetchone()
                found.append(kind.validate_json(row[0]) if row else None)
            database.executemany("UPDATE readings SET used = (SELECT max(used) + 1 FROM readings) WHERE key = ?", [(key,) for key in keys])
        held: list[Kept | None] = found if len(found) == len(keys) else [None] * len(keys)
        with self._lock:
            self.hits += len(held) - held.count(None)
            self.misses += held.count(None)
        return held

    def put(self, readings: Mapping[str, Reading | Labelling]) -> None:
        """Store readings and drop the oldest beyond the bound. Where the disk refuses, they are read again next time."""
        rows = [(key, _either.dump_json(reading)) for key, reading in readings.items()]
        with self._told(), self._open() as database:
            newest = "(SELECT coalesce(max(used), 0) + 1 FROM readings)"
            database.executemany(f"INSERT OR REPLACE INTO readings VALUES (?, ?, {newest})", rows)  # noqa: S608 - a constant
            over = "DELETE FROM readings WHERE key IN (SELECT key FROM (SELECT key, sum(length(reading)) OVER (ORDER BY used DESC, key) AS held FROM readings) WHERE held > ?)"
            database.execute(over, (self._most,))

    def size(self) -> tuple[int, int]:
        """How many readings are held, and their bytes. Raises `StoreFault`."""
        with self._needed(), self._open() as database:
            count, held = database.execute("SELECT count(*), coalesce(sum(length(reading)), 0) FROM readings").fetchone()
            return int(count), int(held)

    def clear(self) -> None:
        """Forget everything: overwrite it, and delete the file with all that lies beside it. Raises `StoreFault`."""
        with self._needed():
            with self._open() as database:
                database.execute("DELETE FROM readings")
            with self._open() as database:
                database.isolation_level = None
                database.execute("VACUUM")
                database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                database.execute("PRAGMA journal_mode=DELETE")
            self._unlink(self._path, *self._beside, self._aside, *(found for tables in TABLES for found in self._path.parent.glob(tables)))
            with contextlib.suppress(OSError):  # somebody else's files may lie there too
                self._path.parent.rmdir()

    @contextlib.contextmanager
    def _needed(self) -> Iterator[None]:
        with self._told():
            yield
        if self.fault:
            raise StoreFault(f"the cache is out of reach: {self.fault}")


class CachedEngine:
    """The engine port over another engine: batches that were answered before are not asked again."""

    def __init__(self, engine: Engine, store: Keeper, settings: str) -> None:
        """``settings`` stands for what the engine's info does not tell: how its model was loaded."""
        self._engine, self._store, self._settings = engine, store, settings

    @property
    def info(self) -> EngineInfo:
        return self._engine.info

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """See the port."""
        return self._engine.count_tokens(texts)

    def ask(self, batches: Sequence[Batch], stop: Stop = never, heard: Heard = unheard, enough: Stop = never) -> Readings:
        """See the port; the usage is that of what had to be asked."""
        keys = [self._key(_batch.dump_json(batch)) for batch in batches]
        held = self._store.get(keys, _reading)
        missing = [batch for batch, reading in zip(batches, held, strict=True) if reading is None]
        known = sum(len(batch.questions) for batch in batches) - sum(len(batch.questions) for batch in missing)
        asked = Readings((), Usage())
        if missing:
            asked = self._engine.ask(missing, stop, lambda answered, of: heard(known + answered, known + of), enough)
        return Readings(self._completed(keys, held, asked.readings), asked.usage)

    def label(self, documents: Sequence[Document], stop: Stop = never, heard: Heard = unheard, enough: Stop = never) -> Labellings:
        """See the port; the usage is that of what had to be labelled."""
        keys = [self._key(_document.dump_json(document)) for document in documents]
        held = self._store.get(keys, _labelling)
        missing = [document for document, labelling in zip(documents, held, strict=True) if labelling is None]
        known = sum(len(passage) for document, labelling in zip(documents, held, strict=True) if labelling for passage in document)
        made = Labellings((), Usage())
        if missing:
            made = self._engine.label(missing, stop, lambda read, of: heard(known + read, known + of), enough)
        return Labellings(self._completed(keys, held, made.labellings), made.usage)

    def _completed(self, keys: Sequence[str], held: Sequence[Kept | None], made: Sequence[Kept]) -> tuple[Kept, ...]:
        """What was held, with what was made where nothing was; that is kept from now on, errors apart."""
        fresh = iter(made)
        whole = tuple(kept or next(fresh) for kept in held)
        self._store.put({key: new for key, old, new in zip(keys, held, whole, strict=True) if old is None and not new.error})
        return whole

    def _key(self, content: bytes) -> str:
        digest = hashlib.sha256(json.dumps([FORMAT, self._settings, asdict(self._engine.info)], sort_keys=True).encode())
        digest.update(b"\0" + content)
        return digest.hexdigest()

    def close(self) -> None:
        """See the port."""
        self._engine.close()
