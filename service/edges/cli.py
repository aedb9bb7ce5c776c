"""The command line.

Exit codes: 0 done, 1 something examined is not well or nothing was found in the articles, 2 bad input, 3 the model failed, 5 the output cannot be
written, 130 interrupted.
"""

from __future__ import annotations

import codecs
import contextlib
import datetime
import io
import os
import re
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from casebrief import __version__
from casebrief.models.errors import CatalogError, ModelError, StoreFault
from casebrief.service import example
from casebrief.service.cases.errors import CaseError
from casebrief.service.domain.schema import CasesResponse, SummaryResponse
from casebrief.service.domain.view import harmless
from casebrief.service.edges import brief
from casebrief.service.edges.doctor import as_json as findings_as_json
from casebrief.service.edges.doctor import examine
from casebrief.service.edges.formats import BY_NAME, BY_SUFFIX, Format, Told, of_path, today
from casebrief.service.edges.keys import KeysFault, refuse_open_door
from casebrief.service.edges.problems import Problem
from casebrief.service.edges.received import Received, Sent, receive
from casebrief.service.edges.requests import check_count, check_limits, check_sizes, parse_date
from casebrief.service.edges.settings import Settings
from casebrief.service.edges.wiring import wire
from casebrief.service.exports.wording import has_facts, read_of
from casebrief.service.files.plain import strictly
from casebrief.service.files.sniffing import kind_of
from casebrief.service.pipeline.articles import Submitted
from casebrief.service.pipeline.summarizing import SeveralCases, assign_ids
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from typer.exceptions import TyperException

NOT_WELL, BAD_INPUT, MODEL_FAILED, OUTPUT_FAILED, INTERRUPTED = 1, 2, 3, 5, 130
STANDARD_INPUT = Path("-")

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Case summaries from press articles, every fact with the words it came from.",
)
_out, _err = Console(highlight=False), Console(stderr=True, highlight=False)


