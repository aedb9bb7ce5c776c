"""A file read in a process of its own: what it is told by its content, and its text, or one line that says why not.

A hostile file may take that process down; it costs its own request and nothing else.
"""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable

from casebrief.models.system import bounds_ended
from casebrief.service.files.extracted import Extracted, FileKind, Limits
from casebrief.service.files.html import LEAST_WORDS, NO_STORY
from casebrief.service.files.plain import read_plain, strictly
from casebrief.service.files.sniffing import NAMES, Kind, kind_of
from casebrief.service.files.unreadable import Unreadable
from casebrief.service.files.worker import OUTCOME, TASK, Task
from pydantic import ValidationError

LOOK_S = 0.1
"""How often a waiting caller looks whether anybody still wants the file, in seconds."""

ACCEPTED = "text, HTML, PDF, DOCX and EML files are read"

_HELP: dict[Kind, str] = {
    "empty": "send the article itself",
    "image": "run text recognition (OCR) over it, or paste the article's text",
    "zip": "send the files in it one by one",
    "gzip": "unpack it and send what is in it",
    "office": "save it as DOCX or PDF, or paste its text",
    "legacy_office": "save it as DOCX without a password, or as PDF",
    "rtf": "save it as DOCX or PDF, or paste its text",
}


class NotWanted(Exception):
    """Whoever wanted the file does not any more."""


def read_file(content: bytes | str, limits: Limits, kind: FileKind | None = None, stop: Callable[[], bool] = lambda: False) -> Extracted:
    """Read a file, or text that is known to be of a kind.

    Raises:
        Unreadable: with one line on what it is and what would help.
        NotWanted: ``stop`` said so.

    """
    found = kind or kind_of(content)
    if found not in ("text", "html", "pdf", "docx", "mail"):
        raise Unreadable("no-text" if found == "empty" else "kind", f"{NAMES[found]}: {_HELP.get(found, ACCEPTED)}")
    raw = content.encode() if isinstance(content, str) else content
    if found == "text" and strictly(raw):
        return read_plain(raw)  # nothing to guess: no parser, no process
    if found == "html" and strictly(raw) and len(re.findall(rb"[^\s<>]+", raw)) < LEAST_WORDS:
        raise Unreadable("no-text", NO_STORY)  # too few words for one, whatever they are: no parser need look
    return _in_a_process(Task(found, limits), raw, stop)


def _in_a_process(task: Task, content: bytes, stop: Callable[[], bool]) -> Extracted:
    command = [sys.executable, "-P", "-m", "casebrief.service.files.worker"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        said = _talk(process, TASK.dump_json(task) + b"\n" + content, time.monotonic() + task.limits.clock_s, stop)
    if process.returncode:
        raise _died(process.returncode, task)
    try:
        outcome = OUTCOME.validate_json(said)
    except ValidationError:
        raise Unreadable("damaged", f"{NAMES[task.kind]} that its reader fails on: save it again, or paste its text") from None
    if outcome.extracted is None:
        raise Unreadable(outcome.reason or "damaged", outcome.told)
    return outcome.extracted


def _talk(process: subprocess.Popen[bytes], said: bytes, ends: float, stop: Callable[[], bool]) -> bytes:
    """Give the process its file and hear its answer, while somebody wants it and its time lasts."""
    heard: list[bytes] = []
    # communicate() with a time limit forgets what it has not yet written (Python 3.11): a thread of its own needs none.
    talk = threading.Thread(target=lambda: heard.append(process.communicate(said)[0]), daemon=True, name="casebrief-file")
    talk.start()
    try:
        while talk.is_alive():
            talk.join(LOOK_S)
            if stop():
                raise NotWanted
            if time.monotonic() > ends:
                raise Unreadable("too-slow", "a file that takes too long to read: paste its text")
    finally:
        if talk.is_alive():
            process.kill()
            talk.join()
    return heard[0]


def _died(code: int, task: Task) -> Unreadable:
    """What the end of the process means: its processor time was over, or the file broke its reader."""
    if bounds_ended(code):
        return Unreadable(
            "too-slow", f"{NAMES[task.kind]} that takes more than {task.limits.processor_s} s of processor time, or more memory than is allowed: paste its text"
        )
    name = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
    return Unreadable("damaged", f"{NAMES[task.kind]} that broke its reader ({name}): save it again, or paste its text")
