"""`casebrief eval`: run, score, compare, bless, validate, errors, report, agreement. `exits` names the exit codes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from casebrief.evals.agreement import agreement
from casebrief.evals.complaining import ComplaintError, all_right, read_outcomes
from casebrief.evals.exits import BAD_INPUT, FLOOR_MISSED, PASSED, REGRESSED, RUN_FAILED, end
from casebrief.evals.gates import GateError, Gates, load_gates
from casebrief.evals.judging import Judged, against_baseline, baseline_of, compare_runs, gates_of, is_of_now, judge, loss_by_dress, missed_gates, rivals
from casebrief.evals.labels import Case, LabelError, problems_of
from casebrief.evals.printing import err, out, print_comparison, print_losses, print_scores, print_table
from casebrief.evals.report import write_report
from casebrief.evals.running import asked_dresses, run_all, run_path
from casebrief.evals.runs import NobodyAnswersError, Run, RunError, header, read
from casebrief.evals.sets import known, load_set
from casebrief.evals.tables import junit, markdown, shown
from casebrief.models.errors import ModelError
from casebrief.service.edges.commands import Later
from typer.core import TyperGroup

LATER = (
    Later(
        "complaints",
        "casebrief.evals.complaints_cli:complaints_command",
        "Answer the made-up inputs that were wrong once, and tell how many are right, kind by kind.",
    ),
    Later("import-corrections", "casebrief.evals.import_cli:import_command", "Make marked or labelled cases of corrected case files."),
)
"""What no run and no score needs."""


class _Group(TyperGroup):
    def __init__(self, **attrs: Any) -> None:
        super().__init__(**attrs)
        for later in LATER:
            self.add_command(later)


eval_app = typer.Typer(cls=_Group, no_args_is_help=True, help="Judge the summaries against labelled and marked cases.")

SetOption = Annotated[str | None, typer.Option("--set", "--cases", help="The set, by name or folder; the run's own without.", show_default=False)]
GatesOption = Annotated[Path | None, typer.Option("--gates", help="A gates file; the bundled one of the set without.", show_default=False)]
Junit = Annotated[Path | None, typer.Option("--junit", help="Write JUnit XML here.")]
MarkdownFlag = Annotated[bool, typer.Option("--markdown", help="Print tables for a pull request.")]


@contextmanager
def _input_checked() -> Iterator[None]:
    """What is wrong with labels, sets, gates and run files ends the command, a line a fault."""
    try:
        yield
    except (LabelError, ComplaintError) as error:
        end(BAD_INPUT, *str(error).splitlines())
    except (RunError, GateError) as error:
        end(BAD_INPUT, str(error))


@eval_app.command("run")
def run_command(
    cases_dir: Annotated[str | None, typer.Argument(help="A folder of cases; the same as --set.", show_default=False)] = None,
    set_name: Annotated[str, typer.Option("--set", help="cases, corpus, or a folder.")] = "cases",
    dress: Annotated[str | None, typer.Option(help="Also with the articles in this dress, or in all of them.")] = None,
    case: Annotated[list[str] | None, typer.Option(help="Only this case; may be given again.")] = None,
    url: Annotated[str | None, typer.Option(help="Ask a running service instead of this process.")] = None,
    model: Annotated[str | None, typer.Option(help="A model's name or path.")] = None,
    reader: Annotated[str | None, typer.Option(help="auto, labels, prompts or labels+prompts; or stock: the stock way, as a baseline.")] = None,
    repeat: Annotated[int, typer.Option(min=1, help="How often each case is answered.")] = 1,
    out_file: Annotated[Path | None, typer.Option("--out", help="The run file; an interrupted run of the same setting goes on.")] = None,
    gates: GatesOption = None,
    junit_file: Junit = None,
    as_markdown: MarkdownFlag = False,
) -> None:
    """Answer all cases, score them, and hold them against the gates and the baseline."""
    with _input_checked():
        of = load_set(cases_dir or set_name, tuple(case or ()))
        dresses = asked_dresses(dress)
        checked_gates = load_gates(gates or gates_of(of))
    path = out_file or run_path(of, "service" if url else reader or "product")
    from casebrief.evals.answering import SettingError, answering  # the pipeline is not needed to score a saved run

    try:
        answerer = answering(url, model, reader)
    except SettingError as error:
        end(BAD_INPUT, str(error))
    except (ModelError, OSError) as error:
        end(RUN_FAILED, str(error))
    try:
        with _input_checked():
            runs = run_all(of, answerer, path, repeat, dresses)
            judged = [judge(run, of) for run in runs]
    except NobodyAnswersError as error:
        end(RUN_FAILED, str(error))
    finally:
        answerer.close()
    code = _told(judged[0], checked_gates, junit_file, as_markdown=as_markdown)
    if len(judged) > 1:
        print_losses({str(worn.run.header["dress"]): loss_by_dress(judged[0], worn) for worn in judged[1:] if worn.facts})
    raise SystemExit(RUN_FAILED if any(_errors_told(worn.run) for worn in judged[1:]) else code)


def _errors_told(run: Run) -> bool:
    dress = f"{run.header['dress']}, " if run.header.get("dress") else ""
    for sample in run.errors:
        err.print(f"casebrief: {dress}{sample.case}, repeat {sample.repeat}: {sample.error}", soft_wrap=True, markup=False)
    return bool(run.errors)


def _told(judged: Judged, gates: Gates, junit_file: Path | None, *, as_markdown: bool) -> int:
    """Print a run's scores and say how it passed, as an exit code."""
    if not judged.facts:
        end(RUN_FAILED, "no case was answered: " + "; ".join(f"{s.case}: {s.error}" for s in judged.run.errors))
    missed = missed_gates(judged, gates)
    with _input_checked():
        comparison = against_baseline(judged)
    if junit_file:
        junit(junit_file, judged.facts)
    if as_markdown:
        print(markdown(judged, missed, comparison))
    else:
        print_scores(judged)
        for miss in missed:
            out.print(f"[red]missed gate[/] {miss}")
    if _errors_told(judged.run):
        return RUN_FAILED
    if comparison and comparison.regressed:
        print_comparison(comparison)
        return REGRESSED
    return FLOOR_MISSED if missed else PASSED


