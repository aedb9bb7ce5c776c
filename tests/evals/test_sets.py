"""Sets by name and folder, dressed runs, gates a set, and what does not fit: one line a fault and exit code 2."""

import json
import shutil

import pytest
from casebrief.evals import sets
from casebrief.evals.complaining import ComplaintError, all_right, read_outcomes
from casebrief.evals.dress import DRESSES, put_on
from casebrief.evals.gates import GateError, load_gates, misses
from casebrief.evals.groups import by_what
from casebrief.evals.judging import compare_runs, gates_of, judge, loss_by_dress
from casebrief.evals.labels import LabelError
from casebrief.evals.report import write_report
from casebrief.evals.runs import RunError, execute, read
from casebrief.evals.sets import bundled, known, load_set
from casebrief.evals.tables import headline, markdown
from commanded import commanded
from edges.test_cli import casebrief, refused
from perfect import perfect
from worn import worn

CORPUS = load_set("corpus")
FEW = [case.id for case in CORPUS.cases[:4]]


class Reader:
    """Answers with the labels; in a dress as the dressed texts have them, or not at all."""

    name = "perfect"

    def __init__(self, of=CORPUS, dress: str | None = None, silent: tuple[str, ...] = ()) -> None:
        self._cases, self._dress, self._silent = {case.id: case for case in of.cases}, dress, silent

    def settings(self) -> dict[str, object]:
        return {"model": None, "reader": "labels"}

    def answer(self, case):
        told = perfect(self._cases[case.id])
        if case.id in self._silent:
            told["summary"] |= {"allegations": [], "rulings": [], "plaintiffs": [], "defendants": []}
        return worn(self._cases[case.id], self._dress, told, wide=False) if self._dress else told


def test_sets_are_known_by_name_and_by_folder(tmp_path):
    assert set(known()) == {"cases", "corpus"}
    assert len(load_set("cases").cases) == 12
    assert not load_set("cases").marked
    assert len(CORPUS.cases) == len(CORPUS.marked) == len(CORPUS.second) == 51
    assert [case.id for case in load_set("corpus", FEW[:2]).cases] == FEW[:2]
    shutil.copytree(bundled() / "corpus" / "dev", tmp_path / "own")
    own = load_set(str(tmp_path / "own"))
    assert not own.second
    assert [case.facts for case in own.cases] == [case.facts for case in CORPUS.cases]


def test_what_is_no_set_is_refused(tmp_path):
    with pytest.raises(LabelError, match="there is no set 'nowhere': give one of cases, corpus, or a folder"):
        load_set("nowhere")
    with pytest.raises(LabelError, match="holds no cases"):
        load_set(str(tmp_path))
    with pytest.raises(LabelError, match="no case brawl"):
        load_set("corpus", ["brawl"])


