"""Faults, and what they cost: a server, clients that send it jobs, a process that watches it, and a row of figures for each fault.

How much is done is told by FAULT_JOBS: the jobs of one fault. Ordinary tests send a few; `make faults` sends 500.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from conftest import HANG_S, UNHURRIED, free_port, wait_ready

JOBS = int(os.environ.get("FAULT_JOBS", "6"))
CLIENTS = 3
SMALL_DISK = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", 'mount -t tmpfs -o size=64k none "$0" && exec "$@"']
"""To be followed by the folder that shall be small, and the command."""
SMALL_FILES = ["sh", "-c", 'ulimit -f 16 && exec "$0" "$@"']
"""To be followed by a command that shall write no file of more than 8 kB."""
TEXT = (
    "Norvane Home Inc was sued on {day} in federal court in Oakland, California, by customers who say that its doorbells recorded them. "
    "The lawsuit seeks ${sum} million in damages. Judge Imani Castellane will hear it. “We did nothing wrong,” said a lawyer for the firm, Otto Pellworth."
)
BODIES = [
    {"articles": [{"text": TEXT.format(day=day, sum=8 + 3 * place)}]} for place, day in enumerate(("Monday", "Tuesday", "Wednesday", "Thursday", "Friday"))
]


@dataclass
class Row:
    """What one fault cost. Seconds: until the service was ready again, of refusals for a full queue, of ``/healthz``; ``grown``: share of memory.

    ``differences``: of each wrong answer, where it first differs from the right one.
    """

    fault: str
    sent: int = 0
    right: int = 0
    wrong: int = 0
    lost: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    ready: list[float] = field(default_factory=list)
    refusals: list[float] = field(default_factory=list)
    health: list[float] = field(default_factory=list)
    grown: float | None = None
    differences: list[str] = field(default_factory=list)

    def count(self, answer: Answer, expected: object) -> None:
        """Put an answer into the figures. Every refusal is a problem document, and one that a retry may mend says when."""
        self.sent += 1
        if answer.response is None:
            self.lost += 1
        elif answer.response.status_code == 200:
            if found := difference(expected, facts(answer.response)):
                self.wrong += 1
                self.differences.append(found)
            else:
                self.right += 1
        else:
            problem = answer.response.json()
            assert problem["status"] == answer.response.status_code
            assert answer.response.status_code != 503 or int(answer.response.headers["retry-after"]) > 0
            kind = problem["type"].rpartition(":")[2]
            self.refused[f"{answer.response.status_code} {kind}"] += 1
            if kind == "queue-full":  # what died while it ran was not refused at once
                self.refusals.append(answer.seconds)

    @property
    def whole(self) -> bool:
        """Whether each job got its answer, right or a refusal."""
        return self.lost == self.wrong == 0 and self.sent == self.right + self.refused.total()


@dataclass(frozen=True)
class Answer:
    """``response`` is ``None`` where none came."""

    response: httpx.Response | None
    seconds: float


def possible(command: list[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False, timeout=HANG_S).returncode == 0
    except OSError:
        return False


def send(client: httpx.Client, address: str, body: dict[str, Any]) -> Answer:
    began = time.monotonic()
    try:
        response = client.post(f"{address}/v1/summaries", json=body, timeout=HANG_S)
    except httpx.TransportError:
        response = None
    return Answer(response, time.monotonic() - began)


def facts(response: httpx.Response) -> object:
    """A summary without what another neighbour in the batch may change in its last digits."""
    return _without_confidence(response.json()["summary"])


def _without_confidence(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_confidence(one) for key, one in value.items() if key != "confidence"}
    return [_without_confidence(one) for one in value] if isinstance(value, list) else value


def difference(right: Any, told: Any, at: str = "") -> str:
    """Where two values first differ, and how; nothing where they are the same.

    >>> difference({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}]})
    '/a/1/b: 2 became 3'
    """
    if isinstance(right, dict) and isinstance(told, dict) and right.keys() == told.keys():
        return next((found for key in right if (found := difference(right[key], told[key], f"{at}/{key}"))), "")
    if isinstance(right, list) and isinstance(told, list) and len(right) == len(told):
        return next((found for place, pair in enumerate(zip(right, told, strict=True)) if (found := difference(*pair, f"{at}/{place}"))), "")
    return "" if right == told else f"{at}: {json.dumps(right)[:300]} became {json.dumps(told)[:300]}"


def expected_of(address: str) -> list[object]:
    """What is right, as a server says that nothing disturbs."""
    with httpx.Client() as client:
        answers = [send(client, address, body).response for body in BODIES]
    assert all(answer is not None and answer.status_code == 200 for answer in answers)
    found = [facts(answer) for answer in answers if answer is not None]
    assert "Norvane Home Inc" in json.dumps(found[0])
    return found


def work(row: Row, address: str, expected: Sequence[object], count: int, before: Callable[[int], None] = lambda number: None) -> None:
    """Send jobs side by side, each as soon as a client is free; ``before`` is called before each."""

    def client(first: int) -> list[tuple[int, Answer]]:
        answers = []
        with httpx.Client() as connection:
            for number in range(first, count, CLIENTS):
                before(number)
                answers.append((number, send(connection, address, BODIES[number % len(BODIES)])))
        return answers

    with ThreadPoolExecutor(CLIENTS) as pool:
        for answers in pool.map(client, range(CLIENTS)):
            for number, answer in answers:
                row.count(answer, expected[number % len(BODIES)])


@contextmanager
def served(log: Path, before: Sequence[str] = (), **environment: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A real server that is ready, started by the command ``before`` where there is one; what it says is in ``log``."""
    port = free_port()
    command = [*before, sys.executable, "-P", "-m", "casebrief.evals.cli", "serve", "--port", str(port)]
    environment = {**os.environ, **UNHURRIED, "CASEBRIEF_JOBS_DIR": str(log.parent / "jobs"), "CASEBRIEF_LOG": "json", **environment}
    with log.open("wb") as stream, subprocess.Popen(command, env=environment, stdout=stream, stderr=stream) as process:
        address = f"http://127.0.0.1:{port}"
        try:
            wait_ready(address, process)
            yield address, process
        finally:
            process.terminate()
    assert "Traceback" not in log.read_text(errors="replace")


