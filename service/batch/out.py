"""The output of a batch: a line a case in the order of the input, on the disk before the next one is begun, each with a checkpoint to go on from.

A kill leaves at most a torn last line, which the next run cuts off. The checkpoint of the last line tells how much of the input is done, by the
SHA-256 of that part of it, so that nothing else need be kept beside: another input, or another model, is refused.
"""

from __future__ import annotations

import contextlib
import json
import mmap
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from casebrief.models.system import held
from casebrief.service.batch.cases import Case
from casebrief.service.batch.errors import OutUnusable

OPENING = b'{"line": '
"""What every line begins with."""


@dataclass(frozen=True)
class Outcome:
    """What came of a case: JSON of its response, or of the problem that it ``failed`` with; ``id`` is the client's name for it; ``by`` is what read it."""

    id: str | None
    document: str
    failed: bool
    by: str


@dataclass(frozen=True)
class Checkpoint:
    """How far an output is: its last ``line`` of the input, so many ``cases``, of which ``failed``; what was ``seen`` of the input, and ``by`` what it was read."""

    line: int
    cases: int
    failed: int
    input_sha256: str
    by: str


class Out:
    """An output that this process alone writes."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self.path, self._file = path, file
        self.last = _cut(path, file)
        """Where the output stands; ``None`` at its beginning."""

    def check(self, by: str) -> None:
        """Raises `OutUnusable` where something else read the lines before."""
        if self.last and self.last.by != by:
            raise OutUnusable(f"{self.path} was begun with {self.last.by}, and this is {by}: go on with that one, or name another --out")

    def append(self, case: Case, outcome: Outcome) -> Checkpoint:
        """Write a case's line, whole and on the disk when this returns; where the output stands then. Raises as `check`, and `OSError`."""
        self.check(outcome.by)
        last = self.last or Checkpoint(0, 0, 0, "", outcome.by)
        now = Checkpoint(case.number, last.cases + 1, last.failed + outcome.failed, case.seen, outcome.by)
        name = "" if outcome.id is None else f'"id": {json.dumps(outcome.id, ensure_ascii=False)}, '
        kind = "error" if outcome.failed else "response"
        kept = {key: value for key, value in asdict(now).items() if key != "line"}
        line = f'{{"line": {case.number}, {name}"{kind}": {outcome.document}, "checkpoint": {json.dumps(kept)}}}\n'
        self._file.write(line.encode())
        self._file.flush()
        os.fsync(self._file.fileno())
        self.last = now
        return now


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Out]:
    """The output of that path, made where it is missing. Raises `OutUnusable`, or `OSError` where it cannot be had."""
    if path.exists() and not path.is_file():
        raise OutUnusable(f"{path}: it is no file; name one for the summaries with --out")
    with path.open("ab") as file:
        if not held(file):
            raise OutUnusable(f"{path}: another batch is writing it; wait for that one, or name another --out")
        yield Out(path, file)


def _cut(path: Path, file: BinaryIO) -> Checkpoint | None:
    """The checkpoint of the last whole line; what stands behind it is cut off."""
    size = path.stat().st_size
    if not size:
        return None
    with path.open("rb") as reading, mmap.mmap(reading.fileno(), 0, access=mmap.ACCESS_READ) as content:
        end = content.rfind(b"\n") + 1
        torn = content[end : end + len(OPENING)]
        last = content[content.rfind(b"\n", 0, max(0, end - 1)) + 1 : end]
    checkpoint = _checkpoint(last) if last else None
    if not OPENING.startswith(torn) or (last and checkpoint is None):
        raise OutUnusable(f"{path}: it is there, and is no output of a batch; name another --out")
    if end < size:
        file.truncate(end)
        os.fsync(file.fileno())
    return checkpoint


def _checkpoint(line: bytes) -> Checkpoint | None:
    try:
        document = json.loads(line)
        return Checkpoint(document["line"], **document["checkpoint"])
    except (ValueError, KeyError, TypeError):
        return None


def remaining(cases: Iterator[Case], last: Checkpoint | None, path: Path) -> Iterator[Case]:
    """The cases behind a checkpoint. Raises `OutUnusable` where the input up to it is another than that of the output."""
    if last is not None:
        done = next((case for case in cases if case.number >= last.line), None)
        if done is None or done.seen != last.input_sha256:
            raise OutUnusable(f"{path} belongs to another input: what its first {last.cases} lines were made of stands there no more; name another --out")
    yield from cases
