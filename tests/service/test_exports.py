"""Exports hold every fact with its words, carry where they come from, and nothing in them is run by the program that opens them."""

import csv
import datetime
import html
import io
import json
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import docx
import pytest
from casebrief.service.domain.schema import Corrected, Corrections, Fact, SummaryResponse, Unplaced
from casebrief.service.edges.formats import FORMATS, Format, Told, accepted, of_path
from casebrief.service.exports.facts import abstract_of, facts
from casebrief.service.exports.rows import COLUMNS, json_lines, table
from casebrief.service.exports.word import word
from commanded import commanded
from conftest import HANG_S
from edges.test_cli import casebrief
from lxml import etree
from told import TEXTS, fact, phone_case, response

DAY = datetime.date(2026, 11, 28)
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
HOSTILE = '=HYPERLINK("http://x")\x1b[31m\x07 \u202egnol <b>&amp;</b> |*_[a](b)_*| \ufffe end'


def hostile_case() -> SummaryResponse:
    text = f"🦊 He said: {HOSTILE}."
    return response({"a": text}, {"allegations": [fact({"a": text}, ("a", HOSTILE))]}, a={"title": HOSTILE, "publisher": "@publisher"})


def written(form: Format, case: SummaryResponse | None = None) -> bytes:
    return form.write(Told(case or phone_case(), TEXTS, DAY))


def words_of(form: Format, content: bytes) -> str:
    """All words of an export, wherever they stand in it."""
    if form.name == "docx":
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            return " ".join("".join(etree.fromstring(parts.read(name)).itertext()) for name in ("word/document.xml", "word/footnotes.xml"))
    return content.decode()


@pytest.mark.parametrize("form", [form for form in FORMATS if form.name != "json"], ids=lambda form: form.name)
def test_every_export_carries_day_model_hashes_and_the_sentence_on_guarantees(form):
    told = words_of(form, written(form))
    for words in ("28 November 2026", "a-model", "a" * 64, "b" * 64, "c" * 64, *(article.sha256 for article in phone_case().articles), "is not guaranteed"):
        assert words in told


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_every_export_holds_the_words_of_every_fact(form):
    told = words_of(form, written(form))
    for stated in facts(phone_case()):
        for citation in stated.citations:
            quote = json.dumps(citation.quote)[1:-1] if form.name == "jsonl" else citation.quote
            assert quote in told, (stated.field, quote)


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_an_export_of_no_fact_and_of_hostile_words_is_written(form):
    for case in (response({"a": "Nothing."}, {}), hostile_case()):
        assert written(form, case)


def corrected_case() -> SummaryResponse:
    """Every fact was looked at by somebody: the first of them changed, the last added; one more correction found no place."""
    case = phone_case()
    at = datetime.datetime(2026, 11, 27, 23, 59, 1, tzinfo=datetime.UTC)
    stated = facts(case)

    def of(one: Fact, action: str) -> Fact:
        return one.model_copy(
            update={"corrected": Corrected(action=action, by=f"=Jo <i>{action}", at=at, was="the old | words" if action == "change" else None)}
        )

    done = {one.fact.model_dump_json(): of(one.fact, "change" if one is stated[0] else "add" if one is stated[-1] else "accept") for one in stated}
    summary = case.summary.model_copy(
        update={
            field: [done[one.model_dump_json()] for one in value] if isinstance(value, list) else done[value.model_dump_json()]
            for field in {one.field for one in stated}
            if (value := getattr(case.summary, field))
        }
    )
    lost = Unplaced(id="c9", field="judge", action="accept", value="Ada Marsh", reason="its words stand in wire no more")
    return case.model_copy(update={"summary": summary, "corrections": Corrections(placed=[], unplaced=[lost])})


@pytest.mark.parametrize("form", [form for form in FORMATS if form.name not in ("json", "jsonl", "csv")], ids=lambda form: form.name)
def test_every_export_tells_of_each_fact_who_corrected_it_and_when(form):
    told = html.unescape(re.sub(r"\\([<>|])", r"\1", words_of(form, written(form, corrected_case()))))
    said = len(facts(corrected_case()))
    assert told.count("by =Jo <i>") == said
    assert told.count("accepted by =Jo <i>accept, 27 November 2026") == said - 2
    assert told.count("added by =Jo <i>add, 27 November 2026") == 1
    assert told.count("changed by =Jo <i>change, 27 November 2026, was “the old | words”") == 1
    assert "Corrections that found no place" in told
    assert "accept: Ada Marsh" in told
    assert "its words stand in wire no more" in told
    assert "by =Jo" not in words_of(form, written(form))
    assert "found no place" not in words_of(form, written(form))


