"""Faults while jobs come, few in ordinary runs and many by `make faults`: each job gets its right answer, or a refusal that says what to do; none is lost."""

import asyncio
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import psutil
import pytest
from casebrief.service import example
from conftest import HANG_S, as_request, until
from faulting import (
    BODIES,
    CLIENTS,
    JOBS,
    SMALL_DISK,
    SMALL_FILES,
    Answer,
    Row,
    expected_of,
    facts,
    possible,
    send,
    served,
    watched,
    work,
)

pytestmark = [pytest.mark.faults, pytest.mark.model]

FULL = 500
"""Jobs of a full run."""

Server = tuple[str, subprocess.Popen[bytes]]


@pytest.fixture(scope="module")
def chance() -> random.Random:
    return random.Random(20261128)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that nothing is wrong with, and that keeps nothing."""
    with served(tmp_path_factory.mktemp("plain") / "log") as server:
        yield server


@pytest.fixture(scope="module")
def expected(plain: Server) -> list[object]:
    return expected_of(plain[0])


def children(server: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """The processes that a server has started: its model's."""
    return psutil.Process(server.pid).children(recursive=True)


# ------------------------------------------------------------------ the worker


def test_a_worker_killed_and_stopped(row: Row, expected: list[object], chance: random.Random, tmp_path: Path):
    """It costs the jobs that ran, and each is told; the next wait for the worker's return."""
    timers = []

    def ready() -> bool:
        return httpx.get(f"{address}/readyz", timeout=HANG_S).status_code == 200

    def strike(sign: signal.Signals) -> None:
        for process in children(server):
            with suppress(psutil.Error):  # it died of the strike before
                process.send_signal(sign)

    def disturb(number: int) -> None:
        sign = signal.SIGKILL if number % 5 == 1 else signal.SIGSTOP if number % 50 == 4 else None
        if sign:
            timers.append(threading.Timer(chance.uniform(0, 0.1), strike, [sign]))
            timers[-1].start()

    with served(tmp_path / "log", CASEBRIEF_HANG_S="3") as (address, server):
        with watched(address, row):
            work(row, address, expected, JOBS, disturb)
            for timer in timers:
                timer.join()
            until(ready)
        restarts = httpx.get(f"{address}/readyz", timeout=HANG_S).json()["engine"]["restarts"]
    assert row.whole
    assert row.sent == JOBS
    assert set(row.refused) <= {"503 engine-died", "503 engine-hung"}
    assert restarts > 0


# ------------------------------------------------------------------ the disk


def test_a_full_disk(row: Row, expected: list[object], tmp_path: Path):
    """A disk of 64 kB, or where nobody may mount, files of at most 8 kB: nothing is kept, which a note tells, and everything is answered."""
    folder = tmp_path / "cache"
    folder.mkdir()
    before = [*SMALL_DISK, str(folder)] if possible([*SMALL_DISK, str(folder), "true"]) else SMALL_FILES
    with served(tmp_path / "log", before, CASEBRIEF_CACHE_DIR=str(folder), CASEBRIEF_CACHE_MB="8") as (address, _):
        with watched(address, row):
            work(row, address, expected, JOBS)
        notes = httpx.get(f"{address}/readyz", timeout=HANG_S).json()["notes"]
    assert row.right == row.sent == JOBS
    assert [note for note in notes if "answers are not kept" in note]


def test_a_cache_broken_while_it_is_used(row: Row, expected: list[object], chance: random.Random, tmp_path: Path):
    file = tmp_path / "answers.sqlite"

    def spoil(number: int) -> None:
        if number % 2 and file.exists():
            size = file.stat().st_size
            match chance.randrange(4):
                case 0:
                    file.write_bytes(chance.randbytes(4096))
                case 1:
                    os.truncate(file, chance.randrange(size + 1))
                case 2:
                    file.unlink(missing_ok=True)
                case 3:
                    with file.open("r+b") as stream:
                        stream.seek(chance.randrange(size + 1))
                        stream.write(chance.randbytes(512))

    with served(tmp_path / "log", CASEBRIEF_CACHE_DIR=str(tmp_path), CASEBRIEF_CACHE_MB="8") as (address, _), watched(address, row):
        work(row, address, expected, JOBS, spoil)
    assert row.right == row.sent == JOBS


@pytest.mark.parametrize("store", ["answers", "cases", "jobs"])
def test_kills_while_it_is_written_into(row: Row, store: str, tmp_path: Path):
    """Nothing is half-stored, and what was told to be stored is there."""
    program = Path(__file__).with_name("writing.py")
    done = subprocess.run([sys.executable, "-P", program, store, tmp_path, str(2 * JOBS), "7"], capture_output=True, text=True, check=False, timeout=HANG_S)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["writes"] > 0
    row.sent = row.right = told["killed"]


# ------------------------------------------------------------------ the clock


WANDERING = """
import random, time
real, chance = time.time, random.Random(7)
time.time = lambda: real() + chance.uniform(-3, 3) * 365 * 86400
"""
"""A clock that jumps by years whenever it is looked at, in every process of Python."""


