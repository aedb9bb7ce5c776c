"""What appears in a folder or a feed goes into a case file: whole files alone, a line a file, and nothing is fetched."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from casebrief.models.fake import FakeEngine
from casebrief.service import example
from casebrief.service.cases.store import CaseStore
from casebrief.service.edges.casework import articles_of
from casebrief.service.edges.feeds import Entry, NoFeed, entries_of, is_feed
from casebrief.service.edges.settings import Settings
from casebrief.service.edges.watching import Watched, Watcher
from conftest import HANG_S
from edges.test_cases import BRIDGE, DAILY, WIRE, working

RSS = """<?xml version="1.0"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>The Wire</title><image><title>A picture</title></image>
<item><title>A bridge</title><link>https://wire.example/2</link><description>{bridge}</description></item>
<item><title>Marrow &amp;amp; its owners</title><link>https://wire.example/1</link><pubDate>Thu, 06 Mar 2025 23:30:00 -0800</pubDate>
<description>short</description><content:encoded><![CDATA[<p>{wire}</p>]]></content:encoded></item>
<item><title>Nothing in it</title></item></channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>The Daily</title><entry><title>Phones</title>
<link rel="self" href="https://daily.example/self"/><link href="https://daily.example/1"/><published>2025-03-07T01:00:00Z</published>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Two &lt; three</p><p>Four</p></div></content></entry></feed>"""
RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"><channel><title>Old</title></channel>
<item><title>One</title><link>https://old.example/1</link><description>It was said.</description></item></rdf:RDF>"""


def test_feeds_of_every_kind_give_their_articles_the_oldest_first(tmp_path: Path):
    told = RSS.format(wire="The story.", bridge="Another.").encode()
    assert [(one.title, one.url, one.publisher, str(one.published_on), one.text) for one in entries_of(told)] == [
        ("Marrow & its owners", "https://wire.example/1", "The Wire", "2025-03-06", "The story."),
        ("A bridge", "https://wire.example/2", "The Wire", "None", "Another."),
    ]
    (atom,) = entries_of(ATOM.encode())
    assert (atom.url, atom.publisher, str(atom.published_on)) == ("https://daily.example/1", "The Daily", "2025-03-07")
    assert atom.text == "Two < three\n\nFour"
    assert entries_of(RDF.encode("utf-16")) == [Entry("It was said.", "One", "https://old.example/1", "Old", None)]
    assert [is_feed(one.encode()) for one in (RSS, ATOM, RDF, "<html><item>", "A feed was read.", "<rssx>")] == [True, True, True, False, False, False]


@pytest.mark.parametrize(
    ("feed", "told"),
    [
        ('<!DOCTYPE rss [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><rss><item><description>&b;</description></item></rss>', "document type"),
        ('<!DOCTYPE feed SYSTEM "file:///etc/passwd"><feed/>', "document type"),
        ("<rss><item>", "no well-formed XML"),
        ("<rss>" + "<a>" * 10_000, "deep"),
    ],
)
def test_a_feed_that_would_define_entities_or_is_broken_is_refused(feed: str, told: str):
    assert is_feed(feed.encode())
    with pytest.raises(NoFeed, match=told):
        entries_of(feed.encode())


def test_a_file_is_read_once_it_is_whole_and_again_when_it_was_changed(tmp_path: Path):
    watched = Watched(tmp_path)
    path, hidden = tmp_path / "wire.txt", tmp_path / ".wire.txt.part"

    def looked() -> list[bytes]:
        return [content for _, content in watched.whole()]

    hidden.write_text("half")
    (tmp_path / "empty.txt").touch()
    (tmp_path / "folder").mkdir()
    for part in (b"one", b" two", b" three"):
        with path.open("ab") as file:
            file.write(part)
        assert looked() == []  # it has grown since the look before
    assert looked() == [b"one two three"]
    assert looked() == []
    hidden.rename(tmp_path / "moved.txt")
    path.write_bytes(b"edited")
    assert looked() == []
    assert looked() == [b"half", b"edited"]
    path.unlink()
    assert looked() == []


def test_a_folder_of_articles_and_feeds_goes_into_the_case_a_line_an_article(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    store = CaseStore(tmp_path / "cases.sqlite")
    store.new("phones")
    engine = FakeEngine(labellings=[WIRE[1], BRIDGE[1], DAILY[1], BRIDGE[1]])
    watcher = Watcher(working(store, engine), "phones", Settings())
    feed = RSS.format(wire=WIRE[0], bridge=BRIDGE[0]).encode()
    for name, content in (("feed.xml", feed), ("daily.txt", DAILY[0].encode()), ("scan.png", b"\x89PNG\r\n\x1a\n" + bytes(50)), ("feed.xml", feed)):
        watcher.take(Path(name), content)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("Marrow & its owners: a1: new: ")
    assert lines[1] == "A bridge: left out: tells of something else than the case"
    assert lines[2].startswith("daily.txt: a2: contradicted: users; ")
    assert lines[3].startswith("scan.png: ")
    assert "image" in lines[3]
    assert lines[4:] == ["Marrow & its owners: a1: known", "A bridge: left out: tells of something else than the case"]
    kept = articles_of(store.opened("phones"))
    assert [(one.publisher, one.url, str(one.published_on)) for one in kept] == [
        ("The Wire", "https://wire.example/1", "2025-03-06"),
        (None, None, "None"),
    ]


def watching(place: Path | str, cases: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "casebrief.evals.cli", "watch", str(place), "--case", "norvane"]
    signal.signal(signal.SIGINT, signal.default_int_handler)  # who runs the tests in the background hands on that interrupts are ignored
    keeps = {"CASEBRIEF_CASES_DIR": str(cases), "CASEBRIEF_HANG_S": str(HANG_S)}
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **keeps})


@pytest.mark.slow
def test_the_command_follows_a_folder_until_it_is_interrupted_and_reads_standard_input_once(tmp_path: Path):
    store = CaseStore(tmp_path / "cases" / "cases.sqlite")
    store.new("norvane")
    folder = tmp_path / "folder"
    folder.mkdir()
    process = watching(folder, tmp_path / "cases")
    (folder / "wire.txt").write_text(example.articles()[0].text)
    assert process.stdout
    assert process.stdout.readline().startswith("wire.txt: a1: new: ")
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=HANG_S)
    assert (out, process.returncode) == ("", 130)
    process = watching("-", tmp_path / "cases")
    out, _ = process.communicate(example.articles()[0].text, timeout=HANG_S)
    assert (out, process.returncode) == ("standard input: a1: known\n", 0)
