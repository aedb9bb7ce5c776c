"""The worker may die, hang or be halted: a typed error for that job, and the next job succeeds."""

import os
import signal
import sys
import threading
import time
from dataclasses import replace

import psutil
import pytest
from casebrief.models.constraints import Choice, Labelled
from casebrief.models.engine import Answer, Batch, Question, Stop, never
from casebrief.models.errors import AllocationRefused, Cancelled, EngineDied, EngineHung, EngineUnavailable, PromptTooLong
from casebrief.models.supervisor import Patience, SupervisedEngine

pytestmark = pytest.mark.model

DOCUMENT = "The company was sued on Monday in Oakland. It denies every claim. " * 20
SHORT = Batch("Answer.", (DOCUMENT,), (Question("q", "Is it sued?", Choice(("yes", "no")), 4),))
LONGER = DOCUMENT[::-1] * 2
LONG = Batch("Answer.", (LONGER,), tuple(Question(str(n), "Copy.", Labelled(("words",), LONGER, at_most=5), 60) for n in range(4)))


@pytest.fixture(scope="module")
def supervised(config):
    engine = SupervisedEngine(config, Patience(hang_s=3))
    engine.start()
    yield engine
    engine.close()


def ask(engine: SupervisedEngine, batch: Batch, stop: Stop = never) -> tuple[Answer, ...]:
    return engine.ask([batch], stop).readings[0].checked()


def ask_often(engine: SupervisedEngine) -> None:
    for _ in range(20):
        ask(engine, LONG)


def pid(engine: SupervisedEngine) -> int:
    found = engine.describe()["pid"]
    assert isinstance(found, int)
    return found


def during_a_job(engine: SupervisedEngine, deed) -> threading.Timer:
    timer = threading.Timer(0.4, deed, [pid(engine)])
    timer.start()
    return timer


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGILL, signal.SIGKILL])
def test_native_death_is_a_typed_error_within_a_second_and_the_next_job_succeeds(supervised, number):
    expected = ask(supervised, SHORT)
    died = []
    during_a_job(supervised, lambda process: (os.kill(process, number), died.append(time.monotonic())))
    with pytest.raises(EngineDied, match=number.name):
        ask(supervised, LONG)
    assert time.monotonic() - died[0] < 1
    assert ask(supervised, SHORT) == expected
    assert supervised.describe()["state"] == "ready"


def test_a_worker_that_dies_idle_comes_back_by_itself(supervised):
    before = pid(supervised)
    os.kill(before, signal.SIGKILL)
    end = time.monotonic() + 20
    while time.monotonic() < end and (pid(supervised) == before or supervised.describe()["state"] != "ready"):
        time.sleep(0.05)
    assert pid(supervised) != before
    assert "SIGKILL" in str(supervised.describe()["last_error"])


def test_a_hang_is_noticed_and_ended(supervised):
    during_a_job(supervised, lambda process: os.kill(process, signal.SIGSTOP))
    with pytest.raises(EngineHung, match="3 s"):
        ask(supervised, LONG)
    assert ask(supervised, SHORT)


def test_a_halted_job_ends_at_the_next_token_and_the_worker_lives(supervised):
    ask(supervised, SHORT)
    worker, start = pid(supervised), time.monotonic()
    with pytest.raises(Cancelled):
        ask(supervised, LONG, lambda: time.monotonic() - start > 0.5)
    assert time.monotonic() - start < 1.5
    assert ask(supervised, SHORT)
    assert pid(supervised) == worker


def test_errors_keep_their_type_through_the_pipe(supervised):
    with pytest.raises(PromptTooLong):
        ask(supervised, replace(SHORT, document=("word " * 5000,)))


def test_tokens_are_counted_by_the_worker(supervised):
    assert supervised.count_tokens(["", "one two three"])[0] == 0
    assert supervised.count_tokens(["one two three"])[0] >= 3


def test_this_process_holds_no_native_model_code(config):
    """In a fresh interpreter, as the API's: the supervisor answers and no library of llama.cpp is mapped."""
    script = f"""
import sys
from casebrief.models.engine import Batch, EngineConfig, Question
from casebrief.models.constraints import Choice
from casebrief.models.supervisor import SupervisedEngine
engine = SupervisedEngine(EngineConfig("m", {config.path!r}, "", context_tokens=1024)); engine.start()
assert engine.ask([Batch("Answer.", ("It rains.",), (Question("q", "Rain?", Choice(("yes", "no")), 4),))]).readings
maps = open("/proc/self/maps").read() if sys.platform == "linux" else ""
engine.close()
assert "llama_cpp" not in sys.modules and "llguidance" not in sys.modules and "libllama" not in maps and "libggml" not in maps
"""
    import subprocess

    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_closing_ends_the_worker(config):
    engine = SupervisedEngine(config)
    engine.start()
    worker = pid(engine)
    engine.close()
    assert not psutil.pid_exists(worker) or psutil.Process(worker).status() == psutil.STATUS_ZOMBIE
    with pytest.raises(EngineUnavailable):
        ask(engine, SHORT)


def test_a_file_that_is_no_model_is_unavailable_not_a_crash(config, tmp_path):
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + b"\0" * 64)
    engine = SupervisedEngine(replace(config, path=str(broken)))
    with pytest.raises(EngineUnavailable, match="no model"):
        engine.start()
    assert engine.describe()["state"] == "down"


def test_a_start_that_dies_is_tried_again_without_extra_buffers(config, monkeypatch):
    """A build that dies in its first prompt: the second start goes without extra buffers, and says so."""
    from casebrief.models import supervisor

    real = supervisor._Process

    def fragile(settings, patience):
        if settings.extra_buffers:
            raise EngineDied("the worker died while it started: signal SIGILL")
        return real(settings, patience)

    monkeypatch.setattr(supervisor, "_Process", fragile)
    engine = SupervisedEngine(config)
    engine.start()
    try:
        assert any("extra buffers" in note for note in engine.info.notes)
        assert ask(engine, SHORT)
    finally:
        engine.close()


def test_starts_are_limited(config, monkeypatch):
    from casebrief.models import supervisor

    tries = []

    def dead(settings, patience):
        tries.append(settings)
        raise EngineDied("the worker died while it started: signal SIGSEGV")

    monkeypatch.setattr(supervisor, "_Process", dead)
    with pytest.raises(EngineUnavailable, match="3 attempts"):
        SupervisedEngine(config, Patience(starts=3)).start()
    assert len(tries) == 3


@pytest.mark.skipif(sys.platform != "linux", reason="limits another process's memory by prlimit, which Linux has")
def test_refused_memory_is_a_typed_error_and_not_the_end(config):
    """The worker may allocate nothing more: the job fails with a type, and once memory is there again the next succeeds."""
    import resource

    engine = SupervisedEngine(config, Patience(hang_s=10))
    engine.start()
    try:
        worker = pid(engine)
        size = psutil.Process(worker).memory_info().vms
        resource.prlimit(worker, resource.RLIMIT_AS, (size, resource.RLIM_INFINITY))
        with pytest.raises((AllocationRefused, EngineDied)):
            ask_often(engine)
        if psutil.pid_exists(worker) and pid(engine) == worker:
            resource.prlimit(worker, resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        assert ask(engine, SHORT)
    finally:
        engine.close()
