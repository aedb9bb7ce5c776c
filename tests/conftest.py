"""Shared parts of the tests: the embedded model, a real server, the seed articles where they are."""

from __future__ import annotations

import datetime
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from casebrief.models.catalog import Catalog, load
from casebrief.models.engine import EngineConfig
from casebrief.models.llama import LlamaEngine
from casebrief.service.pipeline.articles import Submitted
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent
SEEDS = ROOT.parent / "shared" / "seeds"
HANG_S = 1200
"""Seconds after which something is taken to hang. No bound of speed: machines differ, and are busy; what is fast is told by `casebrief bench`."""

SEED_DATES = ("2025-01-24", "2025-01-23", None, None, "2025-01-23")

_folder = tempfile.TemporaryDirectory(prefix="casebrief-tests-")
os.environ |= {f"CASEBRIEF_{name}_DIR": str(Path(_folder.name, name.lower())) for name in ("CACHE", "CASES", "JOBS")}
"""No test writes into the user's own folders, and no two processes of tests share one."""

settings.register_profile("ci", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ci")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What opens a browser is marked so, in whatever file it stands; that, and faults under load, are slow."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)
        if any(map(item.get_closest_marker, ("browser", "faults"))):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    return load(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="session")
def config(catalog: Catalog) -> EngineConfig:
    name = catalog.default
    return EngineConfig(name, str(catalog.path(name)), catalog.verify(name), context_tokens=2048)


@pytest.fixture(scope="session")
def engine(config: EngineConfig) -> Iterator[LlamaEngine]:
    engine = LlamaEngine(config)
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def seeds() -> list[Submitted]:
    """The five seed articles with their dates; they are press articles and lie beside the project, not in it."""
    paths = sorted(SEEDS.glob("*.txt"))
    if len(paths) != 5:
        pytest.skip("the seed articles are not on this machine (../shared/seeds)")
    texts = [path.open(encoding="utf-8", newline="").read() for path in paths]
    days = [datetime.date.fromisoformat(day) if day else None for day in SEED_DATES]
    return [Submitted(f"a{place}", text, published_on=day) for place, (text, day) in enumerate(zip(texts, days, strict=True), 1)]


def as_request(articles: list[Submitted]) -> dict[str, Any]:
    """Articles as the body of a request."""
    return {"articles": [{"text": a.text, **({"published_on": a.published_on.isoformat()} if a.published_on else {})} for a in articles]}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


UNHURRIED = {"CASEBRIEF_CACHE_MB": "0", "CASEBRIEF_HANG_S": str(HANG_S), "CASEBRIEF_DEADLINE_S": str(HANG_S), "CASEBRIEF_SHUTDOWN_S": str(HANG_S)}
"""Nothing kept: what a test sees was read for it. And no limit of time but those that the test is about."""


@contextmanager
def running_server(python: Path = Path(sys.executable), cwd: Path | None = None, **environment: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A real `casebrief serve` in a process of its own; yields its address and the process."""
    port = free_port()
    jobs = tempfile.TemporaryDirectory(prefix="casebrief-jobs-")
    process = subprocess.Popen(
        [python, "-m", "casebrief.evals.cli", "serve", "--port", str(port)],
        env={**os.environ, **UNHURRIED, "CASEBRIEF_JOBS_DIR": jobs.name, **environment},
        cwd=cwd,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_ready(address, process)
        yield address, process
    finally:
        process.terminate()
        try:
            process.wait(HANG_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        jobs.cleanup()


def wait_ready(address: str, process: subprocess.Popen[bytes]) -> None:
    def ready() -> bool:
        assert process.poll() is None, "the server ended while it started"
        try:
            return httpx.get(f"{address}/readyz", timeout=HANG_S).status_code == 200
        except httpx.TransportError:
            return False

    until(ready)


def until(true: Callable[[], bool]) -> None:
    """Wait until something is true; the test fails when it hangs."""
    end = time.monotonic() + HANG_S
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def spent(process: int) -> float:
    """Processor seconds of a process so far: what it worked, however busy the machine is."""
    times = psutil.Process(process).cpu_times()
    return float(times.user + times.system)


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    with running_server() as (address, _):
        yield address


def citations_of(document: Any) -> Iterator[dict[str, Any]]:
    """Every citation anywhere in a response."""
    if isinstance(document, dict):
        if {"article", "start", "end", "quote"} <= set(document):
            yield document
        for value in document.values():
            yield from citations_of(value)
    elif isinstance(document, list):
        for value in document:
            yield from citations_of(value)


def without_clock(response: dict[str, Any]) -> str:
    """A response as text, without what may differ between two runs."""
    return json.dumps({key: value for key, value in response.items() if key not in ("id", "timings")}, sort_keys=True)
