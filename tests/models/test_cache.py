"""Answers that are kept: never other than those that would be given, never more than allowed, gone when cleared."""

import dataclasses
import sqlite3
import stat
import sys

import pytest
from casebrief.models.cache import CachedEngine, Store
from casebrief.models.constraints import Choice
from casebrief.models.engine import Batch, EngineInfo, Labelling, Mark, Place, Question
from casebrief.models.errors import PromptTooLong, StoreFault
from casebrief.models.fake import FakeEngine

MB = 1_000_000


def batch(document: str = "A text.", **changes) -> Batch:
    question = Question("q", "Is it?", Choice(("yes", "no")), 4)
    return dataclasses.replace(Batch("Answer.", (document,), (question,)), **changes)


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(tmp_path / "kept" / "answers.sqlite", MB)


def test_what_was_answered_is_not_asked_again(store):
    engine = FakeEngine([{"q": "yes"}, {"q": "no"}])
    first = CachedEngine(engine, store, "").ask([batch("One."), batch("Two.")])
    heard = []
    second = CachedEngine(engine, store, "").ask([batch("Two."), batch("Three."), batch("One.")], heard=lambda *told: heard.append(told))
    assert second.readings[0] == first.readings[1]
    assert second.readings[2] == first.readings[0]
    assert [asked.document for asked in engine.batches] == [("One.",), ("Two.",), ("Three.",)]
    assert heard[-1] == (3, 3)
    assert second.usage.output_tokens == 1


def test_what_was_labelled_is_not_labelled_again_and_errors_are(store):
    mark = Mark("court", Place(0, 4), Place(1, 2), 0.75, {"federal": 0.9}, (0.6, 0.8))
    made = [Labelling((mark,), {"state": {"open": 1.0}}, 9), Labelling((), {}, 0, "EngineError", "no places"), Labelling((), {}, 7)]
    engine = FakeEngine(labellings=made)
    first = CachedEngine(engine, store, "").label([("One. ", "Two."), ("Broken.",)])
    second = CachedEngine(engine, store, "").label([("Broken.",), ("One. ", "Two.")])
    assert first.labellings == (made[0], made[1])
    assert second.labellings == (made[2], made[0])
    assert engine.documents == [("One. ", "Two."), ("Broken.",), ("Broken.",)]
    assert second.usage.prompt_tokens == 7


OTHER = Question("q", "Is it?", Choice(("no", "yes")), 4)


@pytest.mark.parametrize(
    "changed",
    [
        batch("A text!"),
        batch(instructions="Answer well."),
        dataclasses.replace(batch(), document=("A ", "text.")),
        batch(questions=(OTHER,)),
        batch(questions=(dataclasses.replace(OTHER, constraint=Choice(("yes", "no")), max_tokens=5),)),
        batch(questions=(dataclasses.replace(OTHER, constraint=Choice(("yes", "no")), after=1),)),
    ],
)
def test_whatever_differs_in_the_question_is_asked(store, changed):
    engine = FakeEngine()
    cached = CachedEngine(engine, store, "")
    cached.ask([batch()])
    cached.ask([changed])
    assert len(engine.batches) == 2


@pytest.mark.parametrize("field", ["model_sha256", "engine", "context_tokens", "build", "adapters"])
def test_whatever_differs_in_the_engine_is_asked(store, field, monkeypatch):
    engine = FakeEngine()
    CachedEngine(engine, store, "").ask([batch()])
    other = dataclasses.replace(engine.info, **{field: ("1" * 64,) if field == "adapters" else 4096 if field == "context_tokens" else "other"})
    monkeypatch.setattr(FakeEngine, "info", property(lambda self: other))
    CachedEngine(engine, store, "").ask([batch()])
    assert len(engine.batches) == 2
    CachedEngine(engine, store, "loaded otherwise").ask([batch()])
    assert len(engine.batches) == 3
    assert isinstance(engine.info, EngineInfo)


def test_a_failure_is_not_kept(store):
    engine = FakeEngine([PromptTooLong("too long"), {"q": "yes"}])
    cached = CachedEngine(engine, store, "")
    assert cached.ask([batch()]).readings[0].error == "PromptTooLong"
    assert cached.ask([batch()]).readings[0].checked()[0].text == "yes"


def test_the_oldest_go_first_when_there_is_too_much(tmp_path):
    one = len('{"answers":[{"question":"q","text":"none","logprobs":[-0.01],"starts":[0],"tokens":1,"forced":0,"finish":"stop"}],"error":"","message":""}')
    store = Store(tmp_path / "answers.sqlite", 3 * one + 10)
    engine = FakeEngine()
    cached = CachedEngine(engine, store, "")
    for document in ("a", "b", "c"):
        cached.ask([batch(document)])
    cached.ask([batch("a")])
    cached.ask([batch("d")])
    assert store.size() == (3, 3 * one)
    asked = len(engine.batches)
    cached.ask([batch("a")])
    assert len(engine.batches) == asked, "what was used last stays"
    cached.ask([batch("b")])
    assert len(engine.batches) == asked + 1, "what was unused for longest went"


