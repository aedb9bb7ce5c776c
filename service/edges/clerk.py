"""The clerk: takes jobs from their file to the desk, writes down how they go, and tells of their end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import math
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import psutil
from casebrief.models.errors import Cancelled, EngineError, ModelError
from casebrief.service.edges.desk import ClientGone, Desk, Turn, late
from casebrief.service.edges.problems import Problem, of_engine
from casebrief.service.edges.requests import SummaryRequest, to_sent
from casebrief.service.edges.summaries import article_at, told
from casebrief.service.edges.wiring import Casebrief
from casebrief.service.jobs.errors import JobsFault
from casebrief.service.jobs.job import Job, Outcome, State
from casebrief.service.jobs.secret import key_of
from casebrief.service.jobs.store import JobStore
from casebrief.service.jobs.webhook import deliver

LOOK_S = 1.0
"""How often the file is looked at for jobs of other processes, in seconds; one's own are known at once."""

SWEEP_S = 60.0
"""How often what is over is deleted, and jobs of processes that are gone are taken on, in seconds."""

BEGUN = 3
"""How often a job is begun at most: one that takes the service down with it is not begun for ever."""

STEP = 0.01
"""The share of a job after which its progress is told again."""

Ended = Callable[[Job, State, float], None]
"""Told of each job that ended here, as it stood before, with the state that it ended in, and when."""

_log = logging.getLogger("casebrief")


def this_process() -> str:
    """A name that no other process has, here and now."""
    return _named(psutil.Process())


def lives(owner: str) -> bool:
    """Whether the process of that name still runs."""
    try:
        return _named(psutil.Process(int(owner.partition("-")[0]))) == owner
    except (psutil.Error, ValueError):
        return False


def _named(process: psutil.Process) -> str:
    return f"{process.pid}-{process.create_time()}"


@dataclass
class _Progress:
    """How far a job is: which of its articles is read, and how many seconds are left at the pace of its own reading."""

    tell: Callable[[int, float | None], None]
    guess: Callable[[int], float | None]
    began: float = field(default_factory=time.monotonic)
    first: int | None = None
    shown: float = -1.0

    def __call__(self, articles: Sequence[int], done: int, of: int) -> None:
        if self.first is None:
            self.began, self.first = time.monotonic(), done
        share = done / of if of else 1.0
        if share - self.shown < STEP and share < 1:
            return
        self.shown = share
        read = done - self.first
        left = (time.monotonic() - self.began) * (of - done) / read if read else self.guess(of - done)
        self.tell(article_at(articles, share), None if left is None else round(left, 1))


