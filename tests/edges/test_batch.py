"""`casebrief batch` as a user has it: real processes with the embedded model, killed and taken up again; and what a line may be wrong in, with an engine that reads nothing."""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest
from casebrief.models.engine import never
from casebrief.models.errors import Cancelled, EngineDied, EngineUnavailable
from casebrief.models.fake import FakeEngine
from casebrief.service import example
from casebrief.service.batch.ahead import Ahead
from casebrief.service.batch.cases import Case, cases_of
from casebrief.service.batch.side_by_side import SideBySide
from casebrief.service.domain.schema import CasesResponse, SummaryResponse
from casebrief.service.edges.batch_work import BEGUN, CaseWorker, threads_of
from casebrief.service.edges.problems import ProblemDetails
from casebrief.service.edges.requests import most_bytes
from casebrief.service.edges.settings import Settings
from casebrief.service.edges.wiring import Casebrief, wire
from casebrief.service.pipeline.labelled import LabelReader
from casebrief.service.pipeline.summarizing import Summarizer
from commanded import commanded
from conftest import HANG_S, until, without_clock
from marking import HALF_SURE

TEXT = "Norvane Home Inc was sued on Tuesday in federal court in Oakland, California, by customers."
STORY = "".join(f"<p>{paragraph}</p>" for paragraph in example.articles()[0].text.split("\n\n"))
GOOD = {"articles": [{"text": TEXT}]}


# ---------------------------------------------------------------------- one case, an engine that marks nothing


class Started(FakeEngine):
    def __init__(self, labellings=()):
        super().__init__(labellings=labellings)

    def start(self) -> None:
        """It runs."""


def worker(labellings=(), **settings) -> CaseWorker:
    wired, engine = wire(Settings(cache_mb=0, **settings)), Started(labellings)
    return CaseWorker(Casebrief(**{**vars(wired), "engine": engine, "summarizer": Summarizer(LabelReader(engine, HALF_SURE), "", lambda: engine.info)}))


@pytest.fixture(scope="module")
def reads() -> CaseWorker:
    return worker()


def line(content) -> Case:
    return Case(1, content if isinstance(content, bytes | None) else json.dumps(content).encode(), "", 0, 1)


@pytest.mark.parametrize(
    ("content", "status", "words"),
    [
        (b"{", 400, "not JSON"),
        (b"\xff", 400, "not UTF-8"),
        (b"[" * 100_000, 400, "nested too deeply"),
        (b'{"articles": NaN}', 400, "NaN"),
        (b"[]", 422, "no object"),
        (b'"a story"', 422, "no object"),
        ({}, 422, "/articles: Field required"),
        ({"articles": []}, 422, "/articles"),
        ({**GOOD, "style": "short"}, 422, "'style' is not known"),
        ({**GOOD, "id": 7}, 422, "/id: must be a string"),
        ({**GOOD, "id": "a" * 201}, 422, "/id: must be a string"),
        ({**GOOD, "id": "a\x1b[2J"}, 422, "printable"),
        ({"articles": [{"text": "A."}] * 21}, 413, "21 articles"),
        ({"articles": [{"text": "a" * 200_001}]}, 413, "200001 characters"),
        ({"articles": [{"file": "AAAA"}]}, 422, "/articles/0/file"),
        (None, 413, "more than"),
    ],
)
def test_a_line_that_is_no_case_is_a_problem(reads, content, status, words):
    came = reads(line(content), never)
    assert came.failed
    problem = ProblemDetails.model_validate_json(came.document)
    assert problem.status == status
    assert problem.type.startswith("urn:casebrief:problem:")
    assert words in f"{problem.title}: {problem.detail}"


def test_the_id_of_a_line_is_carried_whatever_becomes_of_it(reads):
    good, bad = reads(line({**GOOD, "id": "Ärger 7"}), never), reads(line({"articles": [], "id": "Ärger 7"}), never)
    assert (good.id, good.failed, bad.id, bad.failed) == ("Ärger 7", False, "Ärger 7", True)
    assert SummaryResponse.model_validate_json(good.document).articles[0].id == "a1"


def test_several_cases_of_a_line_are_told_each_where_that_is_asked_for(reads):
    came = reads(line({**GOOD, "cases": "all"}), never)
    assert len(CasesResponse.model_validate_json(came.document).cases) == 1


