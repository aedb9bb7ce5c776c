"""Adding articles to a case file and telling what changed: the way that command line, HTTP API and watching share."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace

from casebrief.models.cache import Keeper
from casebrief.models.engine import Stop, never
from casebrief.service.cases.changes import Change, changes
from casebrief.service.cases.errors import CaseChanged, CasesFault, NoSuchNumber
from casebrief.service.cases.readings import CaseReadings
from casebrief.service.cases.store import Addition, CaseStore, KeptVersion, NewVersion, Opened
from casebrief.service.cases.versions import edit_of, known_as
from casebrief.service.domain.schema import ArticleReport, LedgerLine, SummaryResponse
from casebrief.service.edges.corrected import corrected
from casebrief.service.edges.desk import Desk, Turn
from casebrief.service.edges.received import Read, Received, assign_ids, receive
from casebrief.service.edges.requests import SummaryRequest, check_limits, to_sent
from casebrief.service.edges.settings import Settings
from casebrief.service.edges.stores import case_store_of
from casebrief.service.edges.summaries import Gone
from casebrief.service.edges.wiring import Casebrief
from casebrief.service.pipeline.articles import Submitted
from casebrief.service.pipeline.summarizing import Progress, Summarizer, silent
from pydantic import TypeAdapter, ValidationError


@dataclass(frozen=True)
class Filed(Submitted):
    """An article as a case keeps it: under the case's id, with the file that it came from."""

    file: Read | None = None


_filed = TypeAdapter(Filed)
OF_PAPER = ("publisher", "url")
ABOUT = ("title", "published_on", *OF_PAPER)


@dataclass(frozen=True)
class Added:
    """What came of an addition: the case's number, ``since`` the number that its changes count from, and ids of articles.

    ``stored`` have a new version, ``known`` were there as they came. ``ledger`` tells what became of those that were read, also where they were left out.
    """

    number: int
    since: int
    stored: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    ledger: list[LedgerLine] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)


@dataclass(frozen=True)
class CaseWork:
    """Adds to case files with a model; ``summarizer_over`` gives the product's summarizer with its readings kept by a case."""

    store: CaseStore
    summarizer_over: Callable[[Keeper], Summarizer]

    @classmethod
    def of(cls, product: Casebrief) -> CaseWork:
        return cls(case_store_of(product.settings), lambda keeper: replace(product.summarizer, reader=product.reader_over(keeper)))

    def add(
        self,
        case: str,
        received: Received,
        given: frozenset[str] = frozenset(),
        at_number: int | None = None,
        *,
        related_alone: bool = False,
        stop: Stop = never,
        progress: Progress = silent,
    ) -> Added:
        """Read what is new, put it together with what was read of the other articles, and store it: all of it, or nothing.

        ``given`` are the ids that the client chose; one that the case has means a new version of that article. With ``at_number`` nothing is stored unless
        the case is at it; without, the addition is made again over what others added meanwhile. With ``related_alone`` articles that do not tell of the case
        are not stored.

        Raises:
            NoSuchCase, CaseChanged, CasesFault: see there.
            ModelError, Problem: as the summarizer has it.

        """
        readings = CaseReadings(self.store, case)
        adding = _Adding(self, readings, lambda articles: self._summary(readings, articles, stop, progress))
        while True:
            opened = self.store.opened(case)
            if at_number is not None and at_number != opened.case.number:
                raise CaseChanged(f"{case} is at {opened.case.number}, not at {at_number}; read it again")
            try:
                return adding.added(opened, received, given, related_alone=related_alone)
            except CaseChanged:
                if at_number is not None:
                    raise

    def _summary(self, readings: CaseReadings, articles: Sequence[Filed], stop: Stop, progress: Progress) -> SummaryResponse:
        readings.asked.clear()
        received = Received([*articles], {article.id: article.file for article in articles if article.file})
        return received.told(self.summarizer_over(readings).summarize(received.submitted, stop, progress))


