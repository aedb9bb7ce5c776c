"""The worker process: loads the model, proves itself, and answers one job at a time.

Started by `supervisor` as ``python -P -m casebrief.models.worker``. Standard input and output carry `wire` messages;
whatever native code prints goes to standard error. The worker ends when its input does.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
import time
from typing import IO

from casebrief.models.engine import EngineConfig
from casebrief.models.errors import EngineError
from casebrief.models.llama import LlamaEngine, prove
from casebrief.models.wire import (
    Ask,
    Beat,
    Count,
    Counted,
    Done,
    Failed,
    FromWorker,
    Halt,
    Ready,
    from_worker,
    send,
    to_worker,
)
from pydantic import TypeAdapter

BEAT_S = 0.25
"""Seconds between two signs of life while a job runs."""


class _Worker:
    def __init__(self, source: IO[bytes], sink: IO[bytes]) -> None:
        self._source, self._sink = source, sink
        self._jobs: queue.Queue[Ask | Count] = queue.Queue()
        self._halted: set[int] = set()
        self._job = 0
        self._beaten = 0.0

    def run(self) -> int:
        config = TypeAdapter(EngineConfig).validate_json(self._source.readline())
        try:
            engine = LlamaEngine(config, self._beat)
            prove(engine)
        except (EngineError, MemoryError) as error:
            self._fail(error)
            return 1
        threading.Thread(target=self._listen, daemon=True).start()
        self._say(Ready(engine.info))
        while True:
            self._serve(engine, self._jobs.get())

    def _listen(self) -> None:
        for line in self._source:
            message = to_worker.validate_json(line)
            if isinstance(message, Halt):
                self._halted.add(message.job)
            else:
                self._jobs.put(message)
        # The supervisor is gone: nobody will read an answer, and native code may be in the way of a clean exit.
        os._exit(0)

    def _serve(self, engine: LlamaEngine, message: Ask | Count) -> None:
        self._job = message.job
        try:
            if isinstance(message, Count):
                self._say(Counted(message.job, tuple(engine.count_tokens(message.texts))))
            else:
                reading = engine.ask(message.batch, lambda: message.job in self._halted)
                self._say(Done(message.job, reading))
        except (EngineError, MemoryError) as error:
            self._fail(error)
        self._halted.discard(message.job)

    def _beat(self) -> None:
        now = time.monotonic()
        if now - self._beaten >= BEAT_S:
            self._beaten = now
            self._say(Beat(self._job))

    def _fail(self, error: Exception) -> None:
        name = "AllocationRefused" if isinstance(error, MemoryError) else type(error).__name__
        self._say(Failed(self._job, name, str(error) or "memory was refused"))

    def _say(self, message: FromWorker) -> None:
        send(self._sink, from_worker.dump_json(message))


def main() -> int:
    """Take over the standard streams and work until the input ends."""
    sink = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return _Worker(sys.stdin.buffer, sink).run()


if __name__ == "__main__":
    sys.exit(main())
