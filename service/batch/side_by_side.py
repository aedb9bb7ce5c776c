"""Cases worked on side by side, told in their order: a window of them at a time, so that memory does not grow with the input."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace

from casebrief.service.batch.ahead import Ahead
from casebrief.service.batch.cases import Case
from casebrief.service.batch.out import Outcome

WINDOW = 8
"""Cases a worker that may be under way or wait for an earlier one: a case of many long articles takes as long as about so many others."""

Stop = Callable[[], bool]
Work = Callable[[Case, Stop], Outcome]
"""Does one case in a thread of its own; ``stop`` says that nobody wants it any more."""


@dataclass
class SideBySide:
    """Works on cases in threads; iterates over each with its outcome, in order."""

    work: Work
    workers: int
    ahead: Ahead
    _halt: threading.Event = field(default_factory=threading.Event)
    _pending: deque[tuple[Case, Future[Outcome]]] = field(default_factory=deque)

    def __call__(self, cases: Iterator[Case]) -> Generator[tuple[Case, Outcome]]:
        """A case's line must stand when the next is asked for. Raises what the work raises: that ends the batch. What was done by then is put by."""
        pool = ThreadPoolExecutor(self.workers, thread_name_prefix="casebrief-batch")
        try:
            self._fill(pool, cases)
            while self._pending:
                if not self._pending[0][1].done():
                    wait([future for case, future in self._pending if self.ahead.take(case) is None], return_when=FIRST_COMPLETED)
                while self._pending and self._pending[0][1].done():
                    case, future = self._pending.popleft()
                    yield case, future.result()
                    self.ahead.written(case)
                    self._fill(pool, cases)
                self._put_by()
            self.ahead.close()
        finally:
            self._halt.set()
            pool.shutdown(cancel_futures=True)

    def _fill(self, pool: ThreadPoolExecutor, cases: Iterator[Case]) -> None:
        while len(self._pending) < WINDOW * self.workers and (case := next(cases, None)):
            self._pending.append((replace(case, content=None), self._begun(pool, case)))

    def _begun(self, pool: ThreadPoolExecutor, case: Case) -> Future[Outcome]:
        if (kept := self.ahead.take(case)) is None:
            return pool.submit(self.work, case, self._halt.is_set)
        done: Future[Outcome] = Future()
        done.set_result(kept)
        return done

    def _put_by(self) -> None:
        """What is done before its turn is put by."""
        for case, future in self._pending:
            if future.done() and self.ahead.take(case) is None:
                self.ahead.keep(case, future.result())
