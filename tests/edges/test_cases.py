"""Case files: an article that is added is read alone, and what is kept is what a fresh reading gives."""

import datetime
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from casebrief.models.cache import CachedEngine
from casebrief.models.engine import EngineInfo
from casebrief.models.errors import EngineDied
from casebrief.models.fake import FakeEngine
from casebrief.service import example
from casebrief.service.cases.errors import CaseChanged, NoSuchCase, NoSuchNumber
from casebrief.service.cases.store import CaseStore
from casebrief.service.edges.casework import Added, CaseWork, articles_of, changes_between, response_of
from casebrief.service.edges.corrected import case_now
from casebrief.service.edges.received import Received, Sent, receive
from casebrief.service.edges.settings import Settings
from casebrief.service.edges.wiring import Casebrief, wire
from casebrief.service.pipeline.articles import Submitted
from casebrief.service.pipeline.labelled import LabelReader
from casebrief.service.pipeline.summarizing import Summarizer
from commanded import commanded
from conftest import HANG_S, without_clock
from edges.test_cli import casebrief, refused
from marking import HALF_SURE, read_as
from papers import story_pdf

MANY = 200_000


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Casebrief]:
    product = wire(Settings(cases_dir=tmp_path_factory.mktemp("cases"), cache_mb=0, hang_s=HANG_S))
    product.engine.start()
    yield product
    product.close()


@pytest.mark.slow
def test_articles_added_one_by_one_are_the_summary_of_all_byte_for_byte_and_each_was_read_alone(product: Casebrief) -> None:
    submitted = example.articles()
    copy = replace(submitted[0], id="late", publisher="The Evening Copy")
    sent = [*(Sent(one) for one in (*submitted, copy)), Sent(Submitted("court", ""), story_pdf(), None, "court.pdf")]
    work = CaseWork.of(product)
    work.store.new("grown")
    for number, one in enumerate(sent, 1):
        received = receive([one], MANY)
        added = work.add("grown", received, frozenset([one.article.id]))
        kept = response_of(work.store.opened("grown"))
        alone = product.summarizer.summarize(received.submitted)
        assert (added.number, added.stored) == (number, [one.article.id])
        repeated = one.article.text == copy.text and number > 1
        assert kept.timings.prompt_tokens == (0 if repeated else alone.timings.prompt_tokens)  # what was read is not read again
    whole = receive(sent, MANY)
    at_once = whole.told(product.summarizer.summarize(whole.submitted))
    assert without_clock(json.loads(kept.model_dump_json(by_alias=True))) == without_clock(json.loads(at_once.model_dump_json(by_alias=True)))
    assert [report.source.name for report in kept.articles if report.source] == ["court.pdf"]
    assert kept.articles[3].copy_of
    assert work.add("grown", whole, frozenset(one.article.id for one in sent)) == Added(5, 5, known=[one.article.id for one in sent])


# ---------------------------------------------------------------------- with a model that marks as it is told


WIRE = read_as(
    "Marrow Phones Ltd was sued on Tuesday in Oakland over batteries that swell in the pocket of whoever carries them to work and home again. It has 2 million users.",
    {"defendants": "Marrow Phones Ltd", "allegations": "batteries that swell", "figures": "2 million users"},
)
EDITED = read_as(
    "Marrow Phones Ltd was sued on Tuesday in Oakland over batteries that swell in the pocket of whoever carries them to work and home again. It has 4 million users.",
    {"defendants": "Marrow Phones Ltd", "allegations": "batteries that swell", "figures": "4 million users"},
)
DAILY = read_as(
    "Owners took Marrow Phones Ltd to court. The firm has 3 million users and denies that a single phone of theirs was ever returned.",
    {"defendants": "Marrow Phones Ltd", "figures": "3 million users"},
)
BRIDGE = read_as("A mayor opened a bridge over the river that had been closed for repairs since the spring.", {}, related=0.1)


class NextModel(FakeEngine):
    """Other weights than the fake's."""

    @property
    def info(self) -> EngineInfo:
        return replace(super().info, model_sha256="1" * 64)


def working(store: CaseStore, engine: FakeEngine) -> CaseWork:
    return CaseWork(store, lambda keeper: Summarizer(LabelReader(CachedEngine(engine, keeper, ""), HALF_SURE), "", lambda: engine.info))


