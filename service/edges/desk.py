"""The desk: some jobs side by side, two lines before them that are served in turn, deadlines, and clients that go away.

Requests, whose clients wait, and jobs, whose clients come back, stand in lines of their own. Where both wait, the lines take turns; and where more than one
place is, jobs leave one free: however many long jobs there are, a request waits for requests alone.
"""

from __future__ import annotations

import asyncio
import math
import statistics
import threading
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal, TypeVar

from casebrief.models.engine import Stop
from casebrief.models.errors import Cancelled
from casebrief.service.edges.problems import Problem
from casebrief.service.edges.speed import Speed

T = TypeVar("T")

Line = Literal["requests", "jobs"]
LINES: tuple[Line, ...] = ("requests", "jobs")

LOOK_S = 0.1
"""How often a waiting or running job looks whether its client is still there, in seconds."""

FIRST_GUESS_S = 10.0
"""How long a job takes, before one has been measured."""

RECENT = 9
"""Jobs whose time tells how long the next ones take: the median of the last few, so that a long one is soon forgotten."""


class ClientGone(Exception):
    """The client went away; nobody reads the answer."""


@dataclass(frozen=True)
class Turn:
    """What work knows of its time: ``stop``, nobody wants its result any more; ``enough``, its deadline has come, and what is done by now is wanted.

    Seconds: ``queued_s`` that it waited, ``deadline_s`` that it had in all.
    """

    stop: Stop
    enough: Stop
    queued_s: float
    deadline_s: float


