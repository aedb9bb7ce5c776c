"""A program: processes are killed while they write into a store, and what they leave is looked at.

    python writing.py STORE FOLDER ROUNDS SEED

``STORE`` is one of `STORES`. Printed is one JSON object: how many were killed, and how many writes they had made. An assertion fails where something is
half-stored, or what was told to be stored is not.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Protocol

from casebrief.models.cache import Store
from casebrief.models.engine import Labelling
from casebrief.service.cases.store import Addition, CaseStore, NewVersion
from casebrief.service.jobs.job import New, Outcome
from casebrief.service.jobs.store import JobStore
from pydantic import TypeAdapter

PARTS = 3
"""What one write stores together."""

FULL = 60
"""Writes after which a new file is begun: looking at one takes longer the more it holds."""


class Written(Protocol):
    """A store in a file: ``write`` makes write number ``number``, counted from 1; ``look`` asserts that as many as ``stored`` are there, or one more, each whole, and tells how many."""

    path: Path

    def write(self, number: int) -> None: ...

    def look(self, stored: int) -> int: ...


class Answers:
    def __init__(self, folder: Path) -> None:
        self.path = folder / "answers.sqlite"
        self._store = Store(self.path, 10**9)

    def write(self, number: int) -> None:
        self._store.put(self._group(number))
        assert self._store.fault is None, self._store.fault

    def look(self, stored: int) -> int:
        for number in range(1, stored + 2):
            group = self._group(number)
            held = self._store.get(list(group), TypeAdapter(Labelling))
            assert held == list(group.values()) or (number > stored and held == [None] * PARTS), f"write {number} is half-stored"
        return stored + (held[0] is not None)

    @staticmethod
    def _group(number: int) -> dict[str, Labelling]:
        return {f"{number}-{part}": Labelling((), {"stage": {str(place): number / 7 for place in range(100 * part + 1)}}, number) for part in range(PARTS)}


class Cases:
    def __init__(self, folder: Path) -> None:
        self.path = folder / "cases.sqlite"
        self._store = CaseStore(self.path)
        if not self._store.cases():
            self._store.new("a")

    def write(self, number: int) -> None:
        content = {f"a{number}-{part}": f"{number} {part} ".encode() * 500 for part in range(PARTS)}
        versions = [NewVersion(name, hashlib.sha256(text).hexdigest(), text) for name, text in content.items()]
        assert self._store.add("a", number - 1, Addition(versions, json.dumps({"n": number}), {f"r{number}": b"x" * 1000}, [f"r{number}"])) == number

    def look(self, stored: int) -> int:
        opened = self._store.opened("a")
        number = opened.case.number
        assert number in (stored, stored + 1)
        assert len(opened.articles) == PARTS * number
        assert all(hashlib.sha256(article.content).hexdigest() == article.version.sha256 for article in opened.articles)
        assert (json.loads(opened.summary.response)["n"] if opened.summary else 0) == number
        assert set(self._store.readings("a", [f"r{one}" for one in range(number + 2)])) == ({f"r{number}"} if number else set())
        return number


class Jobs:
    def __init__(self, folder: Path) -> None:
        self.path = folder / "jobs.sqlite"
        self._store = JobStore(self.path, str(os.getpid()), 10**6)

    def write(self, number: int) -> None:
        self._store = JobStore(self.path, str(os.getpid()), 10**6)  # the process's own: it was forked
        self._store.add(New(str(number).encode() * 1000, str(number), 1, 1, key=str(number)), 10**6)
        taken = self._store.claim()
        assert taken
        assert self._store.end(taken[0].id, Outcome("done", taken[1]))

    def look(self, stored: int) -> int:
        """What a process held that was killed is finished here, as the next one would: each job is done once."""
        self._store.adopt(lambda owner: False)
        while taken := self._store.claim():
            assert self._store.end(taken[0].id, Outcome("done", taken[1]))
        with closing(sqlite3.connect(self.path)) as database:
            rows = database.execute("SELECT id, key, state, request, document FROM jobs ORDER BY number").fetchall()
        assert [row[1] for row in rows] == [str(number) for number in range(1, len(rows) + 1)]
        assert len(rows) in (stored, stored + 1)
        for name, key, state, request, document in rows[-2:]:
            assert (state, request, document) == ("done", None, key.encode() * 1000)
            kinds = [event.kind for event in self._store.events(name)]
            assert (kinds[0], kinds[-1]) == ("queued", "done")
            assert kinds.count("done") == 1
        return len(rows)


STORES: dict[str, type[Written]] = {"answers": Answers, "cases": Cases, "jobs": Jobs}


def killed(store: Written, stored: int, after_s: float) -> int:
    """Let a process write and kill it; how many writes it told to have made."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        for number in range(stored + 1, 10**9):
            store.write(number)
            os.write(writing, b".")
    os.close(writing)
    time.sleep(after_s)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    with os.fdopen(reading, "rb") as told:
        made = len(told.read())
    assert os.WTERMSIG(status) == signal.SIGKILL, "a write failed before the kill"
    return made


def main(name: str, folder: Path, rounds: int, seed: int) -> None:
    chance = random.Random(seed)
    made, stored, pace, file = 0, FULL, 0.02, 0  # pace: about the seconds of a write, so that it is killed within one
    for _ in range(rounds):
        if stored >= FULL:
            stored, file = 0, file + 1
            (folder / str(file)).mkdir()
            store = STORES[name](folder / str(file))
        told = killed(store, stored, chance.uniform(0, 3 * pace))
        pace *= 0.9 if told else 1.2
        made += told
        with closing(sqlite3.connect(store.path)) as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        stored = store.look(stored + told)
    print(json.dumps({"killed": rounds, "writes": made}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