def test_a_clock_that_jumps_by_years(row: Row, expected: list[object], tmp_path: Path):
    (tmp_path / "sitecustomize.py").write_text(WANDERING)
    path = os.pathsep.join(filter(None, (str(tmp_path), os.environ.get("PYTHONPATH"))))
    settings = {"PYTHONPATH": path, "CASEBRIEF_DEADLINE_S": str(HANG_S), "CASEBRIEF_CACHE_DIR": str(tmp_path / "cache"), "CASEBRIEF_CACHE_MB": "8"}
    with served(tmp_path / "log", **settings) as (address, _), watched(address, row):
        work(row, address, expected, JOBS)
    assert row.right == row.sent == JOBS
    years = {json.loads(line)["time"][:4] for line in (tmp_path / "log").read_text().splitlines()}
    assert len(years) > 1, "the clock did not jump"


# ------------------------------------------------------------------ clients


def test_clients_that_leave(row: Row, plain: Server, expected: list[object], chance: random.Random):
    """Before each job another client leaves at some byte, orderly or by a reset: nothing of theirs goes on, and the others get what is right."""
    address, server = plain
    body = json.dumps(BODIES[0]).encode()
    whole = b"POST /v1/summaries HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)

    def leave(number: int) -> None:
        host, port = address.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as client:
            client.sendall(whole[: chance.choice([chance.randrange(len(whole)), len(whole)])])
            if chance.random() < 0.5:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    def quiet() -> bool:
        told = httpx.get(f"{address}/metrics", timeout=HANG_S).text
        return "casebrief_running 0.0\n" in told and "casebrief_queue_length 0.0\n" in told

    until(quiet)
    connections = len(psutil.Process(server.pid).net_connections())
    with watched(address, row):
        work(row, address, expected, JOBS, leave)
    assert row.whole
    assert row.right > 0
    until(quiet)
    until(lambda: len(psutil.Process(server.pid).net_connections()) <= connections)


def test_twenty_times_as_many_as_can_be_served(row: Row, plain: Server):
    """For two minutes in a full run: who is refused is told at once when to come again, and who is not gets what is right."""
    address, _ = plain
    body = as_request(example.articles()[:1])
    began = time.monotonic()
    with httpx.Client() as client:
        answers = [send(client, address, body).response for _ in range(2)]
    assert answers[0] is not None
    pace = 2 / (time.monotonic() - began)
    with watched(address, row):
        asyncio.run(storm(row, address, body, facts(answers[0]), 20 * pace, 120 * JOBS / FULL))
    assert row.whole
    assert row.right > 0
    assert set(row.refused) == {"503 queue-full"}


async def storm(row: Row, address: str, body: dict, expected: object, rate: float, seconds: float) -> None:
    """So many requests a second, each on a connection of its own, whatever becomes of those before."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    async with httpx.AsyncClient(limits=limits, timeout=HANG_S) as client:

        async def one() -> Answer:
            began = time.monotonic()
            try:
                response = await client.post(f"{address}/v1/summaries", json=body)
            except httpx.TransportError:
                response = None
            return Answer(response, time.monotonic() - began)

        began, tasks = time.monotonic(), []
        while time.monotonic() - began < seconds or len(tasks) < 24:
            tasks.append(asyncio.create_task(one()))
            await asyncio.sleep(max(0.0, len(tasks) / rate - (time.monotonic() - began)))
        for answer in await asyncio.gather(*tasks):
            row.count(answer, expected)


def test_the_largest_request(row: Row, plain: Server):
    """Of twenty articles in a full run: others are served while it is read."""
    address, _ = plain
    articles = as_request(example.articles())["articles"]
    body = {"articles": [{"text": f"{articles[number % len(articles)]['text']} It is case {number}."} for number in range(min(20, JOBS))]}
    with watched(address, row), httpx.Client() as client:
        answer = send(client, address, body)
    assert answer.response is not None
    row.count(answer, facts(answer.response))
    assert row.right == 1
    assert len(row.health) > 1
    assert max(row.health) < answer.seconds / 2


def test_memory_after_many_jobs(row: Row, plain: Server, expected: list[object]):
    """Two thousand in a full run."""
    address, server = plain

    def resident() -> int:
        return sum(process.memory_info().rss for process in (psutil.Process(server.pid), *children(server)))

    work(Row("to warm up"), address, expected, JOBS + 4 * CLIENTS)
    before = resident()
    with watched(address, row):
        work(row, address, expected, 4 * JOBS)
    row.grown = resident() / before - 1
    assert row.right == row.sent == 4 * JOBS
    assert row.grown < (0.02 if JOBS >= FULL else 0.1)


def test_a_server_that_is_killed_takes_its_worker_along(plain: Server):
    """The last test of this server."""
    _, server = plain
    workers = children(server)
    assert workers
    server.kill()
    until(lambda: not any(worker.is_running() and worker.status() != psutil.STATUS_ZOMBIE for worker in workers))