# ---------------------------------------------------------------------- Word


def footnotes(content: bytes) -> tuple[list[str], dict[str, str]]:
    """The references in the order of the text, and by id the notes' words, separators left out."""
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        document, notes = (etree.fromstring(parts.read(f"word/{name}.xml")) for name in ("document", "footnotes"))
    told = {note.get(f"{W}id"): "".join(note.itertext()) for note in notes if note.get(f"{W}type") is None}
    return [reference.get(f"{W}id") for reference in document.iter(f"{W}footnoteReference")], told


def test_word_has_a_real_footnote_for_every_fact_that_quotes_all_its_sources():
    references, notes = footnotes(word(phone_case(), DAY))
    assert len(references) == len(set(references))
    assert sorted(references) == sorted(notes)
    cited = [*facts(phone_case()), *abstract_of(phone_case())]
    assert len(notes) == len(cited) + 2, "and for both sides of the conflict"
    for stated in cited:
        quotes = [" ".join(citation.quote.split()) for citation in stated.citations]
        assert any(all(f"“{quote}”" in note for quote in quotes) for note in notes.values()), stated


def test_words_parts_are_declared_and_in_the_order_of_its_schema():
    with zipfile.ZipFile(io.BytesIO(word(phone_case(), DAY))) as parts:
        assert "footnotes+xml" in parts.read("[Content_Types].xml").decode()
        assert "footnotes.xml" in parts.read("word/_rels/document.xml.rels").decode()
        settings = [child.tag for child in etree.fromstring(parts.read("word/settings.xml"))]
        styles = {style.get(f"{W}styleId") for style in etree.fromstring(parts.read("word/styles.xml")).iter(f"{W}style")}
        used = {node.get(f"{W}val") for node in etree.fromstring(parts.read("word/footnotes.xml")).iter(f"{W}pStyle", f"{W}rStyle")}
    assert settings.index(f"{W}footnotePr") < settings.index(f"{W}compat")
    assert used
    assert used <= styles


def test_word_holds_hostile_words_as_words():
    opened = docx.Document(io.BytesIO(word(hostile_case(), DAY)))
    told = "\n".join(paragraph.text for paragraph in opened.paragraphs)
    assert '=HYPERLINK("http://x") gnol <b>&amp;</b> |*_[a](b)_*| end' in told


def test_libreoffice_opens_word_and_finds_the_footnotes(tmp_path: Path):
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if not office:
        pytest.skip("no LibreOffice on this machine (Debian: apt-get install libreoffice-writer-nogui)")
    (tmp_path / "case.docx").write_bytes(word(phone_case(), DAY))
    command = [
        office,
        f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}",
        "--headless",
        "--convert-to",
        "fodt",
        "--outdir",
        tmp_path,
        tmp_path / "case.docx",
    ]
    subprocess.run(list(map(str, command)), check=True, capture_output=True, timeout=HANG_S)
    opened = etree.parse(tmp_path / "case.fodt")
    text = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
    notes = ["".join(note.itertext()) for note in opened.iter(f"{text}note") if note.get(f"{text}note-class") == "footnote"]
    references, ours = footnotes(word(phone_case(), DAY))
    assert len(notes) == len(references)
    assert all(any(told.strip() in note for note in notes) for told in ours.values())


# ---------------------------------------------------------------------- rows


def test_csv_has_a_row_for_each_fact_after_a_byte_order_mark():
    told = table(phone_case(), DAY)
    assert told.startswith("\ufeffrow,")
    read = list(csv.DictReader(io.StringIO(told.removeprefix("\ufeff"), newline="")))
    assert tuple(read[0]) == COLUMNS
    stated = [row for row in read if row["row"] == "fact"]
    assert [(row["id"], row["field"]) for row in stated] == [(one.id, one.field) for one in (*facts(phone_case()), *abstract_of(phone_case()))]
    money = next(row for row in stated if row["field"] == "relief_sought")
    assert json.loads(money["normalized"])["amount"] == 5000
    assert {row["id"] for row in read if row["row"] == "conflict"} == {"k1-1", "k1-2"}
    assert {row["id"] for row in read if row["row"] == "source"} == set(TEXTS)