class Clerk:
    """Works through the jobs while it runs; `start` and `stop` belong to one event loop."""

    def __init__(self, product: Casebrief, desk: Desk, ended: Ended = lambda job, state, at: None, clock: Callable[[], float] = time.time) -> None:
        settings = product.settings
        self.store = JobStore(settings.jobs_dir / "jobs.sqlite", this_process(), settings.jobs_keep_s, clock)
        self._product, self._desk, self._ended, self._clock = product, desk, ended, clock
        self._woken, self._taking = asyncio.Event(), threading.Lock()
        self._halts: dict[str, threading.Event] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._telling: dict[str, asyncio.Task[None]] = {}
        self._fault = ""

    def notes(self) -> list[str]:
        """What works in a lesser way."""
        return [self._fault] if self._fault else []

    @contextlib.contextmanager
    def _faults_told(self) -> Iterator[None]:
        """A file that is out of reach is told in the log once, and looked at again later."""
        try:
            yield
            self._fault = ""
        except JobsFault as error:
            if str(error) != self._fault:
                _log.warning("%s", error)
            self._fault = str(error)

    def start(self) -> None:
        """Go on with what was not finished, and begin to work."""
        self._tasks = [asyncio.create_task(self._sweep()), *(asyncio.create_task(self._serve()) for _ in range(self._desk.jobs_at_once))]

    async def stop(self) -> None:
        """Work no more: what runs is put back when the desk has closed."""
        self._woken.set()
        serving = [task for task in self._tasks[1:] if not task.done()]
        if serving:
            await asyncio.wait(serving)
        for task in [*self._tasks[:1], *self._telling.values()]:
            task.cancel()

    def wake(self) -> None:
        """There is a job."""
        self._woken.set()

    def cancel(self, name: str) -> Job | None:
        """Take a job back, and end its work at once; see `JobStore.cancel`."""
        if halt := self._halts.get(name):
            halt.set()  # before the disk has it: the work need not wait for that
        stood = self.store.cancel(name)
        if stood and not stood.ended:
            self._ended(stood, "cancelled", self._clock())
        return stood

    def jobs_take_s(self, count: float) -> int:
        """Whole seconds in which so many jobs are done, as the last ones were."""
        return self._desk.jobs_take_s(count)

    def waits_s(self, job: Job, place: int) -> float:
        """About how many seconds it takes until a job is done that waits in that place."""
        own = self._desk.speed.seconds(job.characters) or self.jobs_take_s(1)
        return round(self.jobs_take_s(place - 1 + self._desk.jobs_running) + own, 1)

    # ------------------------------------------------------------------ tasks

    async def _sweep(self) -> None:
        while True:
            with self._faults_told():
                await asyncio.to_thread(self._adopt)
                self.wake()
                await asyncio.to_thread(self.store.expire)
                await self.tell_ends()
            await asyncio.sleep(SWEEP_S)

    def _adopt(self) -> None:
        with self._taking:
            self.store.adopt(lives, held=self._halts)

    async def _serve(self) -> None:
        """One place's work."""
        while self._desk.open:
            self._woken.clear()
            with self._faults_told(), contextlib.suppress(Problem, ClientGone):
                if await asyncio.to_thread(self.store.waiting):
                    held = _Held(self._halts)
                    await self._desk.run(lambda turn, held=held: self._work(turn, held), math.inf, self._taken_back(held), "jobs")  # type: ignore[misc]
                    await self.tell_ends()
                    continue
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), LOOK_S)

    def _taken_back(self, held: _Held) -> Callable[[], Awaitable[bool]]:
        async def gone() -> bool:
            """Another process may have cancelled it. While the file is out of reach nothing tells, and the work goes on."""
            with contextlib.suppress(JobsFault):
                return held.name is not None and not await asyncio.to_thread(self.store.held, held.name)
            return False

        return gone

    # ------------------------------------------------------------------ one job

    def _work(self, turn: Turn, held: _Held) -> None:
        """Do the job that has waited for longest. Runs in a thread of the desk."""
        with self._taking:
            if (claimed := self.store.claim()) is None:
                return
            job, request = claimed
            halt = held.take(job.id)
        try:
            outcome = self._outcome(job, request, replace(turn, stop=lambda: turn.stop() or halt.is_set()))
            outcome = Outcome("cancelled") if halt.is_set() else outcome
            if isinstance(outcome, Outcome):
                if self.store.end(job.id, outcome):
                    self._ended(job, outcome.state, self._clock())
            else:
                self.store.put_back(job.id, begun=outcome)
        finally:
            held.give_back(job.id)

    def _outcome(self, job: Job, request: bytes, turn: Turn) -> Outcome | bool:
        """How a job ended; where it must be done again, whether this was a beginning that counts."""
        if job.begun > BEGUN:
            return _failed(Problem(500, "given-up", "The job was given up", f"it was begun {BEGUN} times, and each time the service ended in the middle of it"))
        whole_s = self._whole_s(job)
        ends_at = min(job.deadline_at or math.inf, self._clock() + whole_s)
        turn = replace(turn, enough=lambda: self._clock() > ends_at or not self._desk.open, deadline_s=whole_s)
        try:
            response = told(self._product, self._desk.speed, to_sent(SummaryRequest.model_validate_json(request)), turn, self._progress(job)).response
        except Cancelled:
            return _failed(late()) if self._desk.open else False
        except EngineError as error:
            return True if error.retry and job.begun < BEGUN else _failed(of_engine(error))
        except (Problem, ModelError) as error:
            return _failed(error if isinstance(error, Problem) else of_engine(error))
        except Exception as error:  # noqa: BLE001 - one job's fault ends that job, and is told without its values
            _log.error("%s failed: %s", job.id, type(error).__name__)
            return _failed(Problem(500, "unforeseen", "An error that we did not foresee", f"{type(error).__name__}; the log has more"))
        if response.partial and not self._desk.open:
            return False
        return Outcome("done", response.model_dump_json(by_alias=True).encode())

    def _whole_s(self, job: Job) -> float:
        """Seconds that a job may take in all."""
        given = job.deadline_at - job.made_at if job.deadline_at else math.inf
        return min(given, self._product.settings.jobs_deadline_s)

    def _progress(self, job: Job) -> _Progress:
        def guess(size: int) -> float | None:
            alone = self._desk.speed.seconds(size)
            return alone and alone * max(1, self._desk.running)

        return _Progress(lambda article, left: self.store.tell(job.id, article, left), guess)

    # ------------------------------------------------------------------ webhooks

    async def tell_ends(self) -> None:
        """Tell of each end that somebody is to be told of, once at a time."""
        for job in await asyncio.to_thread(self.store.untold):
            if job.id not in self._telling:
                self._telling[job.id] = asyncio.create_task(self._tell_end(job))

    async def _tell_end(self, job: Job) -> None:
        secret = self._product.settings.webhook_secret
        with self._faults_told():
            try:
                body = json.dumps({"type": f"job.{job.state}", "job": job.id, "state": job.state, "address": f"/v1/jobs/{job.id}"}).encode()
                if secret and not await deliver(job.webhook, key_of(secret.get_secret_value()), job.id, body, self._clock, asyncio.sleep):
                    _log.warning("%s: nobody took the news of its end", job.id)
                await asyncio.to_thread(self.store.told, job.id)
            finally:
                del self._telling[job.id]


@dataclass
class _Held:
    """The job that a place works on, and how its work is ended from outside."""

    halts: dict[str, threading.Event]
    name: str | None = None

    def take(self, name: str) -> threading.Event:
        self.name, self.halts[name] = name, threading.Event()
        return self.halts[name]

    def give_back(self, name: str) -> None:
        self.name = None
        del self.halts[name]


def _failed(problem: Problem) -> Outcome:
    return Outcome("failed", json.dumps(problem.body()).encode())