def sent(*texts: str, **about: str | datetime.date) -> Received:
    return Received([Submitted(f"new{place}", text, **about) for place, text in enumerate(texts)])  # type: ignore[arg-type]


def told(added: Added) -> list[tuple[str, str, str]]:
    return [(one.kind, one.field, one.fact.value if one.fact else one.conflict.about if one.conflict else "") for one in added.changes]


@pytest.fixture
def store(tmp_path: Path) -> CaseStore:
    store = CaseStore(tmp_path / "cases.sqlite")
    store.new("phones")
    return store


def test_an_addition_says_what_is_new_confirmed_and_contradicted_each_with_words_of_the_new_article(store: CaseStore) -> None:
    work = working(store, FakeEngine(labellings=[WIRE[1], DAILY[1]]))
    first = work.add("phones", sent(WIRE[0]))
    assert {kind for kind, *_ in told(first)} == {"new"}
    second = work.add("phones", sent(DAILY[0]))
    assert [one for one in told(second) if one[1] in ("figures", "defendants")] == [
        ("contradicted", "figures", "users"),
        ("confirmed", "defendants", "Marrow Phones Ltd"),
    ]
    assert all(change.citations[0].article == "a2" for change in second.changes)
    assert changes_between(store, "phones", 1, 2) == second.changes
    assert [one.kind for one in changes_between(store, "phones", 0, 1)] == [one.kind for one in first.changes]
    with pytest.raises(NoSuchNumber, match="at 2"):
        changes_between(store, "phones", 3, 2)


def test_an_edited_article_is_a_version_in_the_place_of_the_old_and_going_back_to_it_is_none(store: CaseStore) -> None:
    engine = FakeEngine(labellings=[WIRE[1], DAILY[1], EDITED[1]])
    work = working(store, engine)
    work.add("phones", sent(WIRE[0]))
    work.add("phones", sent(DAILY[0]))
    edited = work.add("phones", sent(EDITED[0]))
    assert edited.stored == ["a1"]
    assert told(edited)[0] == ("contradicted", "figures", "users")
    assert {kind for kind, *_ in told(edited)} <= {"contradicted", "gone"}
    assert [one.text for one in articles_of(store.opened("phones"))] == [EDITED[0], DAILY[0]]
    assert [(one.article, one.number) for one in store.versions("phones")] == [("a1", 1), ("a2", 2), ("a1", 3)]
    assert work.add("phones", sent(WIRE[0], DAILY[0])) == Added(3, 3, known=["a1", "a2"])
    assert len(engine.documents) == 3


def test_an_article_is_given_a_new_version_by_its_id_or_its_address_and_what_another_paper_took_over_is_a_copy(store: CaseStore) -> None:
    work = working(store, FakeEngine(labellings=[WIRE[1], DAILY[1], EDITED[1], WIRE[1]]))
    work.add("phones", Received([Submitted("wire", WIRE[0], publisher="The Wire", url="https://wire.example/1")]), frozenset(["wire"]))
    assert work.add("phones", Received([Submitted("wire", DAILY[0], publisher="The Wire")]), frozenset(["wire"])).stored == ["wire"]
    assert work.add("phones", sent(EDITED[0], url="https://daily.example/2#top")).stored == ["a2"]
    assert work.add("phones", sent(WIRE[0], publisher="The Copy")).stored == ["a3"]
    assert work.add("phones", sent(DAILY[0] + " More.", url="https://daily.example/2")).stored == ["a2"]


def test_with_another_model_all_are_read_again_and_that_is_no_news_of_the_new_article(store: CaseStore) -> None:
    working(store, FakeEngine(labellings=[WIRE[1]])).add("phones", sent(WIRE[0]))
    poorer = read_as(WIRE[0], {"defendants": "Marrow Phones Ltd"})
    engine = NextModel(labellings=[poorer[1], DAILY[1]])
    added = working(store, engine).add("phones", sent(DAILY[0]))
    assert len(engine.documents) == 2
    assert (added.since, added.number) == (2, 3)
    assert [one for one in told(added) if one[1] in ("figures", "defendants", "allegations")] == [
        ("new", "figures", "3 million users"),
        ("confirmed", "defendants", "Marrow Phones Ltd"),
    ]
    assert {one.kind for one in changes_between(store, "phones", 1, 2)} == {"gone"}
    again = NextModel(labellings=[BRIDGE[1]])
    assert working(store, again).add("phones", sent(BRIDGE[0])).since == 3
    assert len(again.documents) == 1  # what the new model read is kept in the place of what the old one did


