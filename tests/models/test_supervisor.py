"""The worker may die, hang or be halted: a typed error for that job, and the next job succeeds."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from casebrief.models import process
from casebrief.models.constraints import Choice, Labelled
from casebrief.models.engine import Answer, Batch, EngineConfig, Question, Stop, never
from casebrief.models.errors import AllocationRefused, Cancelled, EngineDied, EngineHung, EngineUnavailable, NotAModel, NotWritable, PromptTooLong
from casebrief.models.process import Patience, Process
from casebrief.models.supervisor import SupervisedEngine
from conftest import HANG_S, spent, until

pytestmark = pytest.mark.model

DOCUMENT = "The company was sued on Monday in Oakland. It denies every claim. " * 20
SHORT = Batch("Answer.", (DOCUMENT,), (Question("q", "Is it sued?", Choice(("yes", "no")), 4),))
LONGER = DOCUMENT[::-1] * 2
LONG = Batch("Answer.", (LONGER,), tuple(Question(str(n), "Copy.", Labelled(("words",), LONGER, at_most=5), 60) for n in range(4)))


@pytest.fixture(scope="module")
def supervised(config):
    # So patient that only a death itself can tell of it.
    engine = SupervisedEngine(config, Patience(start_s=HANG_S, hang_s=HANG_S))
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


def ask_and_meanwhile(engine: SupervisedEngine, deed: Callable[[int], object]) -> None:
    """Ask long questions; at the worker's first sign that it works on them, something is done to it, once."""
    done = threading.Event()

    def heard(answered: int, of: int) -> None:
        if not done.is_set():
            done.set()
            deed(pid(engine))

    engine.ask([LONG], heard=heard)


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGILL, signal.SIGKILL])
def test_native_death_is_a_typed_error_and_the_next_job_succeeds(supervised, number):
    expected = ask(supervised, SHORT)
    with pytest.raises(EngineDied, match=number.name):
        ask_and_meanwhile(supervised, lambda process: os.kill(process, number))
    assert ask(supervised, SHORT) == expected
    assert supervised.describe()["state"] == "ready"


@pytest.mark.skipif(sys.platform != "linux", reason="reads another process's limits, which Linux allows")
def test_a_dying_worker_writes_no_core(supervised):
    """A dump of the weights delays the news of a death, and holds what clients sent."""
    import resource

    assert resource.prlimit(pid(supervised), resource.RLIMIT_CORE) == (0, 0)


def test_a_worker_that_dies_idle_comes_back_by_itself(supervised):
    before = pid(supervised)
    os.kill(before, signal.SIGKILL)
    until(lambda: pid(supervised) != before and supervised.describe()["state"] == "ready")
    assert "SIGKILL" in str(supervised.describe()["last_error"])


def test_a_hang_is_noticed_and_ended(supervised, monkeypatch):
    with monkeypatch.context() as impatient:
        impatient.setattr(supervised, "_patience", Patience(start_s=HANG_S, hang_s=2))
        with pytest.raises(EngineHung, match="2 s"):
            ask_and_meanwhile(supervised, lambda process: os.kill(process, signal.SIGSTOP))
    assert ask(supervised, SHORT)


@pytest.mark.slow
def test_a_halted_job_is_worked_on_no_more_and_the_worker_lives(supervised):
    """Measured in the worker's own processor time: what is left of a hundred documents is not read."""
    ask(supervised, SHORT)
    worker, before = pid(supervised), spent(pid(supervised))
    ask(supervised, LONG)
    one, working = spent(worker) - before, threading.Event()
    before = spent(worker)
    hundred = [replace(LONG, document=(f"{number} {LONGER}",)) for number in range(100)]
    with pytest.raises(Cancelled):
        supervised.ask(hundred, working.is_set, lambda answered, of: working.set())
    assert ask(supervised, SHORT)
    assert spent(worker) - before < 20 * one
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
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_closing_ends_the_worker(config):
    engine = SupervisedEngine(config)
    engine.start()
    worker = pid(engine)
    engine.close()
    assert not psutil.pid_exists(worker) or psutil.Process(worker).status() == psutil.STATUS_ZOMBIE
    with pytest.raises(EngineUnavailable):
        ask(engine, SHORT)


def test_a_file_that_is_no_model_is_refused_not_a_crash(config, tmp_path):
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + b"\0" * 64)
    engine = SupervisedEngine(replace(config, path=str(broken)))
    with pytest.raises(NotAModel, match="no model"):
        engine.start()
    assert engine.describe()["state"] == "down"