def test_rows_tell_of_each_fact_who_corrected_it_and_when():
    lines = [json.loads(line) for line in json_lines(corrected_case(), DAY).splitlines()]
    read = list(csv.DictReader(io.StringIO(table(corrected_case(), DAY).removeprefix("\ufeff"), newline="")))
    for one in facts(corrected_case()):
        told = next(line["corrected"] for line in lines if line["id"] == one.id)
        assert told == one.fact.corrected.model_dump(mode="json")
        row = next(row for row in read if row["id"] == one.id)
        assert [row[f"corrected_{key}"] for key in ("action", "by", "at", "was")] == [
            told["action"],
            f"'{told['by']}",
            "2026-11-27T23:59:01Z",
            told["was"] or "",
        ]
    (lost,) = (line for line in lines if line["row"] == "unplaced")
    assert (lost["id"], lost["action"], lost["reason"]) == ("c9", "accept", "its words stand in wire no more")
    assert next(row["value"] for row in read if row["row"] == "unplaced") == "accept: Ada Marsh: its words stand in wire no more"
    assert not any(row["corrected_by"] for row in csv.DictReader(io.StringIO(table(phone_case(), DAY), newline="")))


@pytest.mark.parametrize("words", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1+1", "\r=1", "\u200b=1+1", " =1+1"])
def test_no_cell_of_csv_is_a_formula(words):
    text = f"He said {words} twice."
    case = response({"a": text}, {"allegations": [fact({"a": text}, ("a", words))]}, a={"title": words, "publisher": words})
    cells = [cell for row in csv.reader(io.StringIO(table(case, DAY), newline="")) for cell in row]
    assert any(cell.startswith("'") for cell in cells)
    assert not any(cell[:1] in "=+-@\t\r" for cell in cells if cell)


def test_json_lines_give_the_facts_back():
    lines = [json.loads(line) for line in json_lines(phone_case(), DAY).splitlines()]
    stated = {line["id"]: line for line in lines if line["row"] == "fact"}
    for one in facts(phone_case()):
        assert stated[one.id]["citations"] == [citation.model_dump(mode="json") for citation in one.citations]
        assert stated[one.id]["value"] == one.fact.value


# ---------------------------------------------------------------------- which form


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("", "json"),
        ("*/*", "json"),
        ("application/json", "json"),
        ("text/*", "markdown"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "html"),
        ("text/csv;q=0.2, application/x-ndjson;q=0.9", "jsonl"),
        ("text/*;q=0.3, text/csv, */*;q=0.1", "csv"),
        ("*/*, application/json;q=0", "markdown"),
        ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"),
    ],
)
def test_the_form_that_a_client_likes_best_is_sent(header, name):
    assert accepted(header) is next(form for form in FORMATS if form.name == name)


@pytest.mark.parametrize("header", ["image/png", "application/json;q=0", "text/markdown;q=x"])
def test_a_client_that_takes_none_gets_none(header):
    assert accepted(header) is None


def test_a_suffix_names_a_form():
    assert {form.name for suffix in (".MD", ".html", ".docx", ".csv", ".jsonl", ".json") if (form := of_path(Path(f"a{suffix}")))} == {
        form.name for form in FORMATS
    }
    assert of_path(Path("a.pdf")) is None


# ---------------------------------------------------------------------- on the command line


@pytest.mark.model
@pytest.mark.parametrize("form", [pytest.param(form, id=form.name, marks=[] if form.name == "docx" else pytest.mark.slow) for form in FORMATS])
def test_the_command_writes_what_the_suffix_names(tmp_path, form):
    out = tmp_path / f"case{form.suffixes[-1]}"
    done = casebrief("summarize", "--example", "--out", out)
    assert (done.returncode, done.stdout) == (0, "")
    assert "Ashgrove v. Norvane Home Inc" in words_of(form, out.read_bytes())


@pytest.mark.model
def test_html_goes_to_standard_output_as_one_file():
    done = casebrief("summarize", "--example", "--html")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("<!doctype html>")
    assert "Content-Security-Policy" in done.stdout
    assert not [link for link in re.findall(r'(?:src|href)="([^"]*)"', done.stdout) if not link.startswith(("#", "data:"))]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--json", "--html"], "json and html exclude each other"),
        (["--format", "pdf"], "--format pdf: the formats are json, markdown, html, docx, csv, jsonl"),
        (["--out", "case.pdf"], "--out case.pdf: the suffix names no format"),
        (["--out", "nowhere/case.md", "--json", "--format", "csv"], "exclude each other"),
    ],
)
def test_a_form_that_is_none_is_refused_before_anything_is_read(arguments, words):
    done = commanded("summarize", "--example", *arguments)
    assert done.returncode == 2
    assert words in done.stderr
