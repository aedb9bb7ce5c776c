"""`casebrief eval`, and with it the whole command line. Exit codes: 0 passed, 1 floor missed, 2 regression, 3 the run failed, 4 wrong labels."""

from __future__ import annotations

import json
import shutil
import sys
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from casebrief.evals.agreement import agreement
from casebrief.evals.comparing import Comparison, compare
from casebrief.evals.complaints_cli import complaints_command
from casebrief.evals.gates import FLOOR_MISSED, LABELS_WRONG, PASSED, REGRESSED, RUN_FAILED, GateError, load_gates, misses
from casebrief.evals.labels import Case, LabelError, load_cases, problems_of
from casebrief.evals.report import write_report
from casebrief.evals.runs import Run, RunError, Sample, cases_sha256, execute, header, read
from casebrief.evals.scoring import CaseScore, score_case, totals
from casebrief.evals.tables import headline, junit, markdown, shown
from casebrief.models.errors import ModelError
from casebrief.service.edges.cli import app, read_articles, run_app
from casebrief.service.edges.settings import Settings
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

if TYPE_CHECKING:
    from casebrief.evals.answering import Pipeline, Service, Stock

eval_app = typer.Typer(no_args_is_help=True, help="Judge the summaries against hand-labelled cases.")
app.add_typer(eval_app, name="eval")
eval_app.command("complaints")(complaints_command)
_out, _err = Console(highlight=False), Console(stderr=True, highlight=False)

RUNS = Path("runs")
BASELINE = "baseline.jsonl"

CasesDir = Annotated[Path | None, typer.Argument(help="A folder of labelled cases; the bundled ones without.", show_default=False)]
CasesOption = Annotated[Path | None, typer.Option("--cases", help="The folder of cases; the bundled ones without.", show_default=False)]
Gates = Annotated[Path | None, typer.Option("--gates", help="A gates file; the bundled one without.", show_default=False)]
Junit = Annotated[Path | None, typer.Option("--junit", help="Write JUnit XML here.")]
MarkdownFlag = Annotated[bool, typer.Option("--markdown", help="Print a table for a pull request.")]


def main() -> None:
    """The console script."""
    run_app()


@app.command()
def bench(
    files: Annotated[list[Path] | None, typer.Argument(help="Text files, one article each; the bundled example without.", show_default=False)] = None,
    repeat: Annotated[int, typer.Option(min=1, help="Rounds; medians are told.")] = 3,
    stock: Annotated[bool, typer.Option(help="Also the stock way: one prompt, JSON schema, the same weights (half a minute a round).")] = True,
    server: Annotated[str | None, typer.Option(help="Also an OpenAI-compatible server, by its address.")] = None,
    model: Annotated[str | None, typer.Option(help="A name of the catalogue, or the path of a GGUF file.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write all figures here, as JSON.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Write a picture here, as SVG.")] = None,
) -> None:
    """Measure speed on this machine: the build's floor, the product, and what others do."""
    from casebrief.evals.bench import Bench, figures, picture  # it brings the pipeline with it

    try:
        settings = Settings(**({"model": model} if model else {}))  # type: ignore[arg-type]
        if settings.reader == "rules":
            _end("the rules read without a model: there is nothing to measure", RUN_FAILED)
        articles = read_articles(files or [], [], not files, settings)
        with Progress(TextColumn("{task.description}"), TimeElapsedColumn(), console=_err, transient=True) as progress:
            task = progress.add_task("starting")
            found = Bench(articles, settings, repeat, lambda told: progress.update(task, description=told)).run(stock=stock, server=server)
    except (OSError, ValueError) as error:
        _end(str(error), RUN_FAILED)
    told = figures(found)
    table = Table(
        "figure", "median", title=f"{found['articles']} articles, {found['sentences']} sentences; {found['model']}, {found['threads']} threads; {repeat} rounds"
    )
    for name, value in told.items():
        table.add_row(name.replace("_", " ").removesuffix(" s") + (", s" if name.endswith("_s") and not name.endswith("per_s") else ""), f"{value:.3g}")
    _out.print(table)
    best = found["settings"][0]
    _out.print(
        f"fastest here: CASEBRIEF_WEIGHTS={best['CASEBRIEF_WEIGHTS']} CASEBRIEF_THREADS={best['CASEBRIEF_THREADS']} ({best['seconds']:.2f} s in the engine)"
    )
    for path, text in ((out, json.dumps({"figures": told, **found}, indent=1) + "\n"), (plot, picture(found))):
        if path:
            path.write_text(text, encoding="utf-8")


