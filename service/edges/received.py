"""Articles as they were received: files read to text before the pipeline, and told of in the response after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from casebrief.models.engine import Stop, never
from casebrief.models.errors import Cancelled
from casebrief.service.domain.schema import ArticleReport, Citation, LedgerLine, Source, SummaryResponse
from casebrief.service.edges.problems import Problem
from casebrief.service.files.extracted import Extracted, FileKind, Limits
from casebrief.service.files.reading import NotWanted, read_file
from casebrief.service.files.unreadable import Unreadable
from casebrief.service.pipeline.articles import Submitted
from pydantic import BaseModel

T = TypeVar("T")


@dataclass(frozen=True)
class Sent:
    """One article before it is read: what the client said of it, and its file or HTML, if its text is not there yet. ``pointer``: where it stood."""

    article: Submitted
    content: bytes | str | None = None
    kind: FileKind | None = None
    name: str | None = None
    pointer: str = ""


@dataclass(frozen=True)
class Read:
    """A file or HTML that was read, and what the client said of it. ``encoding`` is ``None`` for HTML that came as a string."""

    extracted: Extracted
    name: str | None
    encoding: str | None
    said: Submitted


@dataclass(frozen=True)
class Received:
    """Articles with their texts, and by id the files that some of them came from."""

    submitted: list[Submitted]
    files: dict[str, Read] = field(default_factory=dict)

    def told(self, response: SummaryResponse) -> SummaryResponse:
        """The response with the files' texts, sources, notes and places."""
        if not self.files:
            return response
        return response.model_copy(
            update={
                "summary": _placed(response.summary, self.files),
                "articles": [_reported(report, self.files.get(report.id)) for report in response.articles],
                "ledger": [_noted(line, self.files.get(line.article)) for line in response.ledger],
            }
        )


def receive(sent: Sequence[Sent], characters: int, stop: Stop = never) -> Received:
    """Read what came as a file, each in a process of its own.

    Raises:
        Problem: 422, or 413 for what is too large, with one line on the first file that cannot be read.
        Cancelled: ``stop`` said so.

    """
    submitted: list[Submitted] = []
    files: dict[str, Read] = {}
    for item in sent:
        if item.content is None:
            submitted.append(item.article)
            continue
        try:
            extracted = read_file(item.content, Limits(characters), item.kind, stop)
        except Unreadable as error:
            raise unreadable(error, item) from None
        except NotWanted:
            raise Cancelled("the job was taken back") from None
        encoding = extracted.encoding if isinstance(item.content, bytes) else None
        files[item.article.id] = Read(extracted, item.name, encoding, item.article)
        submitted.append(_filled(item.article, extracted))
    return Received(submitted, files)


def unreadable(error: Unreadable, item: Sent) -> Problem:
    """The problem of a file that cannot be read."""
    told = f"{item.name}: {error.told}" if item.name else error.told
    status, title = (413, "A file is too large") if error.reason == "too-large" else (422, "A file cannot be read")
    where = f"{item.pointer}: " if item.pointer else ""
    return Problem(status, "unreadable-file", title, where + told, errors=[{"pointer": item.pointer, "detail": told}])


def _filled(article: Submitted, extracted: Extracted) -> Submitted:
    """The article with the file's text, and the file's word on what the client did not say."""
    about = extracted.metadata
    return replace(
        article,
        text=extracted.text,
        title=article.title or about.title,
        publisher=article.publisher or about.publisher,
        published_on=article.published_on or about.published_on,
    )


def _reported(report: ArticleReport, read: Read | None) -> ArticleReport:
    """The report with the text and the source. A day that the file says of itself is the text's own, not the request's; the source tells it closer."""
    if read is None:
        return report
    about, said = read.extracted.metadata, read.said
    by_file = bool(about.published_on) and not said.published_on
    source = Source(
        kind=read.extracted.kind,
        name=read.name,
        encoding=read.encoding,
        title_from=None if said.title else about.title_from,
        publisher_from=None if said.publisher else about.publisher_from,
        published_on_from=about.published_on_from if by_file else None,
    )
    return report.model_copy(update={"text": read.extracted.text, "source": source, "published_on_from": "text" if by_file else report.published_on_from})


def _noted(line: LedgerLine, read: Read | None) -> LedgerLine:
    notes = [line.reason] if line.reason else []
    notes += read.extracted.notes if read else ()
    return line.model_copy(update={"reason": "; ".join(notes) or None})


def _placed(value: T, files: Mapping[str, Read]) -> T:
    """A value with a place in every citation of a file."""
    made: Any = value
    if isinstance(value, Citation):
        read = files.get(value.article)
        made = value.model_copy(update={"place": read.extracted.place(value.start, value.end)}) if read else value
    elif isinstance(value, BaseModel):
        made = value.model_copy(update={name: _placed(getattr(value, name), files) for name in type(value).model_fields})
    elif isinstance(value, list):
        made = [_placed(item, files) for item in value]
    return made  # type: ignore[no-any-return]


def assign_ids(given: Sequence[str | None]) -> list[str]:
    """Ids for articles: those given, else a1, a2 … by place, passing over ids that are taken.

    >>> assign_ids([None, "a1", None])
    ['a2', 'a1', 'a3']
    """
    taken = {name for name in given if name}
    ids = []
    for place, name in enumerate(given, 1):
        if name:
            ids.append(name)
            continue
        number = place
        while f"a{number}" in taken:
            number += 1
        taken.add(f"a{number}")
        ids.append(f"a{number}")
    return ids
