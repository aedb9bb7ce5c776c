"""What is done before its turn: outcomes that wait for an earlier case, kept on the disk beside the output, so that a kill costs none of them."""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

from casebrief.service.batch.cases import Case
from casebrief.service.batch.out import Outcome

Key = tuple[int, str]
"""A case: its number, and what was seen of the input up to it."""

SLACK = 4
"""How many times as many records as are wanted the file may hold before it is written anew."""


@dataclass
class Ahead:
    """A small file: of the outcomes that wait, and now and then of some that no longer do. One thread's."""

    path: Path
    waiting: dict[Key, Outcome] = field(default_factory=dict)
    records: int = 0

    @classmethod
    def beside(cls, out: Path, by: str) -> Ahead:
        """What a run that was killed left beside its output, read ``by`` the same. A torn record is done again."""
        ahead = cls(out.with_name(out.name + ".ahead"))
        with contextlib.suppress(FileNotFoundError):
            for line in ahead.path.read_bytes().splitlines():
                with contextlib.suppress(ValueError, KeyError, TypeError):
                    record = json.loads(line)
                    if (outcome := Outcome(**record["outcome"])).by == by:
                        ahead.waiting[record["line"], record["seen"]] = outcome
            ahead._rewrite()
        return ahead

    def keep(self, case: Case, outcome: Outcome) -> None:
        """Put an outcome by. Raises `OSError`."""
        if (key := (case.number, case.seen)) in self.waiting:
            return
        self.waiting[key] = outcome
        if self.records > SLACK * len(self.waiting):
            self._rewrite()
            return
        with self.path.open("ab") as file:
            file.write(_record(key, outcome))
            file.flush()
            os.fsync(file.fileno())
        self.records += 1

    def take(self, case: Case) -> Outcome | None:
        """What was put by of a case."""
        return self.waiting.get((case.number, case.seen))

    def written(self, case: Case) -> None:
        """A case's line stands: nothing up to it waits."""
        self.waiting = {key: outcome for key, outcome in self.waiting.items() if key[0] > case.number}
        if self.records and not self.waiting:
            self._rewrite()

    def close(self) -> None:
        """The batch is done: nothing waits."""
        self.waiting = {}
        self._rewrite()

    def _rewrite(self) -> None:
        """The file with what waits; none where nothing does."""
        self.records = len(self.waiting)
        if not self.waiting:
            self.path.unlink(missing_ok=True)
            return
        made = self.path.with_name(self.path.name + ".part")
        with made.open("wb") as file:
            file.writelines(_record(key, outcome) for key, outcome in self.waiting.items())
            file.flush()
            os.fsync(file.fileno())
        made.replace(self.path)


def _record(key: Key, outcome: Outcome) -> bytes:
    return json.dumps({"line": key[0], "seen": key[1], "outcome": asdict(outcome)}).encode() + b"\n"