def _end(message: str, code: int) -> NoReturn:
    print(f"casebrief: {' '.join(message.split())}", file=sys.stderr)
    raise SystemExit(code)


def bundled() -> Path:
    """The folder of this package's data: cases, gates, baseline."""
    with as_file(files("casebrief.evals")) as folder:
        return folder


def _cases(folder: Path | None, only: tuple[str, ...] = ()) -> list[Case]:
    try:
        return load_cases(folder or bundled() / "cases", only)
    except LabelError as error:
        for line in str(error).splitlines():
            print(f"casebrief: {line}", file=sys.stderr)
        raise SystemExit(LABELS_WRONG) from None


def _read(path: Path) -> Run:
    try:
        return read(path)
    except RunError as error:
        _end(str(error), RUN_FAILED)


@eval_app.command("run")
def run_command(
    cases_dir: CasesDir = None,
    case: Annotated[list[str] | None, typer.Option(help="Only this case; may be given again.")] = None,
    url: Annotated[str | None, typer.Option(help="Ask a running service instead of this process.")] = None,
    model: Annotated[str | None, typer.Option(help="A model's name or path.")] = None,
    reader: Annotated[str | None, typer.Option(help="rules, model or both; or stock: the stock way, as a baseline.")] = None,
    repeat: Annotated[int, typer.Option(min=1, help="How often each case is answered.")] = 1,
    out: Annotated[Path | None, typer.Option(help="The run file; an interrupted run of the same setting goes on.")] = None,
    gates: Gates = None,
    junit_file: Junit = None,
    as_markdown: MarkdownFlag = False,
) -> None:
    """Answer all cases, score them, and hold them against the gates and the baseline."""
    cases = _cases(cases_dir, tuple(case or ()))
    path = out or RUNS / f"{(reader or 'both') if not url else 'service'}.jsonl"
    try:
        answering = _answering(url, model, reader)
    except (ModelError, OSError) as error:
        _end(str(error), RUN_FAILED)
    scored: list[CaseScore] = []
    by_id = {item.id: item for item in cases}
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    try:
        with Progress(*columns, console=_err, transient=True, disable=not _err.is_terminal) as progress:
            task = progress.add_task("asking", total=len(cases) * repeat)

            def tell(sample: Sample) -> None:
                if sample.response is not None:
                    scored.append(score_case(by_id[sample.case], sample.response))
                reached = totals(scored) if scored else {"recall": None, "precision": None}
                said = f"{sample.case}  recall {shown(reached['recall'])}  precision {shown(reached['precision'])}"
                progress.update(task, advance=1, description=said)

            run = execute(cases, answering, path, repeat, tell)
    except RunError as error:
        _end(str(error), RUN_FAILED)
    finally:
        answering.close()
    _err.print(f"run file: {path}")
    raise SystemExit(_judge(run, cases, gates, junit_file, as_markdown=as_markdown))