def _read(path: Path, set_name: str | None) -> Judged:
    """A saved run, judged against its own set or another; told when labels are not those of its making."""
    run = read(path)
    judged = judge(run, load_set(set_name or run.header.get("set", "cases")))
    if not is_of_now(run, judged.of):
        err.print(f"note: the cases have changed since {path} was made", soft_wrap=True)
    return judged


@eval_app.command("score")
def score_command(run: Path, set_name: SetOption = None, gates: GatesOption = None, junit_file: Junit = None, as_markdown: MarkdownFlag = False) -> None:
    """Score a saved run again, without a model."""
    with _input_checked():
        judged = _read(run, set_name)
        checked_gates = load_gates(gates or gates_of(judged.of))
    raise SystemExit(_told(judged, checked_gates, junit_file, as_markdown=as_markdown))


@eval_app.command("compare")
def compare_command(before: Path, after: Path, set_name: SetOption = None) -> None:
    """Tell what changed between two runs of the same cases, per field and per case, with the texts."""
    with _input_checked():
        found = compare_runs(_read(before, set_name), _read(after, set_name))
    print_comparison(found)
    raise SystemExit(REGRESSED if found.regressed else PASSED)


@eval_app.command("bless")
def bless_command(run: Path, set_name: SetOption = None) -> None:
    """Make a run the committed baseline of its set; refused when cases, schema or matchers are not those of now, or cases are missing."""
    with _input_checked():
        saved = read(run)
        of = load_set(set_name or saved.header.get("set", "cases"))
    if of.name not in known():
        end(BAD_INPUT, f"{run} is of {of.name}: only the sets {', '.join(known())} have a baseline")
    now = header(of.cases, _Nobody(), saved.header["repeats"], of.name, None)
    compared = ("cases", "cases_sha256", "schema_sha256", "matchers_sha256", "dress")
    differing = [key for key in compared if saved.header.get(key) != now[key]]
    if differing:
        end(BAD_INPUT, f"{run} is not of now: {', '.join(differing)} differ")
    if not saved.complete:
        end(BAD_INPUT, f"{run} does not hold an answer for every case")
    target = baseline_of(saved)
    shutil.copyfile(run, target)
    print(target)


class _Nobody:
    """Nobody answers: for a header to compare with."""

    name = ""

    def settings(self) -> dict[str, object]:
        return {}

    def answer(self, case: Case) -> dict[str, object]:
        raise NotImplementedError


@eval_app.command("validate")
def validate_command(cases_dir: Annotated[str, typer.Argument(help="A set, by name or folder.", metavar="SET")] = "cases") -> None:
    """Check labels against their articles."""
    folder = known().get(cases_dir) or Path(cases_dir)
    marked = sorted(folder.glob("*.case")) if folder.is_dir() else []
    folders = sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() and not marked else []
    found = [f"{path.name}: {problem}" for path in folders for problem in problems_of(path)]
    if marked or not folders:
        try:
            load_set(cases_dir)
        except LabelError as error:
            found = str(error).splitlines()
    for line in found:
        print(line)
    print(f"{len(folders) or len(marked)} cases, {len(found)} problems")
    raise SystemExit(BAD_INPUT if found else PASSED)


@eval_app.command("errors")
def errors_command(run: Path, set_name: SetOption = None) -> None:
    """List every miss and every spurious item by class, most costly first."""
    with _input_checked():
        scores = _read(run, set_name).facts
    for error in sorted((e for s in scores for e in s.errors), key=lambda e: (-e.cost, e.case, e.field, str(e.expected), str(e.found))):
        print(f"{error.cost:.1f}\t{error.kind}\t{error.case}\t{error.field}\texpected: {error.expected}\tfound: {error.found}")


@eval_app.command("report")
def report_command(
    run: Path,
    page: Annotated[Path, typer.Option("--out", help="The page to write.")] = Path("report.html"),
    set_name: SetOption = None,
    complaints: Annotated[Path | None, typer.Option(help="What `eval complaints` wrote: the number right becomes a line of the page.")] = None,
) -> None:
    """Write one self-contained HTML page: scores, calibration, every case with its articles and what was found in them."""
    with _input_checked():
        judged = _read(run, set_name)
        right = all_right(read_outcomes(complaints)) if complaints else None
        write_report(page, judged, rivals(judged.of), right)
    print(page)


@eval_app.command("agreement")
def agreement_command(dir_a: str, dir_b: str) -> None:
    """Krippendorff's alpha per field of two annotators' labels."""
    with _input_checked():
        found = agreement(load_set(dir_a).cases, load_set(dir_b).cases)
    print_table(("field", "units", "alpha"), [(name, str(units), shown(value)) for name, (units, value) in found.items()])
