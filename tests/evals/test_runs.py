"""Runs survive being killed, errors are never zeros, and the command's exit codes say what happened."""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from casebrief.evals.agreement import alpha
from casebrief.evals.labels import LabelError, load_cases
from casebrief.evals.report import Mark, segments
from casebrief.evals.runs import RunError, execute, read
from casebrief.evals.sets import bundled
from commanded import commanded
from edges.test_cli import casebrief
from perfect import perfect

CASES = load_cases(bundled() / "cases")


class Perfect:
    """Answers with the labels themselves; may die at a case."""

    name = "perfect"

    def __init__(self, dies_at: int | None = None, fails_at: str | None = None) -> None:
        self.asked: list[str] = []
        self._dies_at, self._fails_at = dies_at, fails_at

    def settings(self) -> dict[str, object]:
        return {"model": "none"}

    def answer(self, case):
        if len(self.asked) == self._dies_at:
            raise KeyboardInterrupt
        self.asked.append(case.id)
        if case.id == self._fails_at:
            raise ConnectionError("the service is gone")
        return perfect(case) | {"id": f"x{len(self.asked)}", "timings": {}}


def without_clock(path: Path) -> list[dict]:
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return [{key: value for key, value in line.items() if key != "clock"} for line in lines]


@pytest.mark.parametrize("dies_at", [0, 1, 5, 11])
@pytest.mark.parametrize("torn", [0, 40])
def test_a_killed_run_goes_on_and_ends_the_same(tmp_path, dies_at, torn):
    whole, broken = tmp_path / "whole.jsonl", tmp_path / "broken.jsonl"
    execute(CASES, Perfect(), whole, repeats=2)
    with pytest.raises(KeyboardInterrupt):
        execute(CASES, Perfect(dies_at), broken, repeats=2)
    if torn and dies_at:
        broken.write_bytes(broken.read_bytes()[:-torn])
    again = Perfect()
    execute(CASES, again, broken, repeats=2)
    assert without_clock(broken) == without_clock(whole)
    assert len(again.asked) == 2 * len(CASES) - dies_at + bool(torn and dies_at)


def test_a_failure_of_the_infrastructure_is_an_error_and_is_asked_again(tmp_path):
    path = tmp_path / "run.jsonl"
    run = execute(CASES, Perfect(fails_at=CASES[3].id), path)
    assert [(s.case, s.error) for s in run.errors] == [(CASES[3].id, "ConnectionError: the service is gone")]
    assert not run.complete
    again = Perfect()
    assert execute(CASES, again, path).complete
    assert again.asked == [CASES[3].id]


def test_a_run_of_another_setting_is_not_mixed_in(tmp_path):
    path = tmp_path / "run.jsonl"
    execute(CASES[:2], Perfect(), path)
    with pytest.raises(RunError, match="cases"):
        execute(CASES[:3], Perfect(), path)


def test_the_run_file_says_what_decided_it(tmp_path):
    path = tmp_path / "run.jsonl"
    execute(CASES[:1], Perfect(), path)
    header = json.loads(path.read_text().splitlines()[0])
    assert {"casebrief_run", "cases_sha256", "matchers_sha256", "schema_sha256", "settings", "packages", "processors", "version", "set", "dress"} <= set(header)


@pytest.mark.parametrize("content", ["", "{", "[]\n", '{"casebrief_run": 9}\n', "no\n"])
def test_what_is_no_run_file_is_refused(tmp_path, content):
    path = tmp_path / "run.jsonl"
    path.write_text(content)
    with pytest.raises(RunError):
        read(path)