def _answering(url: str | None, model: str | None, reader: str | None) -> Pipeline | Service | Stock:
    from casebrief.evals.answering import Pipeline, Service, Stock  # the pipeline is not needed to score a saved run

    if url:
        return Service(url)
    changes = {key: value for key, value in {"model": model, "reader": reader}.items() if value and value != "stock"}
    try:
        # An evaluation reads everything itself: kept answers may be of another machine's rounding, and cost no time.
        settings = Settings(cache_mb=0, **changes)  # type: ignore[arg-type]
    except ValueError as error:
        raise OSError(" ".join(str(error).splitlines()[1:3])) from None
    return Stock(settings) if reader == "stock" else Pipeline(settings)


def _scores(run: Run, cases: list[Case]) -> list[CaseScore]:
    by_id = {item.id: item for item in cases}
    return [score_case(by_id[s.case], s.response) for s in run.samples if s.response is not None and s.case in by_id]


def _judge(run: Run, cases: list[Case], gates: Path | None, junit_file: Path | None, *, as_markdown: bool) -> int:
    """Print a run's scores and say how it passed, as an exit code."""
    scores = _scores(run, cases)
    if not scores:
        _end("no case was answered: " + "; ".join(f"{s.case}: {s.error}" for s in run.errors), RUN_FAILED)
    reached = totals(scores)
    try:
        missed = misses(load_gates(gates or bundled() / "gates.toml"), reached)
    except GateError as error:
        _end(str(error), RUN_FAILED)
    comparison = _against_baseline(run, cases, scores)
    if junit_file:
        junit(junit_file, scores)
    if as_markdown:
        print(markdown(reached, scores, missed, comparison, run.cost))
    else:
        _print_scores(reached, scores, run.cost)
        for miss in missed:
            _out.print(f"[red]missed gate[/] {miss}")
    for sample in run.errors:
        print(f"casebrief: {sample.case}, repeat {sample.repeat}: {sample.error}", file=sys.stderr)
    if run.errors:
        return RUN_FAILED
    if comparison and comparison.regressed:
        _print_comparison(comparison)
        return REGRESSED
    return FLOOR_MISSED if missed else PASSED


def _against_baseline(run: Run, cases: list[Case], scores: list[CaseScore]) -> Comparison | None:
    """The comparison with the committed baseline of the same way of answering, when it is of the same cases."""
    alone = run.header.get("settings", {}).get("reader") == "rules"
    path = bundled() / "baselines" / "rules.jsonl" if alone else bundled() / BASELINE
    if not path.is_file():
        return None
    baseline = _read(path)
    if baseline.header["cases_sha256"] != run.header["cases_sha256"] or baseline.header["cases"] != run.header["cases"]:
        return None
    return compare(_scores(baseline, cases), scores)


def _print_scores(reached: dict[str, object], scores: list[CaseScore], cost: dict[str, float]) -> None:
    table = Table("score", "value (95 % interval)", box=None)
    for label, value in headline(reached, scores, cost):
        table.add_row(label, value)
    _out.print(table)
    fields = Table("field", "facts", "reported", "recall", "precision", box=None)
    told = reached["fields"]
    assert isinstance(told, dict)
    for name, field in told.items():
        fields.add_row(name, str(field["facts"]), str(field["reported"]), shown(field["recall"]), shown(field["precision"]))
    _out.print(fields)


@eval_app.command("score")
def score_command(run: Path, cases: CasesOption = None, gates: Gates = None, junit_file: Junit = None, as_markdown: MarkdownFlag = False) -> None:
    """Score a saved run again, without a model."""
    saved = _read(run)
    labelled = [case for case in _cases(cases) if case.id in saved.header["cases"]]
    if cases_sha256(labelled) != saved.header["cases_sha256"]:
        _err.print("note: the cases have changed since this run was made")
    raise SystemExit(_judge(saved, labelled, gates, junit_file, as_markdown=as_markdown))


@eval_app.command("compare")
def compare_command(before: Path, after: Path, cases: CasesOption = None) -> None:
    """Tell what changed between two runs, per field and per case, with the texts."""
    one, other, labelled = _read(before), _read(after), _cases(cases)
    found = compare(_scores(one, labelled), _scores(other, labelled))
    _print_comparison(found)
    raise SystemExit(REGRESSED if found.regressed else PASSED)