@contextmanager
def watched(address: str, row: Row) -> Iterator[None]:
    """A process of its own asks the server all the while how it is: its answers' times are not those of this busy one."""
    command = [sys.executable, str(Path(__file__).with_name("watcher.py")), *address.removeprefix("http://").split(":")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield
        told = json.loads(process.communicate()[0])
    row.health.extend(told["health"])
    row.ready.extend(told["ready"])


def high(values: Sequence[float], share: float = 0.99) -> float:
    """The value that so many are not above."""
    return sorted(values)[math.ceil(share * len(values)) - 1]


HEAD = ("fault", "sent", "right", "refused", "wrong", "lost", "ready again, most (5 s)", "refused, p99 (50 ms)", "/healthz, p99 (50 ms)", "memory (2 %)")


def table(rows: Sequence[Row]) -> list[str]:
    """Lines of a table; what exceeds its bound carries a mark."""

    def figure(values: Sequence[float], bound: float, unit: float, share: float = 0.99) -> str:
        return f"{high(values, share) * unit:.3g}{' !' if high(values, share) > bound else ''}" if values else ""

    told = [HEAD]
    for row in rows:
        refused = ", ".join(f"{count} × {kind}" for kind, count in sorted(row.refused.items())) or "0"
        grown = "" if row.grown is None else f"{row.grown:+.1%}"
        ends = (figure(row.ready, 5, 1, 1), figure(row.refusals, 0.05, 1000), figure(row.health, 0.05, 1000), grown)
        told.append((row.fault, str(row.sent), str(row.right), refused, str(row.wrong), str(row.lost), *ends))
    widths = [max(len(line[column]) for line in told) for column in range(len(HEAD))]
    return [" | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in told]
