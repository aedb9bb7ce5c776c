"""A batch on Ray Data: the cases are read where the command runs, and go in their order through actors that hold an engine each.

What is spread over machines, held back, begun again after a death and put in order is Ray's; ours are the cases, the engine and the output.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import math
import os
import pickle
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # before Ray is imported: nothing is told to its makers
os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # its errors lie in its own logs as well, and come to us as exceptions

import grpc
import pyarrow as pa
import ray
from casebrief.models.engine import never
from casebrief.service.batch.cases import Case, cases_of
from casebrief.service.batch.errors import ClusterFailed, NoCluster
from casebrief.service.batch.out import Checkpoint, Outcome, remaining
from casebrief.service.edges.batch_work import CaseWorker
from casebrief.service.edges.settings import Settings
from casebrief.service.edges.wiring import wire
from ray.data import ActorPoolStrategy, DataContext, Dataset, Datasource, ReadTask, read_datasource
from ray.data.block import BlockMetadata
from ray.data.exceptions import SystemException, UserCodeException
from ray.exceptions import RayError

LOCAL = "local"
"""The address of a cluster that is made for the command on its own machine, and ends with it."""

CONNECT_S = 5.0
"""Seconds in which the head of a cluster must answer: Ray itself tries for minutes."""

ENGINES_A_CASE, MOST = 16, 16
"""A task is one case for so many engines, and no more than so many cases: what an actor that dies costs. Ray's driver takes milliseconds for each task
(docs/batch.md), so a thousand engines need larger ones."""


@dataclass(frozen=True)
class Part:
    """What remains of an input: where it is, how long its lines may be, and the last checkpoint of the output."""

    path: Path
    most: int
    out: Path
    last: Checkpoint | None


def outcomes(part: Part, settings: Settings, address: str, workers: int | None, threads: int) -> Generator[tuple[Case, Outcome]]:
    """Each case that remains with its outcome, in their order; ``workers`` engines at most, else as many as the cluster has processors for.

    Raises `NoCluster`, and `ClusterFailed` where an actor cannot start, or the cluster is lost.
    """
    with _cluster(address, (workers or 1) * threads):
        pool = workers or max(1, math.floor(ray.cluster_resources().get("CPU", 1) / threads))
        done = _done(_dataset(part, settings, pool, threads))
        for case in remaining(iter(cases_of(part.path, part.most)), part.last, part.out):
            told, outcome = next(done, (None, None))
            if told is None or outcome is None or (told.number, told.seen) != (case.number, case.seen):
                raise ClusterFailed(f"line {case.number} was not done when its turn came; the same command goes on with it")
            yield told, outcome
        next(done, None)  # so that Ray Data knows that it is over


@contextlib.contextmanager
def _cluster(address: str, processors: int) -> Iterator[None]:
    """A connection to a cluster. Raises `NoCluster`."""
    local = address == LOCAL
    if not local:
        _must_answer(address)
    made = {"num_cpus": processors, "include_dashboard": False} if local else {}
    logging.disable(logging.CRITICAL)  # what Ray Data says of errors, in pages, comes as exceptions too
    try:
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR, **made)
    except Exception as error:  # noqa: BLE001 - Ray raises bare ones too, as where a machine is too busy to start it
        if "AuthenticationError" in f"{error} {error.__cause__}":
            raise NoCluster(f"--ray {address}: it asks for a token; set RAY_AUTH_MODE=token, and give this machine the cluster's ~/.ray/auth_token") from None
        told = next(iter(str(error).strip().splitlines()), type(error).__name__).rstrip(".")
        raise NoCluster(f"--ray {address}: {told}; start a cluster with ray start --head, run this on a machine of it, or give --ray {LOCAL}") from None
    try:
        yield
    except (RayError, UserCodeException, SystemException) as error:
        raise ClusterFailed(f"the cluster failed: {_cause(error)}; what stands in the output stays, and the same command goes on") from None
    finally:
        ray.shutdown()
        logging.disable(logging.NOTSET)


def _must_answer(address: str) -> None:
    """Refuse an address where no cluster is. Raises `NoCluster`."""
    if address == "auto" or os.environ.get("RAY_USE_TLS") == "1":
        return
    if "://" in address:
        raise NoCluster(f"--ray {address}: Ray's client is not used here; run this on a machine of the cluster, with --ray HOST:6379 or --ray auto")
    with grpc.insecure_channel(address) as channel:
        try:
            grpc.channel_ready_future(channel).result(timeout=CONNECT_S)
        except grpc.FutureTimeoutError:
            detail = f"no cluster answered within {CONNECT_S:g} s; start one there with ray start --head, or give --ray {LOCAL}"
            raise NoCluster(f"--ray {address}: {detail}") from None


def _cause(error: BaseException) -> str:
    """The last line of an error's words, which are a traceback of where it came from: there stands what was raised first."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[-1].strip()