def _print_comparison(found: Comparison) -> None:
    for label, (before, after, spread) in (("recall", found.recall), ("precision", found.precision)):
        told = f" (change {spread[0]:+.3f} to {spread[1]:+.3f})" if spread else ""
        _out.print(f"{label}: {before:.3f} → {after:.3f}{told}")
    table = Table("field", "facts", "won", "lost", "p", "p, Holm", box=None)
    for change in found.fields:
        if change.won or change.lost:
            mark = "[red]" if change.regressed else ""
            table.add_row(f"{mark}{change.field}", str(change.facts), str(change.won), str(change.lost), f"{change.probability:.3f}", f"{change.adjusted:.3f}")
    _out.print(table)
    for fact in found.facts:
        _out.print(f"{fact.case} {fact.field} {fact.credit_before:g} → {fact.credit_after:g}", style="bold")
        _out.print(f"  expected {fact.expected}\n  before   {fact.before}\n  after    {fact.after}", markup=False)


@eval_app.command("bless")
def bless_command(run: Path, cases: CasesOption = None) -> None:
    """Make a run the committed baseline; refused when cases, schema or matchers are not those of now, or cases are missing."""
    saved, labelled = _read(run), _cases(cases)
    now = header(labelled, _Nobody(), saved.header["repeats"])
    differing = [key for key in ("cases", "cases_sha256", "schema_sha256", "matchers_sha256") if saved.header.get(key) != now[key]]
    if differing:
        _end(f"{run} is not of now: {', '.join(differing)} differ", RUN_FAILED)
    if not saved.complete:
        _end(f"{run} does not hold an answer for every case", RUN_FAILED)
    target = bundled() / BASELINE
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
def validate_command(cases_dir: CasesDir = None) -> None:
    """Check labels against their articles."""
    folder = cases_dir or bundled() / "cases"
    folders = sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
    found = [f"{path.name}: {problem}" for path in folders for problem in problems_of(path)]
    for line in found:
        print(line)
    print(f"{len(folders)} cases, {len(found)} problems")
    raise SystemExit(LABELS_WRONG if found or not folders else PASSED)


@eval_app.command("errors")
def errors_command(run: Path, cases: CasesOption = None) -> None:
    """List every miss and every spurious item by class, most costly first."""
    scores = _scores(_read(run), _cases(cases))
    for error in sorted((e for s in scores for e in s.errors), key=lambda e: (-e.cost, e.case, e.field, str(e.expected), str(e.found))):
        print(f"{error.cost:.1f}\t{error.kind}\t{error.case}\t{error.field}\texpected: {error.expected}\tfound: {error.found}")


@eval_app.command("report")
def report_command(run: Path, out: Annotated[Path, typer.Option(help="The page to write.")] = Path("report.html"), cases: CasesOption = None) -> None:
    """Write one self-contained HTML page: scores, calibration, every case with its articles and what was found in them."""
    saved, labelled = _read(run), _cases(cases)
    baseline = bundled() / BASELINE
    others = {"baseline": _scores(_read(baseline), labelled)} if baseline.is_file() else {}
    for name in ("rules", "stock"):
        kept = bundled() / "baselines" / f"{name}.jsonl"
        if kept.is_file():
            others[name] = _scores(_read(kept), labelled)
    write_report(out, saved, labelled, _scores(saved, labelled), others)
    print(out)


@eval_app.command("agreement")
def agreement_command(dir_a: Path, dir_b: Path) -> None:
    """Krippendorff's alpha per field of two annotators' labels."""
    table = Table("field", "units", "alpha", box=None)
    for name, (units, found) in agreement(_cases(dir_a), _cases(dir_b)).items():
        table.add_row(name, str(units), shown(found))
    _out.print(table)


if __name__ == "__main__":
    main()
