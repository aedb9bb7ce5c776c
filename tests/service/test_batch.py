"""Batches without a model: order, going on after a kill, what is done once, what is held at a time. The work is a function of the line."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from casebrief.service.batch.ahead import Ahead
from casebrief.service.batch.cases import Case, Folder, cases_of
from casebrief.service.batch.errors import InputUnusable, OutUnusable
from casebrief.service.batch.out import Outcome, opened, remaining
from casebrief.service.batch.pace import Pace
from casebrief.service.batch.side_by_side import WINDOW, SideBySide
from conftest import until
from hypothesis import given
from hypothesis import strategies as st

MOST = 40
BY = "a model"


class Killed(Exception):
    """The batch ends here."""


def outcome(case: Case) -> Outcome:
    """What a line says, or an error where it has too many bytes."""
    return Outcome(f"n{case.number}", json.dumps({"read": None if case.content is None else str(case.content)}), failed=case.content is None, by=BY)


def batch(path: Path, out: Path, work: Callable[[Case, Callable[[], bool]], Outcome] | None = None, workers: int = 1) -> Counter[int]:
    """Do what remains; how often each case was worked on."""
    begun: Counter[int] = Counter()

    def counted(case, stop):
        begun[case.number] += 1
        return work(case, stop) if work else outcome(case)

    with opened(out) as file:
        rest = remaining(iter(cases_of(path, MOST)), file.last, out)
        with contextlib.closing(SideBySide(counted, workers, Ahead.beside(out, BY))(rest)) as done:
            for case, came in done:
                file.append(case, came)
    return begun


@pytest.fixture
def place() -> Iterator[Path]:
    with TemporaryDirectory() as folder:
        yield Path(folder)


def numbers(out: Path) -> list[int]:
    return [json.loads(line)["line"] for line in out.read_bytes().splitlines()]


LINES = st.lists(st.binary(max_size=MOST + 20).map(lambda line: line.replace(b"\n", b" ")), min_size=1, max_size=12).filter(
    lambda lines: any(line.strip() for line in lines)
)


@given(LINES, st.booleans(), st.integers(1, 3))
def test_every_line_that_is_not_blank_comes_out_once_in_order(lines, ended, workers):
    with TemporaryDirectory() as folder:
        path, out = Path(folder, "in"), Path(folder, "out")
        path.write_bytes(b"\n".join(lines) + (b"\n" if ended else b""))
        batch(path, out, workers=workers)
        expected = [number for number, line in enumerate(lines, 1) if line.strip() or len(line) > MOST]
        assert numbers(out) == expected
        told = [json.loads(line) for line in out.read_bytes().splitlines()]
        assert [one["line"] for one in told if "error" in one] == [number for number, line in enumerate(lines, 1) if len(line) > MOST]
        assert told[-1]["checkpoint"]["failed"] == sum("error" in one for one in told)
        assert not Ahead.beside(out, BY).path.exists()


@given(LINES, st.data(), st.integers(1, 3))
def test_an_output_cut_anywhere_becomes_what_it_would_have_been(lines, data, workers):
    with TemporaryDirectory() as folder:
        path, out = Path(folder, "in"), Path(folder, "out")
        path.write_bytes(b"\n".join(lines) + b"\n")
        batch(path, out)
        whole = out.read_bytes()
        cut = data.draw(st.integers(0, len(whole)))
        out.write_bytes(whole[:cut])
        stood = {json.loads(line)["line"] for line in whole[:cut].splitlines(keepends=True) if line.endswith(b"\n")}
        begun = batch(path, out, workers=workers)
        assert out.read_bytes() == whole
        assert not stood & set(begun)
        assert set(begun.values()) <= {1}


@given(st.integers(2, 3), st.integers(1, 12), st.booleans())
def test_what_was_done_before_its_turn_is_not_done_again(workers, dies_at, torn):
    """The batch ends when a case is begun; those that were done by then wait in the file beside the output, whatever of them the kill tore."""
    with TemporaryDirectory() as folder:
        path, out = Path(folder, "in"), Path(folder, "out")
        path.write_bytes(b"".join(b"%d\n" % number for number in range(1, 13)))

        def first(case, stop):
            if case.number == dies_at:
                until(lambda: dies_at == 12 or out.with_name("out.ahead").exists())
                raise Killed
            return outcome(case)

        with pytest.raises(Killed):
            batch(path, out, first, workers)
        beside = Ahead.beside(out, BY)
        put_by = {number for number, _ in beside.waiting}
        if put_by and torn:
            beside.path.write_bytes(beside.path.read_bytes() + b'{"line": 12, "seen": "')
        done = set(numbers(out)) | put_by
        begun = batch(path, out, workers=workers)
        assert numbers(out) == list(range(1, 13))
        assert set(begun) == set(range(1, 13)) - done
        assert not beside.path.exists()


def test_what_waits_for_an_earlier_case_is_on_the_disk(place):
    """The first case takes as long as the others: their outcomes are put by meanwhile, and no more than a window is begun."""
    path, out = place / "in", place / "out"
    path.write_bytes(b"line\n" * 50)
    let, most_begun = threading.Event(), 0

    def work(case, stop):
        nonlocal most_begun
        most_begun = max(most_begun, case.number) if not let.is_set() else most_begun
        if case.number == 1:
            until(let.is_set)
        return outcome(case)

    def look():
        beside = out.with_name("out.ahead")
        until(lambda: beside.exists() and beside.read_bytes().count(b"\n") == 2 * WINDOW - 1)
        let.set()

    looking = threading.Thread(target=look)
    looking.start()
    batch(path, out, work, workers=2)
    looking.join()
    assert most_begun == 2 * WINDOW
    assert numbers(out) == list(range(1, 51))


def test_an_input_that_grew_goes_on_and_another_is_refused(place):
    path, out = place / "in", place / "out"
    path.write_bytes(b"one\ntwo")
    batch(path, out)
    path.write_bytes(b"one\ntwo\nthree\n")
    assert batch(path, out) == {3: 1}
    stands = out.read_bytes()
    for other in (b"one\nTWO\nthree\nfour\n", b"one\ntwo\n", b"one\n\ntwo\nthree\n"):
        path.write_bytes(other)
        with pytest.raises(OutUnusable, match="another input"):
            batch(path, out)
        assert out.read_bytes() == stands


def test_another_model_is_refused(place):
    path, out = place / "in", place / "out"
    path.write_bytes(b"one\n")
    batch(path, out)
    path.write_bytes(b"one\ntwo\n")
    with pytest.raises(OutUnusable, match="begun with a model"):
        batch(path, out, lambda case, stop: Outcome(None, "{}", failed=False, by="another model"))
    assert numbers(out) == [1]


@pytest.mark.parametrize("content", [b"notes of mine", b"notes\n", b'{"line": 1}\n', b'{"line": 1, "checkpoint": 3}\n', b'[1]\n{"line": '])
def test_a_file_that_is_no_output_of_a_batch_is_left_as_it_is(place, content):
    out = place / "out"
    out.write_bytes(content)
    with pytest.raises(OutUnusable, match="no output of a batch"), opened(out):
        pass
    assert out.read_bytes() == content


def test_two_batches_do_not_write_one_output(place):
    with opened(place / "out"), pytest.raises(OutUnusable, match="another batch"), opened(place / "out"):
        pass


def test_a_folder_is_no_output(place):
    with pytest.raises(OutUnusable, match="no file"), opened(place):
        pass


def test_folders_come_in_order_of_their_names_and_a_change_is_seen(place):
    for name, text in (("b", "two"), ("a", "one"), (".hidden", "no")):
        (place / name).mkdir()
        (place / name / "article.txt").write_text(text)
    (place / "beside.txt").write_text("no case")
    first = list(cases_of(place, MOST))
    held = [Folder("a", ((place / "a" / "article.txt", b"one"),), 3), Folder("b", ((place / "b" / "article.txt", b"two"),), 3)]
    assert [(case.number, case.content) for case in first] == [(1, held[0]), (2, held[1])]
    (place / "b" / "article.txt").write_text("three")
    again = list(cases_of(place, MOST))
    assert again[0] == first[0]
    assert again[1].seen != first[1].seen


def test_files_that_are_too_large_together_are_seen_and_not_held(place):
    (place / "a").mkdir()
    (place / "a" / "article.txt").write_bytes(b"x" * (MOST + 1))
    (first,) = cases_of(place, MOST)
    assert first.content == Folder("a", (), MOST + 1)
    (place / "a" / "article.txt").write_bytes(b"y" * (MOST + 1))
    (again,) = cases_of(place, MOST)
    assert again.seen != first.seen


@pytest.mark.parametrize("name", ["nothing", "empty"])
def test_an_input_without_cases_is_told(place, name):
    (place / "empty").mkdir()
    with pytest.raises(InputUnusable, match=name):
        cases_of(place / name, MOST)


def test_a_long_line_is_passed_over_without_being_held(place):
    path = place / "in"
    path.write_bytes(b"a" * 5_000_000 + b"\nshort\n" + b"b" * 3_000_000)
    found = list(cases_of(path, MOST))
    assert [(case.number, case.content) for case in found] == [(1, None), (2, b"short"), (3, None)]
    assert [case.ends for case in found] == [5_000_001, 5_000_007, 8_000_007]


def test_how_it_goes_is_told_with_rate_and_time_left(place):
    path, out = place / "in", place / "out"
    path.write_bytes(b"12345\n" * 4)
    told, now = [], [0.0]
    with opened(out) as file:
        pace = Pace(24, 0, lambda: now[0])
        for case in cases_of(path, MOST):
            now[0] += 2
            told.append(pace.told(case, file.append(case, outcome(case))))
    assert told[0] == "1 cases done, 30.0 a minute, about 6 s left"
    assert told[3] == "4 cases done, 30.0 a minute, about 0 s left"


def run(path: Path, out: Path, before: str = "") -> subprocess.Popen[bytes]:
    """The batch in a process of its own, in three threads."""
    script = f"{before}import runpy; from pathlib import Path; runpy.run_path({__file__!r})['batch'](Path({str(path)!r}), Path({str(out)!r}), workers=3)"
    return subprocess.Popen([sys.executable, "-c", script], env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}, stderr=subprocess.PIPE)


def test_a_full_disk_ends_a_batch_that_goes_on_when_there_is_room(place):
    path, out = place / "in", place / "out"
    path.write_bytes(b"line\n" * 40)
    limit = "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000)); "
    with run(path, out, limit) as process:
        assert b"OSError: [Errno 27]" in process.communicate()[1]
    stood = numbers_of_whole_lines(out)
    assert 0 < len(stood) < 40
    begun = batch(path, out)
    assert numbers(out) == list(range(1, 41))
    assert not set(stood) & set(begun)


def numbers_of_whole_lines(out: Path) -> list[int]:
    content = out.read_bytes()
    return [json.loads(line)["line"] for line in content[: content.rfind(b"\n") + 1].splitlines()]


@pytest.mark.slow
def test_a_process_that_is_killed_again_and_again_does_all_in_the_end(place):
    """Whenever SIGKILL comes: what stands is whole, in order, and stays."""
    path, out = place / "in", place / "out"
    path.write_bytes(b"".join(b"%d\n" % number for number in range(400)))
    stood = b""
    for _ in range(6):
        with run(path, out) as process:
            until(lambda process=process, size=len(stood): process.poll() is not None or (out.exists() and out.stat().st_size > size + 2000))
            process.send_signal(signal.SIGKILL)
        whole = out.read_bytes()
        whole = whole[: whole.rfind(b"\n") + 1]
        assert whole.startswith(stood)
        stood = whole
    batch(path, out)
    assert out.read_bytes().startswith(stood)
    assert numbers(out) == list(range(1, 401))
