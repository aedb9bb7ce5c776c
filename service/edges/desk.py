"""The desk: some jobs side by side, a bounded queue before them, deadlines, and clients that go away."""

from __future__ import annotations

import asyncio
import math
import statistics
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from casebrief.models.engine import Stop
from casebrief.models.errors import Cancelled
from casebrief.service.edges.problems import Problem

T = TypeVar("T")

LOOK_S = 0.1
"""How often a waiting or running job looks whether its client is still there, in seconds."""

FIRST_GUESS_S = 10.0
"""How long a job takes, before one has been measured."""

RECENT = 9
"""Jobs whose time tells how long the next ones take: the median of the last few, so that a long one is soon forgotten."""


class ClientGone(Exception):
    """The client went away; nobody reads the answer."""


class Desk:
    """Admits jobs and runs some of them side by side, in threads of their own."""

    def __init__(self, concurrency: int, queue: int, shutdown_s: float) -> None:
        """``concurrency``: jobs worked on at once; ``queue``: jobs that may wait beyond them; ``shutdown_s``: what running ones get at the end."""
        self._concurrency, self._queue, self._shutdown_s = concurrency, queue, shutdown_s
        self._turn = asyncio.Semaphore(concurrency)
        self._thread = ThreadPoolExecutor(concurrency, thread_name_prefix="casebrief-job")
        self._admitted = 0
        self._took: deque[float] = deque([FIRST_GUESS_S], RECENT)
        self._open = True
        self._ends = math.inf

    def close(self) -> None:
        """Admit nothing more; jobs that still wait are refused, the running one gets its limit."""
        if self._open:
            self._open, self._ends = False, time.monotonic() + self._shutdown_s

    @property
    def waiting(self) -> int:
        """Jobs that wait beyond those being worked on."""
        return max(0, self._admitted - self._concurrency)

    async def run(self, work: Callable[[Stop, float], T], deadline_s: float, gone: Callable[[], Awaitable[bool]]) -> T:
        """Wait for a turn and do the work; ``work`` gets its stop and the seconds it waited.

        Raises:
            Problem: 503 when the queue is full or the service is closing, 504 when the deadline passes.
            ClientGone: the client went away, waiting or running.

        """
        self._admit()
        started = time.monotonic()
        try:
            await self._wait_for_turn(started + deadline_s, gone)
            try:
                return await self._work(work, started, started + deadline_s, gone)
            finally:
                self._turn.release()
        finally:
            self._admitted -= 1

    def _admit(self) -> None:
        if not self._open:
            raise closing()
        if self._admitted >= self._concurrency + self._queue:
            wait = retry_after(self._took, self._admitted / self._concurrency)
            detail = f"{self.waiting} requests are waiting, no more than {self._queue} may; they are done in about {wait} s"
            raise Problem(503, "queue-full", "The queue is full", detail, retry_after=wait)
        self._admitted += 1

    async def _wait_for_turn(self, deadline: float, gone: Callable[[], Awaitable[bool]]) -> None:
        turn = asyncio.ensure_future(self._turn.acquire())
        try:
            while not turn.done():
                await asyncio.wait({turn}, timeout=LOOK_S)
                if not turn.done():
                    await self._check(deadline, gone)
        except BaseException:
            if turn.done() and not turn.cancelled():
                self._turn.release()
            turn.cancel()
            raise
        if not self._open:
            self._turn.release()
            raise closing()

    async def _check(self, deadline: float, gone: Callable[[], Awaitable[bool]]) -> None:
        if not self._open:
            raise closing()
        if time.monotonic() > deadline:
            raise late()
        if await gone():
            raise ClientGone

    async def _work(self, work: Callable[[Stop, float], T], started: float, deadline: float, gone: Callable[[], Awaitable[bool]]) -> T:
        halt = threading.Event()
        begun = time.monotonic()
        job = asyncio.get_running_loop().run_in_executor(self._thread, work, halt.is_set, begun - started)
        reason: Problem | ClientGone | None = None
        try:
            while not job.done():
                await asyncio.wait({job}, timeout=LOOK_S)
                if job.done() or reason:
                    continue
                if time.monotonic() > self._ends:
                    reason = closing()
                elif time.monotonic() > deadline:
                    reason = late()
                elif await gone():
                    reason = ClientGone()
                if reason:
                    halt.set()
        finally:
            halt.set()
            self._took.append(time.monotonic() - begun)
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
    return Problem(504, "deadline", "The deadline has passed", "the request was not done within its deadline, waiting included")