@pytest.fixture(scope="module")
def saved(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("runs") / "saved.jsonl"
    done = casebrief("eval", "run", "--out", path)
    assert done.returncode in (0, 1, 4), done.stderr
    return path


@pytest.mark.slow
def test_scoring_twice_gives_the_same_bytes(saved):
    assert casebrief("eval", "score", saved).stdout == casebrief("eval", "score", saved).stdout
    assert casebrief("eval", "errors", saved).stdout == casebrief("eval", "errors", saved).stdout


def test_a_missed_floor_exits_with_1(tmp_path):
    gates = tmp_path / "gates.toml"
    gates.write_text("[all]\nrecall = 0.999\n")
    done = commanded("eval", "score", bundled() / "baseline.jsonl", "--gates", gates)
    assert done.returncode == 1
    assert "all recall" in done.stdout


@pytest.mark.slow
def test_a_regression_exits_with_4(saved, tmp_path):
    worse = tmp_path / "worse.jsonl"
    lines = [json.loads(line) for line in saved.read_text().splitlines()]
    for line in lines[1:]:
        line["response"]["summary"] |= {"caption": None, "court": None, "timeline": [], "quotes": [], "causes_of_action": []}
    worse.write_text("".join(json.dumps(line) + "\n" for line in lines))
    done = commanded("eval", "compare", saved, worse)
    assert done.returncode == 4
    assert "timeline" in done.stdout
    assert commanded("eval", "compare", saved, saved).returncode == 0


def test_an_unreachable_service_exits_with_3(tmp_path):
    assert commanded("eval", "run", "--url", "http://127.0.0.1:9", "--out", tmp_path / "x.jsonl").returncode == 3


def test_wrong_labels_exit_with_2(tmp_path):
    shutil.copytree(bundled() / "cases" / CASES[0].id, tmp_path / CASES[0].id)
    path = tmp_path / CASES[0].id / "case.yaml"
    case = yaml.safe_load(path.read_text())
    case["facts"][0]["evidence"][0]["quote"] = "words that nobody wrote"
    case["facts"][1]["importance"] = "huge"
    path.write_text(yaml.safe_dump(case))
    done = commanded("eval", "validate", tmp_path)
    assert done.returncode == 2
    assert "words that nobody wrote" in done.stdout
    assert "2 problems" in done.stdout
    assert commanded("eval", "run", tmp_path).returncode == 2
    with pytest.raises(LabelError, match="vital or okay"):
        load_cases(tmp_path)


@pytest.mark.slow
def test_junit_has_a_test_case_a_case_and_field(saved, tmp_path):
    path = tmp_path / "junit.xml"
    commanded("eval", "score", saved, "--junit", path)
    suites = ElementTree.parse(path).getroot()
    assert len(suites) == len(CASES)
    assert sum(len(suite) for suite in suites) == sum(len(case.scored) for case in CASES)


@pytest.mark.slow
def test_markdown_is_a_table(saved):
    told = commanded("eval", "score", saved, "--markdown").stdout
    assert told.startswith("| score | value")
    assert "| timeline |" in told


@pytest.mark.slow
def test_blessing_is_refused_when_matchers_differ(saved, tmp_path):
    other = tmp_path / "other.jsonl"
    lines = saved.read_text().splitlines(keepends=True)
    other.write_text(json.dumps(json.loads(lines[0]) | {"matchers_sha256": "0"}) + "\n" + "".join(lines[1:]))
    done = commanded("eval", "bless", other)
    assert done.returncode == 2
    assert "matchers_sha256" in done.stderr


@pytest.mark.slow
def test_the_report_is_one_page_that_loads_nothing(saved, tmp_path):
    page = tmp_path / "report.html"
    assert commanded("eval", "report", saved, "--out", page).returncode == 0
    html = page.read_text()
    assert "src=" not in html
    assert "http" not in html.replace("https://", "http://").split("<body>")[0]
    assert all(case.id in html for case in CASES)


def test_segments_lose_nothing():
    text = "0123456789"
    marks = [Mark(2, 6, "label", "a"), Mark(4, 8, "found", "b"), Mark(4, 6, "found", "c")]
    found = list(segments(text, marks))
    assert "".join(segment.text for segment in found) == text
    assert [(s.text, s.kinds, s.ids) for s in found if s.text == "45"] == [("45", "found label", "a b c")]


def test_krippendorffs_alpha():
    """A worked example: two coders, ten units, six agreements."""
    pairs = [("a", "a"), ("a", "b"), ("b", "b"), ("b", "a"), ("a", "a"), ("a", "a"), ("b", "b"), ("a", "b"), ("b", "b"), ("b", "a")]
    assert alpha(pairs) == pytest.approx(1 - 0.4 / (1 - (10 * 9 + 10 * 9) / (20 * 19)))
    assert alpha([]) is None


def test_two_equal_annotators_agree():
    folder = bundled() / "cases"
    told = commanded("eval", "agreement", folder, folder).stdout
    assert "1.00" in told
    assert "0." not in told.replace("1.00", "")


@pytest.mark.slow
def test_a_running_service_can_be_judged(server, tmp_path):
    path = tmp_path / "service.jsonl"
    done = commanded("eval", "run", "--url", server, "--case", CASES[0].id, "--case", CASES[1].id, "--out", path)
    assert done.returncode in (0, 1), done.stderr
    assert read(path).header["cases"] == [CASES[0].id, CASES[1].id]
    assert read(path).complete


@pytest.mark.model
@pytest.mark.slow
def test_the_real_model_over_a_few_cases_keeps_the_gates(tmp_path):
    chosen = [part for case in ("kestrelware-air-fryer", "eeoc-tallow-creek") for part in ("--case", case)]
    gates = tmp_path / "gates.toml"
    gates.write_text("[all]\nrecall_vital = 0.69\nrecall = 0.62\nprecision = 0.68\nabsent_accuracy = 0.85\n[most]\ndistractors = 0\nungrounded = 0\n")
    done = commanded("eval", "run", *chosen, "--repeat", 2, "--gates", gates, "--out", tmp_path / "few.jsonl")
    assert done.returncode == 0, done.stdout + done.stderr
    first, second = ({s.case: s.response for s in read(tmp_path / "few.jsonl").samples if s.repeat == repeat} for repeat in (0, 1))
    assert first == second


@pytest.mark.model
@pytest.mark.slow
def test_the_real_model_over_a_few_marked_cases_finds_what_both_annotators_marked(tmp_path):
    chosen = [
        part for case in ("asheville-brewery-harassment", "augusta-nurse-fentanyl", "brambling-tuner-epa", "taxfalcon-pixel") for part in ("--case", case)
    ]
    gates = tmp_path / "gates.toml"
    gates.write_text(
        '[all]\nrecall_vital = 0.7\nprecision = 0.7\n[most]\nungrounded = 0\n[marks]\n"right for either annotator" = 0.85\n"found of what both marked" = 0.7\n'
    )
    done = commanded("eval", "run", "--set", "corpus", *chosen, "--gates", gates, "--out", tmp_path / "few.jsonl")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_committed_baseline_keeps_the_gates():
    """The gate over saved outputs, without a model: a change of matchers or labels that moves the scores shows here."""
    done = commanded("eval", "score", bundled() / "baseline.jsonl")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_kept_baseline_of_the_stock_way_can_be_scored():
    done = commanded("eval", "score", bundled() / "baselines" / "stock.jsonl")
    assert done.returncode in (0, 1, 4), done.stderr
    assert "recall of vital facts" in done.stdout


@pytest.mark.slow
def test_a_run_killed_in_earnest_goes_on(saved, tmp_path):
    """SIGKILL in the middle of the real command, then the same command again: the file of an undisturbed run, but for the clock."""
    path = tmp_path / "killed.jsonl"
    command = [sys.executable, "-m", "casebrief.evals.cli", "eval", "run", "--out", path]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    end = time.monotonic() + 60
    while time.monotonic() < end and (not path.exists() or len(path.read_bytes().splitlines()) < 4):
        time.sleep(0.002)
    process.kill()
    process.wait()
    assert 1 < len(path.read_bytes().splitlines()) < len(CASES) + 1
    assert casebrief("eval", "run", "--out", path).returncode in (0, 1, 4)
    assert without_clock(path) == without_clock(saved)
