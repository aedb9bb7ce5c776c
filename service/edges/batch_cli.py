"""`casebrief batch`: many cases in, a line for each out, in their order; what was killed goes on."""

from __future__ import annotations

import contextlib
import itertools
import queue
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Annotated

import typer
from casebrief.models.engine import Stop
from casebrief.models.system import processors
from casebrief.service.batch.ahead import Ahead
from casebrief.service.batch.cases import Case, cases_of
from casebrief.service.batch.errors import BatchError, ClusterFailed, InputUnusable
from casebrief.service.batch.out import Out, Outcome, opened, remaining
from casebrief.service.batch.pace import Pace
from casebrief.service.batch.side_by_side import SideBySide
from casebrief.service.edges.batch_work import CaseWorker, threads_of
from casebrief.service.edges.cli import BAD_INPUT, MODEL_FAILED, NOT_WELL, Model, fail, say, settings_of
from casebrief.service.edges.requests import most_bytes
from casebrief.service.edges.settings import Settings
from casebrief.service.edges.wiring import wire
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn

TELL_S = 10.0
"""How often it is told how a batch goes where no terminal is, in seconds."""

_err = Console(stderr=True, highlight=False)

Outcomes = Generator[tuple[Case, Outcome]]


def batch_command(
    cases: Annotated[
        Path, typer.Argument(help="A file with a case a line, as POST /v1/summaries takes it; or a folder with a folder for each case.", show_default=False)
    ],
    out: Annotated[Path, typer.Option(help="A line for each case is written here: its summary, or its error. What is there already is not done again.")],
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="Engines, each a process; they share the processors out. 1 without; with --ray as many as there are processors for."),
    ] = None,
    ray: Annotated[str | None, typer.Option(help="On Ray Data: the address of a cluster, as host:6379 or auto; local makes one on this machine.")] = None,
    model: Model = None,
    reader: Annotated[str | None, typer.Option(help="labels or prompts; auto: as the model reads.")] = None,
) -> None:
    """Summarise many cases, a line each, in their order. Killed, the same command goes on where it was."""
    settings = settings_of(model=model, reader=reader)
    try:
        failed = _run(cases, out, settings, _on_ray(cases, settings, ray, workers) if ray else lambda file, rest: _here(file, rest, settings, workers or 1))
    except BatchError as error:
        fail(str(error), MODEL_FAILED if isinstance(error, ClusterFailed) else BAD_INPUT)
    raise typer.Exit(NOT_WELL if failed else 0)


def _run(path: Path, out: Path, settings: Settings, done: Callable[[Out, Iterator[Case]], Outcomes]) -> int:
    """Do what remains; the number of lines of the whole output that are errors."""
    cases = cases_of(path, most_bytes(settings))
    if out.exists() and out.samefile(path):
        fail(f"--out {out}: it is the input; name another file", BAD_INPUT)
    with opened(out) as file:
        start = file.last
        if start:
            say(f"{start.cases:,} cases stand in {out} already")
        rest = remaining(iter(cases), start, out)
        if first := next(rest, None):
            with _watched() as tell, contextlib.closing(done(file, itertools.chain([first], rest))) as outcomes:
                _write(file, outcomes, Pace(cases.size, first.begins), tell)
        now = file.last
    if now is None:
        fail(f"{path}: no line in it is a case", BAD_INPUT)
    say(f"{now.cases:,} cases in {out}" + (f", {now.failed:,} of them errors" if now.failed else ""))
    return now.failed


def _write(file: Out, outcomes: Outcomes, pace: Pace, tell: Callable[[str], None]) -> None:
    for case, outcome in outcomes:
        tell(pace.told(case, file.append(case, outcome)))


@contextlib.contextmanager
def _watched() -> Iterator[Callable[[str], None]]:
    """Where how it goes is told: in place on a terminal, else in a line now and then."""
    if _err.is_terminal:
        with Progress(SpinnerColumn(), TextColumn("{task.description}"), console=_err, transient=True) as progress:
            task = progress.add_task("starting the model")
            yield lambda told: progress.update(task, description=told)
        return
    told_at = time.monotonic()

    def tell(told: str) -> None:
        nonlocal told_at
        if time.monotonic() - told_at > TELL_S:
            told_at = time.monotonic()
            say(told)

    yield tell


def _here(file: Out, rest: Iterator[Case], settings: Settings, workers: int) -> Outcomes:
    """The work of engines on this machine."""
    with contextlib.closing(_Crew(settings, workers)) as crew:
        file.check(crew.by)
        with contextlib.closing(SideBySide(crew, workers, Ahead.beside(file.path, crew.by))(rest)) as done:
            yield from done


def _on_ray(path: Path, settings: Settings, address: str, workers: int | None) -> Callable[[Out, Iterator[Case]], Outcomes]:
    """The work of engines on a cluster. Raises `InputUnusable` for what can be read once only."""
    if not (path.is_dir() or path.is_file()):
        raise InputUnusable(f"{path}: on Ray, the cases must be in a file or in a folder")
    try:
        from casebrief.service.edges.ray_batch import LOCAL, Part, outcomes
    except ImportError as error:
        fail(f'--ray {address}: {error}; install it with pip install "casebrief[ray]"', BAD_INPUT)
    threads = threads_of(settings, workers or processors()) if address == LOCAL else settings.threads or 1
    count = workers or (processors() if address == LOCAL else None)
    return lambda file, rest: outcomes(Part(path.resolve(), most_bytes(settings), file.path, file.last), settings, address, count, threads)


class _Crew:
    """So many workers, each started when it is first wanted; one case at a time is a worker's."""

    def __init__(self, settings: Settings, workers: int) -> None:
        self._settings, self._threads = settings, threads_of(settings, workers)
        self._free: queue.SimpleQueue[CaseWorker | None] = queue.SimpleQueue()
        self._all: list[CaseWorker] = []
        first = self._hired()
        self.by = first.by
        for worker in (first, *[None] * (workers - 1)):
            self._free.put(worker)

    def _hired(self) -> CaseWorker:
        worker = CaseWorker(wire(self._settings, say if not self._all else lambda told: None, self._threads))
        self._all.append(worker)
        return worker

    def __call__(self, case: Case, stop: Stop) -> Outcome:
        worker = self._free.get()
        try:
            worker = worker or self._hired()
            return worker(case, stop)
        finally:
            self._free.put(worker)

    def close(self) -> None:
        for worker in self._all:
            worker.close()