class Desk:
    """Admits requests, and works on some of them and of the jobs side by side, in threads of their own."""

    def __init__(self, concurrency: int, queue: int, shutdown_s: float, speed: Speed | None = None) -> None:
        """``concurrency``: what is worked on at once; ``queue``: requests that may wait beyond it; ``shutdown_s``: what running ones get at the end."""
        self._concurrency, self._queue, self._shutdown_s = concurrency, queue, shutdown_s
        self.speed = speed or Speed()
        self.jobs_at_once = max(1, concurrency - 1)
        """Places that jobs may take."""
        self._lines: dict[Line, deque[asyncio.Future[None]]] = {line: deque() for line in LINES}
        self._running: Counter[Line] = Counter()
        self._served: Line = "jobs"
        self._took: dict[Line, deque[float]] = {line: deque([FIRST_GUESS_S], RECENT) for line in LINES}
        self._thread = ThreadPoolExecutor(concurrency, thread_name_prefix="casebrief-job")
        self.open = True
        self._ends = math.inf

    def close(self) -> None:
        """Admit nothing more; what still waits is refused, what runs gets its limit."""
        if self.open:
            self.open, self._ends = False, time.monotonic() + self._shutdown_s

    @property
    def waiting(self) -> int:
        """Requests that wait beyond what is worked on."""
        return len(self._lines["requests"])

    @property
    def running(self) -> int:
        """Requests and jobs that are worked on."""
        return self._running.total()

    @property
    def jobs_running(self) -> int:
        """Jobs that are worked on."""
        return self._running["jobs"]

    def jobs_take_s(self, count: float) -> int:
        """Whole seconds in which so many jobs are done, as the last ones were."""
        return retry_after(self._took["jobs"], count / self.jobs_at_once)

    async def run(self, work: Callable[[Turn], T], deadline_s: float, gone: Callable[[], Awaitable[bool]], line: Line = "requests") -> T:
        """Wait for a turn and do the work, whose result comes back when its deadline passed too.

        Raises:
            Problem: 503 when the queue is full or the service is closing, 504 when the deadline passes and nothing was done.
            ClientGone: the client went away, waiting or running.

        """
        self._admit(line)
        started = time.monotonic()
        await self._wait_for_turn(line, started + deadline_s, gone)
        try:
            return await self._work(work, line, started, deadline_s, gone)
        finally:
            self._leave(line)

    # ------------------------------------------------------------------ lines

    def _admit(self, line: Line) -> None:
        self._must_be_open()
        if line == "requests" and self.waiting >= self._queue and not self._free(line):
            wait = self._retry_after()
            detail = f"{self.waiting} requests are waiting, no more than {self._queue} may; they are done in about {wait} s"
            raise Problem(503, "queue-full", "The queue is full", detail, retry_after=wait)

    def _must_be_open(self) -> None:
        if not self.open:
            raise closing()

    def _retry_after(self) -> int:
        """Whole seconds in which the requests that came before are done, in the places that jobs leave them, with the jobs whose turns come between."""
        before = self._running["requests"] + self.waiting
        seconds = before / max(1, self._concurrency - self._running["jobs"]) * statistics.median(self._took["requests"])
        if self._running["jobs"] == self._concurrency:
            seconds += (1 + min(len(self._lines["jobs"]), self.waiting)) * statistics.median(self._took["jobs"])
        return retry_after([seconds], 1)

    def _free(self, line: Line) -> bool:
        return self.running < self._concurrency and (line == "requests" or self._running["jobs"] < self.jobs_at_once)

    def _next(self) -> Line | None:
        """The line whose turn it is: of two, the one that was not served last."""
        ready = [line for line in LINES if self._lines[line] and self._free(line)]
        return next((line for line in ready if line != self._served), ready[0] if ready else None)

    def _call(self) -> None:
        """Give the free places to those who wait."""
        while line := self._next():
            self._served = line
            self._running[line] += 1
            self._lines[line].popleft().set_result(None)

    def _leave(self, line: Line) -> None:
        self._running[line] -= 1
        self._call()

    async def _wait_for_turn(self, line: Line, deadline: float, gone: Callable[[], Awaitable[bool]]) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._lines[line].append(turn)
        self._call()
        try:
            while not turn.done():
                await asyncio.wait({turn}, timeout=LOOK_S)
                if not turn.done():
                    await self._check(deadline, gone)
            self._must_be_open()
        except BaseException:
            if turn.done():
                self._leave(line)
            else:
                self._lines[line].remove(turn)
            raise

    async def _check(self, deadline: float, gone: Callable[[], Awaitable[bool]]) -> None:
        self._must_be_open()
        if time.monotonic() > deadline:
            raise late()
        if await gone():
            raise ClientGone

    # ------------------------------------------------------------------ work

    async def _work(self, work: Callable[[Turn], T], line: Line, started: float, deadline_s: float, gone: Callable[[], Awaitable[bool]]) -> T:
        halt = threading.Event()
        begun = time.monotonic()
        turn = Turn(halt.is_set, lambda: time.monotonic() > started + deadline_s, begun - started, deadline_s)
        job = asyncio.get_running_loop().run_in_executor(self._thread, work, turn)
        reason: Problem | ClientGone | None = None
        try:
            while not job.done():
                await asyncio.wait({job}, timeout=LOOK_S)
                if job.done() or reason:
                    continue
                if time.monotonic() > self._ends:
                    reason = closing()
                elif await gone():
                    reason = ClientGone()
                if reason:
                    halt.set()
        finally:
            halt.set()
            self._took[line].append(time.monotonic() - begun)
        try:
            result = job.result()
        except Cancelled:
            raise (reason or late()) from None
        if reason:
            raise reason
        return result


def retry_after(took: Sequence[float], rounds: float) -> int:
    """Whole seconds in which those who came before are done: so many rounds of a job as the last ones were."""
    return max(1, math.ceil(statistics.median(took) * rounds))


def closing() -> Problem:
    """The problem of a service that is shutting down."""
    return Problem(503, "closing", "The service is closing", "the service is shutting down and admits no more requests", retry_after=30)


def late() -> Problem:
    """The problem of a deadline that has passed."""
    return Problem(504, "deadline", "The deadline has passed", "no article was read within the deadline, waiting included")