def run_app() -> None:
    """Run the command line; what the product or the system refuses becomes one line and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # what an encoding cannot spell is told by its number, and no work is lost
    try:
        _run_and_flush()
    except KeyboardInterrupt:
        fail("interrupted", INTERRUPTED)
    except (KeysFault, CaseError) as error:
        fail(str(error), BAD_INPUT)
    except ModelError as error:
        fail(str(error), BAD_INPUT if isinstance(error, CatalogError | StoreFault) else MODEL_FAILED)
    except OSError as error:
        if error.filename is not None:
            fail(f"{error.filename}: {error.strerror}", BAD_INPUT)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # the interpreter flushes once more at its end
        fail(f"the output cannot be written: {error.strerror}", OUTPUT_FAILED)


def _run_and_flush() -> None:
    try:
        raise SystemExit(app(prog_name="casebrief", standalone_mode=False))
    except TyperException as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # what typer itself tells it by: the class is not public
            print(error.format_message(), file=sys.stderr)
            raise SystemExit(BAD_INPUT) from None
        context = getattr(error, "ctx", None)
        fail(f"{error.format_message().rstrip('.')}; {context.command_path if context else 'casebrief'} --help tells what fits", BAD_INPUT)
    finally:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.flush()


def fail(message: str, code: int) -> NoReturn:
    """End with one line on standard error."""
    print(f"casebrief: {harmless(' '.join(message.split()))}", file=sys.stderr)
    raise SystemExit(code)


def say(told: str) -> None:
    """A line for whoever waits."""
    print(f"casebrief: {told}", file=sys.stderr)


def settings_of(**changes: object) -> Settings:
    """The settings with changes, those that are `None` left out; ends the command where one does not fit."""
    try:
        return Settings(**{key: value for key, value in changes.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        found = error.errors()[0]
        name = str(found["loc"][0])
        setting = f"--{name.replace('_', '-')}" if changes.get(name) is not None else f"CASEBRIEF_{name.upper()}"
        given = "" if name.endswith(("secret", "key")) else f" {found['input']}"
        fail(f"{setting}{given}: {found['msg'].removeprefix('Value error, ').replace('Input should', 'it should')}", BAD_INPUT)


Model = Annotated[str | None, typer.Option(help="A name of the catalogue, or the path of a GGUF file.")]


@app.command()
def summarize(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="Files, one article each: text, HTML, PDF, DOCX or EML; a folder of them; - for standard input.", show_default=False),
    ] = None,
    published_on: Annotated[list[str] | None, typer.Option(help='Day of publication, "2025-01-23" or "none": once for each file, in their order.')] = None,
    use_example: Annotated[bool, typer.Option("--example", help="Summarise the bundled example.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The response as JSON.")] = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="The brief as Markdown.")] = False,
    as_html: Annotated[bool, typer.Option("--html", help="The summary beside its sources, as one HTML file.")] = False,
    form: Annotated[str | None, typer.Option("--format", help=f"The summary as {', '.join(BY_NAME)}.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write to this file, in the format that its suffix names.")] = None,
    model: Model = None,
    reader: Annotated[str | None, typer.Option(help="labels, prompts or labels+prompts; auto: as the model reads.")] = None,
    cases: Annotated[str, typer.Option(help="one: articles about several lawsuits are refused; all: a summary of each.")] = "one",
) -> None:
    """Summarise articles about one lawsuit."""
    wanted = format_of([form, *(name for name, given in (("json", as_json), ("markdown", as_markdown), ("html", as_html)) if given)], out)
    _check_cases(cases, wanted, out)
    settings = settings_of(model=model, reader=reader)
    received = read_articles(files or [], published_on or [], use_example, settings)
    product = wire(settings, say)
    try:
        with watched("starting the model") as tell:
            product.engine.start()
            if cases == "all":
                responses = product.summarizer.summarize_all(received.submitted, progress=tell)
            else:
                responses = [product.summarizer.summarize_one(received.submitted, progress=tell)]
    except SeveralCases as error:
        fail(f"{error}: give those of one case, or --cases all", BAD_INPUT)
    finally:
        product.close()
    told = [received.told(response) for response in responses]
    if cases == "all" and wanted:
        sys.stdout.write(_escaped(CasesResponse(cases=told).model_dump_json(by_alias=True, indent=2) + "\n"))
    else:
        for response in told:
            show_summary(Told(response, {article.id: article.text for article in received.submitted}, today()), wanted, out)
    for response in told:
        warn(response)


def _check_cases(cases: str, wanted: Format | None, out: Path | None) -> None:
    if cases not in ("one", "all"):
        fail(f"--cases {cases}: it may be one or all", BAD_INPUT)
    if cases == "all" and (out or (wanted and wanted.name != "json")):
        fail("--cases all is told on the terminal, or with --json", BAD_INPUT)


def format_of(named: list[str | None], out: Path | None) -> Format | None:
    """The one format that was asked for; none is the brief for a terminal. Ends the command where it is unknown, or two were."""
    names = [name for name in named if name]
    if len(names) > 1:
        fail(f"{' and '.join(names)} exclude each other", BAD_INPUT)
    if names and names[0] not in BY_NAME:
        fail(f"--format {names[0]}: the formats are {', '.join(BY_NAME)}", BAD_INPUT)
    wanted = BY_NAME[names[0]] if names else of_path(out) if out else None
    if out and wanted is None:
        fail(f"--out {out}: the suffix names no format; it may be {', '.join(BY_SUFFIX)}, or give --format", BAD_INPUT)
    return wanted


def warn(response: SummaryResponse) -> None:
    """What the ledger says, where only JSON was printed; ends the command where nothing was found."""
    for line in response.ledger:
        if line.reason and line.outcome != "used":
            say(harmless(" ".join(f"{line.article}: {read_of(line)}: {line.reason}".split())))
    if not has_facts(response):
        unread = all(line.outcome == "failed" for line in response.ledger)
        fail("no article could be read" if unread else "no fact of a case was found in what was read", NOT_WELL)


def show_summary(told: Told, wanted: Format | None, out: Path | None) -> None:
    if wanted is None:
        _out.print(brief.terminal(told.response))
    elif out:
        out.write_bytes(wanted.write(told))
    elif wanted.name == "json":
        sys.stdout.write(_escaped(wanted.write(told).decode()))
    elif wanted.name == "markdown":
        sys.stdout.write(wanted.write(told).decode())
    else:
        sys.stdout.buffer.write(wanted.write(told))


def _escaped(told: str) -> str:
    """JSON of the same meaning whose control characters beyond ASCII a terminal does not obey; ASCII alone where the output is not UTF-8, as JSON must be."""
    beyond = _BEYOND if codecs.lookup(sys.stdout.encoding).name == "utf-8" else _NOT_ASCII
    return beyond.sub(lambda match: re.sub("....", r"\\u\g<0>", match.group().encode("utf-16-be").hex()), told)


_BEYOND = re.compile("[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_NOT_ASCII = re.compile("[^\x00-\x7e]")


def read_articles(paths: list[Path], published_on: list[str], use_example: bool, settings: Settings) -> Received:
    """The articles of files, of the files of a folder, or of standard input, or the bundled example; ends the command where they do not fit."""
    if use_example == bool(paths):
        fail("name one or more files or a folder, - for standard input, or give --example", BAD_INPUT)
    if use_example:
        return Received(example.articles())
    files = [file for path in paths for file in _files_of(path)]
    if published_on and len(published_on) != len(files):
        fail(f"{len(files)} files and {len(published_on)} times --published-on: give it once for each file, in their order", BAD_INPUT)
    days = [_day(value) for value in published_on] or [None] * len(files)
    try:
        check_count(len(files), settings)
        contents = [_content(file) for file in files]
        check_sizes([len(content) for content in contents], settings)
        ids = assign_ids([None] * len(files))
        received = receive([sent_of(*article) for article in zip(ids, files, contents, days, strict=True)], settings.max_article_characters)
        check_limits([article.text for article in received.submitted], settings)
    except Problem as error:
        fail(error.detail, BAD_INPUT)
    return received


def _files_of(path: Path) -> list[Path]:
    """The path itself, or the files of a folder by name, hidden ones left out."""
    if not path.is_dir():
        return [path]
    try:
        files = sorted(file for file in path.iterdir() if file.is_file() and not file.name.startswith("."))
    except OSError as error:
        fail(f"{path}: {error.strerror}", BAD_INPUT)
    if not files:
        fail(f"{path}: a folder without files", BAD_INPUT)
    return files


def _content(path: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if path == STANDARD_INPUT else path.read_bytes()
    except OSError as error:
        fail(f"{path}: {error.strerror}", BAD_INPUT)


def sent_of(name: str, path: Path, content: bytes, day: datetime.date | None) -> Sent:
    """A file as an article. UTF-8 is a text as it stands: offsets count what the file holds, and nothing of it need be returned."""
    file = "standard input" if path == STANDARD_INPUT else str(path)
    if kind_of(content) == "text" and (decoded := strictly(content)) and decoded.encoding == "utf-8" and "\0" not in decoded.text:
        return Sent(Submitted(name, decoded.text, published_on=day))
    return Sent(Submitted(name, "", published_on=day), content, None, file)


def _day(value: str) -> datetime.date | None:
    if value.lower() == "none":
        return None
    try:
        return parse_date(value)
    except ValueError as error:
        fail(f'--published-on {value}: {error}, or "none"', BAD_INPUT)


@contextlib.contextmanager
def watched(first: str) -> Iterator[Callable[[str, int, int], None]]:
    """Progress on a terminal's standard error; silence where nobody looks."""
    if not _err.is_terminal:
        yield lambda what, done, total: None
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=_err, transient=True) as progress:
        task = progress.add_task(first, total=None)
        yield lambda what, done, total: progress.update(task, description=what[:70], completed=done, total=total)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; loopback unless set.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    model: Model = None,
    reader: Annotated[str | None, typer.Option(help="labels, prompts or labels+prompts; auto: as the model reads.")] = None,
) -> None:
    """Serve the HTTP API."""
    settings = settings_of(host=host, port=port, model=model, reader=reader)
    refuse_open_door(settings.host, settings.api_keys_file)
    _refuse_taken(settings.host, settings.port)
    product = wire(settings, say)
    product.start_in_background()
    from casebrief.service.edges.server import serve as run  # the web framework takes half a second to import: the model starts meanwhile

    run(product)


def _refuse_taken(host: str, port: int) -> None:
    """End the command where the port is not to be had, before a model is started for it."""
    try:
        socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError as error:
        why = str(error.strerror).partition(" (")[0]  # Python adds the address once more
        fail(f"{host}, port {port}: {why}; free it, or give another --port", BAD_INPUT)


@app.command()
def doctor(model: Model = None, as_json: Annotated[bool, typer.Option("--json", help="What was found, as JSON.")] = False) -> None:
    """Look whether everything works: prompts, weights, engine."""
    found = []
    for finding in examine(settings_of(model=model)):
        found.append(finding)
        if not as_json:
            mark = {"well": "[green]well[/]", "unwell": "[red]unwell[/]", "lesser": "[yellow]lesser[/]"}[finding.state]
            _out.print(f"{mark}\t[bold]{finding.name}[/]\t", end="")
            _out.print(finding.told, markup=False, soft_wrap=True)
    if as_json:
        print(findings_as_json(found))
    raise typer.Exit(NOT_WELL if any(finding.well is False for finding in found) else 0)


@app.command()
def version() -> None:
    """Print the version."""
    print(__version__)