def test_a_second_annotation_of_other_articles_is_refused(tmp_path):
    for name in ("own", "own-second"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{FEW[0]}.case").write_bytes((bundled() / "corpus" / "dev" / f"{FEW[0]}.case").read_bytes())
    load_set(str(tmp_path / "own"))
    path = tmp_path / "own-second" / f"{FEW[0]}.case"
    path.write_text(path.read_text() + "\nOne more paragraph.\n")
    with pytest.raises(LabelError, match=FEW[0]):
        load_set(str(tmp_path / "own"))


def test_where_the_package_is_installed_the_corpus_is_said_to_come_with_the_repository(monkeypatch, tmp_path):
    monkeypatch.setattr(sets, "bundled", lambda: tmp_path)
    with pytest.raises(LabelError, match="comes with the repository"):
        load_set("corpus")


def test_a_dressed_run_sends_dressed_texts_keeps_the_answer_as_it_came_and_is_judged_as_plain(tmp_path):
    of = load_set("corpus", FEW)
    plain = judge(execute(of.cases, Reader(), tmp_path / "plain.jsonl", of="corpus"), of)
    for dress in DRESSES:
        run = execute(of.cases, Reader(dress=dress), tmp_path / f"{dress}.jsonl", of="corpus", dress=dress)
        head = json.loads((tmp_path / f"{dress}.jsonl").read_text().splitlines()[0])
        assert (head["set"], head["dress"]) == ("corpus", dress)
        for sample, case in zip(run.samples, of.cases, strict=True):
            texts = {article.id: article.text for article in put_on(case, dress).articles}
            for item in sample.response["summary"]["rulings"]:
                for cited in item["citations"]:
                    assert texts[cited["article"]][cited["start"] : cited["end"]] == cited["quote"]
        lost = loss_by_dress(plain, judge(run, of))
        assert {name: (found.before, found.after, found.interval) for name, found in lost.items()} == {
            "touching: F": (1, 1, (0, 0)),
            "recall of vital facts": (1, 1, (0, 0)),
        }


def test_what_a_dress_costs_is_told_with_its_interval(tmp_path):
    plain = judge(execute(CORPUS.cases, Reader(), tmp_path / "plain.jsonl", of="corpus"), CORPUS)
    silent = tuple(case.id for case in CORPUS.cases[::2])
    worse = judge(execute(CORPUS.cases, Reader(dress="crlf", silent=silent), tmp_path / "crlf.jsonl", of="corpus", dress="crlf"), CORPUS)
    for found in loss_by_dress(plain, worse).values():
        assert found.is_one
        assert found.interval is not None
        assert found.interval[1] < 0


def test_a_run_of_another_dress_is_not_mixed_in(tmp_path):
    of = load_set("corpus", FEW)
    execute(of.cases, Reader(), tmp_path / "run.jsonl", of="corpus")
    with pytest.raises(RunError, match="dress"):
        execute(of.cases, Reader(), tmp_path / "run.jsonl", of="corpus", dress="crlf")


def test_two_runs_are_compared_by_case_and_runs_of_other_cases_are_not(tmp_path):
    better = judge(execute(CORPUS.cases, Reader(), tmp_path / "better.jsonl", of="corpus"), CORPUS)
    worse = judge(execute(CORPUS.cases, Reader(silent=tuple(case.id for case in CORPUS.cases[::2])), tmp_path / "worse.jsonl", of="corpus"), CORPUS)
    assert compare_runs(better, worse).regressed
    assert not compare_runs(worse, better).regressed
    assert not compare_runs(better, better).regressed
    assert compare_runs(better, worse).marks["found of what both marked"].is_one
    few = load_set("corpus", FEW)
    with pytest.raises(RunError, match="not of the same cases"):
        compare_runs(better, judge(execute(few.cases, Reader(), tmp_path / "few.jsonl", of="corpus"), few))
    with pytest.raises(RunError, match="of another set"):
        judge(better.run, load_set("cases"))


def test_every_case_stands_in_one_group_of_each_way_to_divide_them(tmp_path):
    judged = judge(execute(CORPUS.cases, Reader(), tmp_path / "run.jsonl", of="corpus"), CORPUS)
    groups = by_what(judged)
    assert set(groups) == {"place", "country", "kind of proceeding", "articles", "length", "dated", "page furniture"}
    for found in groups.values():
        assert sum(group.cases for group in found) == 51
        assert all(figure.value == 1 for group in found for figure in group.figures.values())
    told = markdown(judged, [], None)
    for way in groups:
        assert f"| {way} | cases |" in told


def test_calibration_is_told_with_how_many_are_sure(tmp_path):
    of = load_set("corpus", FEW)
    run = execute(of.cases, Reader(), tmp_path / "run.jsonl", of="corpus")
    for sample in run.samples:
        for field in ("allegations", "rulings"):
            for item in sample.response["summary"][field]:
                item["confidence"] = 0.5
    judged = judge(run, of)
    calibration = judged.totals["calibration"]
    assert calibration["sure_right"] == 1
    unsure = sum(confidence < 0.9 for score in judged.facts for confidence, _ in score.confidences)
    everything = sum(len(score.confidences) for score in judged.facts)
    assert 0 < unsure < everything
    assert calibration["sure"] == everything - unsure
    assert calibration["expected_calibration_error"] == pytest.approx(0.5 * unsure / everything)
    assert dict(headline(judged))["facts with a confidence of 0.9 and over"] == str(everything - unsure)


def test_marked_cases_have_gates_of_their_own(tmp_path):
    assert gates_of(CORPUS).name == "gates-corpus.toml"
    assert gates_of(load_set("cases")).name == "gates.toml"
    gates = load_gates(gates_of(CORPUS))
    judged = judge(execute(CORPUS.cases, Reader(), tmp_path / "run.jsonl", of="corpus"), CORPUS)
    assert not misses(gates, judged.totals, judged.mark_values)
    low = dict.fromkeys(judged.mark_values, 0.01)
    assert {miss.where for miss in misses(gates, judged.totals, low)} == set(gates.marks)
    assert {miss.where for miss in misses(gates, judged.totals, {})} == set(gates.marks), "a figure that there is not misses its floor"
    path = tmp_path / "gates.toml"
    for name in ("found of nothing", "leaks: from sentences without a mark"):
        path.write_text(f'[marks]\n"{name}" = 0.5\n')
        with pytest.raises(GateError, match="unknown figures of marks"):
            load_gates(path)


def outcomes(*rights: bool | None) -> str:
    return "".join(json.dumps({"complaint": f"1{letter}", "kind": "dates", "right": right}) + "\n" for letter, right in zip("abc", rights, strict=False))


def test_complaints_right_are_a_line_of_the_report(tmp_path):
    path = tmp_path / "complaints.jsonl"
    path.write_text(outcomes(True, False, None))
    assert all_right(read_outcomes(path)) == "1 of 2, 1 not answered"
    of = load_set("corpus", FEW)
    judged = judge(execute(of.cases, Reader(), tmp_path / "run.jsonl", of="corpus"), of)
    write_report(tmp_path / "report.html", judged, {}, all_right(read_outcomes(path)))
    html = (tmp_path / "report.html").read_text()
    assert "<td>complaints right</td><td>1 of 2, 1 not answered</td>" in html
    assert "By country" in html
    assert "Marks by field" in html
    for content in ("", "no\n", '{"case": 1}\n'):
        path.write_text(content)
        with pytest.raises(ComplaintError, match=r"complaints\.jsonl holds no outcomes"):
            read_outcomes(path)


@pytest.fixture(scope="module")
def rules_run(tmp_path_factory):
    """The real command over two cases of the corpus, plain and in a dress."""
    path = tmp_path_factory.mktemp("runs") / "few.jsonl"
    chosen = [part for case in FEW[:2] for part in ("--case", case)]
    done = casebrief("eval", "run", "--set", "corpus", "--dress", "crlf", *chosen, "--out", path)
    return path, done


def test_the_command_takes_the_corpus_and_a_dress(rules_run):
    path, done = rules_run
    assert done.returncode in (0, 1), done.stderr
    for words in ("found of what both marked", "recall of vital facts", "kind of proceeding", "crlf"):
        assert words in done.stdout
    assert "2 of 2 answered, about 0 s left" in done.stderr
    assert "crlf: 2 of 2 answered" in done.stderr
    assert read(path).header["dress"] is None
    assert read(path.with_name("few-crlf.jsonl")).header["dress"] == "crlf"


def test_a_saved_run_is_scored_against_its_own_set(rules_run):
    path, done = rules_run
    scored = commanded("eval", "score", path)
    assert scored.returncode == done.returncode
    assert done.stdout.startswith(scored.stdout)
    same = commanded("eval", "compare", path, path)
    assert same.returncode == 0
    assert "none shown" in same.stdout


def test_what_does_not_fit_is_one_line_and_exit_code_2(rules_run, tmp_path):
    path, _ = rules_run
    refused(commanded("eval", "run", "--set", "nowhere"), 2, "there is no set 'nowhere'")
    refused(commanded("eval", "run", "--dress", "tweed", "--out", tmp_path / "x.jsonl"), 2, "there is no dress 'tweed': give all or one of wrapped,")
    refused(commanded("eval", "run", "--reader", "tea", "--out", tmp_path / "x.jsonl"), 2, "reader")
    refused(commanded("eval", "score", path, "--set", "cases"), 2, "of another set")
    refused(commanded("eval", "score", tmp_path / "gone.jsonl"), 2, "gone.jsonl")
    refused(commanded("eval", "compare", path, bundled() / "baseline.jsonl"), 2, "not of the same cases")
    refused(commanded("eval", "report", path, "--complaints", tmp_path / "gone.jsonl", "--out", tmp_path / "x.html"), 2, "gone.jsonl")
    refused(commanded("eval", "run", "--set", "corpus", "--case", FEW[0], "--out", path), 2, "give another --out")
    (tmp_path / "bad.case").write_text("id: bad\nkind: civil\n=== a1 | - | - | filed\n[colour|red] and [status|sued].\n")
    done = commanded("eval", "run", "--set", tmp_path)
    assert done.returncode == 2
    assert [line[:20] for line in done.stderr.splitlines()] == ["casebrief: bad.case:"] * 2
    assert commanded("eval", "validate", tmp_path).returncode == 2
    assert commanded("eval", "validate", "corpus").returncode == 0
    assert not (tmp_path / "x.jsonl").exists()