@dataclass(frozen=True)
class _Adding:
    """One addition, however often it must be begun again."""

    work: CaseWork
    readings: CaseReadings
    summary: Callable[[Sequence[Filed]], SummaryResponse]

    def added(self, opened: Opened, received: Received, given: frozenset[str], *, related_alone: bool) -> Added:
        kept = articles_of(opened)
        past = {version.sha256: version.article for version in self.work.store.versions(opened.case.name)}
        arrived = _named(received, given, kept)
        known = {one.id: name for one in arrived if (name := _known(one, kept, past, given))}
        fresh = [one for one in arrived if one.id not in known]
        number = opened.case.number
        if not fresh:
            return Added(number, number, known=list(known.values()))
        stored, told, ledger = self._read(kept, fresh, related_alone=related_alone)
        if not stored:
            return Added(number, number, known=list(known.values()), ledger=ledger)
        since = self._reread(opened, kept, told)
        number = self._store(opened, since, stored, told)
        found = changes_between(self.work.store, opened.case.name, since, number)
        return Added(number, since, [one.id for one in stored], list(known.values()), ledger, found)

    def _read(self, kept: Sequence[Filed], fresh: list[Filed], *, related_alone: bool) -> tuple[list[Filed], SummaryResponse, list[LedgerLine]]:
        """What is to be stored, edits of kept articles under their ids; the summary of all; and what became of the new ones."""
        told = self.summary(_together(kept, fresh))
        unrelated = {line.article for line in told.ledger if related_alone and line.outcome == "not_about_the_case"}
        stored = _settled(kept, [one for one in fresh if one.id not in unrelated], told)
        left_out = [line for line in _lines_of(fresh, told) if line.article in unrelated]
        if stored and stored != fresh:
            told = self.summary(_together(kept, stored))
        return stored, told, [*_lines_of(stored, told), *left_out]

    def _reread(self, opened: Opened, kept: Sequence[Filed], told: SummaryResponse) -> int:
        """The case's number, one more where another model or version read it before: then it is put together anew first, so that what that changes is not told of the new articles."""
        number = opened.case.number
        if opened.summary is None or response_of(opened).provenance == told.provenance:
            return number
        asked = dict(self.readings.asked)
        again = self.summary(kept)
        self.readings.asked |= asked
        return self._store(opened, number, [], again)

    def _store(self, opened: Opened, number: int, fresh: Sequence[Filed], told: SummaryResponse) -> int:
        sums = {report.id: report.sha256 for report in told.articles}
        versions = [NewVersion(one.id, sums[one.id], _filed.dump_json(one)) for one in fresh]
        return self.work.store.add(
            opened.case.name, number, Addition(versions, told.model_dump_json(by_alias=True), self.readings.new, list(self.readings.asked))
        )


async def add_asked(
    work: CaseWork,
    desk: Desk,
    settings: Settings,
    case: str,
    wanted: SummaryRequest,
    gone: Gone,
    at_number: int | None = None,
    progress: Progress = silent,
) -> Added:
    """Add what a client sent when it is its turn. Raises as `Desk.run`, `receive`, `check_limits` and `CaseWork.add`."""
    sent, given = to_sent(wanted), frozenset(article.id for article in wanted.articles if article.id)

    def job(turn: Turn) -> Added:
        def over() -> bool:  # a part of an addition is none
            return turn.stop() or turn.enough()

        received = receive(sent, settings.max_article_characters, over)
        check_limits([article.text for article in received.submitted], settings)
        return work.add(case, received, given, at_number, stop=over, progress=progress)

    return await desk.run(job, min(settings.deadline_s, wanted.deadline_s or settings.deadline_s), gone)


def articles_of(opened: Opened) -> list[Filed]:
    """The articles of a case as it keeps them. Raises `CasesFault`."""
    try:
        return [_filed.validate_json(article.content) for article in opened.articles]
    except ValidationError as error:
        raise CasesFault(f"an article of {opened.case.name} cannot be understood: {error.errors()[0]['msg']}") from None


def response_of(opened: Opened) -> SummaryResponse:
    """The summary as it was read, of a case that has one. Raises `CasesFault`."""
    assert opened.summary
    try:
        return SummaryResponse.model_validate_json(opened.summary.response)
    except ValidationError as error:
        raise CasesFault(f"the summary of {opened.case.name} cannot be understood: {error.errors()[0]['msg']}") from None