def test_a_case_that_takes_the_engine_down_is_begun_again_and_not_for_ever():
    good = worker([EngineDied("SIGSEGV")] * (BEGUN - 1))(line(GOOD), never)
    bad = worker([EngineDied("SIGSEGV")] * BEGUN)(line(GOOD), never)
    assert (good.failed, bad.failed) == (False, True)
    assert json.loads(bad.document)["type"] == "urn:casebrief:problem:engine-died"


def test_what_is_not_the_case_s_fault_is_none_of_its_lines():
    for error in (EngineUnavailable("no memory"), Cancelled("taken back")):
        with pytest.raises(type(error)):
            worker([error])(line(GOOD), lambda: isinstance(error, Cancelled))  # noqa: B023 - asked at once


def test_what_the_system_refuses_ends_the_batch(reads, monkeypatch):
    def refused(*told):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(reads), "_read", refused)
    with pytest.raises(OSError, match="No space"):
        reads(line(GOOD), never)


def test_an_error_that_nobody_foresaw_is_its_line_s_and_tells_no_text(reads, monkeypatch):
    monkeypatch.setattr(type(reads), "_read", lambda *told: {}[TEXT])
    came = reads(line(GOOD), never)
    assert came.failed
    assert "KeyError" in came.document
    assert TEXT not in came.document


def test_a_deadline_that_passes_before_anything_is_read_is_the_line_s_error():
    class Slow(Started):
        def label(self, documents, stop, heard, enough):
            until(enough)
            return super().label(documents, stop, heard, enough)

    wired, engine = wire(Settings(cache_mb=0)), Slow()
    slow = CaseWorker(Casebrief(**{**vars(wired), "engine": engine, "summarizer": Summarizer(LabelReader(engine, HALF_SURE), "", lambda: engine.info)}))
    slow._speed = type(slow._speed)()
    came = slow(line({**GOOD, "deadline_s": 0.01}), never)
    assert json.loads(came.document)["status"] == 504


def test_a_folder_s_files_are_read_as_summarize_reads_them(reads, tmp_path):
    folder = tmp_path / "norvane"
    folder.mkdir()
    for name, content in (("b.html", f"<html><body><article><p>{TEXT}</p>{STORY}</article></body></html>"), ("a.txt", TEXT), (".DS_Store", "x")):
        (folder / name).write_text(content)
    (tmp_path / "scan").mkdir()
    (tmp_path / "scan" / "scan.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 40)
    (tmp_path / "none").mkdir()
    (tmp_path / "large").mkdir()
    (tmp_path / "large" / "a.txt").write_bytes(b"a" * 20_000_001)
    found = {came.id: came for came in (reads(case, never) for case in cases_of(tmp_path, most_bytes(Settings())))}
    response = SummaryResponse.model_validate_json(found["norvane"].document)
    assert [(article.id, article.source and article.source.kind) for article in response.articles] == [("a1", None), ("a2", "html")]
    assert "image" in json.loads(found["scan"].document)["detail"]
    assert "20.0 MB" in json.loads(found["large"].document)["detail"]
    assert "no files" in json.loads(found["none"].document)["detail"]


def test_engines_share_the_processors_unless_told_otherwise(monkeypatch):
    monkeypatch.setattr("casebrief.service.edges.batch_work.processors", lambda: 8)
    assert [threads_of(Settings(), workers) for workers in (1, 2, 3, 20)] == [8, 4, 2, 1]
    assert threads_of(Settings(threads=5), 2) == 5


# ---------------------------------------------------------------------- the command


def command(*arguments, **environment) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "casebrief.evals.cli", "batch", *map(str, arguments)],
        env={**os.environ, "CASEBRIEF_CACHE_MB": "0", "OMP_WAIT_POLICY": "PASSIVE", **environment},
        capture_output=True,
        text=True,
        timeout=HANG_S,
        check=False,
    )


