"""The engine in a process of its own: its death, its silence and its refusals become typed errors.

A native library dies natively (SIGSEGV, SIGILL, a kill for memory). Here that costs the jobs that were running: their
callers get an `EngineError`, the worker is started again in the background, and the next job waits for it.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import IO, Literal

from casebrief.models.engine import Batch, Document, EngineConfig, EngineInfo, Heard, Labellings, Readings, Stop, never, unheard
from casebrief.models.errors import BY_NAME, Cancelled, CatalogError, EngineDied, EngineError, EngineHung, EngineUnavailable, ModelError
from casebrief.models.machine import Budget, refuse_if_too_large
from casebrief.models.wire import (
    Ask,
    Beat,
    Count,
    Counted,
    Done,
    Failed,
    FromWorker,
    Halt,
    Label,
    Labelled,
    Ready,
    ToWorker,
    from_worker,
    send,
    to_worker,
)
from pydantic import TypeAdapter, ValidationError
from tenacity import RetryError, Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

State = Literal["starting", "ready", "down", "closed"]

ENVIRONMENT = {"OMP_WAIT_POLICY": "PASSIVE"}
"""For the worker, where the user has set nothing else: threads that wait sleep, and a busy machine does not stall the batch."""

TICK_S = 0.05
"""How often a waiting caller looks at its stop, in seconds."""


@dataclass(frozen=True)
class Patience:
    """How long to wait, in seconds, and how often to try a start."""

    start_s: float = 180.0
    hang_s: float = 60.0
    starts: int = 4


def _scratch() -> IO[bytes]:
    """A file for what a process complains of, that leaves nothing behind; where the system has no room for one, its words are lost."""
    try:
        return tempfile.TemporaryFile()
    except OSError:
        return Path(os.devnull).open("r+b")


class _Process:
    """One life of the worker: a process, and a thread that collects what it says."""

    def __init__(self, config: EngineConfig, patience: Patience) -> None:
        self._routes: dict[int, queue.Queue[FromWorker | None]] = {0: queue.Queue()}
        self._ended, self._writing = False, threading.Lock()
        self.heard = time.monotonic()
        self._complaints = _scratch()
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "casebrief.models.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            env=ENVIRONMENT | os.environ,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._stdin, self._stdout = self._process.stdin, self._process.stdout
        threading.Thread(target=self._collect, daemon=True, name="casebrief-worker-output").start()
        self._write(TypeAdapter(EngineConfig).dump_json(config))
        self.info = self._await_ready(patience.start_s)

    @property
    def pid(self) -> int:
        return self._process.pid

    def _collect(self) -> None:
        """Hand every message to the job that it is for; at the end of all, tell every job."""
        with contextlib.suppress(ValidationError, ValueError):
            for line in self._stdout:
                message = from_worker.validate_json(line)
                self.heard = time.monotonic()
                route = self._routes.get(0 if isinstance(message, Ready) else message.job)
                if route:
                    route.put(message)
        self._ended = True
        for route in list(self._routes.values()):
            route.put(None)

    @contextlib.contextmanager
    def route(self, job: int) -> Iterator[queue.Queue[FromWorker | None]]:
        """The messages of a job while it lasts; ``None`` when the process has ended."""
        route: queue.Queue[FromWorker | None] = queue.Queue()
        self._routes[job] = route
        if self._ended:
            route.put(None)
        try:
            yield route
        finally:
            del self._routes[job]

    def _await_ready(self, start_s: float) -> EngineInfo:
        try:
            message = self._routes[0].get(timeout=start_s)
        except queue.Empty:
            self.kill()
            raise EngineHung(f"the worker was not ready within {start_s:g} s") from None
        if isinstance(message, Ready):
            return message.info
        if isinstance(message, Failed):
            self.kill()
            raise EngineUnavailable(message.message)
        raise EngineDied(f"the worker died while it started: {self.obituary()}")

    def say(self, message: ToWorker) -> None:
        self._write(to_worker.dump_json(message))

    def _write(self, line: bytes) -> None:
        try:
            with self._writing:
                send(self._stdin, line)
        except (OSError, ValueError):
            # The reader thread sees the same death and reports it as the end of messages.
            return

    def alive(self) -> bool:
        return self._process.poll() is None

    def obituary(self) -> str:
        """How the process ended, in words."""
        code = self._process.wait()
        if code < 0:
            return f"signal {signal.Signals(-code).name}"
        self._complaints.seek(0)
        lines = self._complaints.read().decode(errors="replace").strip().splitlines()
        return f"exit code {code}" + (f", {lines[-1]}" if lines else "")

    def wait(self) -> None:
        """Until the process has ended."""
        self._process.wait()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (self._stdin, self._stdout):
            with contextlib.suppress(OSError):
                stream.close()


class SupervisedEngine:
    """The engine port over a worker process. Threads may share it; their jobs are worked on side by side."""

    def __init__(self, config: EngineConfig, patience: Patience | None = None, again: Callable[[], EngineConfig] | None = None) -> None:
        """Nothing is started yet: see `start`. ``again`` makes files that have vanished anew, and tells where they lie."""
        self._config, self._patience, self._again = config, patience or Patience(), again
        self._lock = threading.RLock()
        self._process: _Process | None = None
        self._state: State = "starting"
        self._last_error = ""
        self._numbers = itertools.count(1)
        self._budget: Budget | None = None
        self._lives = 0

    # ------------------------------------------------------------------ life and death

    def start(self) -> None:
        """Bring the worker up, with a limited number of attempts.

        When a start dies natively, the next one goes without extra buffers (see DECISIONS.md, 3).
        Raises `EngineUnavailable`, or `CatalogError` where the weights are no model, or are gone and cannot be made again.
        """
        with self._lock:
            if self._state == "closed":
                raise EngineUnavailable("the engine is closed")
            self._state = "starting"
            try:
                if self._again and not Path(self._config.path).is_file():
                    self._config = replace(self._again(), extra_buffers=self._config.extra_buffers)
                self._budget = refuse_if_too_large(self._config)
                self._process = self._attempts()
            except EngineError as error:
                self._state, self._last_error = "down", str(error)
                raise error if error.retry else EngineUnavailable(str(error)) from error
            except CatalogError as error:
                self._state, self._last_error = "down", str(error)
                raise
            self._state, self._lives = "ready", self._lives + 1
            threading.Thread(target=self._mourn, args=(self._process,), daemon=True).start()

    def _attempts(self) -> _Process:
        retrying = Retrying(
            stop=stop_after_attempt(self._patience.starts),
            wait=wait_exponential(multiplier=0.2, max=5),
            retry=retry_if_exception_type((EngineDied, EngineHung)),
        )
        try:
            for attempt in retrying:
                with attempt:
                    return self._attempt()
        except RetryError as error:
            reason = error.last_attempt.exception()
            raise EngineUnavailable(f"{reason} ({self._patience.starts} attempts)") from reason
        raise AssertionError("tenacity ended without a result")

    def _attempt(self) -> _Process:
        try:
            return _Process(self._config, self._patience)
        except EngineDied:
            self._config = replace(self._config, extra_buffers=False)
            raise

    def _mourn(self, process: _Process) -> None:
        """Wait for this worker's end; bring up another unless the end was ours."""
        process.wait()
        with self._lock:
            if self._state == "closed" or self._process is not process:
                return
            self._last_error = f"the worker died: {process.obituary()}"
            with contextlib.suppress(ModelError):
                self.start()

    @property
    def budget(self) -> Budget | None:
        """What the model takes of the machine's memory at most, once a start was tried."""
        return self._budget

    def close(self) -> None:
        """End the worker for good."""
        self._state = "closed"
        process, self._process = self._process, None
        if process:
            process.kill()

    def describe(self) -> dict[str, object]:
        """State for doctor and readiness: state, worker's pid, restarts, last error, engine's own notes."""
        process = self._process
        return {
            "state": self._state,
            "pid": process.pid if process else None,
            "restarts": max(0, self._lives - 1),
            "last_error": self._last_error or None,
            "engine": asdict(process.info) if process else None,
            "memory": asdict(self._budget) if self._budget else None,
        }

    # ------------------------------------------------------------------ the port

    @property
    def info(self) -> EngineInfo:
        return self._live().info

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """See the port."""
        message = self._talk(lambda job: Count(job, tuple(texts)), len(texts), never, unheard, never)
        assert isinstance(message, Counted)
        return list(message.counts)

    def ask(self, batches: Sequence[Batch], stop: Stop = never, heard: Heard = unheard, enough: Stop = never) -> Readings:
        """See the port."""
        size = sum(len(batch.questions) for batch in batches)
        message = self._talk(lambda job: Ask(job, tuple(batches)), size, stop, heard, enough)
        assert isinstance(message, Done)
        return message.readings

    def label(self, documents: Sequence[Document], stop: Stop = never, heard: Heard = unheard, enough: Stop = never) -> Labellings:
        """See the port."""
        size = sum(len(passage) for document in documents for passage in document)
        message = self._talk(lambda job: Label(job, tuple(documents)), size, stop, heard, enough)
        assert isinstance(message, Labelled)
        return message.labellings

    def _live(self) -> _Process:
        with self._lock:
            if self._process is None or not self._process.alive():
                self.start()
            assert self._process is not None
            return self._process

    def _talk(self, order: Callable[[int], Ask | Label | Count], size: int, stop: Stop, heard: Heard, enough: Stop) -> Done | Labelled | Counted:
        """Give an order, once its size was heard, and wait for its answer; every other end raises."""
        process, job = self._live(), next(self._numbers)
        heard(0, size)
        with process.route(job) as route:
            process.say(order(job))
            return self._await(process, job, route, stop, heard, enough)

    def _await(self, process: _Process, job: int, route: queue.Queue[FromWorker | None], stop: Stop, heard: Heard, enough: Stop) -> Done | Labelled | Counted:
        since, closed = time.monotonic(), False
        while True:
            if stop():
                # The worker drops the job at its next token; nobody need wait for that.
                process.say(Halt(job))
                raise Cancelled("the job was taken back")
            if not closed and enough():
                closed = True
                process.say(Halt(job, kept=True))
            if time.monotonic() - max(since, process.heard) > self._patience.hang_s:
                process.kill()
                raise EngineHung(f"the worker gave no sign of life for {self._patience.hang_s:g} s and was killed")
            try:
                message = route.get(timeout=TICK_S)
            except queue.Empty:
                continue
            if message is None:
                raise EngineDied(f"the model's process died: {process.obituary()}")
            if isinstance(message, Failed):
                raise BY_NAME.get(message.error, EngineError)(message.message)
            if isinstance(message, Beat):
                heard(message.answered, message.of)
            elif isinstance(message, Done | Labelled | Counted):
                return message