def test_two_who_add_at_the_same_time_both_add(store: CaseStore) -> None:
    together = threading.Barrier(2, timeout=HANG_S)

    class Slow(FakeEngine):
        def label(self, *documents, **hearing):  # type: ignore[no-untyped-def]
            made = super().label(*documents, **hearing)
            if not together.broken and len(self.documents) == 1:
                together.wait()
            return made

    adding = [threading.Thread(target=working(store, Slow(labellings=[one[1]])).add, args=("phones", sent(one[0]))) for one in (WIRE, DAILY)]
    for one in adding:
        one.start()
    for one in adding:
        one.join(HANG_S)
    opened = store.opened("phones")
    assert {one.text for one in articles_of(opened)} == {WIRE[0], DAILY[0]}
    assert [line.outcome for line in response_of(opened).ledger] == ["used", "used"]


def test_whoever_saw_an_older_case_adds_nothing_and_what_fails_leaves_it_as_it_was(store: CaseStore) -> None:
    work = working(store, FakeEngine(labellings=[WIRE[1], EngineDied("gone"), DAILY[1], BRIDGE[1], BRIDGE[1]]))
    work.add("phones", sent(WIRE[0]))
    before = case_now(store, "phones")
    with pytest.raises(CaseChanged, match="at 1, not at 0"):
        work.add("phones", sent(DAILY[0]), at_number=0)
    with pytest.raises(EngineDied):
        work.add("phones", sent(DAILY[0]))
    with pytest.raises(NoSuchCase):
        work.add("doors", sent(DAILY[0]))
    assert case_now(store, "phones") == before
    assert work.add("phones", sent(DAILY[0]), at_number=1).number == 2
    left_out = work.add("phones", sent(BRIDGE[0]), related_alone=True)
    assert (left_out.number, left_out.stored, [line.outcome for line in left_out.ledger]) == (2, [], ["not_about_the_case"])
    stored = work.add("phones", sent(BRIDGE[0]))
    assert (stored.number, stored.stored, [line.outcome for line in stored.ledger]) == (3, ["a3"], ["not_about_the_case"])


def test_the_command_line_makes_grows_shows_compares_exports_and_removes_a_case(tmp_path: Path) -> None:
    keeps = {"CASEBRIEF_CASES_DIR": str(tmp_path / "cases")}
    wire_file, daily = tmp_path / "wire.txt", tmp_path / "daily.txt"
    wire_file.write_text(example.articles()[0].text)
    daily.write_text(example.articles()[1].text)
    refused(commanded("case", "add", "norvane", wire_file, **keeps), 2, "no case 'norvane'")
    assert casebrief("case", "new", "norvane", **keeps).returncode == 0
    refused(commanded("case", "show", "norvane", **keeps), 2, "nothing was added to norvane yet")
    added = casebrief("case", "add", "norvane", wire_file, daily, "--published-on", "2025-03-06", "--published-on", "none", **keeps, CASEBRIEF_MAX_ARTICLES="1")
    assert added.returncode == 0, added.stderr
    assert "norvane is at 1: a1, a2" in added.stderr
    assert added.stdout.startswith(("contradicted: ", "new: "))
    assert commanded("case", "diff", "norvane", "--since", "0", **keeps).stdout == added.stdout
    assert commanded("case", "diff", "norvane", "--since", "1", **keeps).stdout == "nothing changed\n"
    assert "a1" in commanded("case", "show", "norvane", **keeps).stdout
    assert "norvane" in commanded("case", "list", **keeps).stdout
    for suffix, begins in ((".json", b"{"), (".docx", b"PK"), (".csv", b"\xef\xbb\xbf"), (".html", b"<!"), (".md", b"#"), (".jsonl", b"{")):
        out = tmp_path / f"case{suffix}"
        assert commanded("case", "export", "norvane", "--out", out, **keeps).returncode == 0
        assert out.read_bytes().startswith(begins)
    assert commanded("verify", tmp_path / "case.json", wire_file, daily).returncode == 0
    assert commanded("case", "remove", "norvane", **keeps).returncode == 0
    refused(commanded("case", "show", "norvane", **keeps), 2, "no case 'norvane'")
