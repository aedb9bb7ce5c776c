"""`casebrief watch`: what appears in a folder, in the file of a feed or on standard input goes into a case file. Nothing is fetched."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer
from casebrief.models.errors import EngineError
from casebrief.service.domain.view import harmless
from casebrief.service.edges.case_cli import unbounded
from casebrief.service.edges.casework import Added, CaseWork
from casebrief.service.edges.cli import BAD_INPUT, Model, fail, say, settings_of
from casebrief.service.edges.feeds import Entry, NoFeed, entries_of, is_feed
from casebrief.service.edges.given import STANDARD_INPUT, sent_of
from casebrief.service.edges.problems import Problem
from casebrief.service.edges.received import Sent, receive
from casebrief.service.edges.requests import check_limits, check_sizes
from casebrief.service.edges.settings import Settings
from casebrief.service.edges.shown import watched
from casebrief.service.edges.stores import case_store_of
from casebrief.service.edges.wiring import wire
from casebrief.service.exports.changes import counted
from casebrief.service.pipeline.articles import Submitted

LOOK_S = 1.0
"""How long a file must stay as it is before it is read: somebody may still be writing it."""

Stamp = tuple[int, int]
"""Bytes, and when they were last changed, in nanoseconds."""


@dataclass
class Watched:
    """A folder, or one file, that is looked at again and again."""

    path: Path
    last: dict[Path, Stamp] = field(default_factory=dict)
    read: dict[Path, Stamp] = field(default_factory=dict)

    def whole(self) -> Iterator[tuple[Path, bytes]]:
        """The files that are new, or changed, and were already so at the look before, by name; hidden and empty ones left out."""
        seen = {path: stamp for path in sorted(self._files()) if (stamp := _stamp(path))}
        ready = [path for path, stamp in seen.items() if self.last.get(path) == stamp and self.read.get(path) != stamp]
        self.last = seen
        for path in ready:
            try:
                content = path.read_bytes()
            except OSError as error:
                self.read[path] = seen[path]
                say(harmless(f"{path.name}: {error.strerror}"))
                continue
            if _stamp(path) == seen[path]:  # not written to while it was read
                self.read[path] = seen[path]
                yield path, content

    def _files(self) -> list[Path]:
        if not self.path.is_dir():
            return [self.path]
        return [path for path in self.path.iterdir() if path.is_file() and not path.name.startswith(".")]


def _stamp(path: Path) -> Stamp | None:
    """None of a file that is gone, or empty."""
    try:
        told = path.stat()
    except OSError:
        return None
    return (told.st_size, told.st_mtime_ns) if told.st_size else None


def watch_command(
    path: Annotated[Path, typer.Argument(help="A folder, the file of a feed (RSS, Atom), or - for standard input, which is read once.", show_default=False)],
    case: Annotated[str, typer.Option(help="The case file's name.")],
    model: Model = None,
    reader: Annotated[str | None, typer.Option(help="labels, prompts or labels+prompts; auto: as the model reads.")] = None,
) -> None:
    """Add what appears to a case file, once it is whole; a line a file on what it changed. Ctrl-C ends it."""
    settings = settings_of(model=model, reader=reader)
    case_store_of(settings).versions(case)  # a case that is none is told before a model is started
    if path != STANDARD_INPUT and not path.exists():
        fail(f"{path}: there is no such file or folder", BAD_INPUT)
    product = wire(settings, say)
    try:
        with watched("starting the model"):
            product.engine.start()
        watcher = Watcher(CaseWork.of(product), case, settings)
        if path == STANDARD_INPUT:
            watcher.take(path, sys.stdin.buffer.read())
        else:
            watcher.follow(Watched(path))
    finally:
        product.close()


@dataclass(frozen=True)
class Watcher:
    """Takes files into a case, and tells a line of each article."""

    work: CaseWork
    case: str
    settings: Settings

    def follow(self, place: Watched) -> None:
        """Look until somebody interrupts."""
        while True:
            for path, content in place.whole():
                self.take(path, content)
            time.sleep(LOOK_S)

    def take(self, path: Path, content: bytes) -> None:
        """Add the article of a file, or the entries of a feed. What cannot be read is told; others go on."""
        name = "standard input" if path == STANDARD_INPUT else path.name
        try:
            check_sizes([len(content)], self.settings)
            sent = [_of_entry(entry) for entry in entries_of(content)] if is_feed(content) else [sent_of("new", path, content, None)]
        except (NoFeed, Problem) as error:
            _tell(name, str(error))
            return
        for one in sent:
            self._add(one.article.title or name if len(sent) > 1 else name, one)

    def _add(self, name: str, sent: Sent) -> None:
        try:
            received = receive([sent], self.settings.max_article_characters)
            check_limits([received.submitted[0].text], unbounded(self.settings))
            added = self.work.add(self.case, received, related_alone=True)
        except (Problem, EngineError) as error:
            _tell(name, str(error))
        else:
            _tell(name, _in_words(added))


def _of_entry(entry: Entry) -> Sent:
    return Sent(Submitted("new", entry.text, entry.title, entry.publisher, entry.url, entry.published_on))


def _in_words(added: Added) -> str:
    if added.known:
        return f"{added.known[0]}: known"
    if not added.stored:
        return f"left out: {added.ledger[0].reason}"
    return f"{added.stored[0]}: {counted(added.changes)}"


def _tell(name: str, told: str) -> None:
    print(harmless(" ".join(f"{name}: {told}".split())), flush=True)
