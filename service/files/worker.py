"""The process in which parsers run, and which may die: one file in on standard input, one line of JSON out, no network, bounded memory and time."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Literal

from casebrief.models.system import bound
from casebrief.service.files.extracted import Extracted, Limits
from casebrief.service.files.unreadable import Reason, Unreadable
from pydantic import TypeAdapter

Parsed = Literal["text", "html", "pdf", "docx", "mail"]


@dataclass(frozen=True)
class Task:
    """The first line; what follows it is the file."""

    kind: Parsed
    limits: Limits


@dataclass(frozen=True)
class Outcome:
    """The answer: what was read, or why not."""

    extracted: Extracted | None = None
    reason: Reason | None = None
    told: str = ""


TASK, OUTCOME = TypeAdapter(Task), TypeAdapter(Outcome)

TOO_LARGE = Outcome(reason="too-large", told="a file that takes more memory to read than is allowed: paste its text")

_REFUSED = (
    "socket.connect",
    "socket.getaddrinfo",
    "socket.sendto",
    "socket.gethostbyname",
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.fork",
)


def confine(limits: Limits) -> None:
    """Bound this process where the platform can: memory, processor seconds, no core dump; and let it reach nothing outside."""

    def refuse(event: str, arguments: tuple[object, ...]) -> None:
        if event in _REFUSED:
            raise PermissionError(f"{event} is not for parsers")

    sys.addaudithook(refuse)
    bound(limits.memory_bytes, limits.processor_s)


def parse(kind: Parsed, content: bytes, limits: Limits) -> Extracted:
    """Read one file in this very process. Raises `Unreadable`, or whatever a parser raises."""
    # Each parser costs memory and time to load: only the one that is needed.
    if kind == "html":
        from casebrief.service.files.html import read_html

        return read_html(content, limits)
    if kind == "pdf":
        from casebrief.service.files.pdf import read_pdf

        return read_pdf(content, limits)
    if kind == "docx":
        from casebrief.service.files.word import read_word

        return read_word(content, limits)
    if kind == "mail":
        from casebrief.service.files.mail import read_mail

        return read_mail(content, limits)
    from casebrief.service.files.plain import read_plain

    return read_plain(content)


def answer(kind: Parsed, content: bytes, limits: Limits) -> Outcome:
    """Read one file; every error of a parser becomes a reason."""
    try:
        return Outcome(parse(kind, content, limits))
    except Unreadable as error:
        return Outcome(reason=error.reason, told=error.told)
    except (MemoryError, RecursionError):
        return TOO_LARGE
    except Exception as error:  # noqa: BLE001 - a parser may raise anything over a hostile file; the parent tells of it
        return Outcome(reason="damaged", told=f"a file that its reader fails on ({type(error).__name__}): save it again, or paste its text")


def main() -> None:
    task = TASK.validate_json(sys.stdin.buffer.readline())
    confine(task.limits)
    try:
        told = OUTCOME.dump_json(answer(task.kind, sys.stdin.buffer.read(), task.limits))
    except MemoryError:  # of taking the file in, or of telling what came of it: what a parser held is free again here
        told = OUTCOME.dump_json(TOO_LARGE)
    sys.stdout.buffer.write(told)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