@pytest.mark.parametrize("content", [b"no database at all" * 100, b"SQLite format 3\0" + b"\xff" * 4000])
def test_a_broken_file_costs_time_and_no_answer(tmp_path, content):
    path = tmp_path / "answers.sqlite"
    path.write_bytes(content)
    engine = FakeEngine([{"q": "yes"}])
    cached = CachedEngine(engine, Store(path, MB), "")
    assert cached.ask([batch()]).readings[0].checked()[0].text == "yes"
    assert cached.ask([batch()]).readings[0].checked()[0].text == "yes"
    assert len(engine.batches) == 1


def test_an_entry_that_is_no_reading_is_asked_again(store):
    engine = FakeEngine([{"q": "yes"}, {"q": "yes"}])
    cached = CachedEngine(engine, store, "")
    cached.ask([batch()])
    with sqlite3.connect(store._path) as database:
        database.execute("UPDATE readings SET reading = '{'")
    assert cached.ask([batch()]).readings[0].checked()[0].text == "yes"
    assert len(engine.batches) == 2


def test_cleared_words_are_gone_from_the_disk(store):
    engine = FakeEngine([{"q": "words of an article"}])
    CachedEngine(engine, store, "").ask([batch()])
    store.clear()
    assert store.size() == (0, 0)
    assert all(b"words of an article" not in path.read_bytes() for path in store._path.parent.iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="file modes are POSIX's")
def test_only_its_owner_can_read_it(store):
    assert stat.S_IMODE(store._path.stat().st_mode) == 0o600
    assert stat.S_IMODE(store._path.parent.stat().st_mode) == 0o700


def test_a_file_that_breaks_while_it_is_used_is_made_again(store):
    engine = FakeEngine()
    cached = CachedEngine(engine, store, "")
    cached.ask([batch()])
    store._path.write_bytes(store._path.read_bytes()[:100] + b"\xff" * 9000)
    for beside in store._beside:
        beside.unlink(missing_ok=True)
    for _ in range(3):
        cached.ask([batch()])
    assert len(engine.batches) == 2
    assert store.fault is None


def test_a_file_that_is_deleted_while_it_is_used_is_made_again(store):
    engine = FakeEngine()
    cached = CachedEngine(engine, store, "")
    cached.ask([batch()])
    store.clear()
    assert not store._path.parent.exists()
    cached.ask([batch()])
    cached.ask([batch()])
    assert len(engine.batches) == 2
    assert stat.S_IMODE(store._path.stat().st_mode) == 0o600


def test_a_folder_that_cannot_be_made_costs_time_and_no_answer(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    store, engine = Store(tmp_path / "file" / "kept" / "answers.sqlite", MB), FakeEngine([{"q": "yes"}, {"q": "yes"}])
    cached = CachedEngine(engine, store, "")
    assert cached.ask([batch()]).readings[0].checked()[0].text == cached.ask([batch()]).readings[0].checked()[0].text == "yes"
    assert len(engine.batches) == 2
    assert "Not a directory" in (store.fault or "")
    for needed in (store.size, store.clear):
        with pytest.raises(StoreFault, match="the cache is out of reach"):
            needed()


def test_what_could_not_be_kept_is_kept_when_it_can_be_and_the_fault_is_forgotten(tmp_path):
    (tmp_path / "kept").write_bytes(b"")
    store, engine = Store(tmp_path / "kept" / "answers.sqlite", MB), FakeEngine()
    assert store.fault
    (tmp_path / "kept").unlink()
    cached = CachedEngine(engine, store, "")
    cached.ask([batch()])
    cached.ask([batch()])
    assert len(engine.batches) == 1
    assert store.fault is None


def test_clearing_leaves_nothing_behind_and_nobody_elses_file_is_touched(store):
    folder = store._path.parent
    engine = FakeEngine()
    for name in ("answers.broken", f"tokens-{'0' * 64}.npz", "tokens-x1.part"):
        (folder / name).write_bytes(b"words of an article")
    with sqlite3.connect(store._path) as reader:  # somebody reads: what SQLite writes beside the file is there
        CachedEngine(engine, store, "").ask([batch()])
        reader.execute("SELECT * FROM readings").fetchall()
    reader.close()
    store.clear()
    assert not folder.exists()
    store.size()
    (folder / "mine.part").write_bytes(b"")
    store.clear()
    assert [path.name for path in folder.iterdir()] == ["mine.part"]


@pytest.mark.skipif(sys.platform == "win32", reason="file modes are POSIX's")
def test_a_file_that_others_could_read_is_closed_to_them_with_what_lies_beside_it(store):
    store._path.chmod(0o644)
    CachedEngine(FakeEngine(), store, "").ask([batch()])
    with sqlite3.connect(store._path) as reader:
        reader.execute("SELECT * FROM readings").fetchall()
        assert {stat.S_IMODE(path.stat().st_mode) for path in store._path.parent.iterdir()} == {0o600}
    reader.close()
