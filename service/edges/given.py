"""What the command line is given: files, a folder of them or standard input become articles."""

from __future__ import annotations

import datetime
import sys
from pathlib import Path

from casebrief.service import example
from casebrief.service.edges.cli import BAD_INPUT, fail
from casebrief.service.edges.problems import Problem
from casebrief.service.edges.received import Received, Sent, assign_ids, receive
from casebrief.service.edges.requests import check_count, check_limits, check_sizes, parse_date
from casebrief.service.edges.settings import Settings
from casebrief.service.files.plain import strictly
from casebrief.service.files.sniffing import kind_of
from casebrief.service.pipeline.articles import Submitted

STANDARD_INPUT = Path("-")


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