def changes_between(store: CaseStore, case: str, since: int, number: int) -> list[Change]:
    """What changed in a case, as it is shown, from one number to another. Raises `NoSuchNumber`, or `NoSuchCase`."""
    after = store.opened(case, number)
    if not 0 <= since <= number <= after.case.number:
        raise NoSuchNumber(f"{case} is at {after.case.number}: it was never at {since if since > number or since < 0 else number}")
    before = store.opened(case, since)
    if after.summary is None:
        return []
    return changes(corrected(before).response if before.summary else None, corrected(after).response)


def history(store: CaseStore, case: str) -> dict[str, list[KeptVersion]]:
    """By id, in the order in which they came, the versions of each article. Raises `NoSuchCase`."""
    found: dict[str, list[KeptVersion]] = {}
    for version in store.versions(case):
        found.setdefault(version.article, []).append(version)
    return found


def sha256_of(text: str) -> str:
    """As the report of an article has it."""
    return hashlib.sha256(text.encode()).hexdigest()


def _named(received: Received, given: frozenset[str], kept: Sequence[Filed]) -> list[Filed]:
    """What arrived, under the ids of the case: of the article that it is known as, the client's own, or the next that is free."""
    belongs = [known_as(one, kept, by_id=one.id in given) for one in received.submitted]
    wanted = [name or (one.id if one.id in given else None) for one, name in zip(received.submitted, belongs, strict=True)]
    ids = assign_ids([*(one.id for one in kept), *wanted])[len(kept) :]
    return [_of(one, name, received.files.get(one.id)) for one, name in zip(received.submitted, ids, strict=True)]


def _of(submitted: Submitted, name: str, file: Read | None) -> Filed:
    return Filed(**{one.name: getattr(submitted, one.name) for one in fields(Submitted)} | {"id": name, "file": file})


def _known(arrived: Filed, kept: Sequence[Filed], past: Mapping[str, str], given: frozenset[str]) -> str | None:
    """The article whose text this is, where nothing is said of it that the case does not know: the newest version, or one that was edited since."""
    for one in kept:
        if one.text == arrived.text and (one.id == arrived.id or arrived.id not in given) and _says_nothing_new(arrived, one, ABOUT):
            return one.id
    edited = past.get(sha256_of(arrived.text))
    if arrived.id in given or any(one.text == arrived.text for one in kept):
        return None
    return next((one.id for one in kept if one.id == edited and _says_nothing_new(arrived, one, OF_PAPER)), None)


def _says_nothing_new(arrived: Filed, kept: Filed, about: Sequence[str]) -> bool:
    return all(getattr(arrived, name) in (None, getattr(kept, name)) for name in about)


def _together(kept: Iterable[Filed], fresh: Sequence[Filed]) -> list[Filed]:
    """All articles in the order of the case, new versions in the places of the old."""
    by_id = {one.id: one for one in kept} | {one.id: one for one in fresh}
    return list(by_id.values())


def _settled(kept: Sequence[Filed], fresh: Sequence[Filed], told: SummaryResponse) -> list[Filed]:
    """New articles, those that are edits of kept ones under their ids; of two edits of one the later is its newer version."""
    stories = {report.id: _story(one, report) for report in told.articles for one in (*kept, *fresh) if one.id == report.id}
    renewed = {one.id for one in fresh}
    settled: dict[str, Filed] = {}
    for one in fresh:
        versions = any(other.id == one.id for other in kept)
        edit = None if versions else edit_of(one, [other for other in kept if other.id not in renewed], stories)
        settled[edit or one.id] = replace(one, id=edit or one.id)
    return list(settled.values())


def _lines_of(articles: Sequence[Filed], told: SummaryResponse) -> list[LedgerLine]:
    return [line for line in told.ledger if any(one.id == line.article for one in articles)]


def _story(article: Filed, report: ArticleReport) -> list[str]:
    return [article.text[start:end] for start, end in report.used]
