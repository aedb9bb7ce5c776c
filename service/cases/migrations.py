"""The tables of the file of cases, as steps: a file of an older casebrief is taken through those that it lacks (``PRAGMA user_version``)."""

from __future__ import annotations

import sqlite3

from casebrief.service.cases.errors import CasesFault

STEPS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE cases (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE COLLATE NOCASE, made_at TEXT NOT NULL, number INTEGER NOT NULL)",
        """CREATE TABLE articles (
            case_id INTEGER NOT NULL REFERENCES cases ON DELETE CASCADE, place INTEGER NOT NULL, article TEXT NOT NULL, number INTEGER NOT NULL,
            at TEXT NOT NULL, sha256 TEXT NOT NULL, content BLOB NOT NULL, PRIMARY KEY (case_id, article, number))""",
        """CREATE TABLE summaries (
            case_id INTEGER NOT NULL REFERENCES cases ON DELETE CASCADE, number INTEGER NOT NULL, at TEXT NOT NULL, response BLOB NOT NULL,
            PRIMARY KEY (case_id, number))""",
        """CREATE TABLE readings (
            case_id INTEGER NOT NULL REFERENCES cases ON DELETE CASCADE, key TEXT NOT NULL, reading BLOB NOT NULL, PRIMARY KEY (case_id, key))""",
        """CREATE TABLE corrections (
            case_id INTEGER NOT NULL REFERENCES cases ON DELETE CASCADE, seq INTEGER NOT NULL, number INTEGER NOT NULL, at TEXT NOT NULL, by TEXT,
            correction TEXT NOT NULL, PRIMARY KEY (case_id, seq))""",
    ),
)
"""Steps are added behind, never changed: files that went through them lie on users' disks."""


def migrate(database: sqlite3.Connection) -> None:
    """Take a file to the newest tables, all steps or none. Raises `CasesFault` for a file of a newer casebrief."""
    if _version(database) == len(STEPS):
        return
    database.execute("BEGIN IMMEDIATE")
    version = _version(database)  # another process may have been here first
    if version > len(STEPS):
        raise CasesFault(f"the case files were written by a newer casebrief (tables {version}, this one knows {len(STEPS)}): use that one")
    for statements in STEPS[version:]:
        for statement in statements:
            database.execute(statement)
    database.execute(f"PRAGMA user_version = {len(STEPS)}")
    database.execute("COMMIT")


def _version(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])
