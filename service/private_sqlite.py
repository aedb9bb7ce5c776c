"""A SQLite file that its owner alone can read, made where it is missing: case files and jobs lie in one each."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON", "foreign_keys=ON")
"""Whole or not at all after a power cut, and nothing left of what was deleted."""


@contextlib.contextmanager
def connected(path: Path, wait_s: float) -> Iterator[sqlite3.Connection]:
    """A connection in autocommit; ``wait_s``: seconds that it waits for others who write. Raises what the system or SQLite refuses."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    if path.stat().st_mode & 0o077:
        path.chmod(0o600)
    with contextlib.closing(sqlite3.connect(path, timeout=wait_s, isolation_level=None)) as database:
        for pragma in PRAGMAS:
            database.execute(f"PRAGMA {pragma}")
        yield database