# ---------------------------------------------------------------------- the dataset


def _dataset(part: Part, settings: Settings, pool: int, threads: int) -> Dataset:
    """The cases that remain, and the actors that they go through."""
    context = DataContext.get_current()
    context.execution_options.preserve_order = True
    context.target_max_block_size = 1  # so that each row, a pack, is a block: a task of its own
    context.enable_progress_bars = context.print_on_execution_start = False
    cases = read_datasource(_Cases(part, min(MOST, max(1, pool // ENGINES_A_CASE))), num_cpus=0, override_num_blocks=1)
    return cases.map_batches(
        Reading,
        batch_size=None,
        batch_format="pyarrow",
        compute=ActorPoolStrategy(min_size=1, max_size=pool, initial_size=pool),
        num_cpus=threads,
        fn_constructor_args=[_changed(settings), threads],
    )


def _done(dataset: Dataset) -> Iterator[tuple[Case, Outcome]]:
    """What comes out of a dataset, while it is worked on."""
    for table in dataset.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=0):
        for pack in table["pack"].to_pylist():
            yield from _of_pack(pack)


def _of_pack(pack: bytes) -> Any:
    """What an actor or the reading task packed: our own objects, as Ray itself sends them."""
    return pickle.loads(pack)  # noqa: S301 - made by us, and sent by the cluster that runs our code


class _Cases(Datasource):
    """Read in one task, on the machine where the command runs: the other machines need not have the files."""

    def __init__(self, part: Part, pack: int) -> None:
        super().__init__()
        self._part, self._pack = part, pack

    @property
    def supports_distributed_reads(self) -> bool:
        return False

    def estimate_inmemory_data_size(self) -> int | None:
        return None

    def get_read_tasks(self, parallelism: int, per_task_row_limit: int | None = None, data_context: DataContext | None = None) -> list[ReadTask]:
        return [ReadTask(partial(_blocks, self._part, self._pack), BlockMetadata(num_rows=None, size_bytes=None, exec_stats=None, input_files=None))]


def _blocks(part: Part, pack: int) -> Iterator[pa.Table]:
    rest = remaining(iter(cases_of(part.path, part.most)), part.last, part.out)
    while cases := list(itertools.islice(rest, pack)):
        yield _table([pickle.dumps(cases)])


def _table(packs: list[bytes]) -> pa.Table:
    return pa.table({"pack": pa.array(packs, pa.large_binary())})


class Reading:
    """An actor's engine."""

    def __init__(self, changed: dict[str, Any], threads: int) -> None:
        self._worker = CaseWorker(wire(Settings(**changed), threads=threads))

    def __call__(self, table: pa.Table) -> pa.Table:
        """The outcomes of packs of cases, whose contents are let go."""
        return _table([pickle.dumps([self._done(case) for case in _of_pack(pack)]) for pack in table["pack"].to_pylist()])

    def _done(self, case: Case) -> tuple[Case, Outcome]:
        return replace(case, content=None), self._worker(case, never)


def _changed(settings: Settings) -> dict[str, Any]:
    """What was set for the command, for the engines to be set alike; folders and keys are each machine's own."""
    return {name: getattr(settings, name) for name in settings.model_fields_set if not name.endswith(("_dir", "_file", "_secret"))}
