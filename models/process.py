"""One life of the worker: a process, what is said to it, and what it says."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psutil
from casebrief.models.engine import EngineConfig, EngineInfo
from casebrief.models.errors import EngineDied, EngineHung, EngineUnavailable
from casebrief.models.wire import Failed, FromWorker, Ready, ToWorker, from_worker, send, to_worker
from pydantic import TypeAdapter, ValidationError

ENVIRONMENT = {"OMP_WAIT_POLICY": "PASSIVE"}
"""For the worker, where the user has set nothing else: threads that wait sleep, and a busy machine does not stall the batch."""

TICK_S = 0.05
"""How often who waits for the worker looks at something else, in seconds."""

FROM_OUTSIDE = (signal.SIGTERM, signal.SIGINT, getattr(signal, "SIGKILL", signal.SIGTERM))
"""Signals that no fault of native code sends."""


class Killed(EngineDied):
    """Somebody ended the worker: that says nothing about its build."""


@dataclass(frozen=True)
class Patience:
    """How long to wait, in seconds, and how often to try a start.

    ``start_s``: for a worker to be ready; ``still_s``: how long it may do nothing at all while it starts (0.1 s was the most
    of four starts on two cores with eleven processes waiting, 2026-11-28); ``hang_s``: be silent while it works on jobs.
    """

    start_s: float = 180.0
    still_s: float = 10.0
    hang_s: float = 60.0
    starts: int = 4


def _scratch() -> IO[bytes]:
    """A file for what a process complains of, that leaves nothing behind; where the system has no room for one, its words are lost."""
    try:
        return tempfile.TemporaryFile()
    except OSError:
        return Path(os.devnull).open("r+b")


class Process:
    """A process, and a thread that collects what it says."""

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
        self.info = self._await_ready(patience)

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

    def _await_ready(self, patience: Patience) -> EngineInfo:
        began = moved = time.monotonic()
        life = self._life()
        while True:
            try:
                return self._ready(self._routes[0].get(timeout=TICK_S))
            except queue.Empty:
                now, before, life = time.monotonic(), life, self._life()
            moved = now if life != before or life is None else moved
            if now - began > patience.start_s:
                self.kill()
                raise EngineHung(f"the worker was not ready within {patience.start_s:g} s")
            if now - moved > patience.still_s:
                self.kill()
                raise EngineHung(f"the worker stood still for {patience.still_s:g} s while it started, and was killed")

    def _ready(self, message: FromWorker | None) -> EngineInfo:
        if isinstance(message, Ready):
            return message.info
        if isinstance(message, Failed):
            self.kill()
            raise EngineUnavailable(message.message)
        kind = Killed if -self._process.wait() in FROM_OUTSIDE else EngineDied
        raise kind(f"the worker died while it started: {self.obituary()}")

    def _life(self) -> tuple[float, float, int] | None:
        """What grows while a process does anything, however busy the machine is: its processor time and its memory; nothing is told of one that waits for the disk."""
        try:
            process = psutil.Process(self.pid)
            times = process.cpu_times()
            return None if process.status() == psutil.STATUS_DISK_SLEEP else (times.user, times.system, process.memory_info().rss)
        except psutil.Error:  # it has ended, which its messages tell
            return None

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