def told(out: Path) -> list[dict]:
    """The whole lines of an output."""
    content = out.read_bytes() if out.exists() else b""
    return [json.loads(one) for one in content[: content.rfind(b"\n") + 1].splitlines()]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nothing.jsonl", "--out", "out"), "nothing.jsonl: No such file"),
        (("blank.jsonl", "--out", "out"), "no line in it is a case"),
        (("empty", "--out", "out"), "a folder without folders"),
        (("cases.jsonl", "--out", "cases.jsonl"), "it is the input"),
        (("cases.jsonl", "--out", "notes.txt"), "no output of a batch"),
        (("cases.jsonl", "--out", "no/out"), "No such file"),
        (("cases.jsonl", "--out", "out", "--model", "nobody"), "nobody"),
    ],
)
def test_what_cannot_be_begun_is_one_line_and_exit_code_2(tmp_path, monkeypatch, arguments, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    for name, content in (("cases.jsonl", json.dumps(GOOD)), ("notes.txt", "my notes"), ("blank.jsonl", "\n\n")):
        (tmp_path / name).write_text(content)
    ended = commanded("batch", *arguments, CASEBRIEF_CACHE_MB=0)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert words in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
    assert (tmp_path / "notes.txt").read_text() == "my notes"


@pytest.mark.model
@pytest.mark.slow
def test_a_batch_that_is_killed_goes_on_and_does_no_line_twice(tmp_path):
    """Two engines; SIGKILL each time that a line more stands; in the end each line is there once, in order, and as one engine reads it alone."""
    articles = [article.text for article in example.articles()]
    lines = [json.dumps({"id": f"case {n}", "articles": [{"text": text.replace("Norvane", f"Norvane{'x' * n}")}]}) for n, text in enumerate(articles * 2)]
    lines.insert(2, "no case")
    path, out = tmp_path / "cases.jsonl", tmp_path / "out.jsonl"
    path.write_text("\n".join(lines) + "\n")
    arguments = [sys.executable, "-m", "casebrief.evals.cli", "batch", str(path), "--out", str(out), "--workers", "2"]
    stood: list[dict] = []
    for _ in range(2):
        process = subprocess.Popen(arguments, env={**os.environ, "CASEBRIEF_CACHE_MB": "0", "OMP_WAIT_POLICY": "PASSIVE"}, stderr=subprocess.DEVNULL)
        until(lambda process=process, lines=len(stood): process.poll() is not None or len(told(out)) > lines)
        engines = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
        process.send_signal(signal.SIGKILL)
        process.wait()
        until(lambda engines=engines: not any(engine.is_running() and engine.status() != psutil.STATUS_ZOMBIE for engine in engines))
        assert told(out)[: len(stood)] == stood
        stood = told(out)
    assert len(stood) >= 2
    with out.open("ab") as file:
        file.write(b'{"line": 9, "response": {"sche')
    ended = command(path, "--out", out, "--workers", "2")
    assert ended.returncode == 1, ended.stderr
    assert "1 of them errors" in ended.stderr
    whole = told(out)
    assert whole[: len(stood)] == stood
    assert [one["line"] for one in whole] == list(range(1, len(lines) + 1))
    assert [one["line"] for one in whole if "error" in one] == [3]
    assert not out.with_name("out.jsonl.ahead").exists()

    alone = tmp_path / "alone.jsonl"
    assert command(path, "--out", alone).returncode == 1
    assert [without_clock(one["response"]) for one in told(alone) if "response" in one] == [
        without_clock(one["response"]) for one in whole if "response" in one
    ]

    content = out.read_bytes()
    again = command(path, "--out", out)
    assert (again.returncode, out.read_bytes()) == (1, content)
    path.write_text("\n".join(lines[1:]) + "\n")
    refused = command(path, "--out", out)
    assert (refused.returncode, out.read_bytes()) == (2, content)
    assert "belongs to another input" in refused.stderr


def test_cases_under_way_are_stopped_when_a_batch_ends_early(tmp_path):
    """As where a line cannot be written."""
    path = tmp_path / "in"
    path.write_bytes(b"line\n" * 30)
    stopped = threading.Event()

    def work(case, stop):
        if case.number > 1:
            until(stop)
            stopped.set()
        return came

    came = worker()(line(GOOD), never)
    outcomes = SideBySide(work, 2, Ahead.beside(tmp_path / "out", ""))(iter(cases_of(path, 100)))
    assert next(outcomes)[0].number == 1
    outcomes.close()
    assert stopped.is_set()