@pytest.mark.slow
def test_weights_that_vanish_are_made_again_at_the_next_start(config, tmp_path):
    vanishing = tmp_path / "weights.gguf"

    def made() -> EngineConfig:
        vanishing.write_bytes(Path(config.path).read_bytes())
        return replace(config, path=str(vanishing))

    engine = SupervisedEngine(made(), Patience(start_s=HANG_S, hang_s=HANG_S), again=made)
    try:
        expected = ask(engine, SHORT)
        vanishing.unlink()
        os.kill(pid(engine), signal.SIGKILL)
        until(lambda: engine.describe()["restarts"] == 1)
        assert vanishing.is_file()
        assert ask(engine, SHORT) == expected
    finally:
        engine.close()


def test_weights_that_vanish_and_cannot_be_made_again_are_told_by_every_start(config, tmp_path):
    def refused() -> EngineConfig:
        raise NotWritable("the folder is full")

    engine = SupervisedEngine(replace(config, path=str(tmp_path / "none.gguf")), again=refused)
    for _ in range(2):
        with pytest.raises(NotWritable, match="full"):
            ask(engine, SHORT)
    assert (engine.describe()["state"], engine.describe()["last_error"]) == ("down", "the folder is full")


@pytest.mark.slow
def test_a_start_that_dies_is_tried_again_without_extra_buffers(config, monkeypatch):
    """A build that dies in its first prompt: the second start goes without extra buffers, and says so."""
    from casebrief.models import supervisor

    real = supervisor.Process

    def fragile(settings, patience):
        if settings.extra_buffers:
            raise EngineDied("the worker died while it started: signal SIGILL")
        return real(settings, patience)

    monkeypatch.setattr(supervisor, "Process", fragile)
    engine = SupervisedEngine(config)
    engine.start()
    try:
        assert any("extra buffers" in note for note in engine.info.notes)
        assert [note for note in engine.info.notes if "CMAKE_ARGS=-DCMAKE_CXX_FLAGS=-fno-dse pip install" in note]
        assert ask(engine, SHORT)
    finally:
        engine.close()


@pytest.fixture
def struck(monkeypatch) -> Callable[..., list[subprocess.Popen[bytes]]]:
    """Sends each worker that is begun the next of some signals at once, while there are any; tells which were begun."""

    def strike(*signals: signal.Signals) -> list[subprocess.Popen[bytes]]:
        real, left, begun = subprocess.Popen, list(signals), []

        def popen(*arguments, **options) -> subprocess.Popen[bytes]:
            begun.append(real(*arguments, **options))
            if left:
                begun[-1].send_signal(left.pop(0))
            return begun[-1]

        monkeypatch.setattr(process.subprocess, "Popen", popen)
        return begun

    return strike


@pytest.mark.skipif(sys.platform == "win32", reason="Windows stops no process by a signal")
def test_a_worker_that_stands_still_while_it_starts_is_noticed_long_before_the_longest_start(config, struck):
    """By what it does, not by the clock alone: a start on a busy machine takes long, but never does nothing for so long."""
    begun = struck(signal.SIGSTOP)
    with pytest.raises(EngineHung, match=r"stood still for 0\.5 s while it started"):
        Process(config, Patience(start_s=HANG_S, still_s=0.5))
    assert begun[0].returncode == -signal.SIGKILL


@pytest.mark.skipif(sys.platform == "win32", reason="Windows stops no process by a signal")
@pytest.mark.slow
def test_after_one_that_stood_still_another_is_begun(config, struck):
    begun, engine = struck(signal.SIGSTOP), SupervisedEngine(config, Patience(start_s=HANG_S, hang_s=HANG_S))
    engine.start()
    try:
        assert len(begun) > 1
        assert pid(engine) == begun[-1].pid
        assert ask(engine, SHORT)
    finally:
        engine.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends no process by a signal")
def test_a_start_that_somebody_ended_is_tried_again_as_it_was(config, struck):
    """Only what dies of itself says that the build is at fault: one that was killed for memory or by hand costs no speed afterwards."""
    begun, engine = struck(signal.SIGKILL, signal.SIGTERM), SupervisedEngine(config, Patience(start_s=HANG_S, hang_s=HANG_S))
    engine.start()
    try:
        assert len(begun) == 3
        assert not any("extra buffers" in note for note in engine.info.notes)
    finally:
        engine.close()


def test_starts_are_limited(config, monkeypatch):
    from casebrief.models import supervisor

    tries = []

    def dead(settings, patience):
        tries.append(settings)
        raise EngineDied("the worker died while it started: signal SIGSEGV")

    monkeypatch.setattr(supervisor, "Process", dead)
    with pytest.raises(EngineUnavailable, match="3 attempts"):
        SupervisedEngine(config, Patience(starts=3)).start()
    assert len(tries) == 3


@pytest.mark.skipif(sys.platform != "linux", reason="limits another process's memory by prlimit, which Linux has")
def test_refused_memory_is_a_typed_error_and_not_the_end(config):
    """The worker may allocate nothing more: the job fails with a type, and once memory is there again the next succeeds."""
    import resource

    engine = SupervisedEngine(config, Patience(start_s=HANG_S, hang_s=HANG_S))
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
