"""The worker process: loads the model, proves itself, and works on jobs side by side.

Started by `supervisor` as ``python -P -m casebrief.models.worker``. Standard input and output carry `wire` messages;
whatever native code prints goes to standard error. The worker ends when its input does.
"""

from __future__ import annotations

import functools
import os
import queue
import sys
import threading
import time
from collections.abc import Callable
from typing import IO

from casebrief.models import labels, llama
from casebrief.models.engine import EngineConfig, Readings
from casebrief.models.errors import EngineError, NotOffered
from casebrief.models.labels import LabelEngine
from casebrief.models.llama import LlamaEngine
from casebrief.models.system import leave_no_core
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
    from_worker,
    send,
    to_worker,
)
from casebrief.models.work import Work
from pydantic import TypeAdapter

BEAT_S = 0.25
"""Seconds between two signs of life while a job runs."""


class _Worker:
    def __init__(self, source: IO[bytes], sink: IO[bytes]) -> None:
        self._source, self._sink = source, sink
        self._orders: queue.Queue[Ask | Label | Count] = queue.Queue()
        self._jobs: dict[int, Work] = {}
        self._halted: dict[int, Halt] = {}
        self._beaten = 0.0

    def run(self) -> int:
        config = TypeAdapter(EngineConfig).validate_json(self._source.readline())
        try:
            self._engine = _opened(config, self._beat)
        except (EngineError, MemoryError) as error:
            self._fail(0, error)
            return 1
        self._say(Ready(self._engine.info))
        threading.Thread(target=self._listen, daemon=True).start()
        while True:
            self._take_orders()
            for job in self._engine.step():
                self._tell(job)

    def _listen(self) -> None:
        for line in self._source:
            message = to_worker.validate_json(line)
            if not isinstance(message, Halt):
                self._orders.put(message)
                continue
            self._halted[message.job] = message
            job = self._jobs.get(message.job)
            if job:
                self._engine.halt(job, kept=message.kept)
        # The supervisor is gone: nobody will read an answer, and native code may be in the way of a clean exit.
        os._exit(0)

    def _take_orders(self) -> None:
        """All that have come; waits for one where there is nothing to do."""
        while True:
            try:
                order = self._orders.get(block=not self._engine.busy)
            except queue.Empty:
                return
            try:
                if isinstance(order, Count):
                    self._say(Counted(order.job, tuple(self._engine.count_tokens(order.texts))))
                else:
                    self._jobs[order.job] = self._begin(order)
            except (EngineError, MemoryError) as error:
                self._fail(order.job, error)

    def _begin(self, order: Ask | Label) -> Work:
        engine = self._engine
        stop, enough = (functools.partial(self._told_to_end, order.job, kept=kept) for kept in (False, True))
        if isinstance(order, Label):
            if isinstance(engine, LabelEngine):
                return engine.begin(order.documents, stop, enough)
            raise NotOffered.labels()
        if isinstance(engine, LlamaEngine):
            return engine.begin(order.batches, stop, enough)
        raise NotOffered.answers()

    def _told_to_end(self, job: int, *, kept: bool) -> bool:
        """Whether that was said of a job, be it before its turn came."""
        told = self._halted.get(job)
        return told is not None and told.kept == kept

    def _tell(self, job: Work) -> None:
        number = next(number for number, known in self._jobs.items() if known is job)
        del self._jobs[number]
        self._halted.pop(number, None)
        try:
            outcome = job.outcome()
            self._say(Done(number, outcome) if isinstance(outcome, Readings) else Labelled(number, outcome))
        except (EngineError, MemoryError) as error:
            self._fail(number, error)

    def _beat(self) -> None:
        now = time.monotonic()
        if now - self._beaten >= BEAT_S:
            self._beaten = now
            for number, job in list(self._jobs.items()):
                self._say(Beat(number, *job.progress))

    def _fail(self, job: int, error: Exception) -> None:
        name = "AllocationRefused" if isinstance(error, MemoryError) else type(error).__name__
        self._say(Failed(job, name, str(error) or "memory was refused"))

    def _say(self, message: FromWorker) -> None:
        send(self._sink, from_worker.dump_json(message))


def _opened(config: EngineConfig, beat: Callable[[], None]) -> LlamaEngine | LabelEngine:
    """The engine that the configuration asks for, proven."""
    if config.heads:
        labeller = LabelEngine(config, beat)
        labels.prove(labeller)
        return labeller
    answerer = LlamaEngine(config, beat)
    llama.prove(answerer)
    return answerer


def main() -> int:
    """Take over the standard streams and work until the input ends."""
    leave_no_core()
    sink = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return _Worker(sys.stdin.buffer, sink).run()


if __name__ == "__main__":
    sys.exit(main())
