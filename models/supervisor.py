"""The engine in a process of its own: its death, its silence and its refusals become typed errors.

A native library dies natively (SIGSEGV, SIGILL, a kill for memory). Here that costs the jobs that were running: their
callers get an `EngineError`, the worker is started again in the background, and the next job waits for it.
"""

from __future__ import annotations

import contextlib
import itertools
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from casebrief.models.engine import Batch, Document, EngineConfig, EngineInfo, Heard, Labellings, Readings, Stop, never, unheard
from casebrief.models.errors import BY_NAME, Cancelled, CatalogError, EngineDied, EngineError, EngineHung, EngineUnavailable, ModelError
from casebrief.models.machine import Budget, refuse_if_too_large
from casebrief.models.process import TICK_S, Killed, Patience, Process
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
)
from tenacity import RetryError, Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

State = Literal["starting", "ready", "down", "closed"]

BROKEN_BUILD = (
    "the first start died natively, as builds by gcc 12 do on processors with AMX. casebrief models prepare finds weights that do without, and built anew it reads faster: "
    "CMAKE_ARGS=-DCMAKE_CXX_FLAGS=-fno-dse pip install --force-reinstall --no-cache-dir --no-deps llama-cpp-python=="
) + version("llama-cpp-python")
"""DECISIONS.md, 3."""


class SupervisedEngine:
    """The engine port over a worker process. Threads may share it; their jobs are worked on side by side."""

    def __init__(self, config: EngineConfig, patience: Patience | None = None, again: Callable[[], EngineConfig] | None = None) -> None:
        """Nothing is started yet: see `start`. ``again`` makes files that have vanished anew, and tells where they lie."""
        self._config, self._patience, self._again = config, patience or Patience(), again
        self._lock = threading.RLock()
        self._process: Process | None = None
        self._state: State = "starting"
        self._last_error = ""
        self._numbers = itertools.count(1)
        self._budget: Budget | None = None
        self._lives = 0

    # ------------------------------------------------------------------ life and death

    def start(self) -> None:
        """Bring the worker up, with a limited number of attempts.

        When a start dies of itself, the next one goes without extra buffers (see DECISIONS.md, 3).
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

    def _attempts(self) -> Process:
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

    def _attempt(self) -> Process:
        try:
            return Process(self._config, self._patience)
        except EngineDied as died:
            if not isinstance(died, Killed) and self._config.extra_buffers:
                notes = (*self._config.notes, BROKEN_BUILD) if ": signal " in str(died) else self._config.notes
                self._config = replace(self._config, extra_buffers=False, notes=notes)
            raise

    def _mourn(self, process: Process) -> None:
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

    def _live(self) -> Process:
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

    def _await(self, process: Process, job: int, route: queue.Queue[FromWorker | None], stop: Stop, heard: Heard, enough: Stop) -> Done | Labelled | Counted:
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
