"""The file of all cases: what it keeps, who may read it, and that nothing half-written is ever in it."""

import random
import signal
import sqlite3
import subprocess
import sys
import time
import zlib
from pathlib import Path

import pytest
from casebrief.service.cases.errors import BadName, CaseChanged, CaseExists, CasesFault, NoSuchCase
from casebrief.service.cases.store import Addition, CaseStore, NewVersion


def addition(text: str, article: str = "a1", **readings: bytes) -> Addition:
    return Addition([NewVersion(article, f"sum of {text}", text.encode())], f'{{"told": "{text}"}}', readings, list(readings))


@pytest.fixture
def store(tmp_path: Path) -> CaseStore:
    return CaseStore(tmp_path / "data" / "cases.sqlite")


def test_a_case_of_any_moment_is_told_with_its_articles_summary_and_corrections(store: CaseStore) -> None:
    store.new("phones")
    assert store.add("phones", 0, addition("first", r1=b"one")) == 1
    assert store.add_correction("phones", '{"keep": 1}', by="ana") == 2
    assert store.add("phones", 2, addition("second", "a2", r1=b"one", r2=b"two")) == 3
    assert store.add("phones", 3, addition("mended", r1=b"one")) == 4
    opened = store.opened("PHONES")
    assert [(one.id, one.version.number, one.content) for one in opened.articles] == [("a1", 4, b"mended"), ("a2", 3, b"second")]
    assert (opened.case.number, opened.case.articles) == (4, 2)
    assert [(one.seq, one.number, one.by, one.correction) for one in opened.corrections] == [(1, 2, "ana", '{"keep": 1}')]
    earlier = [store.opened("phones", number) for number in range(4)]
    assert [one.summary and one.summary.response for one in earlier] == [None, '{"told": "first"}', '{"told": "first"}', '{"told": "second"}']
    assert [[article.content for article in one.articles] for one in earlier] == [[], [b"first"], [b"first"], [b"first", b"second"]]
    assert [len(one.corrections) for one in earlier] == [0, 0, 1, 1]
    assert [(one.article, one.number) for one in store.versions("phones")] == [("a1", 1), ("a2", 3), ("a1", 4)]
    assert store.readings("phones", ["r1", "r2"]) == {"r1": b"one"}  # what the newest summary rests on


def test_a_change_to_a_case_that_others_changed_meanwhile_is_refused_and_leaves_it_as_it_is(store: CaseStore) -> None:
    store.new("phones")
    store.add("phones", 0, addition("first"))
    for late in (
        lambda: store.add("phones", 0, addition("second")),
        lambda: store.add_correction("phones", "{}", at_number=0),
        lambda: store.remove("phones", at_number=0),
    ):
        with pytest.raises(CaseChanged, match="at 1, not at 0"):
            late()
    assert (store.opened("phones").case.number, store.opened("phones").corrections) == (1, ())


def test_names_are_unique_whatever_their_case_and_fit_into_an_address(store: CaseStore) -> None:
    store.new("Phones-2025")
    with pytest.raises(CaseExists, match="Phones-2025"):
        store.new("phones-2025")
    for name in ("", ".hidden", "a/b", "two words", "x" * 65, "ä"):
        with pytest.raises(BadName):
            store.new(name)
    with pytest.raises(NoSuchCase):
        store.opened("Phones")


def test_the_owner_alone_can_read_what_is_kept(store: CaseStore, tmp_path: Path) -> None:
    store.new("phones")
    (tmp_path / "data" / "cases.sqlite").chmod(0o644)
    with sqlite3.connect(tmp_path / "data" / "cases.sqlite") as reader:  # so that what lies beside the file stays there
        store.add("phones", 0, addition("first"))
        reader.execute("SELECT * FROM cases").fetchall()
        assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
        beside = list((tmp_path / "data").iterdir())
        assert len(beside) == 3
        assert {path.stat().st_mode & 0o777 for path in beside} == {0o600}


def test_nothing_is_left_of_a_case_that_was_removed(store: CaseStore, tmp_path: Path) -> None:
    store.new("phones")
    store.new("doors")
    secret = random.Random(1).randbytes(2000).hex()  # nothing that compresses to nothing
    store.add("phones", 0, addition(secret, r1=secret.encode()))
    store.add_correction("phones", secret)
    store.add("doors", 0, addition("kept"))
    traces = [b"phones", secret[:200].encode(), zlib.compress(secret.encode())[500:700]]  # of its name, its correction and its article

    def held() -> list[bool]:
        whole = b"".join(path.read_bytes() for path in (tmp_path / "data").iterdir())
        return [trace in whole for trace in traces]

    assert held() == [True, True, True]
    store.remove("phones")
    assert held() == [False, False, False]
    rows = sqlite3.connect(tmp_path / "data" / "cases.sqlite")
    assert {table: rows.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("cases", "articles", "summaries", "readings", "corrections")} == {
        "cases": 1,
        "articles": 1,
        "summaries": 1,
        "readings": 0,
        "corrections": 0,
    }


ADDING = """
import os
import sys
from pathlib import Path
from casebrief.service.cases.store import Addition, CaseStore, NewVersion
store = CaseStore(Path(sys.argv[1]))
text = os.urandom(30_000).hex()  # a write of many pages
while True:
    number = store.opened("phones").case.number
    print(number, flush=True)
    versions = [NewVersion(f"a{number}-{one}", "sum", f"{one} {text}".encode()) for one in range(3)]
    store.add("phones", number, Addition(versions, f"{{{number}}} {text}", {f"r{number}": text.encode()}, [f"r{one}" for one in range(number + 1)]))
"""


def test_whatever_is_killed_in_a_write_leaves_nothing_half_stored(store: CaseStore, tmp_path: Path) -> None:
    store.new("phones")
    path, chance = tmp_path / "data" / "cases.sqlite", random.Random(5)
    for _ in range(4):
        process = subprocess.Popen([sys.executable, "-c", ADDING, str(path)], stdout=subprocess.PIPE)
        assert process.stdout
        assert [process.stdout.readline() for _ in range(2)][1]
        time.sleep(chance.random() * 0.02)
        process.send_signal(signal.SIGKILL)
        process.wait()
        with sqlite3.connect(path) as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            number = database.execute("SELECT number FROM cases").fetchone()[0]
            for table, each in (("articles", 3), ("summaries", 1), ("readings", 1)):
                assert database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] == each * number
    assert store.opened("phones").case.number > 0


def test_a_file_of_a_newer_casebrief_and_one_that_is_none_are_refused_in_a_line_and_left_alone(store: CaseStore, tmp_path: Path) -> None:
    store.new("phones")
    path = tmp_path / "data" / "cases.sqlite"
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(CasesFault, match="newer casebrief"):
        store.cases()
    foreign = tmp_path / "foreign.sqlite"
    foreign.write_bytes(b"these are notes of somebody " * 100)
    with pytest.raises(CasesFault, match="not a database"):
        CaseStore(foreign).new("phones")
    assert foreign.read_bytes().startswith(b"these are notes")


def test_a_file_without_tables_goes_through_every_step(tmp_path: Path) -> None:
    path = tmp_path / "cases.sqlite"
    path.touch()
    assert CaseStore(path).cases() == []
    assert sqlite3.connect(path).execute("PRAGMA user_version").fetchone()[0] > 0
